//! Rows of several tables in one call, each of which succeeds or fails on its own.

use super::message::Message;
use super::plain_buffer::{self, Row};
use super::read::{consumed, one, refuse_transaction};
use super::row::Wanted;
use super::store::table;
use super::write::{Change, Deed};
use super::{Call, dialect, invalid};
use crate::sandbox::error::Error;
use crate::sandbox::protobuf::Writer;

/// Rows of a call at the most. Tablestore's own limits.
const GET_MOST: usize = 100;
const WRITE_MOST: usize = 200;

/// `BatchGetRow`.
pub(super) fn get(call: &Call<'_>, order: &Message<'_>) -> Result<Writer, Error> {
    let mut asked: Vec<(&str, Wanted, Vec<Row>)> = Vec::new();
    for bytes in order.all(1) {
        let own = Message::read(bytes)?;
        let keys = own.all(2).map(plain_buffer::read).collect::<Result<_, _>>()?;
        asked.push((own.text(1)?, Wanted::read(&own, 4, 8)?, keys));
    }
    let rows = asked.iter().map(|(_, _, keys)| keys.len()).sum();
    judge(&asked.iter().map(|(name, _, _)| *name).collect::<Vec<_>>(), rows, GET_MOST)?;
    call.cloud.ots.with(call.instance, |instance, _| {
        let mut answer = Writer::default();
        for (name, wanted, keys) in &asked {
            let mut own = Writer::default().text(1, name);
            for key in keys {
                let found = table(instance, name).and_then(|table| one(table, key, wanted, call.now()));
                own = own.message(
                    2,
                    &outcome(
                        found.map(|(bytes, row)| (consumed(Some(bytes), None), plain_buffer::write(&row))),
                    ),
                );
            }
            answer = answer.message(1, &own);
        }
        Ok(answer)
    })
}

/// `BatchWriteRow`.
pub(super) fn write(call: &Call<'_>, order: &Message<'_>) -> Result<Writer, Error> {
    refuse_transaction(order, 2)?;
    let mut asked: Vec<(&str, Vec<Change>)> = Vec::new();
    for bytes in order.all(1) {
        let own = Message::read(bytes)?;
        let changes: Vec<Change> = own.all(2).map(change).collect::<Result<_, _>>()?;
        asked.push((own.text(1)?, changes));
    }
    let rows = asked.iter().map(|(_, changes)| changes.len()).sum();
    judge(&asked.iter().map(|(name, _)| *name).collect::<Vec<_>>(), rows, WRITE_MOST)?;
    if asked.iter().any(|(_, changes)| names_one_twice(changes)) {
        return Err(invalid("Duplicated primary key in BatchWriteRow."));
    }
    call.cloud.ots.with(call.instance, |instance, room| {
        let mut answer = Writer::default();
        for (name, changes) in &asked {
            let mut own = Writer::default().text(1, name);
            for change in changes {
                let done = table(instance, name).and_then(|table| change.apply(table, room, call.now()));
                own = own.message(2, &outcome(done));
            }
            answer = answer.message(1, &own);
        }
        Ok(answer)
    })
}

fn change(bytes: &[u8]) -> Result<Change, Error> {
    let message = Message::read(bytes)?;
    let deed = match message.number(1) {
        Some(1) => Deed::Put,
        Some(2) => Deed::Update,
        Some(3) => Deed::Delete,
        _ => return Err(invalid("Invalid operation type.")),
    };
    Change::read(&message, deed)
}

fn names_one_twice(changes: &[Change]) -> bool {
    let others = |at: usize| changes.iter().skip(at + 1);
    changes.iter().enumerate().any(|(at, one)| others(at).any(|other| other.row.key == one.row.key))
}

/// What holds for the whole of a batch.
fn judge(tables: &[&str], rows: usize, most: usize) -> Result<(), Error> {
    if rows == 0 {
        return Err(invalid("No row is specified in the batch."));
    }
    if rows > most {
        return Err(invalid(&format!("Rows count exceeds the upper limit: {most}.")));
    }
    let mut names = tables.to_vec();
    names.sort_unstable();
    names.dedup();
    if names.len() < tables.len() {
        return Err(invalid("Duplicated table name in the batch."));
    }
    Ok(())
}

/// What became of one row: what it took and the row, or why not.
fn outcome(result: Result<(Writer, Vec<u8>), Error>) -> Writer {
    match result {
        Ok((consumed, row)) => Writer::default().number(1, 1).message(3, &consumed).bytes(4, &row),
        Err(error) => Writer::default().number(1, 0).message(2, &dialect::error(&error)),
    }
}
