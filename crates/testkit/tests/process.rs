//! Child processes are heard, signalled, and never left behind.
#![cfg(unix)]

use baogao_testkit::{Process, Signal};
use std::io::ErrorKind;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(30);

fn shell(script: &str) -> Process {
    Process::start(Command::new("/bin/sh").args(["-c", script])).unwrap()
}

#[test]
fn both_outputs_and_the_exit_code_come_back() {
    let ended = shell("echo 你好; echo oops >&2; exit 3").wait(LONG).unwrap();
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str(), ended.status.code()), ("你好\n", "oops\n", Some(3)));
}

#[test]
fn more_output_than_a_pipe_holds_blocks_nobody() {
    let ended = shell("i=0; while [ $i -lt 20000 ]; do echo 0123456789abcdef; i=$((i+1)); done").wait(LONG).unwrap();
    assert_eq!(ended.stdout.len(), 20_000 * 17);
}

#[test]
fn a_handled_signal_lets_the_process_end_itself() {
    // Not SIGINT: a shell that was started with it ignored, as background jobs are, cannot trap it.
    let mut process = shell("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.01; done");
    process.wait_for_output(LONG, |stdout, _| stdout.contains("ready")).unwrap();
    process.signal(Signal::Terminate).unwrap();
    let ended = process.wait(LONG).unwrap();
    assert_eq!((ended.stdout.as_str(), ended.status.code()), ("ready\nbye\n", Some(0)));
    process.signal(Signal::Terminate).unwrap();
}

#[test]
fn kill_cannot_be_handled() {
    let mut process = shell("trap '' TERM; echo ready; while :; do sleep 0.01; done");
    process.wait_for_output(LONG, |stdout, _| stdout.contains("ready")).unwrap();
    process.signal(Signal::Kill).unwrap();
    assert_eq!(process.wait(LONG).unwrap().status.signal(), Some(9));
}

#[test]
fn patience_ends() {
    let mut process = shell("echo waiting; while :; do sleep 0.01; done");
    process.wait_for_output(LONG, |stdout, _| stdout.contains("waiting")).unwrap();
    let error = process.wait(Duration::from_millis(20)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(error.to_string().contains("waiting"), "{error}");
    assert!(process.is_running().unwrap());
}

#[test]
fn a_process_that_ends_before_it_speaks_is_an_error() {
    let error = shell("echo no >&2").wait_for_output(LONG, |stdout, _| stdout.contains("yes")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    assert!(error.to_string().contains("no"), "{error}");
}

#[test]
fn a_paused_process_stands_still_until_it_may_go_on() {
    let mut process = shell("trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done");
    process.wait_for_output(LONG, |stdout, _| stdout.contains("ready")).unwrap();
    process.signal(Signal::Pause).unwrap();
    process.signal(Signal::Terminate).unwrap();
    assert_eq!(process.wait(Duration::from_millis(200)).unwrap_err().kind(), ErrorKind::TimedOut);
    process.signal(Signal::Resume).unwrap();
    assert_eq!(process.wait(LONG).unwrap().status.code(), Some(7));

    let mut process = shell("echo ready; while :; do sleep 0.01; done");
    process.wait_for_output(LONG, |stdout, _| stdout.contains("ready")).unwrap();
    process.signal(Signal::Pause).unwrap();
    process.signal(Signal::Kill).unwrap();
    assert_eq!(process.wait(LONG).unwrap().status.signal(), Some(9));
}

#[test]
fn a_log_gets_both_outputs_of_one_process_after_the_other() {
    let log = std::env::temp_dir().join(format!("baogao-test-{}-process.log", std::process::id()));
    for word in ["one", "two"] {
        let mut command = Command::new("/bin/sh");
        let mut process = Process::start_logged(command.args(["-c", &format!("echo {word}; echo !{word} >&2")]), &log);
        assert!(process.as_mut().unwrap().wait(LONG).unwrap().status.success());
    }
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "one\n!one\ntwo\n!two\n");
    std::fs::remove_file(log).unwrap();
}
