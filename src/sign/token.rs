//! A security token in every spelling that a signature needs, made once for as long as the token lives.
//!
//! Seven hundred bytes are the most of what an RPC request adds, and stand in it once encoded and in its string-to-sign
//! twice encoded. To encode them for each request took two thirds of the time of signing one.

use std::fmt;

use zeroize::Zeroizing;

use super::encode::{encoded, percent};
use crate::secret::SecurityToken;
use crate::wire::{Parameter, Spelling};

const NAME: &[u8] = b"SecurityToken";

/// A security token, ready to be signed with. Wiped when it is dropped.
pub struct Token {
    text: SecurityToken,
    /// The parameter of a query: `SecurityToken=` and the token, percent-encoded.
    piece: Zeroizing<Vec<u8>>,
    /// The token, percent-encoded twice.
    twice: Zeroizing<Vec<u8>>,
}

impl Token {
    /// Spells the token out.
    pub fn new(text: SecurityToken) -> Self {
        let plain = text.expose().as_bytes();
        let once = spelled(b"", plain);
        Self { piece: spelled(b"SecurityToken=", plain), twice: spelled(b"", &once), text }
    }

    /// The text, for the wire and nothing else.
    pub fn expose(&self) -> &str {
        self.text.expose()
    }

    /// The token as it was handed over.
    pub const fn security_token(&self) -> &SecurityToken {
        &self.text
    }

    /// The parameter `SecurityToken`.
    pub(super) fn parameter(&self) -> Parameter<'_> {
        Parameter::prepared(&self.piece, NAME, self.expose().as_bytes(), &self.twice)
    }
}

/// `text` percent-encoded behind a prefix. The length is exact, so that no half of it stays behind where a buffer grew.
fn spelled(prefix: &[u8], text: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut out = Vec::with_capacity(prefix.len() + encoded(text, Spelling::Plain).count());
    out.extend_from_slice(prefix);
    percent(&mut out, text, Spelling::Plain);
    Zeroizing::new(out)
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_beforehand_is_what_would_be_written() {
        let text = "CAIS+x/==~*%2B!";
        let token = Token::new(SecurityToken::new(text.to_owned()).unwrap());
        let parameter = token.parameter();
        assert_eq!(parameter.raw, b"SecurityToken=CAIS%2Bx%2F%3D%3D~%2A%252B%21");
        assert_eq!(parameter.twice(), Some(&b"CAIS%252Bx%252F%253D%253D~%252A%25252B%2521"[..]));
        assert_eq!((parameter.name, parameter.value), (NAME, text.as_bytes()));
        assert_eq!(format!("{token:?}"), "Token(…)");
    }
}
