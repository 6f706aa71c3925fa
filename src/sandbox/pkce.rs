//! Proof Key for Code Exchange (RFC 7636), method S256: what began a login also ends it.

use super::digest::{same, sha256};
use super::encode::base64_url;

/// Whether this can be a challenge: the hash of a verifier, in base64.
pub(crate) fn is_challenge(method: &str, challenge: &str) -> bool {
    let is_plain = |letter: u8| letter.is_ascii_alphanumeric() || b"-_".contains(&letter);
    method == "S256" && challenge.len() == 43 && challenge.bytes().all(is_plain)
}

/// Whether a verifier, of 43 to 128 letters, digits and `-._~`, is what the challenge was made of.
pub(crate) fn answers(verifier: &str, challenge: &str) -> bool {
    let is_plain = |letter: u8| letter.is_ascii_alphanumeric() || b"-._~".contains(&letter);
    let is_verifier = (43..=128).contains(&verifier.len()) && verifier.bytes().all(is_plain);
    is_verifier && same(base64_url(&sha256(verifier.as_bytes())).as_bytes(), challenge.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_7636_is_answered() {
        let (verifier, challenge) =
            ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert!(is_challenge("S256", challenge) && answers(verifier, challenge));
        assert!(!answers(&verifier.replace('d', "e"), challenge));
        assert!(!is_challenge("plain", challenge) && !is_challenge("S256", verifier.get(1..).unwrap()));
        assert!(!answers("short", &base64_url(&sha256(b"short"))));
    }
}
