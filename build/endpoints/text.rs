//! What rows share: one string with every piece of a host, and every set of regions once.
//! A pointer for each piece would cost four times as much, a set in each row twice.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::lines::Malformed;

/// The pieces and sets so far.
#[derive(Default)]
pub(super) struct Text {
    all: String,
    known: HashMap<String, usize>,
    sets: Vec<u64>,
}

impl Text {
    /// The expression for `piece`: where it starts and how long it is.
    pub(super) fn piece(&mut self, piece: &str) -> Result<String, Malformed> {
        let at = match self.known.get(piece) {
            Some(at) => *at,
            None => {
                let at = self.all.find(piece).unwrap_or(self.all.len());
                if at == self.all.len() {
                    self.all.push_str(piece);
                }
                self.known.insert(piece.to_owned(), at);
                at
            }
        };
        if at > usize::from(u16::MAX) || piece.len() > usize::from(u8::MAX) {
            return Err(Malformed::new("the pieces of host names no longer fit 64 KiB"));
        }
        Ok(format!("t({at},{})", piece.len()))
    }

    /// The expression for a set of regions.
    pub(super) fn set(&mut self, set: u64) -> String {
        let at = self.sets.iter().position(|known| *known == set).unwrap_or(self.sets.len());
        if at == self.sets.len() {
            self.sets.push(set);
        }
        format!("Set({at})")
    }

    /// Writes the string and the sets themselves.
    pub(super) fn write(&self, code: &mut String) {
        let _ = writeln!(code, "static PIECES: &str = {:?};", self.all);
        let _ = writeln!(code, "static SETS: [u64; {}] = {:?};", self.sets.len(), self.sets);
    }
}
