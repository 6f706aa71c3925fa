//! What was set, as a tree with the origin of each value, before it becomes `Settings`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::address::Address;
use super::keys::{self, under};
use super::kind::Value;
use super::problem::{Origin, Placed, Problem};

/// One value and where it was set.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub(super) value: Value,
    /// As the file would spell it.
    pub(super) toml: String,
    pub(super) origin: Origin,
    /// For a list: each of its texts with its own line.
    pub(super) items: Vec<Placed>,
}

/// One table.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// Its path in `KEYS`: `role.NAME`.
    pub(super) pattern: String,
    /// Its path in the file: `role.app`.
    pub(super) path: String,
    pub(super) origin: Origin,
    pub(super) leaves: BTreeMap<String, Leaf>,
    pub(super) tables: BTreeMap<String, Self>,
    pub(super) lists: BTreeMap<String, Vec<Self>>,
    /// Keys that were set to something that could not be read: reported already, and not missing.
    pub(super) misread: Vec<String>,
}

impl Table {
    /// An empty table.
    pub(super) fn new(pattern: impl Into<String>, path: impl Into<String>, origin: Origin) -> Self {
        Self {
            pattern: pattern.into(),
            path: path.into(),
            origin,
            leaves: BTreeMap::new(),
            tables: BTreeMap::new(),
            lists: BTreeMap::new(),
            misread: Vec::new(),
        }
    }

    /// A table in here whose name `KEYS` gives, made if nothing made it yet.
    pub(super) fn table_mut(&mut self, name: &str) -> &mut Self {
        let (pattern, path) = (under(&self.pattern, name), under(&self.path, name));
        self.tables.entry(name.to_owned()).or_insert_with(|| Self::new(pattern, path, Origin::Default))
    }

    /// A table in here.
    pub(super) fn table(&self, name: &str) -> Option<&Self> {
        self.tables.get(name)
    }

    /// The tables of a list in here.
    pub(super) fn list(&self, name: &str) -> &[Self] {
        self.lists.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// Where a value was set, or the table where it was not.
    pub(super) fn origin_of(&self, name: &str) -> Origin {
        self.leaves.get(name).map_or_else(|| self.origin.clone(), |leaf| leaf.origin.clone())
    }

    /// A mistake in a value of this table.
    pub(super) fn problem(&self, name: &str, text: &str) -> Problem {
        Problem::new(&self.origin_of(name), format!("`{}`: {text}", under(&self.path, name)))
    }

    /// Whether somebody set a value, even one that could not be read.
    pub(super) fn is_set(&self, name: &str) -> bool {
        self.leaves.contains_key(name) || self.misread.iter().any(|key| key == name)
    }

    fn value(&self, name: &str) -> Option<Value> {
        if let Some(leaf) = self.leaves.get(name) {
            return Some(leaf.value.clone());
        }
        let key = keys::leaves(&self.pattern).find(|key| key.split().1 == name);
        debug_assert!(key.is_some(), "{}.{name} is not in KEYS", self.pattern);
        let key = key.filter(|key| !key.default.is_empty() && !key.kind.is_list())?;
        key.kind.read(key.default).ok()
    }

    /// A text, or what its key's default says.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        match self.value(name)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A number or a size in bytes.
    pub(super) fn number(&self, name: &str) -> usize {
        match self.value(name) {
            Some(Value::Number(number)) => usize::try_from(number).unwrap_or(usize::MAX),
            _ => 0,
        }
    }

    /// A time, where one is set or has a default.
    pub(super) fn duration(&self, name: &str) -> Option<Duration> {
        match self.value(name)? {
            Value::Duration(duration) => Some(duration),
            _ => None,
        }
    }

    /// A yes or no.
    pub(super) fn boolean(&self, name: &str) -> bool {
        self.value(name) == Some(Value::Boolean(true))
    }

    /// An address, relative socket paths made absolute.
    pub(super) fn address(&self, name: &str, bases: &Bases) -> Option<Address> {
        match self.value(name)? {
            Value::Address(address) => Some(address.under(bases.of(&self.origin_of(name)))),
            _ => None,
        }
    }

    /// A path, made absolute.
    pub(super) fn path(&self, name: &str, bases: &Bases) -> Option<PathBuf> {
        self.text(name).map(|text| bases.of(&self.origin_of(name)).join(text))
    }

    /// A list's texts, each with its place.
    pub(super) fn items(&self, name: &str) -> Vec<Placed> {
        self.leaves.get(name).map(|leaf| leaf.items.clone()).unwrap_or_default()
    }

    /// A text with its place.
    pub(super) fn placed(&self, name: &str) -> Option<Placed> {
        let leaf = self.leaves.get(name)?;
        match &leaf.value {
            Value::Text(text) => Some(Placed { text: text.clone(), origin: leaf.origin.clone() }),
            _ => None,
        }
    }
}

/// What relative paths start at.
#[derive(Debug)]
pub(super) struct Bases {
    /// The directory of the settings file.
    pub(super) file: PathBuf,
    /// The working directory.
    pub(super) process: PathBuf,
}

impl Bases {
    fn of(&self, origin: &Origin) -> &PathBuf {
        match origin {
            Origin::File { .. } => &self.file,
            _ => &self.process,
        }
    }
}

/// A text as TOML spells it.
pub fn quoted(text: &str) -> String {
    let mut toml = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => toml.extend(['\\', character]),
            control if control.is_control() => toml.push_str(&format!("\\U{:08X}", u32::from(control))),
            plain => toml.push(plain),
        }
    }
    toml.push('"');
    toml
}
