//! Where values stand in a text, whole or in pieces.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memmem;
use rustc_hash::FxHashMap;

/// A shorter value is none: the keys of the cloud have 16 bytes and more, those of API Gateway's apps eight digits.
pub(super) const LEAST: usize = 6;
/// A piece of so many bytes of a value is as good as the value.
const PIECE: usize = 16;
/// Any [`PIECE`] of a value holds one of the blocks that begin at a multiple of this.
const BLOCK: usize = 8;

type Block = [u8; BLOCK];

/// What is searched for.
#[derive(Default)]
pub(super) struct Values {
    values: Vec<Value>,
    /// Where the blocks of values stand: which value, and behind how many bytes of it.
    blocks: FxHashMap<Block, Vec<(usize, usize)>>,
    /// Values that have no block.
    short: Vec<usize>,
}

struct Value {
    /// With blanks for `+`.
    bytes: Vec<u8>,
    mask: u8,
}

impl Value {
    /// How much of it must be there.
    fn enough(&self) -> usize {
        self.bytes.len().min(PIECE)
    }
}

impl Values {
    pub(super) fn new<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut all = Self::default();
        for bytes in values.into_iter().filter(|bytes| bytes.len() >= LEAST) {
            // What stands in JSON without quotes stays a number.
            let mask = if bytes.iter().all(u8::is_ascii_digit) { b'1' } else { b'*' };
            let bytes = blank_plus(bytes).into_owned();
            let index = all.values.len();
            let (blocks, _) = bytes.as_chunks::<BLOCK>();
            for (number, block) in blocks.iter().enumerate() {
                all.blocks.entry(*block).or_default().push((index, number * BLOCK));
            }
            if blocks.is_empty() {
                all.short.push(index);
            }
            all.values.push(Value { bytes, mask });
        }
        all
    }

    pub(super) fn count(&self) -> usize {
        self.values.len()
    }

    /// How few bytes can hold anything that is searched for.
    pub(super) fn shortest(&self) -> usize {
        self.values.iter().map(Value::enough).min().unwrap_or(PIECE)
    }

    /// Every place, and what masks it. They may overlap.
    pub(super) fn find(&self, text: &[u8]) -> Vec<(Range<usize>, u8)> {
        let text = blank_plus(text);
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(block) = text.get(at..).and_then(|rest| rest.first_chunk::<BLOCK>()) {
            let mut end = at;
            for &(index, offset) in self.blocks.get(block).map_or(&[][..], Vec::as_slice) {
                let Some(value) = self.values.get(index) else { continue };
                let range = extent(&text, at, &value.bytes, offset);
                if range.len() >= value.enough() {
                    end = end.max(range.end);
                    found.push((range, value.mask));
                }
            }
            // What goes on behind this end shows by a block that begins less than a piece before it.
            at = (at + 1).max((end + 1).saturating_sub(PIECE));
        }
        for value in self.short.iter().filter_map(|&index| self.values.get(index)) {
            let places = memmem::find_iter(&text, &value.bytes);
            found.extend(places.map(|at| (at..at + value.bytes.len(), value.mask)));
        }
        found
    }
}

/// A server that reads a form takes `+` for a blank, and quotes it as one.
fn blank_plus(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'+', text).is_none() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect())
}

/// How far text and value agree around a place in either.
fn extent(text: &[u8], at: usize, value: &[u8], offset: usize) -> Range<usize> {
    let (Some((text_before, text_behind)), Some((value_before, value_behind))) =
        (text.split_at_checked(at), value.split_at_checked(offset))
    else {
        return at..at;
    };
    let alike = |(left, right): &(&u8, &u8)| left == right;
    let before = text_before.iter().rev().zip(value_before.iter().rev()).take_while(alike).count();
    let behind = text_behind.iter().zip(value_behind).take_while(alike).count();
    at - before..at + behind
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUE: &[u8] = b"0aBcDeFgHiJkLmNoPqRsTuVwXyZ9/+=";

    /// From where to where.
    fn found(value: &[u8], text: &[u8]) -> Vec<(usize, usize)> {
        let found = Values::new([value]).find(text).into_iter();
        found.map(|(range, _)| (range.start, range.end)).collect()
    }

    fn is_all_found(value: &[u8], text: &[u8]) -> bool {
        let mut is_found = vec![false; text.len()];
        found(value, text).into_iter().for_each(|(from, to)| is_found[from..to].fill(true));
        is_found.iter().all(|found| *found)
    }

    #[test]
    fn every_piece_of_sixteen_bytes_is_found_as_far_as_it_goes_and_none_of_fifteen() {
        for from in 0..=VALUE.len() {
            for to in from..=VALUE.len() {
                let text = [b"..", &VALUE[from..to], b".."].concat();
                let expected = if to - from >= PIECE { vec![(2, 2 + to - from)] } else { vec![] };
                let mut found = found(VALUE, &text);
                found.dedup();
                assert_eq!(found, expected, "{from}..{to}");
            }
        }
    }

    #[test]
    fn one_piece_behind_another_is_found_wherever_the_first_ends() {
        for first in PIECE..VALUE.len() {
            for from in 0..VALUE.len() - PIECE {
                let text = [&VALUE[..first], &VALUE[from..]].concat();
                assert!(is_all_found(VALUE, &text), "{first}, {from}");
            }
        }
    }

    #[test]
    fn a_short_value_is_found_whole_and_a_very_short_one_is_none() {
        assert_eq!(found(b"20371234", b"x203712345"), [(1, 9)]);
        assert_eq!(found(b"123456789", b"123456788"), []);
        assert_eq!(found(b"testid", b"testi testid"), [(6, 12)]);
        assert_eq!(found(b"dummy", b"dummy"), []);
        assert_eq!(found(b"a+b+c+", b"a b+c "), [(0, 6)]);
    }

    #[test]
    fn a_value_of_one_letter_takes_no_more_time_than_another() {
        assert!(is_all_found(&[b'A'; 4096], &[b'A'; 256 * 1024]));
    }
}
