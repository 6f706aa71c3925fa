//! One string that holds every piece of a host: a pointer for each piece would cost four times as much.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::lines::Malformed;

/// The pieces so far.
#[derive(Default)]
pub(super) struct Text {
    all: String,
    known: HashMap<String, usize>,
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

    /// Writes the string itself.
    pub(super) fn write(&self, code: &mut String) {
        let _ = writeln!(code, "static PIECES: &str = {:?};", self.all);
    }
}
