//! The Python that other tests use.

use baogao_testkit::python;
use std::process::Command;

#[test]
fn the_interpreter_has_its_packages_and_their_programs() {
    let imports = Command::new(python::interpreter()).args(["-c", "import kubernetes_validate, moto, pika"]).output();
    let imports = imports.unwrap();
    assert!(imports.status.success(), "{}", String::from_utf8_lossy(&imports.stderr));
    let warcio = Command::new(python::program("warcio")).arg("--version").output().unwrap();
    assert!(String::from_utf8_lossy(&warcio.stdout).contains("warcio"), "{warcio:?}");
}
