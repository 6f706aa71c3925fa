//! The known name that a mistyped one was probably meant to be. For settings, not for requests: it allocates.

/// The name closest to `typed`, if a third of its letters at most, and never more than three, are wrong.
/// More than that, and the guess would surprise.
pub(super) fn nearest(typed: &str, known: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let at_most = (typed.len() / 3).clamp(1, 3);
    known
        .map(|name| (distance(typed.as_bytes(), name.as_bytes()), name))
        .filter(|(distance, _)| *distance <= at_most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// The Levenshtein distance: insertions, deletions and replacements of one byte.
fn distance(left: &[u8], right: &[u8]) -> usize {
    let mut row = (0..=right.len()).collect::<Vec<_>>();
    for (above, byte) in left.iter().enumerate() {
        let mut diagonal = above;
        let mut before = above + 1;
        if let Some(first) = row.first_mut() {
            *first = before;
        }
        for (cell, other) in row.iter_mut().skip(1).zip(right) {
            let replaced = diagonal + usize::from(byte != other);
            diagonal = *cell;
            before = replaced.min(diagonal + 1).min(before + 1);
            *cell = before;
        }
    }
    row.last().copied().unwrap_or_default()
}
