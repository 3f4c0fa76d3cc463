//! What a process says to probes.

use crate::processes::*;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

/// The status code and the body; `None` while nobody listens.
fn get(address: SocketAddr, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
}

fn wait_for(address: SocketAddr, path: &str, wanted: u16) -> String {
    let started = Instant::now();
    loop {
        match get(address, path) {
            Some((code, body)) if code == wanted => return body,
            _ => assert!(started.elapsed() < PATIENCE, "{path} does not become {wanted}"),
        }
    }
}

#[test]
fn a_coordinator_is_ready_while_there_is_a_leader_and_live_all_the_time() {
    let mut cluster = Cluster::begin();
    let address = free_addresses(1)[0];
    cluster.start_with("coordinator-1", &["--metrics", &address.to_string()]);
    let why = wait_for(address, "/readyz", 503);
    assert!(why.contains("no leader") || why.contains("starts"), "{why}");
    assert_eq!(wait_for(address, "/livez", 200), "live\n");
    cluster.start("coordinator-2");
    assert_eq!(wait_for(address, "/readyz", 200), "ready\n");
    assert!(wait_for(address, "/metrics", 200).contains("tanba_raft_has_leader 1"));
    cluster.kill("coordinator-2");
    assert_eq!(wait_for(address, "/readyz", 503), "not ready: no leader is known\n");
    assert_eq!(wait_for(address, "/livez", 200), "live\n");
}
