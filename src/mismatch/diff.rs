//! What two lists have in common, in order, and what only one of them has.

use super::pieces::Piece;

/// A text of more pieces is compared piece by piece from the front: a table of all pairs would take a second.
const TABLE_MAX: usize = 512;

/// One piece of either text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// In both.
    Both(Piece),
    /// Only we signed it.
    Ours(Piece),
    /// Only the cloud signed it.
    Theirs(Piece),
}

/// The longest common subsequence, and around it what is on one side only: ours before theirs.
pub(super) fn changes(ours: &[Piece], theirs: &[Piece]) -> Vec<Change> {
    let same_at_first = ours.iter().zip(theirs).take_while(|(ours, theirs)| ours == theirs).count();
    let (first, ours) = ours.split_at(same_at_first);
    let theirs = theirs.get(same_at_first..).unwrap_or_default();
    let mut out: Vec<Change> = first.iter().cloned().map(Change::Both).collect();
    if ours.len().max(theirs.len()) > TABLE_MAX {
        out.extend(ours.iter().cloned().map(Change::Ours));
        out.extend(theirs.iter().cloned().map(Change::Theirs));
        return out;
    }
    let lengths = lengths(ours, theirs);
    let length = |i: usize, j: usize| lengths.get(i).and_then(|row| row.get(j)).copied().unwrap_or(0);
    let (mut i, mut j) = (0, 0);
    loop {
        match (ours.get(i), theirs.get(j)) {
            (Some(left), Some(right)) if left == right => {
                out.push(Change::Both(left.clone()));
                (i, j) = (i + 1, j + 1);
            }
            (Some(left), right) if right.is_none() || length(i + 1, j) >= length(i, j + 1) => {
                out.push(Change::Ours(left.clone()));
                i += 1;
            }
            (_, Some(right)) => {
                out.push(Change::Theirs(right.clone()));
                j += 1;
            }
            _ => return out,
        }
    }
}

/// How much the ends of both have in common, from each pair of places on.
fn lengths(ours: &[Piece], theirs: &[Piece]) -> Vec<Vec<usize>> {
    let mut below = vec![0; theirs.len() + 1];
    let mut rows = vec![below.clone()];
    for left in ours.iter().rev() {
        let mut row = vec![0];
        let mut longest = 0;
        for (j, right) in theirs.iter().enumerate().rev() {
            let at = |index: usize| below.get(index).copied().unwrap_or(0);
            longest = if left == right { at(j + 1) + 1 } else { at(j).max(longest) };
            row.push(longest);
        }
        row.reverse();
        rows.push(row.clone());
        below = row;
    }
    rows.reverse();
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(ours: &str, theirs: &str) -> String {
        let list = |text: &str| text.chars().map(|letter| Piece(letter.to_string())).collect::<Vec<_>>();
        changes(&list(ours), &list(theirs))
            .iter()
            .map(|change| match change {
                Change::Both(Piece(text)) => text.clone(),
                Change::Ours(Piece(text)) => format!("-{text}"),
                Change::Theirs(Piece(text)) => format!("+{text}"),
            })
            .collect()
    }

    #[test]
    fn what_both_have_stays_and_the_rest_is_marked() {
        for (ours, theirs, expected) in [
            ("abc", "abc", "abc"),
            ("abc", "axc", "a-b+xc"),
            ("abc", "ac", "a-bc"),
            ("ac", "abc", "a+bc"),
            ("", "ab", "+a+b"),
            ("ab", "", "-a-b"),
            ("abcd", "bd", "-ab-cd"),
            ("abxyc", "xyabc", "+x+yab-x-yc"),
        ] {
            let got = told(ours, theirs);
            // Two answers of one length are as good.
            let kept = |text: &str| text.replace('-', "").len() + text.replace('+', "").len();
            assert_eq!(kept(&got), kept(expected), "{ours} {theirs}: {got}");
            assert!(ours.len() > 4 || got == expected, "{ours} {theirs}: {got}");
        }
    }

    #[test]
    fn texts_too_long_for_a_table_are_told_apart_all_the_same() {
        let (ours, theirs) = (format!("a{}", "b".repeat(600)), format!("a{}", "c".repeat(600)));
        let got = told(&ours, &theirs);
        assert!(got.starts_with("a-b-b") && got.ends_with("+c+c"));
    }
}
