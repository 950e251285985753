//! One TOML file, a section a role, every mistake listed at once.
//!
//! A role defines its own section as a struct with `Deserialize` and `Default` and asks for it with
//! [`File::section`]. Unknown keys, wrong types and values that make no sense are collected as
//! [`Problem`]s; [`File::finish`] gives them all, so that a file is mended in one go.

use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

/// A configuration file being read.
#[derive(Debug)]
pub struct File {
    path: PathBuf,
    root: toml::Table,
    known: BTreeSet<&'static str>,
    problems: Vec<Problem>,
}

/// One mistake in a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The dotted name of the key, such as `crawler.host_delay_ms`.
    pub key: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.message)
    }
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file could not be read.
    #[error("cannot read the configuration {path}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is no TOML.
    #[error("{path} is not valid TOML: {message}", path = path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// What the TOML reader says, with line and column.
        message: String,
    },
    /// The file is TOML but says things that make no sense.
    #[error("{path} has {count} mistake(s):\n{list}", path = path.display(), count = problems.len(), list = list(problems))]
    Mistakes {
        /// The file.
        path: PathBuf,
        /// Every one of them.
        problems: Vec<Problem>,
    },
}

/// Where the mistake is and what. The line itself is not repeated: it may hold a password.
fn syntax_message(text: &str, error: &toml::de::Error) -> String {
    let start = error.span().map_or(0, |span| span.start);
    let before = text.get(..start).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("line {line}, column {column}: {}", error.message().trim_end())
}

/// The problems, one a line.
fn list(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("  {problem}")).collect::<Vec<_>>().join("\n")
}

impl File {
    /// Reads `path`.
    ///
    /// # Errors
    ///
    /// When it cannot be read or is no TOML.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        Self::from_text(path, &text)
    }

    /// Reads `text` as if it stood in `path`.
    ///
    /// # Errors
    ///
    /// When it is no TOML.
    pub fn from_text(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let root = text
            .parse::<toml::Table>()
            .map_err(|error| ConfigError::Syntax { path: path.to_owned(), message: syntax_message(text, &error) })?;
        Ok(Self { path: path.to_owned(), root, known: BTreeSet::new(), problems: Vec::new() })
    }

    /// An empty configuration: every section has its defaults.
    pub fn empty() -> Self {
        Self { path: PathBuf::new(), root: toml::Table::new(), known: BTreeSet::new(), problems: Vec::new() }
    }

    /// Reads the section `name`, its defaults where the file has none, and notes every problem in it.
    pub fn section<T: DeserializeOwned + Default>(&mut self, name: &'static str) -> T {
        self.known.insert(name);
        let Some(value) = self.root.get(name).cloned() else {
            return T::default();
        };
        let problems = &mut self.problems;
        let mut track = serde_path_to_error::Track::new();
        let read = serde_ignored::deserialize(serde_path_to_error::Deserializer::new(value, &mut track), |path| {
            problems.push(Problem {
                key: format!("{name}.{path}"),
                message: "no such setting; `baogao config show` lists them all".to_owned(),
            });
        });
        read.unwrap_or_else(|error: toml::de::Error| {
            let key = format!("{name}.{}", track.path());
            self.problems.push(Problem { key, message: error.message().to_owned() });
            T::default()
        })
    }

    /// Notes a problem that a role found in its own values.
    pub fn problem(&mut self, key: impl Into<String>, message: impl Into<String>) {
        self.problems.push(Problem { key: key.into(), message: message.into() });
    }

    /// Ends the reading.
    ///
    /// # Errors
    ///
    /// With every problem noted, unknown sections included.
    pub fn finish(mut self) -> Result<(), ConfigError> {
        let unknown = self.root.keys().filter(|name| !self.known.contains(name.as_str()));
        let known = self.known.iter().copied().collect::<Vec<_>>().join(", ");
        self.problems.extend(
            unknown.map(|name| Problem { key: name.clone(), message: format!("no such section; there are {known}") }),
        );
        if self.problems.is_empty() {
            return Ok(());
        }
        Err(ConfigError::Mistakes { path: self.path, problems: self.problems })
    }
}
