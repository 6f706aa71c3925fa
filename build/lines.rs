//! Reads a tab-separated table line by line, and says where a fault is.

use std::fmt;

/// A fault in a table. `Debug` is the plain sentence, because that is what Cargo shows of a failed build script.
pub(crate) struct Malformed(String);

impl Malformed {
    /// A fault that belongs to no line.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

impl fmt::Debug for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One line of a table, split at its tabs.
pub(crate) struct Line {
    file: &'static str,
    number: usize,
    fields: Vec<String>,
}

impl Line {
    /// The field of the column `at`, counted from zero.
    pub(crate) fn field(&self, at: usize) -> Result<&str, Malformed> {
        self.fields.get(at).map(String::as_str).ok_or_else(|| self.fault(format!("has no column {}", at + 1)))
    }

    /// The words of a field that is a list; `-` stands for none.
    pub(crate) fn words(&self, at: usize, between: char) -> Result<Vec<&str>, Malformed> {
        match self.field(at)? {
            "-" => Ok(Vec::new()),
            field => Ok(field.split(between).collect()),
        }
    }

    /// A fault in this line.
    pub(crate) fn fault(&self, what: impl fmt::Display) -> Malformed {
        Malformed(format!("{}:{}: {what}", self.file, self.number))
    }
}

/// The lines of `file` without its `#` lines. Each must have `columns` fields, none of them empty.
pub(crate) fn lines(file: &'static str, columns: usize) -> Result<Vec<Line>, Malformed> {
    let text = std::fs::read_to_string(file).map_err(|error| Malformed(format!("{file}: {error}")))?;
    let mut lines = Vec::new();
    for (at, text) in text.lines().enumerate().filter(|(_, text)| !text.starts_with('#')) {
        let fields = text.split('\t').map(str::to_owned).collect::<Vec<_>>();
        let line = Line { file, number: at + 1, fields };
        if line.fields.len() != columns {
            return Err(line.fault(format!("has {} columns instead of {columns}", line.fields.len())));
        }
        if line.fields.iter().any(String::is_empty) {
            return Err(line.fault("has an empty field; write - for none"));
        }
        lines.push(line);
    }
    Ok(lines)
}
