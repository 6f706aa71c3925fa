//! `Bearer KEY`: Model Studio's API keys. Nothing is signed, so all that can be wrong is the key.

use super::Denial;
use super::authorization::authorization;
use crate::sandbox::heard::Heard;

/// The key that a request carries. `Ok(None)` without one.
pub(crate) fn read(heard: &Heard) -> Result<Option<String>, Denial> {
    // The places where other dialects of Model Studio carry it: a key left there would be one too many.
    let other = ["x-api-key", "api-key"].iter().any(|name| heard.header(name).is_some());
    match authorization(heard)? {
        Some(_) if other => Err(Denial::Malformed("the request carries two keys")),
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") && !key.is_empty() => Ok(Some(key)),
        Some(_) => Err(Denial::Malformed("Authorization is `Bearer KEY`")),
        None if other => Err(Denial::Malformed("Authorization is `Bearer KEY`")),
        None => Ok(None),
    }
}
