//! The signature of a form upload (POST policy), which covers the policy alone, as the base64 text that stands in the form.
//!
//! ```text
//! V1: Signature       = base64(HMAC-SHA1(secret, policy))
//! V4: x-oss-signature = hex(HMAC-SHA256(KEY4(secret, day, region, "oss"), policy))
//! ```

use super::encode::{base64, hex};
use super::oss::{PRODUCT, write_scope};
use super::text::Text;
use super::{DayKey, Identity, Key, Unsignable};
use crate::names::{Endpoint, Moment, Scheme, calendar};

/// A field that goes into the form.
pub type OwnField = (&'static str, Vec<u8>);

/// The form field `Signature` of signature V1.
pub fn signature_v1(policy: &[u8], key: &Key) -> [u8; 28] {
    base64(key.plain_sha1(policy))
}

/// The form field `x-oss-signature` of signature V4.
pub fn signature_v4(policy: &[u8], key: &DayKey) -> [u8; 64] {
    hex(key.mac(policy))
}

/// The fields that go into the form beside the policy and its signature. Of V4, the policy must list them as conditions.
pub fn own_fields(
    scheme: Scheme,
    endpoint: &Endpoint,
    identity: &Identity<'_>,
    moment: &Moment,
) -> Result<Vec<OwnField>, Unsignable> {
    let mut fields = match scheme {
        Scheme::OssV1 => vec![("OSSAccessKeyId", identity.access_key_id.as_bytes().to_vec())],
        Scheme::OssV4 => {
            let region = endpoint.region().ok_or(Unsignable::NoRegion)?.id();
            let date = calendar::iso_basic(moment.unix_seconds);
            let mut credential = Text::default();
            credential.put(identity.access_key_id.as_bytes());
            credential.push(b'/');
            write_scope(&mut credential, &date, region, PRODUCT);
            vec![
                ("x-oss-signature-version", b"OSS4-HMAC-SHA256".to_vec()),
                ("x-oss-credential", credential.as_bytes().to_vec()),
                ("x-oss-date", date.to_vec()),
            ]
        }
        other => return Err(Unsignable::Scheme(other)),
    };
    if let Some(token) = identity.security_token {
        fields.push(("x-oss-security-token", token.expose().as_bytes().to_vec()));
    }
    Ok(fields)
}

/// The field with the signature over `policy`, the base64 text.
pub fn signature_field(
    scheme: Scheme,
    policy: &[u8],
    identity: &Identity<'_>,
) -> Result<OwnField, Unsignable> {
    match scheme {
        Scheme::OssV1 => Ok(("Signature", signature_v1(policy, identity.key).to_vec())),
        Scheme::OssV4 => {
            let key = identity.day_key.ok_or(Unsignable::NoDayKey)?;
            Ok(("x-oss-signature", signature_v4(policy, key).to_vec()))
        }
        other => Err(Unsignable::Scheme(other)),
    }
}
