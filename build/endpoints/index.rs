//! A hash index over a sorted array: where the rows of a name begin.

use std::fmt::Write as _;

use super::hash;
use crate::lines::Malformed;

/// Writes `static NAME: [u16; N]`, at least a third of whose slots are empty (`u16::MAX`), so that every search ends soon.
/// A name that occurs several times is indexed where it occurs first.
pub(super) fn write<'a>(
    code: &mut String,
    name: &str,
    rows: impl ExactSizeIterator<Item = &'a str>,
) -> Result<(), Malformed> {
    let mut slots = vec![u16::MAX; (rows.len() * 3 / 2).next_power_of_two()];
    let mut before = None;
    for (row, key) in rows.enumerate().filter(|(_, key)| before.replace(*key) != Some(*key)) {
        let start = hash::place(key.as_bytes(), slots.len());
        let row = u16::try_from(row)
            .map_err(|_| Malformed::new(format!("{name} has too many rows for its index")))?;
        let (head, tail) = slots.split_at_mut(start);
        if let Some(free) = tail.iter_mut().chain(head).find(|slot| **slot == u16::MAX) {
            *free = row;
        }
    }
    let _ = writeln!(code, "static {name}: [u16; {}] = {slots:?};", slots.len());
    Ok(())
}
