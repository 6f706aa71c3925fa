//! The nearest known word to a mistyped one, for messages that say "did you mean".

/// Words are short; a longer one gets no suggestion, so that hostile input costs nothing.
const LONGEST: usize = 96;

/// The known word nearest to `word`, letter case aside, if one is near enough to be what was meant: at most one
/// slip in three letters, and never more than three. Of equally near words the first.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    near(word, known).min_by_key(|(slips, _)| *slips).map(|(_, candidate)| candidate)
}

/// The known words that are near enough, nearest first, at most so many.
pub fn several<'a>(word: &str, known: impl Iterator<Item = &'a str>, at_most: usize) -> Vec<&'a str> {
    let mut found: Vec<_> = near(word, known).collect();
    found.sort_by_key(|(slips, _)| *slips);
    found.into_iter().take(at_most).map(|(_, candidate)| candidate).collect()
}

/// The words that are near enough, and how many slips away.
fn near<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> impl Iterator<Item = (usize, &'a str)> {
    let allowed = (word.chars().count() / 3).min(3);
    known
        // A difference in length is that many slips already.
        .filter(move |candidate| {
            word.len() <= LONGEST
                && candidate.len() <= LONGEST
                && candidate.len().abs_diff(word.len()) <= allowed
        })
        .filter_map(move |candidate| Some((distance(word, candidate, allowed)?, candidate)))
}

/// The nearest known word, or the only one that begins with `word`: people shorten as well as mistype.
pub fn meant<'a>(word: &str, known: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    /// A single letter is a guess.
    const SHORTEST: usize = 2;
    let begins = |candidate: &&str| {
        word.len() >= SHORTEST
            && candidate.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    nearest(word, known.clone()).or_else(|| {
        let mut begun = known.filter(begins);
        begun.next().filter(|_| begun.next().is_none())
    })
}

/// How many single slips (a letter added, left out, replaced, or two swapped) lead from one word to the other,
/// if no more than `allowed`.
fn distance(from: &str, to: &str, allowed: usize) -> Option<usize> {
    let from: Vec<u8> = from.bytes().map(|byte| byte.to_ascii_lowercase()).collect();
    let to: Vec<u8> = to.bytes().map(|byte| byte.to_ascii_lowercase()).collect();
    // Three rows of the usual table: the one being filled and the two above it (a swap looks two back).
    let mut above: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (row, &letter) in from.iter().enumerate() {
        let mut filling = vec![row + 1];
        for (column, &other) in to.iter().enumerate() {
            let at = |cells: &[usize], index: usize| cells.get(index).copied().unwrap_or(usize::MAX / 2);
            let mut best = at(&last, column) + usize::from(letter != other);
            best = best.min(at(&last, column + 1) + 1).min(at(&filling, column) + 1);
            if let (Some(before), Some(other_before)) = (row.checked_sub(1), column.checked_sub(1)) {
                let swapped = from.get(before) == Some(&other) && to.get(other_before) == Some(&letter);
                if swapped {
                    best = best.min(at(&above, other_before) + 1);
                }
            }
            filling.push(best);
        }
        // Every way to the end crosses one of two rows that follow each other.
        if [&last, &filling].into_iter().flatten().all(|slips| *slips > allowed) {
            return None;
        }
        above = std::mem::replace(&mut last, filling);
    }
    last.last().copied().filter(|slips| *slips <= allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_forgiven_and_another_word_is_not() {
        let known = ["head", "headers", "uri", "keep_alive_timeout"];
        for (typed, meant) in [
            ("heed", Some("head")),
            ("haed", Some("head")),
            ("hea", Some("head")),
            ("Uri", Some("uri")),
            ("header", Some("headers")),
            ("HEAD", Some("head")),
            ("keepalive_timout", Some("keep_alive_timeout")),
            ("url", Some("uri")),
            ("body", None),
            ("", None),
            ("ur", None),
            ("HE", None),
        ] {
            assert_eq!(nearest(typed, known.into_iter()), meant, "{typed}");
        }
    }

    #[test]
    fn a_word_that_only_one_begins_with_is_that_one_shortened() {
        let known = ["credentials", "config", "app"];
        for (typed, expected) in [
            ("cred", Some("credentials")),
            ("Cred", Some("credentials")),
            ("ap", Some("app")),
            ("confg", Some("config")),
            ("c", None),
            ("", None),
            ("xy", None),
        ] {
            assert_eq!(meant(typed, known.into_iter()), expected, "{typed}");
        }
        assert_eq!(meant("he", ["head", "headers"].into_iter()), None, "either may be meant");
    }

    #[test]
    fn several_come_nearest_first() {
        let known = ["StartInstance", "StopInstances", "StopInstance", "RunInstances"];
        assert_eq!(several("StopInstanc", known.into_iter(), 2), ["StopInstance", "StopInstances"]);
        assert!(several("Reboot", known.into_iter(), 2).is_empty());
    }

    #[test]
    fn a_long_word_is_not_compared() {
        let long = "a".repeat(LONGEST + 1);
        assert_eq!(nearest(&long, [long.as_str()].into_iter()), None);
    }
}
