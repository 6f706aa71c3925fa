//! Escapes of every kind that answers are written in: percent-encoding, JSON's, XML's references. Which kind a text is in
//! is not asked: what quotes a text need not be what holds it.

use super::Edited;

/// One byte of the text that is meant, and of how many it is written.
#[derive(Clone, Copy)]
pub(super) struct Unit {
    pub(super) byte: u8,
    length: u8,
}

/// Stands for a letter that is no byte of ASCII, and so of no value.
const OTHER: u8 = 0;

/// What a text means once its escapes are read. `None`: it has none.
pub(super) fn units(text: &[u8]) -> Option<Vec<Unit>> {
    memchr::memchr3(b'%', b'\\', b'&', text)?;
    let mut units = Vec::with_capacity(text.len());
    let mut rest = text;
    let mut is_escaped = false;
    while let [first, behind @ ..] = rest {
        let (byte, length) = escape(rest).unwrap_or((*first, 1));
        is_escaped |= length > 1;
        units.push(Unit { byte, length });
        rest = behind.get(usize::from(length) - 1..).unwrap_or_default();
    }
    is_escaped.then_some(units)
}

/// The escape that a text begins with: what it stands for, and its length.
fn escape(text: &[u8]) -> Option<(u8, u8)> {
    match text {
        [b'%', high, low, ..] => Some((hex(&[*high, *low])?, 3)),
        [b'\\', b'u', digits @ ..] => Some((hex(digits.get(..4)?)?, 6)),
        [b'\\', b'x', high, low, ..] => Some((hex(&[*high, *low])?, 4)),
        [b'\\', letter @ (b'"' | b'\\' | b'/'), ..] => Some((*letter, 2)),
        [b'\\', b'n', ..] => Some((b'\n', 2)),
        [b'\\', b'r', ..] => Some((b'\r', 2)),
        [b'\\', b'b' | b'f' | b't', ..] => Some((OTHER, 2)),
        [b'&', rest @ ..] => reference(rest),
        _ => None,
    }
}

/// XML's, behind its `&`.
fn reference(text: &[u8]) -> Option<(u8, u8)> {
    /// `#x10FFFF`, with two zeros before it.
    const NAME_MAX: usize = 10;
    let end = memchr::memchr(b';', text.get(..=NAME_MAX).unwrap_or(text))?;
    let name = text.get(..end)?;
    let byte = match name {
        b"amp" => b'&',
        b"lt" => b'<',
        b"gt" => b'>',
        b"quot" => b'"',
        b"apos" => b'\'',
        [b'#', b'x', digits @ ..] => hex(digits)?,
        [b'#', digits @ ..] => number(digits, 10)?,
        _ => return None,
    };
    Some((byte, u8::try_from(end).ok()? + 2))
}

fn hex(digits: &[u8]) -> Option<u8> {
    number(digits, 16)
}

fn number(digits: &[u8], radix: u32) -> Option<u8> {
    if !digits.iter().all(u8::is_ascii_alphanumeric) {
        return None;
    }
    let number = u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()?;
    Some(u8::try_from(number).unwrap_or(OTHER))
}

/// Writes what was masked behind the escapes. An escape that was masked in part as plain text, of which it was a piece by
/// chance, is masked as a whole: half of one is no text.
pub(super) fn write(units: &[Unit], change: Option<(&[u8], &[u8])>, edited: &mut Edited<'_>) {
    let mut from = 0;
    for (index, unit) in units.iter().enumerate() {
        let to = from + usize::from(unit.length);
        let is_changed = (from..to).any(|at| edited.is_changed(at));
        let masked = change.and_then(|(before, after)| {
            let (before, after) = (before.get(index)?, after.get(index)?);
            (before != after).then_some(*after)
        });
        match masked {
            Some(byte) if unit.length == 1 => edited.set(from, byte),
            Some(byte) => write_escape(from..to, byte, edited),
            None if unit.length > 1 && is_changed => (from..to).for_each(|at| edited.set(at, b'*')),
            None => {}
        }
        from = to;
    }
}

/// An escape of the same length, for another byte: the digits at its end, or where it has none, a row of asterisks.
fn write_escape(range: std::ops::Range<usize>, byte: u8, edited: &mut Edited<'_>) {
    let escape = edited.text.get(range.clone()).unwrap_or_default();
    let (from, digits) = match escape {
        [b'%', ..] => (1, format!("{byte:02X}")),
        [b'\\', b'u', ..] => (2, format!("{byte:04X}")),
        [b'\\', b'x', ..] => (2, format!("{byte:02X}")),
        [b'&', b'#', b'x', digits @ .., _] => (3, format!("{byte:0width$X}", width = digits.len())),
        [b'&', b'#', digits @ .., _] => (2, format!("{byte:0width$}", width = digits.len())),
        _ => (0, "*".repeat(escape.len())),
    };
    let has_end = usize::from(escape.first() == Some(&b'&') && from > 0);
    let fits = from + digits.len() + has_end == escape.len();
    let (from, digits) = if fits { (from, digits) } else { (0, "*".repeat(escape.len())) };
    // What plain text had masked of it before is put back first.
    for (at, &byte) in range.clone().zip(escape) {
        edited.set(at, byte);
    }
    for (at, digit) in range.skip(from).zip(digits.bytes()) {
        edited.set(at, digit);
    }
}
