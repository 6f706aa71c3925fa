//! Hashes and keyed hashes, spelled out as their standards do.

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::encode::hex;

/// SHA-256, as the lower-case hexadecimal that every signature document writes.
pub(crate) fn sha256_hex(data: &[u8]) -> String {
    hex(&Sha256::digest(data))
}

/// SHA-256.
pub(crate) fn sha256(data: &[u8]) -> Vec<u8> {
    Sha256::digest(data).to_vec()
}

/// MD5, for the digests of bodies and messages.
pub(crate) fn md5(data: &[u8]) -> Vec<u8> {
    Md5::digest(data).to_vec()
}

/// HMAC-SHA256.
pub(crate) fn hmac_sha256(key: &[u8], data: &[u8]) -> Vec<u8> {
    hmac::<Sha256>(key, data)
}

/// HMAC-SHA1.
pub(crate) fn hmac_sha1(key: &[u8], data: &[u8]) -> Vec<u8> {
    hmac::<Sha1>(key, data)
}

/// RFC 2104: `H(K ⊕ opad ‖ H(K ⊕ ipad ‖ text))`. Written here rather than taken from the crate that signs, so that
/// what checks a signature shares as little as can be with what makes it. Both hashes have blocks of 64 bytes.
fn hmac<H: Digest>(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut block = if key.len() > 64 { H::digest(key).to_vec() } else { key.to_vec() };
    block.resize(64, 0);
    let padded = |pad: u8| block.iter().map(|byte| byte ^ pad).collect::<Vec<u8>>();
    let inner = H::digest([padded(0x36).as_slice(), data].concat());
    H::digest([padded(0x5c).as_slice(), &inner].concat()).to_vec()
}

/// Whether two spellings of a MAC are the same, without telling by the time it takes where they differ.
pub(crate) fn same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len()
        && left.iter().zip(right).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keyed_hashes_follow_rfc_2202_and_rfc_4231() {
        let data = b"what do ya want for nothing?";
        assert_eq!(hex(&hmac_sha1(b"Jefe", data)), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(hex(&hmac_sha256(b"Jefe", data)), expected);
        let long_key = [0xaa; 131];
        let expected = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54";
        assert_eq!(
            hex(&hmac_sha256(&long_key, b"Test Using Larger Than Block-Size Key - Hash Key First")),
            expected
        );
    }
}
