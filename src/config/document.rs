//! The settings file's text to a tree, with the line of every value. Every mistake is found, not the first.

use std::collections::BTreeSet;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::grammar;
use super::keys::{self, Child, KEYS, Key, under};
use super::kind::{Check, Kind, Value};
use super::problem::{Origin, Placed, Problem};
use super::secrets;
use super::table::{Leaf, Table, quoted};
use crate::suggest::nearest;

/// Parses a file. Problems go to `problems`; what is left is the tree of what could be read.
pub(super) fn parse(name: &str, text: &str, problems: &mut Vec<Problem>) -> Table {
    let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect();
    let mut walk = Walk { name: name.into(), ends, problems: Vec::new() };
    let (document, errors) = parsed(text);
    let mut root = Table::new("", "", walk.origin(0));
    walk.table(document.get_ref(), &mut root);
    let mut syntax = Vec::new();
    for error in errors {
        let origin = error.span().map_or_else(|| walk.whole(), |span| walk.origin(span.start));
        syntax.push(Problem::new(&origin, format!("not TOML: {}", error.message())));
    }
    // What was read from a line that is not TOML is a guess; complaining about the guess would mislead.
    let guesses: BTreeSet<&Origin> = syntax.iter().map(Problem::origin).collect();
    walk.problems.retain(|problem| !guesses.contains(problem.origin()));
    problems.append(&mut syntax);
    problems.append(&mut walk.problems);
    root
}

/// The document as far as it is TOML, and every error in it; of a long file that is not TOML only the first.
fn parsed(text: &str) -> (Spanned<DeTable<'_>>, Vec<toml::de::Error>) {
    /// A mebibyte of `=` has a million errors, and keeping them takes half a gigabyte.
    const RECOVERED_BYTES_MAX: usize = 64 << 10;
    match DeTable::parse(text) {
        Ok(document) => (document, Vec::new()),
        Err(_) if text.len() <= RECOVERED_BYTES_MAX => DeTable::parse_recoverable(text),
        Err(error) => (Spanned::new(0..0, DeTable::new()), vec![error]),
    }
}

struct Walk {
    name: Arc<str>,
    /// Where each line ends, for telling the line of a position.
    ends: Vec<usize>,
    problems: Vec<Problem>,
}

impl Walk {
    fn origin(&self, position: usize) -> Origin {
        Origin::File { name: self.name.clone(), line: self.ends.partition_point(|end| *end < position) + 1 }
    }

    fn whole(&self) -> Origin {
        Origin::File { name: self.name.clone(), line: 0 }
    }

    fn problem(&mut self, origin: &Origin, text: impl Into<String>) {
        self.problems.push(Problem::new(origin, text));
    }

    fn table(&mut self, entries: &DeTable<'_>, into: &mut Table) {
        for (key, value) in entries {
            let origin = self.origin(key.span().start);
            let key = key.get_ref().as_ref();
            let path = under(&into.path, &spelled(key));
            match keys::child(&into.pattern, key) {
                Child::Leaf(row) => self.leaf(row, (key, &path, origin), value, into),
                Child::Table(pattern) => match value.get_ref() {
                    DeValue::Table(entries) => {
                        self.name(&into.pattern, key, &origin);
                        let mut table = Table::new(pattern, path, origin);
                        self.table(entries, &mut table);
                        into.tables.insert(key.to_owned(), table);
                    }
                    _ => self.problem(&origin, format!("`{path}` is a table; write [{path}] above its keys")),
                },
                Child::Tables(pattern) => match value.get_ref() {
                    DeValue::Array(items) => {
                        let tables = self.tables(items, &pattern, &path);
                        into.lists.insert(key.to_owned(), tables);
                    }
                    _ => self.problem(
                        &origin,
                        format!("`{path}` is a list of tables; write [[{path}]] above each"),
                    ),
                },
                Child::NotBuilt => {
                    self.problem(&origin, format!("`{path}` is not available in this version; leave it out"));
                    self.secrets(value.get_ref(), &path);
                }
                Child::Unknown => self.unknown(&into.pattern, key, (&path, &origin), value.get_ref()),
            }
        }
    }

    fn tables(&mut self, items: &DeArray<'_>, pattern: &str, path: &str) -> Vec<Table> {
        let mut tables = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let origin = self.origin(item.span().start);
            match item.get_ref() {
                DeValue::Table(entries) => {
                    let mut table = Table::new(pattern, format!("{path}[{index}]"), origin);
                    self.table(entries, &mut table);
                    tables.push(table);
                }
                _ => {
                    self.problem(&origin, format!("`{path}` is a list of tables; write {{ key = value, … }}"))
                }
            }
        }
        tables
    }

    /// Checks a name of the operator's choosing.
    fn name(&mut self, table: &str, key: &str, origin: &Origin) {
        let check = grammar::NAMES.iter().find(|(named, _)| *named == table);
        if let Some(Err(text)) = check.map(|(_, check)| check(key)) {
            self.problem(origin, format!("`{table}`: {text}"));
        }
    }

    fn leaf(&mut self, row: &Key, at: (&str, &str, Origin), value: &Spanned<DeValue<'_>>, into: &mut Table) {
        let (key, path, origin) = at;
        self.name(&into.pattern, key, &origin);
        let mut items = Vec::new();
        let read = match (row.kind, value.get_ref()) {
            (Kind::List(words, check), DeValue::Array(array)) => {
                items = self.items((path, words), check, array);
                if items.len() != array.len() {
                    into.misread.push(key.to_owned());
                }
                let texts = items.iter().map(|item| item.text.clone()).collect();
                Ok((Value::List(texts), list_toml(&items, quoted)))
            }
            (Kind::Numbers(..), DeValue::Array(array)) => {
                items = self.numbers((path, row.kind), array);
                if items.len() != array.len() {
                    into.misread.push(key.to_owned());
                }
                let texts = items.iter().map(|item| item.text.clone()).collect();
                Ok((Value::List(texts), list_toml(&items, str::to_owned)))
            }
            (Kind::Numbers(..), _) => Err("write a list in brackets, such as [1000, 1001]".to_owned()),
            (Kind::List(..), _) => Err("write a list in brackets, such as [\"…\", \"…\"]".to_owned()),
            (Kind::Boolean, DeValue::Boolean(value)) => Ok((Value::Boolean(*value), value.to_string())),
            (Kind::Boolean, _) => Err("write true or false, without quotes".to_owned()),
            (Kind::Count(..), DeValue::Integer(number)) if number.radix() == 10 => {
                row.kind.read(number.as_str()).map(|value| (value, number.as_str().to_owned()))
            }
            (Kind::Count(..), _) => Err("write a whole number, without quotes".to_owned()),
            (kind, DeValue::String(text)) => kind.read(text).map(|value| (value, quoted(text))),
            (kind, _) => Err(format!("write it between quotes: {}", kind.words())),
        };
        match read {
            Ok((value, toml)) => {
                into.leaves.insert(key.to_owned(), Leaf { value, toml, origin, items });
            }
            Err(text) => {
                into.misread.push(key.to_owned());
                self.problem(&origin, format!("`{path}`: {text}"));
            }
        }
    }

    fn items(&mut self, at: (&str, &str), check: Check, array: &DeArray<'_>) -> Vec<Placed> {
        let (path, words) = at;
        let mut items = Vec::new();
        for item in array {
            let origin = self.origin(item.span().start);
            let checked = match item.get_ref() {
                DeValue::String(text) => check(text).map(|()| text.to_string()),
                _ => Err(format!("write each between quotes: {words}")),
            };
            match checked {
                Ok(text) => items.push(Placed { text, origin }),
                Err(text) => self.problem(&origin, format!("`{path}`: {text}")),
            }
        }
        items
    }

    fn numbers(&mut self, (path, kind): (&str, Kind), array: &DeArray<'_>) -> Vec<Placed> {
        let mut items = Vec::new();
        for item in array {
            let origin = self.origin(item.span().start);
            let read = match item.get_ref() {
                DeValue::Integer(number) if number.radix() == 10 => {
                    kind.read(number.as_str()).map(|_| number.as_str().to_owned())
                }
                _ => Err("write each as a whole number, without quotes".to_owned()),
            };
            match read {
                Ok(text) => items.push(Placed { text, origin }),
                Err(text) => self.problem(&origin, format!("`{path}`: {text}")),
            }
        }
        items
    }

    fn unknown(&mut self, table: &str, key: &str, at: (&str, &Origin), value: &DeValue<'_>) {
        let (path, origin) = at;
        if secrets::is_name_of_one(key) {
            return self.problem(origin, secrets::message(path));
        }
        let parent = path.strip_suffix(&spelled(key)).unwrap_or_default();
        let siblings = keys::names(table);
        let meant = nearest(key, siblings.iter().copied()).map(|name| format!("{parent}{name}"));
        // Right name, wrong table: a key under the wrong heading, or before the first one.
        let elsewhere = || KEYS.iter().find(|row| row.split().1 == key).map(|row| row.name.to_owned());
        let text = match meant.or_else(elsewhere) {
            Some(meant) => format!("unknown key `{path}`; did you mean `{meant}`?"),
            None => format!("unknown key `{path}`; docs/configuration.md lists all keys"),
        };
        self.problem(origin, text);
        self.secrets(value, path);
    }

    /// Secrets are looked for in what is refused anyway: they are the mistake to mend first.
    fn secrets(&mut self, value: &DeValue<'_>, path: &str) {
        match value {
            DeValue::Table(entries) => {
                for (key, value) in entries {
                    let path = under(path, &spelled(key.get_ref()));
                    if secrets::is_name_of_one(key.get_ref()) {
                        self.problem(&self.origin(key.span().start), secrets::message(&path));
                    }
                    self.secrets(value.get_ref(), &path);
                }
            }
            DeValue::Array(items) => items.iter().for_each(|item| self.secrets(item.get_ref(), path)),
            _ => {}
        }
    }
}

/// A key as a path spells it: in quotes where it is not a bare word.
fn spelled(key: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !key.is_empty() && key.bytes().all(is_bare) { key.to_owned() } else { quoted(key) }
}

fn list_toml(items: &[Placed], spelled: impl Fn(&str) -> String) -> String {
    let texts: Vec<String> = items.iter().map(|item| spelled(&item.text)).collect();
    format!("[{}]", texts.join(", "))
}
