//! Closing the segments that a killed process left open.
//!
//! Only what follows the last whole record is cut off. It cannot have been acknowledged: a record
//! is acknowledged after it and everything before it have been synced. Damage in the middle, from a
//! failing disk, is left where it is, since whole records stand behind it.

use crate::directory::{Marker, lock_markers, make_immutable, segment_path};
use crate::error::ArchiveError;
use crate::record::member_length;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

/// How every member of ours begins: deflate, no flags, no time, default level, unknown system.
const MEMBER_START: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// Repairs and closes every segment whose writer is dead. Those of living ones are left alone.
///
/// Takes the memory of one segment.
pub(crate) fn close_abandoned(root: &Path) -> Result<(), ArchiveError> {
    let _guard = lock_markers(root)?;
    let folder = root.join("open");
    fs::create_dir_all(&folder).map_err(ArchiveError::io("create", &folder))?;
    for entry in fs::read_dir(&folder).map_err(ArchiveError::io("list", &folder))? {
        let path = entry.map_err(ArchiveError::io("list", &folder))?.path();
        let Some((marker, segment)) = Marker::of_dead_process(path)? else { continue };
        // A marker is written and synced before its segment is made: an empty one has none.
        if !segment.is_empty() {
            repair(&segment, &segment_path(root, &segment)?)?;
        }
        marker.remove();
    }
    Ok(())
}

/// Cuts a segment back to its last whole record, or removes it if it has none.
fn repair(segment: &str, path: &Path) -> Result<(), ArchiveError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(ArchiveError::io("read", path)(error)),
    };
    let end = last_whole_end(&bytes);
    if end == 0 {
        tracing::info!(segment, "removed an abandoned segment without any whole record");
        return fs::remove_file(path).map_err(ArchiveError::io("remove", path));
    }
    if end < bytes.len() {
        tracing::info!(segment, cut_bytes = bytes.len() - end, "cut a half-written record off an abandoned segment");
        let cut = |file: File| file.set_len(end as u64).and_then(|()| file.sync_all());
        OpenOptions::new().write(true).open(path).and_then(cut).map_err(ArchiveError::io("truncate", path))?;
    }
    make_immutable(path);
    Ok(())
}

/// Where the last whole record ends; 0 without one.
fn last_whole_end(bytes: &[u8]) -> usize {
    let (mut at, mut end) = (0, 0);
    while at < bytes.len() {
        if let Some(length) = member_length(&bytes[at..]) {
            at += length;
            end = at;
            continue;
        }
        match next_member(&bytes[at..]) {
            Some(skipped) => at += skipped,
            None => break,
        }
    }
    end
}

/// How far it is to the next place where a member may begin, behind what `bytes` begin with.
pub(crate) fn next_member(bytes: &[u8]) -> Option<usize> {
    let rest = bytes.get(1..)?;
    rest.windows(MEMBER_START.len()).position(|window| window == MEMBER_START).map(|skipped| skipped + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::warcinfo;
    use jiff::Timestamp;

    #[test]
    fn members_begin_as_the_search_expects() {
        let member = warcinfo("<urn:uuid:0>", Timestamp::UNIX_EPOCH, "a.warc.gz", "test");
        assert!(member.starts_with(MEMBER_START), "{:x?}", &member[..10]);
    }

    #[test]
    fn damage_in_the_middle_keeps_what_stands_behind_it() {
        let member = warcinfo("<urn:uuid:0>", Timestamp::UNIX_EPOCH, "a.warc.gz", "test");
        let mut bytes = member.repeat(3);
        bytes[member.len() + 30] ^= 0x55;
        assert_eq!(last_whole_end(&bytes), bytes.len());
        assert_eq!(last_whole_end(&bytes[..bytes.len() - 1]), member.len());
        assert_eq!(last_whole_end(&[0; 100]), 0);
    }
}
