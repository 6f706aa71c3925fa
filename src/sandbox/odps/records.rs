//! The tunnel's stream of records: protobuf fields numbered by column, a checksum behind each record, and behind the last
//! the number of records and the checksum of the checksums.
//!
//! ```text
//! Stream = Record* Count Sum       Record = Field* End
//! Field  = tag(column from 1)  value            a NULL has none
//! End    = tag(33553408) uint32 CRC-32C of each field: its number as four bytes, its value as it lies in memory
//! Count  = tag(33554430) sint64                 Sum = tag(33554431) uint32 CRC-32C of the records' sums
//! ```
//!
//! From the official SDKs for Python and Java, which agree: MaxCompute publishes no description.

use super::column::{Column, Kind, Row, Value};
use crate::sandbox::bytes;
use crate::sandbox::crc32c::Crc32c;

const END_OF_RECORD: u32 = 33_553_408;
const COUNT: u32 = 33_554_430;
const SUM: u32 = 33_554_431;

/// Protobuf's wire types.
const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const LENGTH: u64 = 2;
const FIXED32: u64 = 5;

/// What is wrong with a stream.
pub(super) type Fault = &'static str;

/// Reads a whole stream.
pub(super) fn read(columns: &[Column], stream: &[u8]) -> Result<Vec<Row>, Fault> {
    let mut rest = Reader(stream);
    let (mut rows, mut sums) = (Vec::new(), Crc32c::default());
    let (mut row, mut sum): (Row, _) = (vec![None; columns.len()], Crc32c::default());
    loop {
        let number = rest.tag()?;
        match number {
            END_OF_RECORD => {
                let claimed = rest.uint32()?;
                if claimed != sum.value() {
                    return Err("the checksum of a record is another");
                }
                sums.update(&claimed.to_le_bytes());
                rows.push(std::mem::replace(&mut row, vec![None; columns.len()]));
                sum = Crc32c::default();
            }
            COUNT => break,
            _ => {
                let at = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
                let column = at.and_then(|at| Some((columns.get(at)?, row.get_mut(at)?)));
                let (column, place) = column.ok_or("a field belongs to no column")?;
                sum.update(&number.to_le_bytes());
                *place = Some(rest.value(column.kind, &mut sum)?);
            }
        }
    }
    if row.iter().any(Option::is_some) {
        return Err("the last record has no end");
    }
    if u64::try_from(rest.sint64()?) != Ok(rows.len() as u64) {
        return Err("the number of records is another");
    }
    if rest.tag()? != SUM || rest.uint32()? != sums.value() {
        return Err("the checksum of the records is another");
    }
    if rest.0.is_empty() { Ok(rows) } else { Err("something follows the last checksum") }
}

/// Writes rows as a whole stream. Of each row the values at `places`, in that order.
pub(super) fn write<'a>(rows: impl Iterator<Item = &'a Row>, places: &[usize]) -> Vec<u8> {
    let (mut out, mut sums, mut count) = (Vec::new(), Crc32c::default(), 0_u64);
    for row in rows {
        let mut sum = Crc32c::default();
        for (number, &place) in (1_u32..).zip(places) {
            let Some(value) = row.get(place).and_then(Option::as_ref) else { continue };
            sum.update(&number.to_le_bytes());
            put_value(&mut out, number, value, &mut sum);
        }
        put_tag(&mut out, END_OF_RECORD, VARINT);
        put_varint(&mut out, u64::from(sum.value()));
        sums.update(&sum.value().to_le_bytes());
        count += 1;
    }
    put_tag(&mut out, COUNT, VARINT);
    put_varint(&mut out, count << 1);
    put_tag(&mut out, SUM, VARINT);
    put_varint(&mut out, u64::from(sums.value()));
    out
}

fn put_varint(out: &mut Vec<u8>, mut number: u64) {
    loop {
        let seven = u8::try_from(number & 0x7F).unwrap_or_default();
        number >>= 7;
        if number == 0 {
            return out.push(seven);
        }
        out.push(seven | 0x80);
    }
}

fn put_tag(out: &mut Vec<u8>, number: u32, wire: u64) {
    put_varint(out, u64::from(number) << 3 | wire);
}

fn put_value(out: &mut Vec<u8>, number: u32, value: &Value, sum: &mut Crc32c) {
    match value {
        Value::Integer(integer) => {
            sum.update(&integer.to_le_bytes());
            put_tag(out, number, VARINT);
            put_varint(out, zigzag(*integer));
        }
        Value::Boolean(is) => {
            sum.update(&[u8::from(*is)]);
            put_tag(out, number, VARINT);
            out.push(u8::from(*is));
        }
        Value::Float(float) => {
            sum.update(&float.to_le_bytes());
            put_tag(out, number, FIXED32);
            out.extend(float.to_le_bytes());
        }
        Value::Double(double) => {
            sum.update(&double.to_le_bytes());
            put_tag(out, number, FIXED64);
            out.extend(double.to_le_bytes());
        }
        Value::Text(text) => {
            sum.update(text);
            put_tag(out, number, LENGTH);
            put_varint(out, text.len() as u64);
            out.extend(text);
        }
    }
}

const fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63).cast_unsigned()
}

/// What is left of a stream.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        bytes::take(&mut self.0, length).ok_or("the stream ends early")
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        bytes::array(&mut self.0).ok_or("the stream ends early")
    }

    fn varint(&mut self) -> Result<u64, Fault> {
        bytes::varint(&mut self.0).ok_or("a number ends early, or is longer than 64 bits")
    }

    /// The number of the field that follows. Its wire type follows from its column.
    fn tag(&mut self) -> Result<u32, Fault> {
        u32::try_from(self.varint()? >> 3).map_err(|_| "the number of a field is too large")
    }

    /// A checksum. Python's SDK writes those past half the range as negative numbers.
    fn uint32(&mut self) -> Result<u32, Fault> {
        let number = self.varint()?;
        let negative = || i32::try_from(number.cast_signed()).map(i32::cast_unsigned);
        u32::try_from(number).or_else(|_| negative()).map_err(|_| "a checksum is too large")
    }

    fn sint64(&mut self) -> Result<i64, Fault> {
        let number = self.varint()?;
        Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    fn value(&mut self, kind: Kind, sum: &mut Crc32c) -> Result<Value, Fault> {
        Ok(match kind {
            Kind::Integer | Kind::Datetime | Kind::Date => {
                let integer = self.sint64()?;
                sum.update(&integer.to_le_bytes());
                Value::Integer(integer)
            }
            Kind::Boolean => {
                let is = match self.varint()? {
                    0 => false,
                    1 => true,
                    _ => return Err("a boolean is neither true nor false"),
                };
                sum.update(&[u8::from(is)]);
                Value::Boolean(is)
            }
            Kind::Float => {
                let bytes: [u8; 4] = self.array()?;
                sum.update(&bytes);
                Value::Float(f32::from_le_bytes(bytes))
            }
            Kind::Double => {
                let bytes: [u8; 8] = self.array()?;
                sum.update(&bytes);
                Value::Double(f64::from_le_bytes(bytes))
            }
            Kind::Text | Kind::Decimal => {
                let length = usize::try_from(self.varint()?).map_err(|_| "the stream ends early")?;
                let text = self.take(length)?;
                sum.update(text);
                Value::Text(text.to_vec())
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::encode::hex_decoded;

    fn columns(kinds: &[Kind]) -> Vec<Column> {
        let column = |(at, &kind): (usize, &Kind)| Column {
            name: format!("c{at}"),
            kind,
            spelled: String::new(),
            comment: String::new(),
        };
        kinds.iter().enumerate().map(column).collect()
    }

    fn rows() -> (Vec<Column>, Vec<Row>) {
        let kinds = [Kind::Integer, Kind::Text, Kind::Double, Kind::Boolean, Kind::Datetime, Kind::Float];
        let rows = vec![
            vec![
                Some(Value::Integer(i64::MIN)),
                Some(Value::Text("\u{4e2d} \0".into())),
                Some(Value::Double(-0.5)),
                Some(Value::Boolean(true)),
                Some(Value::Integer(1_709_798_945_123)),
                Some(Value::Float(0.25)),
            ],
            vec![None; 6],
            vec![Some(Value::Integer(-1)), Some(Value::Text(Vec::new())), None, None, None, None],
        ];
        (columns(&kinds), rows)
    }

    #[test]
    fn rows_come_back_as_they_were_written() {
        let (columns, rows) = rows();
        let places: Vec<usize> = (0..columns.len()).collect();
        let written = write(rows.iter(), &places);
        assert_eq!(read(&columns, &written), Ok(rows));
        assert_eq!(read(&columns, &write([].iter(), &places)), Ok(Vec::new()));
    }

    #[test]
    fn columns_that_were_picked_are_numbered_anew() {
        let (all, rows) = rows();
        let picked = [all[3].clone(), all[0].clone()];
        let expected: Vec<Row> = rows.iter().map(|row| vec![row[3].clone(), row[0].clone()]).collect();
        assert_eq!(read(&picked, &write(rows.iter(), &[3, 0])), Ok(expected));
    }

    #[test]
    fn what_the_official_sdk_for_python_wrote_is_read() {
        // pyodps 0.13.2: three records of bigint, string, double, boolean, decimal and date, the second all NULL.
        let stream = "080d1205e4b8ad207819000000000000044020012a04312e3530309ab50280c0ff7fe4f9e1f2fcffffffff01\
                      80c0ff7f0008808080808080808080011200200080c0ff7fbf98af9cffffffffff01f0ffff7f06f8ffff7f\
                      8ecc8ae8f9ffffffff01";
        let kinds = [Kind::Integer, Kind::Text, Kind::Double, Kind::Boolean, Kind::Decimal, Kind::Date];
        let rows = read(&columns(&kinds), &hex_decoded(stream).unwrap()).unwrap();
        let first = [
            Value::Integer(-7),
            Value::Text("\u{4e2d} x".into()),
            Value::Double(2.5),
            Value::Boolean(true),
            Value::Text(b"1.50".to_vec()),
            Value::Integer(19_789),
        ];
        assert_eq!(rows[0], first.map(Some));
        assert_eq!(rows[1], vec![None; 6]);
        assert_eq!(rows[2][0], Some(Value::Integer(1 << 62)));
    }

    #[test]
    fn no_byte_of_a_stream_can_change_or_lack() {
        let (columns, rows) = rows();
        let stream = write(rows.iter(), &[0, 1, 2, 3, 4, 5]);
        for at in 0..stream.len() {
            assert!(read(&columns, &stream[..at]).is_err(), "{at} bytes are enough");
            let mut other = stream.clone();
            // Above the lowest three bits of a tag, which only repeat what the column says.
            other[at] ^= 8;
            assert!(read(&columns, &other).is_err(), "byte {at} may change");
        }
        assert!(read(&columns, &[stream.as_slice(), b"\0"].concat()).is_err());
    }
}
