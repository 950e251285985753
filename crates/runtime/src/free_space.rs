//! How much room is left on the disk, so that the crawler can stop before it is full.

use std::path::Path;

/// The bytes that this user may still write on the file system of `path`.
///
/// # Errors
///
/// When the file system does not tell.
pub fn available(path: &Path) -> std::io::Result<u64> {
    fs4::available_space(path)
}
