//! The first logs by their time of however many a search finds, in little memory.

use super::log_group::Log;

/// The first so many, each with the place of its group. Of one time the one that arrived first is first; in reverse, last.
#[derive(Debug)]
pub(super) struct First<'a> {
    most: usize,
    is_reversed: bool,
    /// How many were added.
    added: usize,
    /// With the number of its arrival. Twice `most` at the most.
    kept: Vec<(usize, usize, Log<'a>)>,
}

impl<'a> First<'a> {
    pub(super) fn new(most: usize, is_reversed: bool) -> Self {
        Self { most, is_reversed, added: 0, kept: Vec::new() }
    }

    /// Adds one, in the order of arrival.
    pub(super) fn add(&mut self, place: usize, log: Log<'a>) {
        if self.kept.len() >= self.most.saturating_mul(2) {
            self.shorten();
        }
        if self.most > 0 {
            self.kept.push((self.added, place, log));
        }
        self.added += 1;
    }

    /// They, sorted.
    pub(super) fn sorted(mut self) -> Vec<(usize, Log<'a>)> {
        self.shorten();
        self.kept.into_iter().map(|(_, place, log)| (place, log)).collect()
    }

    fn shorten(&mut self) {
        self.kept.sort_unstable_by_key(|(number, _, log)| (log.time, *number));
        if self.is_reversed {
            self.kept.reverse();
        }
        self.kept.truncate(self.most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::protobuf::Writer;
    use crate::sandbox::sls::log_group::Group;

    #[test]
    fn only_as_many_are_kept_as_are_shown_and_they_are_the_first() {
        // Every time of 0 to 999 twice, mixed: 7 has no factor in common with 1000.
        let times: Vec<u64> = (0..2_000).map(|at| at * 7 % 1_000).collect();
        let group = times
            .iter()
            .fold(Writer::default(), |group, time| group.message(1, &Writer::default().number(1, *time)));
        let group = group.finish();
        let group = Group::read(&group).unwrap();
        for (most, is_reversed) in [(0, false), (1, false), (7, true), (150, false), (5_000, true)] {
            let mut first = First::new(most, is_reversed);
            for (at, log) in group.logs().flatten().enumerate() {
                first.add(at, log);
                assert!(first.kept.len() <= 2 * most, "{most}");
            }
            let mut expected: Vec<(u64, usize)> = times.iter().copied().zip(0..).collect();
            expected.sort_unstable();
            if is_reversed {
                expected.reverse();
            }
            expected.truncate(most);
            let sorted = first.sorted();
            let sorted = sorted.into_iter().map(|(at, log)| (log.time.unsigned_abs(), at));
            assert_eq!(sorted.collect::<Vec<_>>(), expected);
        }
    }
}
