//! Tokens of the metadata server: each proves that it was given out here, and until when. None is remembered, since every
//! SDK asks for one before each request.

use std::fmt;
use std::io;
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::equal::is_equal;
use crate::clock::Clock;

/// The end, in milliseconds of CLOCK_BOOTTIME.
const END: usize = 8;
/// A nonce, so that no two tokens are alike.
const NONCE: usize = 32;
const PROOF: usize = 32;

/// Gives tokens out and knows them again. Those of one process mean nothing to the next.
pub(super) struct Tokens(Zeroizing<[u8; 32]>);

impl Tokens {
    pub(super) fn new(clock: &dyn Clock) -> io::Result<Self> {
        clock.secret().map(|key| Self(Zeroizing::new(key)))
    }

    /// One that lives from `clock`'s now for `lifetime`.
    pub(super) fn give(&self, clock: &dyn Clock, lifetime: Duration) -> String {
        let end = u64::try_from((clock.boot() + lifetime).as_millis()).unwrap_or(u64::MAX);
        let mut token = end.to_be_bytes().to_vec();
        token.extend_from_slice(clock.nonce().as_bytes());
        token.resize(END + NONCE, 0);
        token.extend_from_slice(&self.proof(&token));
        BASE64URL_NOPAD.encode(&token)
    }

    /// Whether it was given out here, and lives at `boot`.
    pub(super) fn know(&self, token: &[u8], boot: Duration) -> bool {
        let Ok(token) = BASE64URL_NOPAD.decode(token) else { return false };
        let Some((told, proof)) = token.split_at_checked(END + NONCE) else { return false };
        let end = told.first_chunk::<END>().map_or(0, |end| u64::from_be_bytes(*end));
        is_equal(proof, &self.proof(told)) && boot < Duration::from_millis(end)
    }

    /// Behind a key of one length, texts of one length: there is nothing that could be put behind them, which a bare hash
    /// would let pass.
    fn proof(&self, told: &[u8]) -> [u8; PROOF] {
        Sha256::new().chain_update(*self.0).chain_update(told).finalize().into()
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    #[test]
    fn a_token_is_known_until_its_end_and_by_nobody_else() {
        let tokens = Tokens::new(&SystemClock).unwrap();
        let token = tokens.give(&SystemClock, Duration::from_secs(60));
        let now = SystemClock.boot();
        assert!(tokens.know(token.as_bytes(), now));
        assert!(tokens.know(token.as_bytes(), now + Duration::from_secs(59)));
        assert!(!tokens.know(token.as_bytes(), now + Duration::from_secs(61)));
        assert!(!Tokens::new(&SystemClock).unwrap().know(token.as_bytes(), now));
        assert_ne!(token, tokens.give(&SystemClock, Duration::from_secs(60)));
    }

    #[test]
    fn no_part_of_a_token_can_be_changed() {
        let tokens = Tokens::new(&SystemClock).unwrap();
        let token = tokens.give(&SystemClock, Duration::from_secs(60));
        let now = SystemClock.boot();
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert!(!tokens.know(&changed, now), "{at}");
        }
        for text in ["", "AAAA", &token[1..], &format!("{token}A"), "…"] {
            assert!(!tokens.know(text.as_bytes(), now), "{text}");
        }
    }
}
