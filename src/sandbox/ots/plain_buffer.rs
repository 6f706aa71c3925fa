//! PlainBuffer, in which rows stand inside the messages: a key, cells, and a checksum of each cell and each row.
//!
//! From "PlainBuffer" of Tablestore.

use super::value::Value;
use crate::sandbox::bytes::{array, byte, take};
use crate::sandbox::error::Error;

const HEADER: &[u8] = &0x75_u32.to_le_bytes();
const ROW_KEY: u8 = 1;
const ROW_DATA: u8 = 2;
const CELL: u8 = 3;
const NAME: u8 = 4;
const VALUE: u8 = 5;
const KIND: u8 = 6;
const STAMP: u8 = 7;
const DELETES_ROW: u8 = 8;
const ROW_CHECKSUM: u8 = 9;
const CELL_CHECKSUM: u8 = 10;

/// One row, or what is to be done to one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) key: Vec<Cell>,
    pub(super) cells: Vec<Cell>,
}

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) name: String,
    pub(super) value: Option<Value>,
    /// What an update does to it, if it does not put it: [`DELETE_ALL`], [`DELETE_ONE`], [`INCREMENT`].
    pub(super) kind: Option<u8>,
    /// In milliseconds since 1970.
    pub(super) stamp: Option<i64>,
}

/// Deletes every version of a column.
pub(super) const DELETE_ALL: u8 = 1;
/// Deletes the one version that has the cell's stamp.
pub(super) const DELETE_ONE: u8 = 3;
/// Adds to the newest version.
pub(super) const INCREMENT: u8 = 4;

impl Cell {
    pub(super) fn new(name: &str, value: Value, stamp: Option<i64>) -> Self {
        Self { name: name.to_owned(), value: Some(value), kind: None, stamp }
    }

    fn checksum(&self) -> u8 {
        let mut crc = crc8(0, self.name.as_bytes());
        crc = self.value.iter().fold(crc, |crc, value| crc8(crc, &variant(value)));
        // The stamp before the kind, which is not their order in the cell.
        crc = self.stamp.iter().fold(crc, |crc, stamp| crc8(crc, &stamp.to_le_bytes()));
        self.kind.iter().fold(crc, |crc, kind| crc8(crc, &[*kind]))
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend([CELL, NAME]);
        out.extend(sized(self.name.as_bytes()));
        if let Some(value) = &self.value {
            out.push(VALUE);
            out.extend(sized(&variant(value)));
        }
        if let Some(kind) = self.kind {
            out.extend([KIND, kind]);
        }
        if let Some(stamp) = self.stamp {
            out.push(STAMP);
            out.extend(stamp.to_le_bytes());
        }
        out.extend([CELL_CHECKSUM, self.checksum()]);
    }
}

/// Rows behind one header. Of none there are no bytes at all.
pub(super) fn write<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Vec<u8> {
    let mut out = Vec::new();
    for row in rows {
        if out.is_empty() {
            out.extend(HEADER);
        }
        out.push(ROW_KEY);
        row.key.iter().for_each(|cell| cell.write(&mut out));
        if !row.cells.is_empty() {
            out.push(ROW_DATA);
            row.cells.iter().for_each(|cell| cell.write(&mut out));
        }
        out.extend([ROW_CHECKSUM, row_checksum(row, false)]);
    }
    out
}

fn row_checksum(row: &Row, deletes: bool) -> u8 {
    let cells = row.key.iter().chain(&row.cells);
    let crc = cells.fold(0, |crc, cell| crc8(crc, &[cell.checksum()]));
    crc8(crc, &[u8::from(deletes)])
}

/// Reads the one row of a request. Zeros may follow it: the SDK for JavaScript reckons bounds and deletions of one version
/// longer than they are, and sends its buffer whole.
pub(super) fn read(bytes: &[u8]) -> Result<Row, Error> {
    let malformed = || Error::new(400, "OTSParameterInvalid", "The data in plain buffer is invalid.");
    let mut rest = bytes.strip_prefix(HEADER).ok_or_else(malformed)?;
    row(&mut rest).filter(|_| rest.iter().all(|byte| *byte == 0)).ok_or_else(malformed)
}

/// Reads the rows of an answer.
#[cfg(test)]
pub(super) fn read_all(bytes: &[u8]) -> Option<Vec<Row>> {
    let (mut rows, mut rest) = (Vec::new(), bytes.strip_prefix(HEADER).unwrap_or_default());
    while !rest.is_empty() {
        rows.push(row(&mut rest)?);
    }
    Some(rows)
}

/// A value that stands alone, as in conditions.
pub(super) fn read_value(bytes: &[u8]) -> Option<Value> {
    let mut rest = bytes;
    value(&mut rest).filter(|_| rest.is_empty())
}

fn row(rest: &mut &[u8]) -> Option<Row> {
    let mut row = Row::default();
    skip(rest, ROW_KEY).then_some(())?;
    while rest.first() == Some(&CELL) {
        row.key.push(cell(rest)?);
    }
    if skip(rest, ROW_DATA) {
        while rest.first() == Some(&CELL) {
            row.cells.push(cell(rest)?);
        }
    }
    let deletes = skip(rest, DELETES_ROW);
    skip(rest, ROW_CHECKSUM).then_some(())?;
    (byte(rest)? == row_checksum(&row, deletes)).then_some(row)
}

fn cell(rest: &mut &[u8]) -> Option<Cell> {
    (skip(rest, CELL) && skip(rest, NAME)).then_some(())?;
    let length = length(rest)?;
    let name = String::from_utf8(take(rest, length)?.to_vec()).ok()?;
    let mut cell = Cell { name, value: None, kind: None, stamp: None };
    if skip(rest, VALUE) {
        let length = self::length(rest)?;
        cell.value = Some(read_value(take(rest, length)?)?);
    }
    if skip(rest, KIND) {
        cell.kind = Some(byte(rest)?);
    }
    if skip(rest, STAMP) {
        cell.stamp = Some(integer(rest)?);
    }
    skip(rest, CELL_CHECKSUM).then_some(())?;
    (byte(rest)? == cell.checksum()).then_some(cell)
}

fn value(rest: &mut &[u8]) -> Option<Value> {
    Some(match byte(rest)? {
        0 => Value::Integer(integer(rest)?),
        1 => Value::Double(f64::from_bits(integer(rest)?.cast_unsigned())),
        2 => match byte(rest)? {
            0 => Value::Boolean(false),
            1 => Value::Boolean(true),
            _ => return None,
        },
        3 => {
            let length = length(rest)?;
            Value::Text(String::from_utf8(take(rest, length)?.to_vec()).ok()?)
        }
        7 => {
            let length = length(rest)?;
            Value::Binary(take(rest, length)?.to_vec())
        }
        9 => Value::Least,
        10 => Value::Most,
        _ => return None,
    })
}

/// A value behind its type.
fn variant(value: &Value) -> Vec<u8> {
    match value {
        Value::Integer(number) => [&[0][..], &number.to_le_bytes()].concat(),
        Value::Double(number) => [&[1][..], &number.to_bits().to_le_bytes()].concat(),
        Value::Boolean(is_true) => vec![2, u8::from(*is_true)],
        Value::Text(text) => [&[3][..], &sized(text.as_bytes())].concat(),
        Value::Binary(bytes) => [&[7][..], &sized(bytes)].concat(),
        Value::Least => vec![9],
        Value::Most => vec![10],
    }
}

fn sized(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32).to_le_bytes(), bytes].concat()
}

fn skip(rest: &mut &[u8], tag: u8) -> bool {
    let is_there = rest.first() == Some(&tag);
    if is_there {
        byte(rest);
    }
    is_there
}

fn length(rest: &mut &[u8]) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(array(rest)?)).ok()
}

fn integer(rest: &mut &[u8]) -> Option<i64> {
    Some(i64::from_le_bytes(array(rest)?))
}

/// CRC-8 of the polynomial x⁸ + x² + x + 1.
fn crc8(crc: u8, bytes: &[u8]) -> u8 {
    bytes.iter().fold(crc, |crc, byte| {
        (0..8).fold(crc ^ byte, |crc, _| if crc & 0x80 == 0 { crc << 1 } else { crc << 1 ^ 0x07 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::encode::hex_decoded;

    /// Rows that `tablestore` 6.4.8 for Python wrote: put, updated, deleted, and a bound.
    const KEY: &str = "75000000010304010000006105080000000303000000e6b58b0a3803040100000062050900000000ffffffffffffffff0a6\
                       2030401000000630507000000070200000000ff0a35";
    const PUT: &str = "0203040100000064050900000001000000000000e03f0a45030401000000650502000000020107070000000000000\
                       00a8f0956";
    const UPDATE: &str = "02030401000000700506000000030100000076\
                          0a6b0304010000006f06030709000000000000000a820304010000007106010ab0030401000000690509000000000200\
                          00000000000006040a3509e8";
    const DELETE: &str = "0809b5";
    const BOUND: &str = "7500000001030401000000610501000000090adf0304010000006205010000000a0ae90996";

    fn key() -> Vec<Cell> {
        let values = [
            ("a", Value::Text("测".to_owned())),
            ("b", Value::Integer(-1)),
            ("c", Value::Binary(vec![0, 255])),
        ];
        values.map(|(name, value)| Cell::new(name, value, None)).to_vec()
    }

    fn cell(name: &str, value: Option<Value>, kind: Option<u8>, stamp: Option<i64>) -> Cell {
        Cell { name: name.to_owned(), value, kind, stamp }
    }

    #[test]
    fn rows_are_read_as_the_sdk_wrote_them() {
        let put = [
            cell("d", Some(Value::Double(0.5)), None, None),
            cell("e", Some(Value::Boolean(true)), None, Some(7)),
        ];
        let update = [
            cell("p", Some(Value::Text("v".to_owned())), None, None),
            cell("o", None, Some(DELETE_ONE), Some(9)),
            cell("q", None, Some(DELETE_ALL), None),
            cell("i", Some(Value::Integer(2)), Some(INCREMENT), None),
        ];
        for (rest, cells) in [(PUT, &put[..]), (UPDATE, &update), (DELETE, &[])] {
            let bytes = hex_decoded(&[KEY, rest].concat()).unwrap();
            assert_eq!(read(&bytes), Ok(Row { key: key(), cells: cells.to_vec() }));
        }
        let bound = [cell("a", Some(Value::Least), None, None), cell("b", Some(Value::Most), None, None)];
        let bytes = hex_decoded(BOUND).unwrap();
        assert_eq!(read(&bytes).unwrap().key, bound);
        // What is written is theirs to the byte, but for the mark of a deletion, which no answer has.
        assert_eq!(write(&read(&bytes)), bytes);
        let put = hex_decoded(&[KEY, PUT].concat()).unwrap();
        assert_eq!(write(&read(&put)), put);
    }

    #[test]
    fn zeros_behind_a_row_are_none_of_it() {
        // As `tablestore` 5.6.5 for JavaScript wrote it.
        let bytes = "7500000001030408000000637573746f6d657205010000000a0aec0304060000006e756d6265720501000000090a0f09f70000";
        let row = read(&hex_decoded(bytes).unwrap()).unwrap();
        let expected = [("customer", Value::Most), ("number", Value::Least)];
        assert_eq!(row.key, expected.map(|(name, value)| Cell::new(name, value, None)));
    }

    #[test]
    fn a_row_with_another_byte_or_with_fewer_is_no_row() {
        let bytes = hex_decoded(&[KEY, UPDATE].concat()).unwrap();
        for at in 0..bytes.len() {
            let mut other = bytes.clone();
            other[at] ^= 0x20;
            assert!(read(&other).is_err(), "byte {at} may change");
            assert!(read(&bytes[..at]).is_err(), "{at} bytes are enough");
        }
        assert!(read(&[&bytes[..], b"\x01"].concat()).is_err());
    }
}
