//! RPC signature version 1.0: HMAC-SHA1 over every parameter, of the query and of a form.
//!
//! ```text
//! CanonicalizedQuery = enc(k) "=" enc(v), joined with "&", sorted by k, without Signature
//! StringToSign       = METHOD "&" "%2F" "&" enc(CanonicalizedQuery)
//! Signature          = base64(HMAC-SHA1(AccessKeySecret "&", StringToSign))
//! ```

use std::fmt;

use super::encode::{base64, write_pair_twice};
use super::head::{self, Additions, Few};
use super::text::Text;
use super::{Identity, Key, Unsignable, Unsigned, Workspace};
use crate::names::{Moment, calendar};
use crate::wire::{Parameter, Signed};

/// What one signature covers.
#[derive(Clone, Copy)]
pub struct Covered<'a> {
    /// The method, in upper case.
    pub method: &'a str,
    /// The query's parameters.
    pub query: &'a [Parameter<'a>],
    /// The form's. A name that both have counts once, with the form's value: so do most SDKs, and so does python-core,
    /// which sends `RegionId` in both places.
    pub form: &'a [Parameter<'a>],
    /// The scheme's own, without `Signature`.
    pub added: &'a [Parameter<'a>],
}

impl fmt::Debug for Covered<'_> {
    /// Never what is covered: a token and the caller's parameters may be.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Covered({}, {} parameters)", self.method, self.query.len())
    }
}

/// The signature, in base64. Leaves the string-to-sign in the workspace; this scheme has no canonical request.
pub fn signature(covered: Covered<'_>, key: &Key, workspace: &mut Workspace) -> [u8; 28] {
    workspace.clear();
    let mut all = workspace.take_parameters();
    all.extend(covered.query);
    all.extend(covered.added);
    let form_from = all.len();
    all.extend(covered.form);
    // An unstable sort allocates nothing; where a piece lies in its list is what keeps equal names apart.
    all.sort(..form_from, compare);
    all.sort(form_from.., compare);

    let text = &mut workspace.string_to_sign;
    text.put(covered.method.as_bytes());
    text.put(b"&%2F&");
    let (before, form) = (all.iter().take(form_from), all.iter().skip(form_from));
    write_canonical(text, before, form);
    workspace.put_parameters(all);
    base64(key.rpc(workspace.string_to_sign.as_bytes()))
}

/// Writes the canonical query, encoded once more as it stands in the string-to-sign. Both lists are sorted; of a name
/// that stands in both, the form's.
fn write_canonical<'a>(
    text: &mut Text,
    before: impl Iterator<Item = &'a Parameter<'a>>,
    form: impl Iterator<Item = &'a Parameter<'a>>,
) {
    let (mut before, mut form) = (before.peekable(), form.peekable());
    let mut is_first = true;
    loop {
        let parameter = match (before.peek(), form.peek()) {
            (Some(left), Some(right)) => match left.compare_names(right) {
                std::cmp::Ordering::Less => before.next(),
                std::cmp::Ordering::Greater => form.next(),
                std::cmp::Ordering::Equal => {
                    before.next();
                    continue;
                }
            },
            (Some(_), None) => before.next(),
            (None, _) => form.next(),
        };
        let Some(parameter) = parameter else { break };
        if !is_first {
            text.put(b"%26");
        }
        is_first = false;
        write_pair_twice(text, parameter);
    }
}

fn compare(left: &Parameter<'_>, right: &Parameter<'_>) -> std::cmp::Ordering {
    left.compare_names(right).then_with(|| left.compare_values(right))
}

pub(super) fn sign(
    unsigned: &Unsigned<'_>,
    identity: &Identity<'_>,
    moment: &Moment,
    (workspace, buffer): (&mut Workspace, Vec<u8>),
) -> Result<Signed, Unsignable> {
    let date = calendar::iso(moment.unix_seconds);
    let mut added: Few<Parameter<'_>, 9> = Few::new(Parameter::plain(b"", b""));
    if let Some(action) = unsigned.add_action {
        added.push(Parameter::plain(b"Action", action));
    }
    if let Some(version) = unsigned.add_version {
        added.push(Parameter::plain(b"Version", version));
    }
    added.push(Parameter::plain(b"AccessKeyId", identity.access_key_id.as_bytes()));
    added.push(Parameter::unreserved(b"SignatureMethod", b"HMAC-SHA1"));
    added.push(Parameter::plain(b"SignatureNonce", moment.nonce.as_bytes()));
    added.push(Parameter::unreserved(b"SignatureVersion", b"1.0"));
    added.push(Parameter::plain(b"Timestamp", &date));
    if let Some(token) = identity.security_token {
        added.push(token.parameter());
    }
    let covered = Covered {
        method: unsigned.method,
        query: unsigned.query,
        form: unsigned.form,
        added: added.as_slice(),
    };
    let signature = signature(covered, identity.key, workspace);
    added.push(Parameter::plain(b"Signature", &signature));
    let additions = Additions { parameters: added.as_slice(), ..Additions::default() };
    Ok(head::write(unsigned, additions, |_| {}, buffer))
}
