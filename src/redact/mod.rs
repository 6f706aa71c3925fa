//! Masks known values in what the cloud answers: a token, a key's id, an API key, a signature, in whatever encoding they
//! come back. It knows bytes and values, and nothing of requests.
//!
//! A value is searched for where it stands as it is, behind escapes (percent-encoding, JSON's, XML's references), and in
//! text that is written in hexadecimal, spaced or not, or in base64; and behind these in turn, since a cloud quotes in
//! base64 an XML that quotes in hexadecimal a text that was percent-encoded. Of a value of 16 bytes or more every piece of
//! 16 bytes is searched for, since what quotes is often cut.
//!
//! What is masked keeps its length and its form: `*` in plain text, what stands for `*` in an encoding (`%2A`, `\u002A`,
//! `2A`, and in base64 the bits alone that were the value's). Of a value of digits alone it is `1`: it may be a number.

mod codes;
mod escapes;
mod gzip;
mod search;
#[cfg(test)]
mod tests;
mod window;

pub use gzip::gunzipped;
pub use window::Window;

use std::fmt;

use codes::CODES;
use search::Values;

/// Bytes that are looked at for one text, in all their readings. Errors of the cloud need a hundredth of it; who writes a
/// text that reads in many ways at once does not get a second of this processor for it.
const READ_MAX: usize = 4 * 1024 * 1024;
/// Escapes behind escapes, of whatever kind. In JSON, of a form that was encoded twice, it is three.
const ESCAPES_MAX: u8 = 4;
/// Hexadecimal or base64 behind another. Of OSS's answer to a HEAD it is two.
const CODES_MAX: u8 = 2;

/// The values that must not pass.
pub struct Known(Values);

impl fmt::Debug for Known {
    /// How many, and nothing of them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Known({} values)", self.0.count())
    }
}

/// A text that reads in so many ways that it was not searched to its end. It must not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsearchable;

impl fmt::Display for Unsearchable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the text cannot be searched for secrets")
    }
}

impl std::error::Error for Unsearchable {}

/// How much deeper may be read.
#[derive(Clone, Copy)]
struct Left {
    escapes: u8,
    codes: u8,
}

impl Known {
    /// The values. One of fewer than six bytes is no secret, and is left out: it would be found everywhere.
    pub fn new<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Self {
        Self(Values::new(values))
    }

    /// Whether there is nothing to search for.
    pub fn is_empty(&self) -> bool {
        self.0.count() == 0
    }

    /// The text with every value masked, of the same length. `None`: there is none in it.
    ///
    /// # Errors
    /// The text could not be searched to its end.
    pub fn mask(&self, text: &[u8]) -> Result<Option<Vec<u8>>, Unsearchable> {
        if self.is_empty() {
            return Ok(None);
        }
        let left = Left { escapes: ESCAPES_MAX, codes: CODES_MAX };
        let mut budget = READ_MAX;
        self.masked(text, left, &mut budget)
    }

    /// What is found is found in the text as it came, in all its readings, and only then written: a mask of one reading
    /// would hide from the next what it is a piece of.
    fn masked(&self, text: &[u8], left: Left, budget: &mut usize) -> Result<Option<Vec<u8>>, Unsearchable> {
        *budget = budget.checked_sub(text.len()).ok_or(Unsearchable)?;
        let mut edited = Edited::new(text);
        for (range, mask) in self.0.find(text) {
            range.for_each(|at| edited.set(at, mask));
        }
        if let Some(codes) = left.codes.checked_sub(1) {
            for code in &CODES {
                for run in code.runs(text, self.0.shortest()) {
                    for phase in 0..code.phases {
                        let plain = code.decoded(&run, phase);
                        if let Some(masked) = self.masked(&plain, Left { codes, ..left }, budget)? {
                            code.write(&run, phase, (&plain, &masked), &mut edited);
                        }
                    }
                }
            }
        }
        if let Some(units) = escapes::units(text) {
            let plain: Vec<u8> = units.iter().map(|unit| unit.byte).collect();
            let masked = match left.escapes.checked_sub(1) {
                Some(escapes) => self.masked(&plain, Left { escapes, ..left }, budget)?,
                None => None,
            };
            escapes::write(&units, masked.as_ref().map(|masked| (&plain[..], &masked[..])), &mut edited);
        }
        Ok(edited.out)
    }
}

/// A text, and what becomes of it.
struct Edited<'a> {
    text: &'a [u8],
    /// `None`: what it was.
    out: Option<Vec<u8>>,
}

impl<'a> Edited<'a> {
    const fn new(text: &'a [u8]) -> Self {
        Self { text, out: None }
    }

    fn get(&self, at: usize) -> Option<u8> {
        self.out.as_deref().unwrap_or(self.text).get(at).copied()
    }

    fn set(&mut self, at: usize, byte: u8) {
        if self.get(at) != Some(byte)
            && let Some(place) = self.out.get_or_insert_with(|| self.text.to_vec()).get_mut(at)
        {
            *place = byte;
        }
    }

    fn is_changed(&self, at: usize) -> bool {
        self.get(at) != self.text.get(at).copied()
    }
}
