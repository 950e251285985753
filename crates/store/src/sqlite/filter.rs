//! A query as SQL conditions over `current_records c`.

use crate::{Query, StoreError};
use rusqlite::types::Value;

/// Conditions and their values.
pub(super) struct Filter {
    clauses: Vec<String>,
    pub(super) values: Vec<Value>,
}

impl Filter {
    /// What `query` asks of a record, its limit apart.
    pub(super) fn new(query: &Query) -> Result<Self, StoreError> {
        let mut filter = Self { clauses: Vec::new(), values: Vec::new() };
        filter.kinds(query);
        filter.head(query);
        filter.text(query);
        filter.after(query)?;
        Ok(filter)
    }

    /// The conditions as one expression. Never empty: kinds are always asked for.
    pub(super) fn sql(&self) -> String {
        self.clauses.join(" AND ")
    }

    fn add(&mut self, clause: impl Into<String>, values: impl IntoIterator<Item = Value>) {
        self.clauses.push(clause.into());
        self.values.extend(values);
    }

    fn kinds(&mut self, query: &Query) {
        let kinds = query.meant_kinds();
        let marks = vec!["?"; kinds.len()].join(", ");
        self.add(format!("c.kind IN ({marks})"), kinds.iter().map(|kind| text(kind.as_str())));
    }

    fn head(&mut self, query: &Query) {
        if let Some(level) = query.level {
            self.add("c.level = ?", [text(level.as_str())]);
        }
        if let Some(prefix) = &query.adcode_prefix {
            self.add("substr(c.adcode, 1, length(?)) = ?", [text(prefix), text(prefix)]);
        }
        if let Some(part) = &query.region {
            let clause = "(instr(c.region, ?) OR instr(c.prefecture, ?) OR instr(c.province, ?))";
            self.add(clause, [text(part), text(part), text(part)]);
        }
        if let Some(year) = query.year {
            self.add("c.year = ?", [year.into()]);
        }
        if let Some(year) = query.plan_year {
            self.add("c.plan_year = ?", [year.into()]);
        }
        if let Some(site) = &query.site {
            self.add("c.site = ?", [text(site)]);
        }
        if let Some(since) = query.since {
            self.add("c.changed_us >= ?", [since.as_microsecond().into()]);
        }
    }

    /// Last but for the cursor, so that texts are read only where the rest holds.
    fn text(&mut self, query: &Query) {
        for word in query.text.iter().flat_map(|words| words.split_whitespace()) {
            self.add("instr(c.text, ?)", [text(word)]);
        }
    }

    fn after(&mut self, query: &Query) -> Result<(), StoreError> {
        let Some(cursor) = &query.after else { return Ok(()) };
        let place = cursor.place()?;
        self.add(
            "(c.order_year < ? OR (c.order_year = ? AND (c.order_code, c.id) > (?, ?)))",
            [place.year.into(), place.year.into(), text(&place.code), text(&place.id)],
        );
        Ok(())
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}
