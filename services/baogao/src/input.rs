//! Input files: a path, or `-` for standard input.

use crate::lang::Lang;
use crate::say;
use anyhow::Context as _;
use std::io::Read;
use std::path::Path;

/// The most bytes of one file that are read. Saved pages have some 200 kB; what is larger is no report.
const MAX_BYTES: u64 = 256 << 20;

/// Reads a file whole.
///
/// # Errors
///
/// When it cannot be read or is larger than 256 MiB.
pub fn read(lang: Lang, path: &Path) -> anyhow::Result<Vec<u8>> {
    let cannot = || say!(lang, "cannot read {}", "无法读取 {}", path.display());
    let source: Box<dyn Read> = if path == Path::new("-") {
        Box::new(std::io::stdin().lock())
    } else {
        let file = std::fs::File::open(path).with_context(cannot)?;
        // Opening a directory succeeds on some systems and reading it then fails without saying why.
        anyhow::ensure!(
            !file.metadata().is_ok_and(|meta| meta.is_dir()),
            say!(
                lang,
                "{} is a directory; name the files in it, as in {}/*.html",
                "{} 是目录，请写出其中的文件，如 {}/*.html",
                path.display(),
                path.display(),
            )
        );
        Box::new(file)
    };
    let mut bytes = Vec::new();
    source.take(MAX_BYTES + 1).read_to_end(&mut bytes).with_context(cannot)?;
    anyhow::ensure!(
        bytes.len() as u64 <= MAX_BYTES,
        say!(lang, "{} is larger than {} bytes", "{} 大于 {} 字节", path.display(), MAX_BYTES)
    );
    Ok(bytes)
}
