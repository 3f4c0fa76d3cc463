//! A whole cluster in one process.

use crate::prints::*;
use crate::processes::*;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// A process that serves from a folder.
struct Office {
    folder: TempDir,
    listen: [String; 2],
    process: Option<Child>,
}

impl Drop for Office {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            // One that ended by itself is not there to be ended.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

impl Office {
    fn new() -> Self {
        let addresses = free_addresses(2);
        let listen = [0, 1].map(|n| addresses[n].to_string());
        Self { folder: tempfile::tempdir().unwrap(), listen, process: None }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn file(&self) -> String {
        self.path("data/cluster.toml")
    }

    /// Starts it and waits for it to say that it serves; what it says.
    fn start(&mut self) -> String {
        let log = File::options().create(true).append(true).open(self.path("log")).unwrap();
        let [listen, node_listen] = &self.listen;
        let mut command = tanba();
        command.args(["serve", "--data", &self.path("data"), "--listen", listen]);
        command.args(["--node-listen", node_listen]);
        let mut process = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        self.process = Some(process);
        let said: Vec<String> = lines.take(4).map_while(Result::ok).collect();
        assert_eq!(said.len(), 4, "{}", std::fs::read_to_string(self.path("log")).unwrap());
        said.join("\n")
    }

    fn kill(&mut self) {
        let mut process = self.process.take().unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
    }

    fn searching(&self) -> Searching {
        Searching { file: self.file(), probe: Default::default() }
    }
}

#[test]
fn one_process_is_a_whole_cluster_that_survives_a_crash_and_ends_when_told() {
    let mut office = Office::new();
    assert!(office.start().contains("made and serves"));
    let prints = office.folder.path().join("prints");
    let paths = folder_of_prints(&prints, 5, 1);
    let file = office.file();
    let (code, enrolled, _) = said(&run(enrollment(&prints, ["--cluster", &file])));
    assert_eq!(code, 0);
    assert!(enrolled.contains("5 enrolled"), "{enrolled}");
    let found = |office: &Office| {
        let answer = office.searching().with(&paths[2]).complete();
        assert_eq!(answer["candidates"][0]["subject"], "s02");
        answer["candidates"].clone()
    };
    let before = found(&office);
    office.kill();
    assert!(office.start().contains(": serves\n"));
    assert_eq!(found(&office), before);
    let mut process = office.process.take().unwrap();
    assert!(Command::new("kill").arg(process.id().to_string()).status().unwrap().success());
    assert!(process.wait().unwrap().success(), "it ends well");
}

#[test]
fn a_folder_with_something_else_in_it_is_left_alone() {
    let office = Office::new();
    std::fs::create_dir(office.path("data")).unwrap();
    std::fs::write(office.path("data/letter"), "dear").unwrap();
    let (code, _, stderr) = said(&run(["serve", "--data", &office.path("data")]));
    assert_eq!(code, 2);
    assert!(stderr.contains("give a new folder"), "{stderr}");
    assert_eq!(std::fs::read_dir(office.path("data")).unwrap().count(), 1);
}
