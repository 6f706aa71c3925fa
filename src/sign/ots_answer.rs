//! Tablestore's answers are signed too, with the key that signed the request: SDKs believe no other.
//!
//! ```text
//! Authorization = "OTS " AccessKeyId ":" base64(HMAC-SHA1(key, Text))
//! Text          = name ":" value \n, sorted by name, of every x-ots-* header of the answer; then the request's path
//! key           = the secret, or of version 4 the text base64(KEY4(secret, x-ots-signdate, x-ots-signregion, "ots"))
//! ```
//!
//! The body is covered by the answer's `x-ots-contentmd5`.

use std::sync::LazyLock;

use super::encode::base64;
use super::ots::{Keyed, is_own};
use super::{DayKey, Key, Workspace};
use crate::secret::Secret;
use crate::wire::Field;

/// The secret of every caller, and the AccessKey id of those that send none.
pub const DUMMY: &str = "dummy";

static DUMMY_KEY: LazyLock<Key> = LazyLock::new(|| Key::absorb(Secret::new(DUMMY.to_owned())));

/// With which version a caller signed, and so what it checks its answer with.
#[derive(Clone, Copy, Debug)]
pub enum CallersKey<'a> {
    /// Version 2.
    V2,
    /// Version 4: of its own day and region.
    V4 {
        /// The value of its `x-ots-signdate`.
        day: [u8; 8],
        /// The value of its `x-ots-signregion`.
        region: &'a str,
    },
}

/// The signature of an answer in base64. `None`: the key is another product's. Leaves the text in the workspace.
pub fn signature<'a>(
    fields: impl Iterator<Item = Field<'a>>,
    path: &[u8],
    key: Keyed<'_>,
    workspace: &mut Workspace,
) -> Option<[u8; 28]> {
    workspace.clear();
    let mut fields: Vec<Field<'a>> = fields.filter(is_own).collect();
    fields.sort_by(|a, b| a.compare_names(b).then_with(|| a.value.cmp(b.value)));
    let text = &mut workspace.string_to_sign;
    for field in &fields {
        text.put_lower(field.name);
        text.push(b':');
        text.put(field.value.trim_ascii());
        text.push(b'\n');
    }
    text.put(path);
    match key {
        Keyed::V2(key) => Some(base64(key.plain_sha1(text.as_bytes()))),
        Keyed::V4(key) => key.mac_sha1(text.as_bytes()).map(base64),
    }
}

/// The same for a caller, whose secret is [`DUMMY`].
pub fn for_caller<'a>(
    fields: impl Iterator<Item = Field<'a>>,
    path: &[u8],
    key: CallersKey<'_>,
    workspace: &mut Workspace,
) -> Option<[u8; 28]> {
    let day_key: DayKey;
    let key = match key {
        CallersKey::V2 => Keyed::V2(&DUMMY_KEY),
        CallersKey::V4 { day, region } => {
            day_key = DUMMY_KEY.ots_day_key(day, region);
            Keyed::V4(&day_key)
        }
    };
    signature(fields, path, key, workspace)
}
