//! A data directory has one writer.

use baogao_runtime::data_dir::{DataDir, DataDirError, Paths};

#[test]
fn the_second_writer_is_refused_until_the_first_is_gone() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let root = dir.path().join("data");
    let first = DataDir::open(&root).expect("nobody holds it");
    match DataDir::open(&root) {
        Err(DataDirError::Locked { owner, .. }) => assert_eq!(owner, std::process::id().to_string()),
        other => panic!("held by the first: {other:?}"),
    }
    drop(first);
    DataDir::open(&root).expect("free again");
}

#[test]
fn a_file_is_no_directory_and_what_is_missing_cannot_be_read() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = dir.path().join("file");
    std::fs::write(&file, "x").expect("writable");
    assert!(matches!(DataDir::open(&file), Err(DataDirError::Unwritable { .. })));
    assert!(matches!(Paths::of_existing(&dir.path().join("nowhere")), Err(DataDirError::Missing { .. })));
}
