//! From a reference to the bytes of a page.

use baogao_archive::Archive;
use baogao_model::{PayloadRef, Warning};
use baogao_runtime::Failure;
use bytes::Bytes;

/// The most bytes a page may have once its content encoding is undone. Reports have some 200 kB.
pub const MAX_PAGE_BYTES: u64 = 64 << 20;

/// A page as it was before it was encoded for transport.
pub struct PageBytes {
    /// Its bytes, cut at [`MAX_PAGE_BYTES`].
    pub bytes: Bytes,
    /// What was wrong with the encoding.
    pub warnings: Vec<Warning>,
}

/// Reads a page from the archive and undoes its content encoding.
///
/// # Errors
///
/// Ours where the archive is away, permanent where its bytes are not what was written.
pub async fn read(archive: &Archive, payload: &PayloadRef) -> Result<PageBytes, Failure> {
    let archived = archive.read(payload).await.map_err(|error| {
        let is_transient = error.is_transient();
        Failure::of_store(error, is_transient)
    })?;
    let mut warnings = Vec::new();
    let bytes = match archived.decoded(MAX_PAGE_BYTES) {
        Ok(decoded) => {
            if decoded.truncated {
                warnings.push(Warning::new("truncated_page", "the page was cut or too large; its beginning was read"));
            }
            decoded.bytes
        }
        Err(error) => {
            warnings.push(Warning::new(
                "content_encoding",
                format!("the page's content encoding cannot be undone: {error}"),
            ));
            Bytes::new()
        }
    };
    Ok(PageBytes { bytes, warnings })
}
