//! Rows written: put, updated, deleted, each under a condition.

use std::collections::BTreeMap;

use super::filter::Filter;
use super::message::Message;
use super::plain_buffer::{self, Cell, DELETE_ALL, DELETE_ONE, INCREMENT, Row};
use super::read::{consumed, refuse_transaction};
use super::row::{Columns, tidy, weight};
use super::store::{Room, table};
use super::table::{Key, Table, is_name};
use super::value::Value;
use super::{Call, invalid};
use crate::sandbox::error::Error;
use crate::sandbox::protobuf::Writer;

/// Columns of a call, and bytes of a value, at the most. Tablestore's own limits.
const COLUMNS_MOST: usize = 1_024;
const VALUE_BYTES_MOST: usize = 2 * 1024 * 1024;

/// What is to be done to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    Put,
    Update,
    Delete,
}

/// One row's change.
#[derive(Debug)]
pub(super) struct Change {
    deed: Deed,
    pub(super) row: Row,
    existence: u64,
    filter: Option<Filter>,
    /// What the answer tells of the row: 0 nothing, 1 its key, 2 what became of its columns of these names.
    returns: (u64, Vec<String>),
}

impl Change {
    /// Reads the row at field 2, the condition at 3, what to return at 4: alike in all messages.
    pub(super) fn read(order: &Message<'_>, deed: Deed) -> Result<Self, Error> {
        let condition = order.message(3)?;
        let returns = order.optional(4)?.unwrap_or_default();
        let change = Self {
            deed,
            row: plain_buffer::read(order.required(2)?)?,
            existence: condition.number(1).unwrap_or_default(),
            filter: condition.bytes(2).filter(|bytes| !bytes.is_empty()).map(Filter::read).transpose()?,
            returns: (returns.number(1).unwrap_or_default(), returns.texts(2)?),
        };
        change.row.cells.iter().try_for_each(|cell| change.judge(cell))?;
        match (deed, change.row.cells.len()) {
            (Deed::Update, 0) => Err(invalid("Attribute column is missing.")),
            (_, COLUMNS_MOST..) => {
                Err(invalid(&format!("The number of attribute columns exceeds the limit: {COLUMNS_MOST}.")))
            }
            _ => Ok(change),
        }
    }

    fn judge(&self, cell: &Cell) -> Result<(), Error> {
        if !is_name(&cell.name) {
            return Err(invalid(&format!("Invalid column name: '{}'.", cell.name)));
        }
        let is_complete = match cell.kind {
            None => cell.value.is_some(),
            Some(DELETE_ALL) => self.deed == Deed::Update,
            Some(DELETE_ONE) => self.deed == Deed::Update && cell.stamp.is_some(),
            Some(INCREMENT) => self.deed == Deed::Update && matches!(cell.value, Some(Value::Integer(_))),
            Some(_) => false,
        };
        if !is_complete || cell.value.as_ref().is_some_and(Value::is_bound) {
            return Err(invalid(&format!("Invalid attribute column: '{}'.", cell.name)));
        }
        match cell.value.as_ref().map_or(0, Value::size) {
            0..=VALUE_BYTES_MOST => Ok(()),
            length => Err(invalid(&format!(
                "The length of attribute column: '{}' exceeds the MaxLength: {VALUE_BYTES_MOST} with CurrentLength: {length}.",
                cell.name
            ))),
        }
    }

    /// Does it. Returns what it took, and the row that the answer tells of.
    pub(super) fn apply(
        &self,
        table: &mut Table,
        room: &mut Room,
        now: i64,
    ) -> Result<(Writer, Vec<u8>), Error> {
        let key = table.key(&self.row.key)?;
        let before = table.rows.get(&key);
        self.check(before)?;
        let held = before.map_or(0, |columns| weight(&key, columns));
        let after = self.after(table, before, now)?;
        let grown = after.as_ref().map_or(0, |columns| weight(&key, columns));
        room.change(held, grown)?;
        let told = self.told(table, &key, after.as_ref());
        match after {
            Some(columns) => table.rows.insert(key, columns),
            None => table.rows.remove(&key),
        };
        // Who asks what is there reads it.
        let read = (self.existence != 0 || self.filter.is_some()).then_some(held);
        Ok((consumed(read, Some(held.max(grown))), told))
    }

    fn check(&self, before: Option<&Columns>) -> Result<(), Error> {
        let is_met = match self.existence {
            0 => true,
            1 => before.is_some(),
            2 => before.is_none(),
            _ => return Err(invalid("Invalid row existence expectation.")),
        };
        let nothing = Columns::new();
        let passes = self.filter.as_ref().is_none_or(|filter| filter.lets(before.unwrap_or(&nothing)));
        if is_met && passes {
            return Ok(());
        }
        Err(Error::new(403, "OTSConditionCheckFail", "Condition check failed."))
    }

    /// What the row will be. None: it will not be there.
    fn after(&self, table: &Table, before: Option<&Columns>, now: i64) -> Result<Option<Columns>, Error> {
        if self.deed == Deed::Delete {
            return Ok(None);
        }
        let mut columns = before.filter(|_| self.deed == Deed::Update).cloned().unwrap_or_default();
        let mut is_written = before.is_some() || self.deed == Deed::Put;
        for cell in &self.row.cells {
            let stamp = cell.stamp.unwrap_or(now);
            if cell.kind != Some(DELETE_ONE)
                && (stamp - now).abs() > table.keeping.deviation.saturating_mul(1_000)
            {
                return Err(invalid(&format!("The timestamp of column '{}' is out of range.", cell.name)));
            }
            let versions = columns.entry(cell.name.clone()).or_default();
            match (cell.kind, &cell.value) {
                (Some(DELETE_ALL), _) => versions.clear(),
                (Some(DELETE_ONE), _) => {
                    versions.remove(&stamp);
                }
                (Some(INCREMENT), Some(Value::Integer(more))) => {
                    is_written = true;
                    let sum = newest_integer(&cell.name, versions)?.wrapping_add(*more);
                    versions.insert(stamp, Value::Integer(sum));
                }
                (_, Some(value)) => {
                    is_written = true;
                    versions.insert(stamp, value.clone());
                }
                (_, None) => {}
            }
        }
        tidy(&mut columns, table.keeping, now);
        // Deleting cells of a row that is not there makes none.
        Ok(is_written.then_some(columns))
    }

    fn told(&self, table: &Table, key: &Key, after: Option<&Columns>) -> Vec<u8> {
        let mut row = table.bare(key);
        let (kind, names) = &self.returns;
        match kind {
            1 => {}
            2 => {
                row.cells = after
                    .into_iter()
                    .flatten()
                    .filter(|(name, _)| names.contains(name))
                    .filter_map(newest)
                    .collect()
            }
            _ => return Vec::new(),
        }
        plain_buffer::write([&row])
    }
}

fn newest((name, versions): (&String, &BTreeMap<i64, Value>)) -> Option<Cell> {
    let (stamp, value) = versions.last_key_value()?;
    Some(Cell::new(name, value.clone(), Some(*stamp)))
}

fn newest_integer(name: &str, versions: &BTreeMap<i64, Value>) -> Result<i64, Error> {
    match versions.last_key_value() {
        None => Ok(0),
        Some((_, Value::Integer(number))) => Ok(*number),
        Some(_) => {
            Err(invalid(&format!("The type of column '{name}' is not INTEGER, and cannot be incremented.")))
        }
    }
}

/// `PutRow`: the row takes the place of one that is there.
pub(super) fn put(call: &Call<'_>, order: &Message<'_>) -> Result<Writer, Error> {
    write(call, order, Deed::Put)
}

/// `UpdateRow`: cells are put, deleted, added to.
pub(super) fn update(call: &Call<'_>, order: &Message<'_>) -> Result<Writer, Error> {
    write(call, order, Deed::Update)
}

/// `DeleteRow`.
pub(super) fn delete(call: &Call<'_>, order: &Message<'_>) -> Result<Writer, Error> {
    write(call, order, Deed::Delete)
}

fn write(call: &Call<'_>, order: &Message<'_>, deed: Deed) -> Result<Writer, Error> {
    refuse_transaction(order, 5)?;
    let change = Change::read(order, deed)?;
    call.cloud.ots.with(call.instance, |instance, room| {
        let (consumed, told) = change.apply(table(instance, order.text(1)?)?, room, call.now())?;
        let answer = Writer::default().message(1, &consumed);
        Ok(if told.is_empty() { answer } else { answer.bytes(2, &told) })
    })
}
