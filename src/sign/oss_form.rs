//! The signature of a form upload (POST policy), which covers the policy alone, as the base64 text that stands in the form.
//!
//! ```text
//! V1: Signature       = base64(HMAC-SHA1(secret, policy))
//! V4: x-oss-signature = hex(HMAC-SHA256(KEY4(secret, day, region, "oss"), policy))
//! ```

use super::encode::{base64, hex};
use super::{DayKey, Key};

/// The form field `Signature` of signature V1.
pub fn signature_v1(policy: &[u8], key: &Key) -> [u8; 28] {
    base64(key.plain_sha1(policy))
}

/// The form field `x-oss-signature` of signature V4.
pub fn signature_v4(policy: &[u8], key: &DayKey) -> [u8; 64] {
    hex(key.mac(policy))
}
