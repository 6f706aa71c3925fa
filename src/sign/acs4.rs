//! `ACS4-HMAC-SHA256`, OpenAPI's signature "V4": ACS3 with a key for one day, region and product.
//!
//! ```text
//! CanonicalRequest = as ACS3's
//! StringToSign     = "ACS4-HMAC-SHA256" \n hex(SHA256(CanonicalRequest))
//! Signature        = hex(HMAC-SHA256(KEY4(secret, day, region, product), StringToSign))
//! Credential       = AccessKeyId "/" day "/" region "/" product "/aliyun_v4_request"
//! ```
//!
//! The product is spelled in a letter case of its own that no endpoint tells: region and product are those that the caller
//! signed for. The key is derived for each request. Callers choose the scope, and in a cache of keys they could push out
//! everybody else's; four MACs cost less than keeping one more bounded map.

use super::acs3::{self, Covered, Proof};
use super::text::Text;
use super::{DayKey, Identity, Unsignable, Unsigned, Workspace};
use crate::names::{Moment, Scope, calendar};
use crate::wire::{Field, Signed};

/// A key, and what it is limited to.
struct Scoped<'a> {
    key: DayKey,
    day: [u8; 8],
    scope: Scope<'a>,
}

impl Proof for Scoped<'_> {
    const ALGORITHM: &'static [u8] = b"ACS4-HMAC-SHA256";

    fn mac(&self, string_to_sign: &[u8]) -> [u8; 32] {
        self.key.mac(string_to_sign)
    }

    fn write_scope(&self, out: &mut Text) {
        let Scope { region, product } = self.scope;
        for part in [&self.day[..], region.as_bytes(), product.as_bytes(), b"aliyun_v4_request"] {
            out.push(b'/');
            out.put(part);
        }
    }
}

/// The signature over exactly what is given. Leaves its texts in the workspace.
pub fn signature<'a>(
    covered: Covered<'a, impl Iterator<Item = &'a Field<'a>>>,
    key: &DayKey,
    workspace: &mut Workspace,
) -> [u8; 64] {
    // Neither day nor scope is part of what is signed.
    let scope = Scope { region: "", product: "" };
    acs3::proven(covered, &Scoped { key: key.clone(), day: [0; 8], scope }, workspace)
}

pub(super) fn sign(
    unsigned: &Unsigned<'_>,
    identity: &Identity<'_>,
    moment: &Moment,
    work: (&mut Workspace, Vec<u8>),
) -> Result<Signed, Unsignable> {
    let scope = unsigned.scope.ok_or(Unsignable::NoScope)?;
    let day = calendar::day(moment.unix_seconds);
    let key = identity.key.day_key(day, scope.region, scope.product);
    acs3::sign_with(&Scoped { key, day, scope }, unsigned, identity, moment, work)
}
