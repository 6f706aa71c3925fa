//! The columns of a row, in versions; what of them is kept, and what of them a reader wants.

use std::collections::BTreeMap;

use super::filter::Filter;
use super::invalid;
use super::message::Message;
use super::plain_buffer::{Cell, Row};
use super::table::{Keeping, Key, Table};
use super::value::Value;
use crate::sandbox::error::Error;

/// By name; of each its versions, by stamp in milliseconds since 1970.
pub(super) type Columns = BTreeMap<String, BTreeMap<i64, Value>>;

/// What a row takes, in bytes.
pub(super) fn weight(key: &Key, columns: &Columns) -> usize {
    let cells = columns.iter().map(|(name, versions)| {
        versions.values().map(|value| name.len() + 8 + value.weight()).sum::<usize>()
    });
    key.iter().map(Value::weight).sum::<usize>() + cells.sum::<usize>()
}

/// Forgets what the table keeps no longer: versions past its number, and those past their life.
pub(super) fn tidy(columns: &mut Columns, keeping: Keeping, now: i64) {
    for versions in columns.values_mut() {
        versions.retain(|stamp, _| is_alive(*stamp, keeping, now));
        while versions.len() > keeping.versions {
            versions.pop_first();
        }
    }
    columns.retain(|_, versions| !versions.is_empty());
}

fn is_alive(stamp: i64, keeping: Keeping, now: i64) -> bool {
    keeping.life == -1 || stamp > now.saturating_sub(keeping.life.saturating_mul(1_000))
}

/// What of a row is wanted.
#[derive(Debug)]
pub(super) struct Wanted {
    /// Names of columns. None: all.
    names: Vec<String>,
    /// From which column on, and before which.
    from: Option<String>,
    until: Option<String>,
    /// From which stamp on, and before which.
    times: std::ops::Range<i64>,
    versions: usize,
    filter: Option<Filter>,
}

impl Wanted {
    /// Reads it. The three messages that have it number its fields alike, but for where they begin: names, times, versions in
    /// a row at `first`, filter and bounds at `second`.
    pub(super) fn read(order: &Message<'_>, first: u64, second: u64) -> Result<Self, Error> {
        let times = order.optional(first + 1)?;
        let versions = order.signed(first + 2);
        if times.is_none() && versions.is_none() {
            return Err(invalid("No version condition is specified while querying row."));
        }
        let versions = usize::try_from(versions.unwrap_or(i64::MAX)).ok().filter(|versions| *versions > 0);
        let times = times.map_or(0..i64::MAX, |times| match times.signed(3) {
            Some(at) => at..at.saturating_add(1),
            None => times.signed(1).unwrap_or(0)..times.signed(2).unwrap_or(i64::MAX),
        });
        let text = |tag: u64| order.bytes(tag).map(|_| order.text(tag).map(str::to_owned)).transpose();
        Ok(Self {
            names: order.texts(first)?,
            from: text(second + 1)?,
            until: text(second + 2)?,
            times,
            versions: versions.ok_or_else(|| invalid("The max_versions must be greater than 0."))?,
            filter: order.bytes(second).map(Filter::read).transpose()?,
        })
    }

    /// What a reader is shown of a row. `None`: nothing, as if it were not there.
    pub(super) fn of(&self, table: &Table, key: &Key, columns: &Columns, now: i64) -> Option<Row> {
        let is_named = |name: &String| self.names.is_empty() || self.names.contains(name);
        let is_between = |name: &String| {
            self.from.as_ref().is_none_or(|from| name >= from)
                && self.until.as_ref().is_none_or(|until| name < until)
        };
        let mut shown = Columns::new();
        for (name, versions) in columns.iter().filter(|(name, _)| is_named(name) && is_between(name)) {
            let alive = versions
                .iter()
                .rev()
                .filter(|(stamp, _)| self.times.contains(stamp) && is_alive(**stamp, table.keeping, now));
            let newest: BTreeMap<i64, Value> =
                alive.take(self.versions).map(|(stamp, value)| (*stamp, value.clone())).collect();
            if !newest.is_empty() {
                shown.insert(name.clone(), newest);
            }
        }
        // Whoever names columns and none of the key sees only rows that have one of them. From "GetRange".
        let names_key = table.key.iter().any(|column| self.names.contains(&column.name));
        if !self.names.is_empty() && shown.is_empty() && !names_key {
            return None;
        }
        if self.filter.as_ref().is_some_and(|filter| !filter.lets(&shown)) {
            return None;
        }
        let cells = shown.iter().flat_map(|(name, versions)| {
            versions.iter().rev().map(|(stamp, value)| Cell::new(name, value.clone(), Some(*stamp)))
        });
        Some(Row { key: table.cells(key), cells: cells.collect() })
    }
}
