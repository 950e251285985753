//! Tests of the whole: `conformance` holds the house's own rules, `e2e` drives the binary as a user
//! would, `chaos` kills it, `oracle` breaks everything around it. Here is only what they share.

pub mod accounting;
pub mod chance;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The repository's root.
///
/// # Panics
///
/// Never: this folder lies in the root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the root").to_owned()
}

/// The folder with the evaluation corpus beside the repository, where it is there.
pub fn shared() -> Option<PathBuf> {
    let shared = root().parent()?.join("shared");
    shared.join("corpus/seeds").is_dir().then_some(shared)
}

/// The `baogao` binary, built from the present sources.
///
/// Cargo tells only a package's own tests where its binary lies, so it is asked once a process.
///
/// # Panics
///
/// When the binary does not build.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["build", "--package", "baogao", "--message-format", "json-render-diagnostics"])
            .current_dir(root())
            .stderr(std::process::Stdio::inherit())
            .output()
            .expect("cargo runs");
        assert!(output.status.success(), "baogao does not build");
        let text = String::from_utf8_lossy(&output.stdout);
        let mut paths = text.lines().filter_map(|line| line.split_once("\"executable\":\"")?.1.split('"').next());
        PathBuf::from(paths.next_back().expect("cargo names the binary"))
    })
}
