//! Proof that whoever redeems a code is who asked for it (RFC 7636, S256).

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::clock::NoEntropy;

/// A verifier, which stays here until the code is redeemed, and the challenge that goes ahead of it.
pub struct Pkce {
    verifier: Zeroizing<String>,
}

impl Pkce {
    /// With a verifier that nobody can guess.
    ///
    /// # Errors
    /// The operating system gives no randomness.
    pub fn new() -> Result<Self, NoEntropy> {
        Ok(Self { verifier: random_text()? })
    }

    /// The verifier, for the call that redeems the code.
    pub fn verifier(&self) -> &str {
        &self.verifier
    }

    /// BASE64URL(SHA-256(verifier)), without padding.
    pub fn challenge(&self) -> String {
        BASE64URL_NOPAD.encode(&Sha256::digest(self.verifier.as_bytes()))
    }
}

impl fmt::Debug for Pkce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pkce(…)")
    }
}

/// 43 characters that hold 256 random bits: what RFC 7636 recommends of a verifier, and plenty for a state.
///
/// # Errors
/// The operating system gives no randomness.
pub fn random_text() -> Result<Zeroizing<String>, NoEntropy> {
    let bytes = Zeroizing::new(crate::clock::entropy()?);
    Ok(Zeroizing::new(BASE64URL_NOPAD.encode(&*bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_what_official_clients_make_of_their_verifiers() {
        for (verifier, challenge) in [
            // The aliyun CLI's OAuth and CloudSSO; RFC 7636, appendix B.
            (
                "mtK1XqFskiVMaZw3L4BcAwfmIys5jU4EeaNYCDZ6OYu66x9ahVvouNJjFCV32ykV6MDXsBsQlhYBR91S5BPwkqWH8Nuy3sfiPQaSEPmIFYyIZp7alOifkxPRQmwiKxhL",
                "oc4HVTP8LdCeniroO1f3xyH-cedQJ6fNhtx3WolT4Gk",
            ),
            (
                "XBAKDJPexNp0CM8adf939e22cd3ae154558ee667f3b04602",
                "yNJK4K_F3qROrfBZe-HdkgJuccREDy6IC5zhe3hdU88",
            ),
            ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ] {
            let pkce = Pkce { verifier: Zeroizing::new(verifier.to_owned()) };
            assert_eq!(pkce.challenge(), challenge, "{verifier}");
        }
    }

    #[test]
    fn every_verifier_is_new_of_the_form_that_is_asked_for_and_not_shown() {
        let (first, second) = (Pkce::new().unwrap(), Pkce::new().unwrap());
        assert_ne!(first.verifier(), second.verifier());
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        assert!(first.verifier().len() == 43 && first.verifier().bytes().all(fits));
        assert_eq!(format!("{first:?}"), "Pkce(…)");
    }
}
