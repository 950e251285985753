//! Killed writers, several writers, failing disks, rotten bits.

mod fixture;

use baogao_archive::{Archive, ArchiveConfig, ArchiveError, Exchange};
use baogao_model::PayloadRef;
use fixture::{exchange, files_below, markers};
use std::path::Path;

/// A finished archive with two records in one segment.
async fn two_records(root: &Path) -> [(PayloadRef, Exchange); 2] {
    let archive = Archive::local(root, ArchiveConfig::default()).await.unwrap();
    let first = exchange("http://www.qinglan.example/1", "青岚县第一页");
    let second = exchange("http://www.qinglan.example/2", "青岚县第二页");
    let at = [archive.append(first.clone()).await.unwrap(), archive.append(second.clone()).await.unwrap()];
    archive.close().await;
    let [a, b] = at;
    assert_eq!(a.segment, b.segment);
    [(a, first), (b, second)]
}

/// Lays out a root as a process leaves it that was killed while `segment` held `bytes`.
fn abandon(root: &Path, segment: &str, bytes: &[u8]) {
    let path = root.join(segment);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, bytes).unwrap();
    std::fs::create_dir_all(root.join("open")).unwrap();
    std::fs::write(root.join("open").join(path.file_name().unwrap()), segment).unwrap();
}

#[tokio::test]
async fn a_tail_torn_anywhere_is_cut_off_and_the_rest_stays() {
    let source = tempfile::tempdir().unwrap();
    let [(first, first_sent), (second, second_sent)] = two_records(source.path()).await;
    let (segment, bytes) = files_below(source.path()).remove(0);
    assert_eq!(second.offset + second.length, bytes.len() as u64);
    for torn_at in second.offset..=bytes.len() as u64 {
        let root = tempfile::tempdir().unwrap();
        abandon(root.path(), &segment, &bytes[..torn_at as usize]);
        let archive = Archive::local(root.path(), ArchiveConfig::default()).await.unwrap();
        assert_eq!(markers(root.path()), [""; 0], "torn at {torn_at}");
        assert_eq!(archive.read(&first).await.unwrap(), first_sent);
        let is_whole = torn_at == bytes.len() as u64;
        let kept = if is_whole { bytes.len() as u64 } else { second.offset };
        assert_eq!(files_below(root.path())[0].1, bytes[..kept as usize], "torn at {torn_at}");
        match archive.read(&second).await {
            Ok(read) => assert!(is_whole && read == second_sent),
            Err(error) => assert!(!is_whole && !error.is_transient(), "torn at {torn_at}: {error}"),
        }
    }
}

#[tokio::test]
async fn zeros_and_garbage_behind_the_last_record_are_cut_off() {
    let source = tempfile::tempdir().unwrap();
    two_records(source.path()).await;
    let (segment, bytes) = files_below(source.path()).remove(0);
    // A file system may leave zeros; a record may hold a gzip file of its own that is not compressed further.
    let inner = [b"\x1f\x8b\x08\0\0\0\0\0\0\xff".as_slice(), b"\x03\0\0\0\0\0\0\0\0\0"].concat();
    for tail in [vec![0; 5000], b"WARC/1.1\r\n".to_vec(), inner.clone(), [vec![7; 40], inner, vec![7; 40]].concat()] {
        let root = tempfile::tempdir().unwrap();
        abandon(root.path(), &segment, &[bytes.clone(), tail].concat());
        Archive::local(root.path(), ArchiveConfig::default()).await.unwrap();
        assert_eq!(files_below(root.path())[0].1, bytes);
    }
}

#[tokio::test]
async fn an_abandoned_segment_without_a_record_goes() {
    let segment = "2026/03/01/baogao-torn.warc.gz";
    for bytes in [b"".as_slice(), b"\x1f\x8b\x08\0\0"] {
        let root = tempfile::tempdir().unwrap();
        abandon(root.path(), segment, bytes);
        Archive::local(root.path(), ArchiveConfig::default()).await.unwrap();
        assert!(files_below(root.path()).is_empty() && markers(root.path()).is_empty());
    }
    // Killed between marker and segment, or before the marker had its content.
    for content in [segment, ""] {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("open")).unwrap();
        std::fs::write(root.path().join("open/baogao-torn.warc.gz"), content).unwrap();
        Archive::local(root.path(), ArchiveConfig::default()).await.unwrap();
        assert!(markers(root.path()).is_empty());
    }
}

#[tokio::test]
async fn a_marker_never_leads_out_of_the_root() {
    let outside = tempfile::tempdir().unwrap();
    let root = outside.path().join("archive");
    let victim = outside.path().join("victim");
    std::fs::write(&victim, "not ours").unwrap();
    std::fs::create_dir_all(root.join("open")).unwrap();
    std::fs::write(root.join("open/x"), "../victim").unwrap();
    let error = Archive::local(&root, ArchiveConfig::default()).await.unwrap_err();
    assert!(matches!(error, ArchiveError::BadReference { .. }), "{error}");
    assert_eq!(std::fs::read(&victim).unwrap(), b"not ours");
}

#[tokio::test]
async fn writers_side_by_side_leave_each_other_alone() {
    let root = tempfile::tempdir().unwrap();
    let one = Archive::local(root.path(), ArchiveConfig::default()).await.unwrap();
    let first = one.append(exchange("http://www.qinglan.example/1", "一")).await.unwrap();
    let two = Archive::local(root.path(), ArchiveConfig::default()).await.unwrap();
    let second = two.append(exchange("http://www.qinglan.example/2", "二")).await.unwrap();
    let third = one.append(exchange("http://www.qinglan.example/3", "三")).await.unwrap();
    assert_eq!(markers(root.path()).len(), 2);
    assert_eq!(first.segment, third.segment);
    assert_ne!(first.segment, second.segment);
    for at in [first, second, third] {
        two.read(&at).await.unwrap();
    }
    one.close().await;
    two.close().await;
    assert!(markers(root.path()).is_empty());
    for (name, _) in files_below(root.path()) {
        assert!(std::fs::metadata(root.path().join(name)).unwrap().permissions().readonly());
    }
}

#[tokio::test]
async fn no_flipped_bit_goes_unnoticed() {
    let source = tempfile::tempdir().unwrap();
    let [_, (at, sent)] = two_records(source.path()).await;
    let (segment, bytes) = files_below(source.path()).remove(0);
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join(&segment);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let archive = Archive::read_only(root.path()).await.unwrap();
    let mut noticed = 0;
    for index in at.offset..at.offset + at.length {
        let mut flipped = bytes.clone();
        flipped[index as usize] ^= 1 << (index % 8);
        std::fs::write(&path, &flipped).unwrap();
        match archive.read(&at).await {
            // Some bits of a gzip header, its time and system, say nothing about the content.
            Ok(read) => assert_eq!(read, sent, "byte {index}"),
            Err(error) => {
                assert!(!error.is_transient(), "byte {index}: {error}");
                noticed += 1;
            }
        }
    }
    assert!(noticed + 10 >= at.length, "{noticed} of {}", at.length);
}

#[tokio::test]
async fn a_disk_that_refuses_is_said_so_and_tried_again() {
    let root = tempfile::tempdir().unwrap();
    let archive = Archive::local(root.path(), ArchiveConfig::default()).await.unwrap();
    // Where the markers' folder should be stands a file.
    std::fs::remove_dir_all(root.path().join("open")).unwrap();
    std::fs::write(root.path().join("open"), "").unwrap();
    let error = archive.append(exchange("http://www.qinglan.example/1", "一")).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    assert!(error.to_string().contains("open"), "{error}");
    std::fs::remove_file(root.path().join("open")).unwrap();
    let at = archive.append(exchange("http://www.qinglan.example/1", "一")).await.unwrap();
    assert_eq!(archive.read(&at).await.unwrap().url, "http://www.qinglan.example/1");
    archive.close().await;
    assert!(markers(root.path()).is_empty());

    let file = root.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(Archive::local(&file, ArchiveConfig::default()).await.unwrap_err().is_transient());
}
