//! SHA-1, SHA-256 and their HMAC (FIPS 180-4, RFC 2104) over whole messages: the compression functions are RustCrypto's,
//! the padding is here.
//!
//! A request hashes one text that lies in memory from end to end, and MACs another with a key that was absorbed long ago.
//! Streaming hashers copy such a text through a block of their own, carry the states of it, and wipe all of that after
//! every use; nothing of it is needed here.

use zeroize::Zeroize;

/// A hash function of `N` words. Implemented by [`Sha1`] and [`Sha256`].
pub(super) trait Hash<const N: usize> {
    /// The state before anything is hashed.
    const START: [u32; N];

    /// Takes whole blocks into the state.
    fn compress(state: &mut [u32; N], blocks: &[[u8; BLOCK]]);
}

/// Bytes of a block of either function.
const BLOCK: usize = 64;

/// SHA-1, which HMAC alone still uses here.
pub(super) struct Sha1;

impl Hash<5> for Sha1 {
    const START: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];

    fn compress(state: &mut [u32; 5], blocks: &[[u8; BLOCK]]) {
        sha1::block_api::compress(state, blocks);
    }
}

/// SHA-256.
pub(super) struct Sha256;

impl Hash<8> for Sha256 {
    const START: [u32; 8] = [
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ];

    fn compress(state: &mut [u32; 8], blocks: &[[u8; BLOCK]]) {
        sha2::block_api::compress256(state, blocks);
    }
}

/// The SHA-256 of a message.
pub(super) fn sha256(message: &[u8]) -> [u8; 32] {
    bytes(finish::<Sha256, 8>(Sha256::START, 0, message))
}

/// Hashes the rest of a message of which `before` bytes, a number of whole blocks, are in the state already.
fn finish<H: Hash<N>, const N: usize>(mut state: [u32; N], before: u64, message: &[u8]) -> [u32; N] {
    let (blocks, rest) = message.as_chunks();
    H::compress(&mut state, blocks);
    // The end: what is left, a bit, zeros, and the length in bits, which may need a block more.
    let mut last = [[0; BLOCK]; 2];
    let needed = if rest.len() < BLOCK - 8 { 1 } else { 2 };
    let bits = (before + message.len() as u64) * 8;
    let text = last.as_flattened_mut();
    if let Some((slot, after)) = text.split_at_mut_checked(rest.len()) {
        slot.copy_from_slice(rest);
        after.iter_mut().take(1).for_each(|byte| *byte = 0x80);
    }
    if let Some(slot) = text.get_mut(needed * BLOCK - 8..needed * BLOCK) {
        slot.copy_from_slice(&bits.to_be_bytes());
    }
    H::compress(&mut state, last.get(..needed).unwrap_or_default());
    state
}

/// The words of a state as bytes, most significant first. `BYTES` is four times `WORDS`.
fn bytes<const WORDS: usize, const BYTES: usize>(state: [u32; WORDS]) -> [u8; BYTES] {
    const { assert!(BYTES == 4 * WORDS, "a digest has four bytes a word") };
    let mut digest = [0; BYTES];
    for (slot, word) in digest.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *slot = word.to_be_bytes();
    }
    digest
}

/// HMAC with its key absorbed: the states behind the first block of either pass. Wiped when it is dropped.
#[derive(Clone)]
pub(super) struct Mac<const N: usize> {
    inner: [u32; N],
    outer: [u32; N],
}

impl<const N: usize> Mac<N> {
    /// Absorbs a key of any length.
    pub(super) fn keyed<H: Hash<N>, const BYTES: usize>(key: &[u8]) -> Self {
        let mut block = zeroize::Zeroizing::new([0; BLOCK]);
        let mut hashed = [0; BYTES];
        let key = if key.len() > BLOCK {
            hashed = bytes(finish::<H, N>(H::START, 0, key));
            &hashed[..]
        } else {
            key
        };
        block.iter_mut().zip(key).for_each(|(slot, byte)| *slot = *byte);
        let mut absorb = |pad: u8| {
            block.iter_mut().for_each(|byte| *byte ^= pad);
            let mut state = H::START;
            H::compress(&mut state, std::slice::from_ref(&*block));
            state
        };
        let inner = absorb(0x36);
        let outer = absorb(0x36 ^ 0x5c);
        hashed.zeroize();
        Self { inner, outer }
    }

    /// The MAC of a message.
    pub(super) fn of<H: Hash<N>, const BYTES: usize>(&self, message: &[u8]) -> [u8; BYTES] {
        let inner: [u8; BYTES] = bytes(finish::<H, N>(self.inner, BLOCK as u64, message));
        bytes(finish::<H, N>(self.outer, BLOCK as u64, &inner))
    }
}

impl<const N: usize> Drop for Mac<N> {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use hmac::{Hmac, KeyInit, Mac as _};
    use sha2::Digest;

    use super::*;

    /// Every length up to a few blocks: the corners of the padding are among them.
    fn messages() -> impl Iterator<Item = Vec<u8>> {
        (0..300_usize).map(|length| (0..length).map(|at| (at * 7 + length) as u8).collect())
    }

    #[test]
    fn digests_are_those_of_the_streaming_hashers() {
        for message in messages() {
            let expected: [u8; 32] = sha2::Sha256::digest(&message).into();
            assert_eq!(sha256(&message), expected, "{} bytes", message.len());
        }
    }

    #[test]
    fn macs_are_those_of_the_hmac_crate_for_keys_of_every_length() {
        for key in messages().take(140) {
            let mac1 = Mac::keyed::<Sha1, 20>(&key);
            let mac256 = Mac::keyed::<Sha256, 32>(&key);
            for message in messages().step_by(11).chain([b"x".repeat(64), b"x".repeat(55), b"x".repeat(56)]) {
                let mut expected = Hmac::<sha1::Sha1>::new_from_slice(&key).unwrap();
                expected.update(&message);
                let expected: [u8; 20] = expected.finalize().into_bytes().into();
                assert_eq!(mac1.of::<Sha1, 20>(&message), expected, "{} {}", key.len(), message.len());
                let mut expected = Hmac::<sha2::Sha256>::new_from_slice(&key).unwrap();
                expected.update(&message);
                let expected: [u8; 32] = expected.finalize().into_bytes().into();
                assert_eq!(mac256.of::<Sha256, 32>(&message), expected, "{} {}", key.len(), message.len());
            }
        }
    }
}
