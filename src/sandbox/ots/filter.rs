//! Conditions on columns, which filter rows that are read and guard those that are written.

use std::cmp::Ordering;

use super::message::Message;
use super::plain_buffer::read_value;
use super::row::Columns;
use super::value::Value;
use super::{invalid, unsupported};
use crate::sandbox::error::Error;

/// Conditions within conditions, at the most. Tablestore allows 32 in all.
const DEPTH_MOST: usize = 32;

/// One condition.
#[derive(Debug)]
pub(super) enum Filter {
    /// On the value of a column.
    Single {
        comparator: u64,
        name: String,
        value: Value,
        /// What holds for a row without the column.
        lets_missing: bool,
        /// Whether older versions count for nothing.
        newest_only: bool,
    },
    Not(Box<Self>),
    And(Vec<Self>),
    Or(Vec<Self>),
}

impl Filter {
    /// Reads a condition and those within it.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Error> {
        Self::read_within(bytes, DEPTH_MOST)
    }

    fn read_within(bytes: &[u8], depth: usize) -> Result<Self, Error> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(invalid("The filter is nested too deeply."));
        };
        let filter = Message::read(bytes)?;
        let own = filter.message(2)?;
        match filter.number(1) {
            Some(1) => Self::single(&own),
            Some(2) => Self::composite(&own, depth),
            _ => Err(unsupported("a filter that pages through columns")),
        }
    }

    fn single(own: &Message<'_>) -> Result<Self, Error> {
        if own.bytes(6).is_some() {
            return Err(unsupported("a filter that casts values"));
        }
        let comparator = own.number(1).filter(|comparator| (1..=8).contains(comparator));
        // A comparison with nothing, which asks whether the column is there, has a value nobody reads.
        let asks_presence = comparator.is_some_and(|comparator| comparator >= 7);
        let value = own.bytes(3).and_then(read_value).or_else(|| asks_presence.then_some(Value::Least));
        Ok(Self::Single {
            comparator: comparator.ok_or_else(|| invalid("Invalid comparator of a filter."))?,
            name: own.text(2)?.to_owned(),
            value: value.ok_or_else(|| invalid("Invalid value of a filter."))?,
            lets_missing: own.number(4) == Some(0),
            newest_only: own.number(5) != Some(0),
        })
    }

    fn composite(own: &Message<'_>, depth: usize) -> Result<Self, Error> {
        let mut filters: Vec<Self> =
            own.all(2).map(|bytes| Self::read_within(bytes, depth)).collect::<Result<_, _>>()?;
        match (own.number(1), filters.len()) {
            (Some(1), 1) => filters.pop().map(|filter| Self::Not(Box::new(filter))),
            (Some(2), 2..) => Some(Self::And(filters)),
            (Some(3), 2..) => Some(Self::Or(filters)),
            _ => None,
        }
        .ok_or_else(|| invalid("Invalid number of conditions in a composite filter."))
    }

    /// Whether it lets a row of these columns pass.
    pub(super) fn lets(&self, columns: &Columns) -> bool {
        match self {
            Self::Not(filter) => !filter.lets(columns),
            Self::And(filters) => filters.iter().all(|filter| filter.lets(columns)),
            Self::Or(filters) => filters.iter().any(|filter| filter.lets(columns)),
            Self::Single { comparator, name, value, lets_missing, newest_only } => {
                let versions = columns.get(name).filter(|versions| !versions.is_empty());
                match (comparator, versions) {
                    (7, versions) => versions.is_some(),
                    (8, versions) => versions.is_none(),
                    (_, None) => *lets_missing,
                    (comparator, Some(versions)) => {
                        let most = if *newest_only { 1 } else { versions.len() };
                        versions.values().rev().take(most).any(|held| compares(held, *comparator, value))
                    }
                }
            }
        }
    }
}

/// Values of two types are different, and neither is before the other.
fn compares(held: &Value, comparator: u64, value: &Value) -> bool {
    if !held.is_like(value) {
        return comparator == 2;
    }
    let order = held.cmp(value);
    match comparator {
        1 => order == Ordering::Equal,
        2 => order != Ordering::Equal,
        3 => order == Ordering::Greater,
        4 => order != Ordering::Less,
        5 => order == Ordering::Less,
        _ => order != Ordering::Greater,
    }
}
