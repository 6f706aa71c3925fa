//! The signature of Function Compute 3.0's HTTP triggers: `ACS3-HMAC-SHA256` over an empty payload hash. Body, host and every
//! header but the date and the token are not covered: the body streams.
//!
//! ```text
//! CanonicalRequest = as ACS3's, "$" in the path as "%24", of the headers x-acs-date and x-acs-security-token alone,
//!                    and nothing where ACS3 has the payload's hash
//! StringToSign     = as ACS3's
//! Signature        = as ACS3's
//! ```

use super::acs3::{self, Covered, Proof};
use super::head::{self, Additions, Few};
use super::text::Text;
use super::{Identity, Key, Unsignable, Unsigned, Workspace};
use crate::names::{Endpoint, Moment};
use crate::wire::{Field, Signed};

/// Whether an endpoint is a trigger on an operator's own name, where every request reaches a function.
pub(super) fn is_at(endpoint: &Endpoint) -> bool {
    endpoint.product().code == "fc-trigger"
}

/// ACS3's key, for a path as triggers have it.
struct Trigger<'a>(&'a Key);

impl Proof for Trigger<'_> {
    const ALGORITHM: &'static [u8] = <Key as Proof>::ALGORITHM;

    fn mac(&self, string_to_sign: &[u8]) -> [u8; 32] {
        self.0.mac(string_to_sign)
    }

    fn write_scope(&self, _: &mut Text) {}

    fn write_path(&self, out: &mut Text, path: &[u8]) {
        for (at, piece) in path.split(|&byte| byte == b'$').enumerate() {
            if at > 0 {
                out.put(b"%24");
            }
            out.put(piece);
        }
    }
}

/// The signature over exactly what is given: the date and the token, and an empty payload hash. Leaves its texts in the
/// workspace.
pub fn signature<'a>(
    covered: Covered<'a, impl Iterator<Item = &'a Field<'a>>>,
    key: &Key,
    workspace: &mut Workspace,
) -> [u8; 64] {
    acs3::proven(covered, &Trigger(key), workspace)
}

pub(super) fn sign(
    unsigned: &Unsigned<'_>,
    identity: &Identity<'_>,
    moment: &Moment,
    (workspace, buffer): (&mut Workspace, Vec<u8>),
) -> Result<Signed, Unsignable> {
    let date = workspace.iso(moment.unix_seconds);
    let mut added: Few<Field<'_>, 2> = Few::new(Field::EMPTY);
    added.push(Field::new("x-acs-date", &date));
    if let Some(token) = identity.security_token {
        added.push(Field::new("x-acs-security-token", token.expose().as_bytes()));
    }
    let Unsigned { method, path, query, .. } = *unsigned;
    let headers = added.as_slice().iter();
    let covered = Covered { method, path, query, headers, payload_hash: b"" };
    let signature = signature(covered, identity.key, workspace);
    let additions = Additions { fields: added.as_slice(), ..Additions::default() };
    let authorization = |out: &mut Text| {
        out.put(<Trigger<'_> as Proof>::ALGORITHM);
        out.put(b" Credential=");
        out.put(identity.access_key_id.as_bytes());
        out.put(b",SignedHeaders=");
        out.put(workspace.names.as_bytes());
        out.put(b",Signature=");
        out.put(&signature);
    };
    Ok(head::write(unsigned, additions, authorization, buffer))
}
