//! RPC signature version 1.0: HMAC-SHA1 over every parameter, of the query and of a form.
//!
//! ```text
//! CanonicalizedQuery = enc(k) "=" enc(v), joined with "&", sorted by k, without Signature
//! StringToSign       = METHOD "&" "%2F" "&" enc(CanonicalizedQuery)
//! Signature          = base64(HMAC-SHA1(AccessKeySecret "&", StringToSign))
//! ```

use std::cmp::Ordering;
use std::fmt;

use super::encode::{base64, write_pair_twice};
use super::head::{self, Additions, Few};
use super::text::Text;
use super::{Identity, Key, Unsignable, Unsigned, Workspace};
use crate::names::Moment;
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
    if covered.form.is_empty() {
        write_canonical(text, all.iter());
    } else {
        write_canonical(text, merged(all.iter().take(form_from), all.iter().skip(form_from)));
    }
    workspace.put_parameters(all);
    base64(key.rpc(workspace.string_to_sign.as_bytes()))
}

/// Writes the canonical query, encoded once more as it stands in the string-to-sign.
fn write_canonical<'a>(text: &mut Text, parameters: impl Iterator<Item = &'a Parameter<'a>>) {
    for (at, parameter) in parameters.enumerate() {
        if at > 0 {
            text.put(b"%26");
        }
        write_pair_twice(text, parameter);
    }
}

/// Two sorted lists as one; of a name that stands in both, the form's.
pub(super) fn merged<'a>(
    before: impl Iterator<Item = &'a Parameter<'a>>,
    form: impl Iterator<Item = &'a Parameter<'a>>,
) -> impl Iterator<Item = &'a Parameter<'a>> {
    let (mut before, mut form) = (before.peekable(), form.peekable());
    std::iter::from_fn(move || {
        loop {
            let (Some(left), Some(right)) = (before.peek(), form.peek()) else {
                return before.next().or_else(|| form.next());
            };
            match left.compare_names(right) {
                Ordering::Less => return before.next(),
                Ordering::Greater => return form.next(),
                Ordering::Equal => drop(before.next()),
            }
        }
    })
}

fn compare(left: &Parameter<'_>, right: &Parameter<'_>) -> Ordering {
    left.compare_names(right).then_with(|| left.compare_values(right))
}

/// The parameter `Timestamp` in every spelling: its colons stand at known places.
struct Timestamp {
    value: [u8; 20],
    piece: [u8; 34],
    twice: [u8; 28],
}

impl Timestamp {
    fn of(value: [u8; 20]) -> Self {
        let mut piece = *b"Timestamp=0000-00-00T00%3A00%3A00Z";
        let mut twice = *b"0000-00-00T00%253A00%253A00Z";
        let (day_and_hour, minute, second) = (&value[..13], &value[14..16], &value[17..19]);
        piece[10..23].copy_from_slice(day_and_hour);
        piece[26..28].copy_from_slice(minute);
        piece[31..33].copy_from_slice(second);
        twice[..13].copy_from_slice(day_and_hour);
        twice[18..20].copy_from_slice(minute);
        twice[25..27].copy_from_slice(second);
        Self { value, piece, twice }
    }

    const fn parameter(&self) -> Parameter<'_> {
        Parameter::prepared(&self.piece, b"Timestamp", &self.value, &self.twice)
    }
}

pub(super) fn sign(
    unsigned: &Unsigned<'_>,
    identity: &Identity<'_>,
    moment: &Moment,
    (workspace, buffer): (&mut Workspace, Vec<u8>),
) -> Result<Signed, Unsignable> {
    let timestamp = Timestamp::of(workspace.iso(moment.unix_seconds));
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
    added.push(timestamp.parameter());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign::encode::percent;
    use crate::wire::Spelling;

    #[test]
    fn a_timestamp_is_spelled_as_it_would_be_encoded() {
        let timestamp = Timestamp::of(*b"2024-02-29T01:57:12Z");
        let (parameter, mut piece, mut twice) = (timestamp.parameter(), b"Timestamp=".to_vec(), Vec::new());
        percent(&mut piece, b"2024-02-29T01:57:12Z", Spelling::Plain);
        percent(&mut twice, piece.strip_prefix(b"Timestamp=").unwrap(), Spelling::Plain);
        assert_eq!(parameter.value, b"2024-02-29T01:57:12Z");
        assert_eq!(parameter.raw, piece);
        assert_eq!(parameter.twice(), Some(&twice[..]));
    }
}
