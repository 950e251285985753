//! Tables for the terminal, with Chinese letters two columns wide.

use comfy_table::{ContentArrangement, Table, presets};

/// A plain table: a header and rows, nothing drawn around them.
pub fn new(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(header.to_vec());
    table
}
