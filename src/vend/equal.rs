//! Whether two texts are the same, in a time that does not tell where they begin to differ.

use std::hint::black_box;

/// Their lengths are no secret.
pub(super) fn is_equal(given: &[u8], expected: &[u8]) -> bool {
    let differing = given.iter().zip(expected).fold(0, |all, (a, b)| black_box(all | (a ^ b)));
    given.len() == expected.len() && differing == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_is_equal() {
        assert!(is_equal(b"", b"") && is_equal(b"abc", b"abc"));
        for (given, expected) in
            [(&b"abd"[..], &b"abc"[..]), (b"ab", b"abc"), (b"abc", b"ab"), (b"", b"a"), (b"bbc", b"abc")]
        {
            assert!(!is_equal(given, expected), "{given:?} {expected:?}");
        }
    }
}
