//! One table: what its rows are found by, how long cells live in it, and the rows.

use std::collections::BTreeMap;

use super::invalid;
use super::message::Message;
use super::plain_buffer::{Cell, Row};
use super::row::{Columns, weight};
use super::value::Value;
use crate::sandbox::error::Error;
use crate::sandbox::protobuf::Writer;

/// Columns of a key at the most, and bytes of one of its texts. Tablestore's own limits.
const KEY_COLUMNS_MOST: usize = 4;
const KEY_BYTES_MOST: usize = 1_024;

/// Columns that are defined in advance, at the most. Tablestore's own limit.
const DEFINED_MOST: usize = 600;

/// The shortest life of a cell in seconds, if it is to end.
const LIFE_LEAST: i64 = 86_400;

/// What a row is found by: a value for each of the table's key columns.
pub(super) type Key = Vec<Value>;

/// One column of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeyColumn {
    pub(super) name: String,
    /// The message's own number of the type.
    kind: u64,
}

impl KeyColumn {
    /// How Tablestore names its types.
    fn kind(&self) -> &'static str {
        match self.kind {
            1 => "INTEGER",
            2 => "STRING",
            _ => "BINARY",
        }
    }

    fn has(&self, value: &Value) -> bool {
        matches!((self.kind, value), (1, Value::Integer(_)) | (2, Value::Text(_)) | (3, Value::Binary(_)))
    }
}

/// How cells are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Keeping {
    /// In seconds. -1: for ever.
    pub(super) life: i64,
    /// Versions of a cell at the most.
    pub(super) versions: usize,
    /// How far a stamp may lie from now, in seconds.
    pub(super) deviation: i64,
    /// Whether cells can be updated.
    pub(super) allows_update: bool,
}

impl Keeping {
    /// What a message says, and for the rest what holds now.
    pub(super) fn read(message: &Message<'_>, now: Self) -> Result<Self, Error> {
        let life = message.signed(1).unwrap_or(now.life);
        let versions = message.signed(2).map_or(Some(now.versions), |number| {
            usize::try_from(number).ok().filter(|versions| *versions > 0)
        });
        if life != -1 && life < LIFE_LEAST {
            return Err(invalid(&format!(
                "Invalid table options: [TimeToLive] is less than [MinTimeToLive: {LIFE_LEAST}] and not -1."
            )));
        }
        Ok(Self {
            life,
            versions: versions.ok_or_else(|| invalid("[MaxVersions] must be greater than 0."))?,
            deviation: message.signed(5).unwrap_or(now.deviation),
            allows_update: message.number(6).map_or(now.allows_update, |is| is != 0),
        })
    }

    pub(super) fn message(&self) -> Writer {
        Writer::default()
            .number(1, self.life.cast_unsigned())
            .number(2, self.versions as u64)
            .number(5, self.deviation.cast_unsigned())
            .number(6, u64::from(self.allows_update))
    }
}

impl Default for Keeping {
    fn default() -> Self {
        Self { life: -1, versions: 1, deviation: LIFE_LEAST, allows_update: true }
    }
}

/// One table.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) key: Vec<KeyColumn>,
    /// Columns that were defined in advance, by name and the message's own number of the type.
    pub(super) defined: Vec<(String, u64)>,
    /// Capacity units that are reserved, for reading and for writing.
    pub(super) reserved: (u64, u64),
    pub(super) keeping: Keeping,
    /// Since 1970, in whole seconds.
    pub(super) made_at: i64,
    pub(super) rows: BTreeMap<Key, Columns>,
}

impl Table {
    /// Reads the key columns of a table that is to be made.
    pub(super) fn key_columns(meta: &Message<'_>) -> Result<Vec<KeyColumn>, Error> {
        let mut columns: Vec<KeyColumn> = Vec::new();
        for bytes in meta.all(2) {
            let message = Message::read(bytes)?;
            let column =
                KeyColumn { name: message.text(1)?.to_owned(), kind: message.number(2).unwrap_or_default() };
            if message.number(3).is_some() {
                return Err(super::unsupported("a key column that counts by itself"));
            }
            if !is_name(&column.name) {
                return Err(invalid(&format!("Invalid column name: '{}'.", column.name)));
            }
            if !matches!(column.kind, 1..=3) {
                return Err(invalid(&format!("Invalid type of primary key column: '{}'.", column.name)));
            }
            if columns.iter().any(|known| known.name == column.name) {
                return Err(invalid(&format!("Duplicated primary key name: '{}'.", column.name)));
            }
            columns.push(column);
        }
        match columns.len() {
            1..=KEY_COLUMNS_MOST => Ok(columns),
            _ => Err(invalid("The number of primary key columns must be in range: [1, 4].")),
        }
    }

    /// Reads the columns of such a table that are defined in advance. Nothing holds anyone to them but an index.
    pub(super) fn defined_columns(meta: &Message<'_>) -> Result<Vec<(String, u64)>, Error> {
        let mut columns = Vec::new();
        for bytes in meta.all(3) {
            let message = Message::read(bytes)?;
            let (name, kind) = (message.text(1)?, message.number(2).unwrap_or_default());
            if !is_name(name) || !matches!(kind, 1..=4 | 7) || columns.len() >= DEFINED_MOST {
                return Err(invalid(&format!("Invalid defined column: '{name}'.")));
            }
            columns.push((name.to_owned(), kind));
        }
        Ok(columns)
    }

    /// What the rows take, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.rows.iter().map(|(key, columns)| weight(key, columns)).sum()
    }

    /// The key that cells name.
    pub(super) fn key(&self, cells: &[Cell]) -> Result<Key, Error> {
        self.read_key(cells, false)
    }

    /// The same where a value may also be before or behind all others.
    pub(super) fn bound(&self, cells: &[Cell]) -> Result<Key, Error> {
        self.read_key(cells, true)
    }

    fn read_key(&self, cells: &[Cell], is_bound: bool) -> Result<Key, Error> {
        let fails = |what: &str, input: &str, meta: &str| {
            let message = format!("Validate PK {what} fail. Input: {input}, Meta: {meta}.");
            Error::new(400, "OTSInvalidPK", &message)
        };
        if cells.len() != self.key.len() {
            return Err(fails("size", &cells.len().to_string(), &self.key.len().to_string()));
        }
        let mut key = Key::new();
        for (cell, column) in cells.iter().zip(&self.key) {
            if cell.name != column.name {
                return Err(fails("name", &cell.name, &column.name));
            }
            let value = cell.value.as_ref().filter(|value| column.has(value) || is_bound && value.is_bound());
            let Some(value) = value else {
                let input = cell.value.as_ref().map_or("NULL", Value::kind);
                return Err(fails("type", &format!("{input}[{}]", cell.name), column.kind()));
            };
            if value.size() > KEY_BYTES_MOST {
                return Err(invalid(&format!(
                    "The length of primary key column: '{}' exceeds the MaxLength: {KEY_BYTES_MOST} with CurrentLength: {}.",
                    cell.name,
                    value.size()
                )));
            }
            key.push(value.clone());
        }
        Ok(key)
    }

    /// A key as rows of answers begin.
    pub(super) fn cells(&self, key: &Key) -> Vec<Cell> {
        self.key.iter().zip(key).map(|(column, value)| Cell::new(&column.name, value.clone(), None)).collect()
    }

    /// A row of nothing but its key.
    pub(super) fn bare(&self, key: &Key) -> Row {
        Row { key: self.cells(key), cells: Vec::new() }
    }

    /// The columns, as the table's description has them.
    pub(super) fn schema(&self, writer: Writer) -> Writer {
        let column = |name: &str, kind| Writer::default().text(1, name).number(2, kind);
        let writer =
            self.key.iter().fold(writer, |writer, own| writer.message(2, &column(&own.name, own.kind)));
        self.defined.iter().fold(writer, |writer, (name, kind)| writer.message(3, &column(name, *kind)))
    }
}

/// Letters, digits and underscores, no digit first, 255 bytes at the most. From "Naming conventions".
pub(super) fn is_name(name: &str) -> bool {
    (1..=255).contains(&name.len())
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
