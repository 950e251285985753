//! A query as SQL conditions over `current_records c` and `documents d`.

use super::types::{Instant, Statement};
use crate::{Query, StoreError};
use jiff::Timestamp;

/// The rows that conditions are about.
pub(super) const ROWS: &str = "current_records c JOIN documents d ON d.document_no = c.document_no";

/// The order of lists and exports.
pub(super) const ORDER: &str = "c.order_year DESC, c.order_code, c.id";

/// A value that a condition compares with.
enum Parameter {
    Text(String),
    Texts(Vec<&'static str>),
    Number(i32),
    Instant(Timestamp),
}

/// Conditions and their values.
pub(super) struct Filter {
    clauses: Vec<String>,
    parameters: Vec<Parameter>,
}

impl Filter {
    /// What `query` asks of a record, its limit apart.
    pub(super) fn new(query: &Query) -> Result<Self, StoreError> {
        let mut filter = Self { clauses: Vec::new(), parameters: Vec::new() };
        let kinds = query.meant_kinds().iter().map(|kind| kind.as_str()).collect();
        filter.add("c.kind = ANY(?)", Parameter::Texts(kinds));
        filter.head(query);
        filter.after(query)?;
        filter.text(query);
        Ok(filter)
    }

    /// The conditions as one expression. Never empty: kinds are always asked for.
    pub(super) fn sql(&self) -> String {
        self.clauses.join(" AND ")
    }

    /// The mark of the first parameter behind those of the conditions.
    pub(super) fn next_mark(&self) -> String {
        format!("${}", self.parameters.len() + 1)
    }

    /// Binds the values of the conditions.
    pub(super) fn bind<'q>(&'q self, mut statement: Statement<'q>) -> Statement<'q> {
        for parameter in &self.parameters {
            statement = match parameter {
                Parameter::Text(text) => statement.bind(text.as_str()),
                Parameter::Texts(texts) => statement.bind(texts.as_slice()),
                Parameter::Number(number) => statement.bind(*number),
                Parameter::Instant(instant) => statement.bind(Instant(*instant)),
            };
        }
        statement
    }

    /// Adds a condition; every `?` in it stands for `parameter`.
    fn add(&mut self, clause: &str, parameter: Parameter) {
        // No text in the database holds U+0000, and it cannot be asked for it.
        if matches!(&parameter, Parameter::Text(text) if text.contains('\0')) {
            self.clauses.push("false".to_owned());
            return;
        }
        self.clauses.push(clause.replace('?', &self.next_mark()));
        self.parameters.push(parameter);
    }

    fn head(&mut self, query: &Query) {
        if let Some(level) = query.level {
            self.add("c.level = ?", Parameter::Text(level.as_str().to_owned()));
        }
        if let Some(prefix) = &query.adcode_prefix {
            self.add("starts_with(c.adcode, ?)", Parameter::Text(prefix.clone()));
        }
        if let Some(part) = &query.region {
            let clause = "(strpos(c.region, ?) > 0 OR strpos(c.prefecture, ?) > 0 OR strpos(c.province, ?) > 0)";
            self.add(clause, Parameter::Text(part.clone()));
        }
        if let Some(year) = query.year {
            self.add("c.year = ?", Parameter::Number(year));
        }
        if let Some(year) = query.plan_year {
            self.add("c.plan_year = ?", Parameter::Number(year));
        }
        if let Some(site) = &query.site {
            self.add("c.site = ?", Parameter::Text(site.clone()));
        }
        if let Some(since) = query.since {
            self.add("d.changed_at >= ?", Parameter::Instant(since));
        }
    }

    fn after(&mut self, query: &Query) -> Result<(), StoreError> {
        let Some(cursor) = &query.after else { return Ok(()) };
        let place = cursor.place()?;
        // Three conditions of one parameter each; together they say "behind this place".
        self.add("c.order_year <= ?", Parameter::Number(place.year));
        let (year, code) = (format!("${}", self.parameters.len()), self.next_mark());
        self.parameters.push(Parameter::Text(place.code));
        let id = self.next_mark();
        self.parameters.push(Parameter::Text(place.id));
        self.clauses.push(format!("(c.order_year < {year} OR (c.order_code, c.id) > ({code}, {id}))"));
        Ok(())
    }

    /// Costly, so that the planner tries them last: texts are read only where the rest holds.
    fn text(&mut self, query: &Query) {
        for word in query.text.iter().flat_map(|words| words.split_whitespace()) {
            self.add("strpos(c.text, ?) > 0", Parameter::Text(word.to_owned()));
        }
    }
}
