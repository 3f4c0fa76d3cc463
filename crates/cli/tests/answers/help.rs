use crate::support::{Place, tanba};

/// The commands that the general help lists.
fn commands() -> Vec<String> {
    let help = tanba(&["--help"]).stdout;
    let list = help.split("Commands:").nth(1).unwrap().split("\n\n").next().unwrap();
    let names = list.lines().filter_map(|line| {
        let indent = line.len() - line.trim_start().len();
        (indent == 2).then(|| line.split_whitespace().next().unwrap().to_owned())
    });
    names.filter(|name| name != "help").collect()
}

#[test]
fn every_command_shows_examples_that_start_with_it() {
    let commands = commands();
    for expected in ["enroll", "identify", "verify", "inspect", "evaluate", "demo", "man"] {
        assert!(commands.iter().any(|name| name == expected), "{expected} is not listed");
    }
    for command in commands {
        let said = tanba(&[&command, "--help"]);
        assert_eq!(said.code, 0);
        let examples = said.stdout.split("Examples:").nth(1);
        let examples = examples.unwrap_or_else(|| panic!("{command} shows no examples"));
        assert!(examples.matches(&format!("tanba {command}")).count() >= 2, "{command}");
    }
}

#[test]
fn every_example_is_understood_by_the_program() {
    for command in commands() {
        let help = tanba(&[&command, "--help"]).stdout;
        let examples = help.split("Examples:").nth(1).unwrap().replace("\\\n", " ");
        for example in examples.lines().filter(|line| line.trim_start().starts_with("tanba ")) {
            // A wildcard and a redirection are the shell's; an unknown subject does no harm.
            let line = example.split(['|', '>']).next().unwrap().replace('\'', "");
            let words: Vec<&str> = line.split_whitespace().skip(1).collect();
            let said = tanba(&[&words[..], &["--help"]].concat());
            assert_eq!(said.code, 0, "{example}: {}", said.stderr);
        }
    }
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let said = tanba(&["completions", shell]);
        assert_eq!(said.code, 0, "{}", said.stderr);
        assert!(said.stdout.contains("identify"), "{shell}");
    }
}

#[test]
fn the_manual_has_a_page_per_command() {
    let place = Place::new();
    assert!(tanba(&["man"]).stdout.contains(".TH tanba"));
    let said = tanba(&["man", "--out", &place.path("man")]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    for command in commands() {
        let page = place.read(&format!("man/tanba-{command}.1"));
        assert!(page.contains("Examples:"), "{command}");
    }
}

#[test]
fn mistaken_arguments_are_errors_with_exit_code_2() {
    for arguments in [
        &["identify", "a.png"][..],
        &["verify", "a.png"],
        &["inspect", "a.png", "--stage", "minutiae"],
        &["inspect", "a.png", "--ppi", "-3"],
        &["identify", "a.png", "--data", "x", "--fpir", "0"],
        &["identify", "a.png", "--data", "x", "--position", "toe"],
        &["evaluate", "x", "--pattern", "{person}"],
        &["no-such-command"],
        &[],
    ] {
        let said = tanba(arguments);
        assert_eq!(said.code, 2, "{arguments:?}");
        assert_eq!(said.stdout, "", "{arguments:?}");
    }
}
