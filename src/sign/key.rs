//! A secret, absorbed: MAC states that are keyed already, so that the text need not stay and keying costs nothing later.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;

use crate::secret::Secret;

/// What an AccessKey's secret becomes. The keyed states are wiped when the last copy is dropped.
pub struct Key {
    /// Keyed with secret + `&`: RPC signature version 1.0.
    rpc: Hmac<Sha1>,
    /// Keyed with the secret: ACS3.
    acs3: Hmac<Sha256>,
    /// Keyed with `aliyun_v4` + secret: the root of every V4 day key.
    v4: Hmac<Sha256>,
}

impl Key {
    /// Keys every state and drops the secret, which wipes it.
    pub fn absorb(secret: Secret) -> Self {
        let bytes = secret.expose();
        let mut joined = zeroize::Zeroizing::new(Vec::with_capacity(bytes.len() + 9));
        joined.extend_from_slice(bytes);
        joined.push(b'&');
        let rpc = keyed(&joined);
        joined.clear();
        joined.extend_from_slice(b"aliyun_v4");
        joined.extend_from_slice(bytes);
        Self { rpc, acs3: keyed(bytes), v4: keyed(&joined) }
    }

    pub(super) fn rpc(&self, string_to_sign: &[u8]) -> [u8; 20] {
        let mut mac = self.rpc.clone();
        mac.update(string_to_sign);
        mac.finalize().into_bytes().into()
    }

    pub(super) fn acs3(&self, string_to_sign: &[u8]) -> [u8; 32] {
        let mut mac = self.acs3.clone();
        mac.update(string_to_sign);
        mac.finalize().into_bytes().into()
    }

    /// `KEY4(secret, day, region, product)` of the V4 schemes. Four MACs: worth keeping for the day.
    pub fn day_key(&self, day: [u8; 8], region: &str, product: &str) -> DayKey {
        let mut state = self.v4.clone();
        state.update(&day);
        let mut key = state.finalize().into_bytes();
        for part in [region, product, "aliyun_v4_request"] {
            let mut state: Hmac<Sha256> = keyed(&key);
            state.update(part.as_bytes());
            key = state.finalize().into_bytes();
        }
        DayKey(keyed(&key))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// A V4 key, good for one day, region and product.
#[derive(Clone)]
pub struct DayKey(Hmac<Sha256>);

impl DayKey {
    pub(super) fn mac(&self, string_to_sign: &[u8]) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(string_to_sign);
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for DayKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DayKey(…)")
    }
}

fn keyed<M: Mac + KeyInit>(key: &[u8]) -> M {
    match M::new_from_slice(key) {
        Ok(mac) => mac,
        // HMAC takes a key of any length: there is no other variant to return.
        Err(_) => unreachable!("HMAC takes a key of any length"),
    }
}
