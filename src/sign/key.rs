//! A secret, absorbed: MAC states that are keyed already, so that the text need not stay and keying costs nothing later.

use std::fmt;

use zeroize::Zeroizing;

use super::digest::{Mac, Sha1, Sha256};
use super::encode::base64;
use crate::names::Region;
use crate::secret::Secret;

/// The words of SHA-1's state and of SHA-256's.
type Mac1 = Mac<5>;
type Mac256 = Mac<8>;

/// What an AccessKey's secret becomes. The keyed states are wiped when the last copy is dropped.
pub struct Key {
    /// Keyed with secret + `&`: RPC signature version 1.0.
    rpc: Mac1,
    /// Keyed with the secret: ACS3, SLS version 1 with SHA-256, Function Compute version 1, API Gateway.
    acs3: Mac256,
    /// Keyed with the secret: ROA version 1.0, OSS V1, SLS version 1, Tablestore, MaxCompute and MNS version 2, DataHub,
    /// RocketMQ, Dataplus.
    plain_sha1: Mac1,
    /// Keyed with `aliyun_v4` + secret: the root of every V4 day key.
    v4: Mac256,
    /// Keyed with `AWS4` + secret: the root of the day keys of OSS's S3 dialect.
    aws4: Mac256,
}

impl Key {
    /// Keys every state and drops the secret, which wipes it.
    pub fn absorb(secret: Secret) -> Self {
        Self::of(&secret)
    }

    /// Keys every state of a secret that must be kept besides: programs that sign for themselves are handed it.
    pub fn of(secret: &Secret) -> Self {
        let bytes = secret.expose();
        let mut joined = Zeroizing::new(Vec::with_capacity(bytes.len() + 9));
        joined.extend_from_slice(bytes);
        joined.push(b'&');
        let rpc = Mac::keyed::<Sha1, 20>(&joined);
        joined.clear();
        joined.extend_from_slice(b"AWS4");
        joined.extend_from_slice(bytes);
        let aws4 = Mac::keyed::<Sha256, 32>(&joined);
        joined.clear();
        joined.extend_from_slice(b"aliyun_v4");
        joined.extend_from_slice(bytes);
        Self {
            rpc,
            acs3: Mac::keyed::<Sha256, 32>(bytes),
            plain_sha1: Mac::keyed::<Sha1, 20>(bytes),
            v4: Mac::keyed::<Sha256, 32>(&joined),
            aws4,
        }
    }

    pub(super) fn rpc(&self, string_to_sign: &[u8]) -> [u8; 20] {
        self.rpc.of::<Sha1, 20>(string_to_sign)
    }

    pub(super) fn plain_sha1(&self, string_to_sign: &[u8]) -> [u8; 20] {
        self.plain_sha1.of::<Sha1, 20>(string_to_sign)
    }

    pub(super) fn plain_sha256(&self, string_to_sign: &[u8]) -> [u8; 32] {
        self.acs3(string_to_sign)
    }

    pub(super) fn acs3(&self, string_to_sign: &[u8]) -> [u8; 32] {
        self.acs3.of::<Sha256, 32>(string_to_sign)
    }

    /// `KEY4(secret, day, region, product)` of the V4 schemes. Four MACs: worth keeping for the day. What it keys is the
    /// scheme's to say, and not the product's word: that of ACS4 is the caller's.
    pub fn day_key(&self, day: [u8; 8], region: &str, product: &str) -> DayKey {
        DayKey::new(&*self.key4(day, region, product))
    }

    /// The same of MaxCompute, which MACs with SHA-1.
    pub fn odps_day_key(&self, day: [u8; 8], region: &str) -> DayKey {
        DayKey::with_sha1(&*self.key4(day, region, super::odps::PRODUCT))
    }

    /// The same of Tablestore, whose key is the text of it in base64, and not the bytes.
    pub fn ots_day_key(&self, day: [u8; 8], region: &str) -> DayKey {
        let key = self.key4(day, region, super::ots::PRODUCT);
        DayKey::with_sha1(&*Zeroizing::new(base64::<32, 44>(*key)))
    }

    fn key4(&self, day: [u8; 8], region: &str, product: &str) -> Zeroizing<[u8; 32]> {
        derived(&self.v4, day, [region, product, "aliyun_v4_request"])
    }

    /// The day's key of OSS's S3 dialect, which is Amazon's. `region` is spelled as in the scope: `oss-cn-hangzhou`.
    pub fn s3_day_key(&self, day: [u8; 8], region: &str) -> DayKey {
        DayKey::new(&*derived(&self.aws4, day, [region, super::s3::PRODUCT, "aws4_request"]))
    }

    /// The day's key of a scope as [`super::scope`] gives it: `product` is one of its words.
    pub fn scope_key(&self, day: [u8; 8], region: Region, product: &str) -> DayKey {
        match product {
            super::s3::PRODUCT => self.s3_day_key(day, &super::s3::region(region)),
            super::odps::PRODUCT => self.odps_day_key(day, region.id()),
            super::ots::PRODUCT => self.ots_day_key(day, region.id()),
            _ => self.day_key(day, region.id(), product),
        }
    }
}

fn derived(root: &Mac256, day: [u8; 8], parts: [&str; 3]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new(root.of::<Sha256, 32>(&day));
    for part in parts {
        key = Zeroizing::new(Mac::keyed::<Sha256, 32>(&*key).of::<Sha256, 32>(part.as_bytes()));
    }
    key
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// A V4 key, good for one day, region and product.
#[derive(Clone)]
pub struct DayKey {
    sha256: Mac256,
    /// Of the products that MAC with SHA-1 under a derived key: MaxCompute, and Tablestore in its answers.
    sha1: Option<Mac1>,
}

impl DayKey {
    fn new(key: &[u8]) -> Self {
        Self { sha256: Mac::keyed::<Sha256, 32>(key), sha1: None }
    }

    fn with_sha1(key: &[u8]) -> Self {
        Self { sha1: Some(Mac::keyed::<Sha1, 20>(key)), ..Self::new(key) }
    }

    pub(super) fn mac(&self, string_to_sign: &[u8]) -> [u8; 32] {
        self.sha256.of::<Sha256, 32>(string_to_sign)
    }

    /// `None`: the product has no such key.
    pub(super) fn mac_sha1(&self, text: &[u8]) -> Option<[u8; 20]> {
        self.sha1.as_ref().map(|mac| mac.of::<Sha1, 20>(text))
    }
}

impl fmt::Debug for DayKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DayKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_products_word_alone_changes_nothing_about_its_key() {
        let key = Key::absorb(Secret::new("secret".to_owned()));
        let day = *b"20260131";
        for product in ["ots", "odps", "Ecs"] {
            // Four MACs and nothing else, whoever names the product: that of ACS4 is its caller's word.
            let derived = derived(&key.v4, day, ["cn-hangzhou", product, "aliyun_v4_request"]);
            let plain = Mac::keyed::<Sha256, 32>(&*derived).of::<Sha256, 32>(b"text");
            assert_eq!(key.day_key(day, "cn-hangzhou", product).mac(b"text"), plain, "{product}");
        }
        let own = key.ots_day_key(day, "cn-hangzhou");
        assert_ne!(own.mac(b"text"), key.day_key(day, "cn-hangzhou", "ots").mac(b"text"));
    }
}
