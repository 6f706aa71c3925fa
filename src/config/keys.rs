//! Every key that the settings have: the one table that the file, the variables, `--print-config` and the reference
//! are all read by.
//!
//! In a name, a part in capitals stands for a name of the operator's choosing, and `[]` for one table of a list.

use super::kind::Kind;
use super::login::LOGIN;
use super::role_rows::ROLES;
use super::rows::{FIRST, ROWS};
use super::vend::VEND;
use super::watched::WATCHED;

/// Every key, in the order in which the reference and `--print-config` list them.
pub(super) static KEYS: [Key; HERE + THERE] = joined(&[FIRST, ROLES, ROWS, WATCHED, VEND, LOGIN]);

const HERE: usize = FIRST.len() + ROLES.len() + ROWS.len();
const THERE: usize = WATCHED.len() + VEND.len() + LOGIN.len();

/// One key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    /// Its path: `limits.head`, `role.NAME.source`, `listen[].address`.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// What holds when nobody sets it, as a variable would spell it. Empty: nothing.
    pub(super) default: &'static str,
    /// Why that default.
    pub(super) reason: &'static str,
    /// What it is for.
    pub(super) sentence: &'static str,
}

impl Key {
    /// The path of its table and its own name in there.
    pub(super) fn split(&self) -> (&'static str, &'static str) {
        self.name.rsplit_once('.').unwrap_or(("", self.name))
    }

    /// The variable that sets it, where one can: not within a list or under a chosen name.
    pub(super) fn variable(&self) -> Option<String> {
        let is_fixed = self.kind.is_scalar() && self.name.bytes().all(is_plain_byte);
        is_fixed.then(|| format!("{PREFIX}{}", self.name.replace('.', "_").to_ascii_uppercase()))
    }

    /// The default as the file would spell it.
    pub(super) fn default_toml(&self) -> Option<String> {
        match self.default {
            "" => None,
            text if self.kind.is_quoted() => Some(format!("{text:?}")),
            text => Some(text.to_owned()),
        }
    }
}

/// What the name of every variable of ours begins with.
pub(super) const PREFIX: &str = "COUNTERSIGN_";

/// Keys that are decided and not built: saying so is better than calling them unknown.
pub(super) const NOT_BUILT: [&str; 1] = ["upstream.proxy"];

/// What a key of a table is.
pub(super) enum Child {
    /// A value.
    Leaf(&'static Key),
    /// A table, with its path in `KEYS`.
    Table(String),
    /// A list of tables, with the path of one of them in `KEYS`.
    Tables(String),
    /// Decided, but not in this version.
    NotBuilt,
    /// Nothing that we know.
    Unknown,
}

/// What `key` is in the table with this path in `KEYS`.
pub(super) fn child(table: &str, key: &str) -> Child {
    if key.bytes().all(is_plain_byte) && !key.contains('.') {
        let path = under(table, key);
        if NOT_BUILT.contains(&path.as_str()) {
            return Child::NotBuilt;
        }
        match look_up(&path) {
            Child::Unknown => {}
            found => return found,
        }
    }
    if table.is_empty() { Child::Unknown } else { look_up(&under(table, chosen_part(table))) }
}

fn look_up(path: &str) -> Child {
    if let Some(key) = KEYS.iter().find(|key| key.name == path) {
        return Child::Leaf(key);
    }
    let starts = |start: &str| KEYS.iter().any(|key| key.name.starts_with(start));
    if starts(&format!("{path}.")) {
        Child::Table(path.to_owned())
    } else if starts(&format!("{path}[].")) {
        Child::Tables(format!("{path}[]"))
    } else {
        Child::Unknown
    }
}

/// How `KEYS` writes the part of a path that the operator chooses.
pub(super) fn chosen_part(table: &str) -> &'static str {
    if matches!(table, "connect_to" | "hosts") { "HOST" } else { "NAME" }
}

/// The keys directly in a table.
pub(super) fn leaves(table: &str) -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(move |key| key.split().0 == table)
}

/// The names directly in a table, of values and of tables, without those that the operator chooses.
pub(super) fn names(table: &str) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = Vec::new();
    for key in &KEYS {
        let within = if table.is_empty() { Some(key.name) } else { key.name.strip_prefix(table) };
        let within =
            within.and_then(|rest| if table.is_empty() { Some(rest) } else { rest.strip_prefix('.') });
        let first = within.and_then(|rest| rest.split(['.', '[']).next());
        if let Some(first) = first.filter(|name| name.bytes().all(is_plain_byte) && !names.contains(name)) {
            names.push(first);
        }
    }
    names
}

/// One table of several, in their order.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which would refuse it")]
const fn joined<const COUNT: usize>(tables: &[&[Key]]) -> [Key; COUNT] {
    let mut all = [tables[0][0]; COUNT];
    let (mut at, mut table, mut row) = (0, 0, 0);
    while at < COUNT {
        if row < tables[table].len() {
            all[at] = tables[table][row];
            (at, row) = (at + 1, row + 1);
        } else {
            (table, row) = (table + 1, 0);
        }
    }
    all
}

/// Appends a part to a path.
pub(super) fn under(table: &str, key: &str) -> String {
    if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") }
}

const fn is_plain_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'.'
}
