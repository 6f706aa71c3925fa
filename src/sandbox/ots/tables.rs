//! Tables: made, listed, described, changed, deleted.

use std::collections::BTreeMap;

use super::message::Message;
use super::store::{TABLES_MOST, table};
use super::table::{Keeping, Table, is_name};
use super::{Call, invalid, unsupported};
use crate::sandbox::error::Error;
use crate::sandbox::protobuf::Writer;

/// `CreateTable`.
pub(super) fn create(call: &Call<'_>, order: &Message<'_>) -> Result<Writer, Error> {
    let meta = order.message(1)?;
    let name = meta.text(1)?;
    if !is_name(name) {
        return Err(invalid(&format!("Invalid table name: '{name}'.")));
    }
    if order.all(7).next().is_some() {
        return Err(unsupported("CreateTable with a secondary index"));
    }
    for (tag, what) in [(5, "a stream"), (6, "encryption")] {
        let asked = order.optional(tag)?;
        if asked.is_some_and(|asked| asked.number(1) == Some(1)) {
            return Err(unsupported(&format!("CreateTable with {what}")));
        }
    }
    let keeping = match order.optional(3)? {
        Some(options) => Keeping::read(&options, Keeping::default())?,
        None => Keeping::default(),
    };
    let made = Table {
        key: Table::key_columns(&meta)?,
        defined: Table::defined_columns(&meta)?,
        reserved: units(&order.message(2)?)?,
        keeping,
        made_at: call.cloud.now(),
        rows: BTreeMap::new(),
    };
    call.cloud.ots.with(call.instance, |instance, _| {
        if instance.contains_key(name) {
            return Err(Error::new(409, "OTSObjectAlreadyExist", "Requested table already exists."));
        }
        if instance.len() >= TABLES_MOST {
            let message = "Number of tables exceeded the quota.";
            return Err(Error::new(403, "OTSQuotaExhausted", message));
        }
        instance.insert(name.to_owned(), made);
        Ok(Writer::default())
    })
}

/// `ListTable`.
pub(super) fn list(call: &Call<'_>) -> Result<Writer, Error> {
    call.cloud.ots.with(call.instance, |instance, _| {
        Ok(instance.keys().fold(Writer::default(), |writer, name| writer.text(1, name)))
    })
}

/// `DescribeTable`.
pub(super) fn describe(call: &Call<'_>, order: &Message<'_>) -> Result<Writer, Error> {
    let name = order.text(1)?;
    call.cloud.ots.with(call.instance, |instance, _| {
        let table = table(instance, name)?;
        let meta = table.schema(Writer::default().text(1, name));
        Ok(Writer::default()
            .message(1, &meta)
            .message(2, &reserved(table))
            .message(3, &table.keeping.message())
            // Active, which SDKs for JavaScript and Go demand to be told.
            .number(4, 1))
    })
}

/// `UpdateTable`: what is reserved, and how cells are kept.
pub(super) fn update(call: &Call<'_>, order: &Message<'_>) -> Result<Writer, Error> {
    let name = order.text(1)?;
    call.cloud.ots.with(call.instance, |instance, _| {
        let table = table(instance, name)?;
        if let Some(options) = order.optional(3)? {
            table.keeping = Keeping::read(&options, table.keeping)?;
        }
        if let Some(asked) = order.optional(2)? {
            table.reserved = units(&asked)?;
        }
        Ok(Writer::default().message(1, &reserved(table)).message(2, &table.keeping.message()))
    })
}

/// `DeleteTable`.
pub(super) fn delete(call: &Call<'_>, order: &Message<'_>) -> Result<Writer, Error> {
    let name = order.text(1)?;
    call.cloud.ots.with(call.instance, |instance, room| {
        room.change(table(instance, name)?.bytes(), 0)?;
        instance.remove(name);
        Ok(Writer::default())
    })
}

/// Capacity units in a message of what is to be reserved.
fn units(asked: &Message<'_>) -> Result<(u64, u64), Error> {
    let unit = asked.message(1)?;
    Ok((unit.number(1).unwrap_or_default(), unit.number(2).unwrap_or_default()))
}

fn reserved(table: &Table) -> Writer {
    let unit = Writer::default().number(1, table.reserved.0).number(2, table.reserved.1);
    Writer::default().message(1, &unit).number(2, table.made_at.cast_unsigned())
}
