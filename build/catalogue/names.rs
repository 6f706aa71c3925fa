//! The names of actions, front-coded: each says how much of the one before it repeats.

use std::fmt::Write as _;

use crate::lines::Malformed;

/// Names from one whole name to the next. More would save little room and make every look-up longer.
const BLOCK: usize = 16;

/// The names so far. A name is two bytes and its rest: how many bytes it shares with the one before, and how many follow.
#[derive(Default)]
pub(super) struct Names {
    bytes: Vec<u8>,
    blocks: Vec<usize>,
}

impl Names {
    pub(super) fn block_count(&self) -> usize {
        self.blocks.len()
    }

    /// Takes the sorted names of one product in. They begin a block.
    pub(super) fn add<'a>(
        &mut self,
        names: impl Iterator<Item = Result<&'a str, Malformed>>,
    ) -> Result<(), Malformed> {
        let mut before: &[u8] = &[];
        for (at, name) in names.enumerate() {
            let name = name?.as_bytes();
            if at % BLOCK == 0 {
                self.blocks.push(self.bytes.len());
                before = &[];
            }
            let shared = name.iter().zip(before).take_while(|(one, other)| one == other).count();
            let rest = name.get(shared..).unwrap_or_default();
            for length in [shared, rest.len()] {
                self.bytes.push(u8::try_from(length).map_err(|_| Malformed::new("a name is too long"))?);
            }
            self.bytes.extend_from_slice(rest);
            before = name;
        }
        Ok(())
    }

    /// Where each block begins, and where the last one ends.
    pub(super) fn write_index(&self, code: &mut String) {
        let ends: Vec<_> = self.blocks.iter().copied().chain([self.bytes.len()]).collect();
        let _ = writeln!(code, "const BLOCK: usize = {BLOCK};");
        let _ = writeln!(code, "static BLOCKS: [u32; {}] = {ends:?};", ends.len());
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}
