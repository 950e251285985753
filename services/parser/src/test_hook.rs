//! A way for tests to make this process die of one article. Debug builds only.

use std::sync::OnceLock;

/// The environment variable that holds the deadly text.
const VARIABLE: &str = "BAOGAO_TEST_ABORT_ON";

/// Aborts the process if `text` holds what [`VARIABLE`] names: a stand-in for the faults no handler
/// survives, a stack overflow or the kernel's out-of-memory killer.
pub fn abort_on_request(text: &str) {
    static DEADLY: OnceLock<Option<String>> = OnceLock::new();
    let deadly = DEADLY.get_or_init(|| std::env::var(VARIABLE).ok().filter(|deadly| !deadly.is_empty()));
    if deadly.as_deref().is_some_and(|deadly| text.contains(deadly)) {
        std::process::abort();
    }
}
