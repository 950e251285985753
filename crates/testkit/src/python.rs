//! Python for tests: subscribers, checkers and servers that others have written.
//!
//! The packages of `python-requirements.txt`, in the versions it names, lie in a virtual environment in
//! Cargo's target folder. The first test that asks makes it; it is made anew when the list has changed.
//! `python3` with its `venv` is installed where it is missing, as the servers are.

use crate::servers::programs;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

const REQUIREMENTS: &str = include_str!("python-requirements.txt");

/// The system's packages that make an environment.
const PACKAGES: [&str; 2] = ["python3", "python3-venv"];

/// The interpreter, which has the packages.
///
/// # Panics
///
/// When it cannot be had; the message says what to install.
pub fn interpreter() -> &'static Path {
    static INTERPRETER: OnceLock<PathBuf> = OnceLock::new();
    INTERPRETER.get_or_init(|| environment().join("bin").join("python"))
}

/// A program that one of the packages brings, such as `warcio`.
///
/// # Panics
///
/// As [`interpreter`].
pub fn program(name: &str) -> PathBuf {
    interpreter().with_file_name(name)
}

/// The environment's folder, filled.
fn environment() -> PathBuf {
    let target = target();
    let lock = File::create(target.join("test-python.lock")).expect("the target folder is writable");
    // One process makes it, the others wait.
    lock.lock().expect("files can be locked");
    let dir = target.join("test-python");
    let made_from = dir.join("requirements.txt");
    if std::fs::read_to_string(&made_from).is_ok_and(|made_from| made_from == REQUIREMENTS) {
        return dir;
    }
    eprintln!("testkit: making a Python environment in {}", dir.display());
    if !make(&dir) {
        if let Err(why) = programs::install(&PACKAGES) {
            panic!("these tests need {}: {why}", PACKAGES.join(" and "));
        }
        assert!(make(&dir), "python3 makes no virtual environment, see above");
    }
    let wanted = target.join("test-python-requirements.txt");
    std::fs::write(&wanted, REQUIREMENTS).expect("the target folder is writable");
    let mut pip = Command::new(dir.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(&wanted);
    assert!(succeeds(&mut pip), "pip cannot install the packages that these tests need, see above");
    // Last, so that one that was left half made is made anew.
    std::fs::rename(wanted, made_from).expect("the target folder is writable");
    dir
}

fn make(dir: &Path) -> bool {
    programs::in_path("python3")
        .is_some_and(|python| succeeds(Command::new(python).args(["-m", "venv", "--clear"]).arg(dir)))
}

fn succeeds(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Cargo's target folder, where this test was built: `target/debug/deps/test`.
fn target() -> PathBuf {
    let test = std::env::current_exe().expect("the test knows where it lies");
    test.ancestors().nth(3).expect("tests lie in the target folder").to_owned()
}
