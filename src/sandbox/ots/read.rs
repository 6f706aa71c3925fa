//! Rows read: one by its key, or many by a range of keys.

use std::ops::Bound;

use super::message::Message;
use super::plain_buffer::{self, Row};
use super::row::{Columns, Wanted, weight};
use super::store::table;
use super::table::{Key, Table};
use super::{Call, invalid, unsupported};
use crate::sandbox::error::Error;
use crate::sandbox::protobuf::Writer;

/// Rows of an answer at the most, and their bytes. Tablestore's own limits.
const ROWS_MOST: usize = 5_000;
const BYTES_MOST: usize = 4 * 1024 * 1024;

/// How many bytes one capacity unit reads or writes.
const UNIT: usize = 4_096;

/// What a call took, in capacity units of reading and of writing, for so many bytes. None takes none.
pub(super) fn consumed(read: Option<usize>, written: Option<usize>) -> Writer {
    let units = |bytes: Option<usize>| bytes.map_or(0, |bytes| bytes.div_ceil(UNIT).max(1) as u64);
    let unit = Writer::default().number(1, units(read)).number(2, units(written));
    Writer::default().message(1, &unit)
}

/// `GetRow`. A row that is not there is one of no bytes.
pub(super) fn get(call: &Call<'_>, order: &Message<'_>) -> Result<Writer, Error> {
    refuse_transaction(order, 11)?;
    let wanted = Wanted::read(order, 3, 7)?;
    let asked = plain_buffer::read(order.required(2)?)?;
    call.cloud.ots.with(call.instance, |instance, _| {
        let table = table(instance, order.text(1)?)?;
        let (bytes, row) = one(table, &asked, &wanted, call.now())?;
        Ok(Writer::default().message(1, &consumed(Some(bytes), None)).bytes(2, &plain_buffer::write(&row)))
    })
}

/// What is shown of one row, and how many bytes were read for it.
pub(super) fn one(
    table: &Table,
    asked: &Row,
    wanted: &Wanted,
    now: i64,
) -> Result<(usize, Option<Row>), Error> {
    let key = table.key(&asked.key)?;
    let columns = table.rows.get(&key);
    let bytes = columns.map_or(0, |columns| weight(&key, columns));
    Ok((bytes, columns.and_then(|columns| wanted.of(table, &key, columns, now))))
}

/// `GetRange`: rows from one key on and before another, in either direction, and where to go on.
pub(super) fn range(call: &Call<'_>, order: &Message<'_>) -> Result<Writer, Error> {
    refuse_transaction(order, 14)?;
    let wanted = Wanted::read(order, 3, 10)?;
    let limit = match order.signed(6) {
        None => ROWS_MOST,
        Some(limit) => {
            let limit = usize::try_from(limit).ok().filter(|limit| *limit > 0);
            limit.ok_or_else(|| invalid("The limit must be greater than 0."))?.min(ROWS_MOST)
        }
    };
    let (start, end) = (plain_buffer::read(order.required(7)?)?, plain_buffer::read(order.required(8)?)?);
    let is_backward = order.number(2) == Some(1);
    call.cloud.ots.with(call.instance, |instance, _| {
        let table = table(instance, order.text(1)?)?;
        let (start, end) = (table.bound(&start.key)?, table.bound(&end.key)?);
        let mut rows = between(table, start, end, is_backward)?;
        let (mut shown, mut bytes, mut next) = (Vec::new(), 0, None);
        for (key, columns) in rows.by_ref() {
            if shown.len() >= limit || bytes >= BYTES_MOST {
                next = Some(table.bare(key));
                break;
            }
            bytes += weight(key, columns);
            shown.extend(wanted.of(table, key, columns, call.now()));
        }
        let answer =
            Writer::default().message(1, &consumed(Some(bytes), None)).bytes(2, &plain_buffer::write(&shown));
        Ok(next.iter().fold(answer, |answer, next| answer.bytes(3, &plain_buffer::write([next]))))
    })
}

type Rows<'a> = Box<dyn Iterator<Item = (&'a Key, &'a Columns)> + 'a>;

fn between(table: &Table, start: Key, end: Key, is_backward: bool) -> Result<Rows<'_>, Error> {
    if is_backward {
        if start <= end {
            return Err(invalid("Begin key must more than end key in BACKWARD"));
        }
        return Ok(Box::new(table.rows.range((Bound::Excluded(end), Bound::Included(start))).rev()));
    }
    if start >= end {
        return Err(invalid("Begin key must less than end key in FORWARD"));
    }
    Ok(Box::new(table.rows.range(start..end)))
}

/// Local transactions are not played: a call that names one must not pass for a part of it.
pub(super) fn refuse_transaction(order: &Message<'_>, tag: u64) -> Result<(), Error> {
    match order.bytes(tag) {
        Some(id) if !id.is_empty() => Err(unsupported("a call within a local transaction")),
        _ => Ok(()),
    }
}
