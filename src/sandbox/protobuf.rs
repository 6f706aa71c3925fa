//! As much of Protocol Buffers as the products' messages need: numbers, and bytes by their length. From "Encoding".

use super::bytes::{array, take, varint};

/// A message that was read: its fields in the order of arrival.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message<'a>(Vec<(u64, Field<'a>)>);

#[derive(Clone, Copy, Debug)]
enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

impl<'a> Message<'a> {
    /// Reads a whole message. `None`: it is none.
    pub(crate) fn read(mut rest: &'a [u8]) -> Option<Self> {
        let mut fields = Vec::new();
        while !rest.is_empty() {
            let key = varint(&mut rest)?;
            let field = match key & 7 {
                0 => Field::Number(varint(&mut rest)?),
                1 => Field::Number(u64::from_le_bytes(array(&mut rest)?)),
                2 => {
                    let length = usize::try_from(varint(&mut rest)?).ok()?;
                    Field::Bytes(take(&mut rest, length)?)
                }
                5 => Field::Number(u64::from(u32::from_le_bytes(array(&mut rest)?))),
                _ => return None,
            };
            fields.push((key >> 3, field));
        }
        Some(Self(fields))
    }

    /// The number in a field. Of several the last counts.
    pub(crate) fn number(&self, tag: u64) -> Option<u64> {
        self.0.iter().rev().find_map(|(known, field)| match field {
            Field::Number(number) if *known == tag => Some(*number),
            _ => None,
        })
    }

    /// The bytes of every field of this tag.
    pub(crate) fn all(&self, tag: u64) -> impl Iterator<Item = &'a [u8]> {
        self.0.iter().filter_map(move |(known, field)| match field {
            Field::Bytes(bytes) if *known == tag => Some(*bytes),
            _ => None,
        })
    }

    /// The bytes of a field. Of several the last count.
    pub(crate) fn bytes(&self, tag: u64) -> Option<&'a [u8]> {
        self.all(tag).last()
    }
}

/// A message that is being written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    /// Adds bytes.
    pub(crate) fn bytes(mut self, tag: u64, bytes: &[u8]) -> Self {
        self.varint(tag << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend(bytes);
        self
    }

    /// Adds a text.
    pub(crate) fn text(self, tag: u64, text: &str) -> Self {
        self.bytes(tag, text.as_bytes())
    }

    /// Adds a message.
    pub(crate) fn message(self, tag: u64, message: &Self) -> Self {
        self.bytes(tag, &message.0)
    }

    /// Adds a number.
    pub(crate) fn number(mut self, tag: u64, number: u64) -> Self {
        self.varint(tag << 3);
        self.varint(number);
        self
    }

    /// What was written.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.0
    }

    fn varint(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push((number & 0x7f) as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let inner = Writer::default().bytes(1, "é".as_bytes()).bytes(1, b"").finish();
        let bytes = Writer::default().number(3, 300).number(4, u64::MAX).bytes(200, &inner).finish();
        // 3 << 3, then 300 as the page "Encoding" spells it.
        assert_eq!(bytes[..3], [0x18, 0xac, 0x02]);
        let message = Message::read(&bytes).unwrap();
        assert_eq!(
            (message.number(3), message.number(4), message.number(5)),
            (Some(300), Some(u64::MAX), None)
        );
        let inner = Message::read(message.bytes(200).unwrap()).unwrap();
        assert_eq!(inner.all(1).collect::<Vec<_>>(), ["é".as_bytes(), b""]);
    }

    #[test]
    fn what_ends_early_is_no_message() {
        let bytes = Writer::default().bytes(1, b"table").number(2, 300).finish();
        for length in (1..bytes.len()).filter(|length| *length != 7) {
            assert!(Message::read(&bytes[..length]).is_none(), "{length}");
        }
        assert!(Message::read(&[0x0b]).is_none());
        // A number of 65 bits.
        assert!(Message::read(&[0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]).is_none());
        assert!(Message::read(&[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]).is_none());
    }
}
