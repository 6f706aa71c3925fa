//! Why the cloud did not take a signature: the text that it signed, beside ours.
//!
//! A cloud that refuses a signature says what it would have signed: OSS in `StringToSign` and `CanonicalRequest`, OpenAPI
//! behind "server string to sign is:", an API gateway in `x-ca-error-message`. The two texts differ where something between
//! us and the cloud changed the request, or where they do not differ, in the secret.

mod cause;
mod diff;
mod pieces;
mod told;

pub use cause::Cause;
pub use told::{Told, is_mismatch, told};

use std::fmt;

use diff::{Change, changes};
use pieces::{Piece, pieces};

/// The texts of one signature.
#[derive(Clone, Copy)]
pub struct Texts<'a> {
    /// The canonical request. Empty: the scheme has none, or it was not told.
    pub canonical_request: &'a [u8],
    /// The string-to-sign.
    pub string_to_sign: &'a [u8],
}

impl fmt::Debug for Texts<'_> {
    /// Never what they say: a security token is in some.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Texts({}, {} bytes)", self.canonical_request.len(), self.string_to_sign.len())
    }
}

/// Where two texts differ, and what that most likely comes from. Its text holds no security token: those stand under names
/// that are known, and are masked by them.
#[derive(Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Which texts were compared.
    of: &'static str,
    /// The likely cause.
    pub cause: Cause,
    changes: Vec<Change>,
}

impl fmt::Debug for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Explanation({:?} in the {}, {} lines)", self.cause, self.of, self.changes.len())
    }
}

/// Compares what we signed with what the cloud says that it signed: the canonical requests where both are there and
/// differ, else the strings-to-sign.
pub fn explain(ours: Texts<'_>, theirs: Texts<'_>) -> Explanation {
    let canonical = (ours.canonical_request, theirs.canonical_request);
    let has_both = !canonical.0.is_empty() && !canonical.1.is_empty();
    let of_canonical = has_both.then(|| compare("canonical request", canonical));
    match of_canonical {
        Some(explanation) if !explanation.is_same() => explanation,
        _ => compare("string to sign", (ours.string_to_sign, theirs.string_to_sign)),
    }
}

fn compare(of: &'static str, (ours, theirs): (&[u8], &[u8])) -> Explanation {
    let changes = changes(&pieces(ours), &pieces(theirs));
    let cause = Cause::of(&changes, ours == theirs);
    Explanation { of, cause, changes }
}

impl Explanation {
    /// What differs and nothing else, in one line: `-` was signed here, `+` is what the cloud signed. Empty: nothing does.
    pub fn differences(&self) -> String {
        let mut out = String::new();
        for change in &self.changes {
            let (mark, Piece(text)) = match change {
                Change::Both(_) => continue,
                Change::Ours(piece) => ('-', piece),
                Change::Theirs(piece) => ('+', piece),
            };
            let between = if out.is_empty() { "" } else { " " };
            out.push_str(&format!("{between}{mark}{text:?}"));
        }
        out
    }

    fn is_same(&self) -> bool {
        self.changes.iter().all(|change| matches!(change, Change::Both(_)))
    }
}

impl fmt::Display for Explanation {
    /// The cause, and behind it the pieces: `-` was signed here, `+` is what the cloud signed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "likely cause: {}", self.cause)?;
        if self.is_same() {
            return Ok(());
        }
        write!(f, "\n{}: - ours, + the cloud's", self.of)?;
        for change in &self.changes {
            let (mark, Piece(text)) = match change {
                Change::Both(piece) => (' ', piece),
                Change::Ours(piece) => ('-', piece),
                Change::Theirs(piece) => ('+', piece),
            };
            write!(f, "\n{mark} {text}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
