//! What the verifiers of several schemes read alike: the one `Authorization` header, and the headers that a signature covers.

use super::Denial;
use crate::sandbox::heard::Heard;

/// The scheme and the rest of the one `Authorization` header, if there is one.
pub(super) fn authorization(heard: &Heard) -> Result<Option<(String, String)>, Denial> {
    let lines = heard.header_lines("authorization");
    match lines.as_slice() {
        [] => Ok(None),
        [one] => {
            let text = String::from_utf8_lossy(one);
            let (scheme, rest) = text.split_once(' ').unwrap_or((&text, ""));
            Ok(Some((scheme.to_owned(), rest.to_owned())))
        }
        _ => Err(Denial::Malformed("the request carries two signatures")),
    }
}

/// The headers that a signature covers, sorted by name. With two of one name, the reader might heed the other.
pub(super) fn covered(
    heard: &Heard,
    is_covered: impl Fn(&str) -> bool,
) -> Result<Vec<(&str, &[u8])>, Denial> {
    let mut headers: Vec<(&str, &[u8])> = heard
        .headers
        .iter()
        .filter(|(name, _)| is_covered(name))
        .map(|(name, value)| (name.as_str(), value.trim_ascii()))
        .collect();
    headers.sort_unstable();
    let mut names = headers.iter().map(|(name, _)| name);
    let mut before = names.next();
    for name in names {
        if before == Some(name) {
            return Err(Denial::Uncovered((*name).to_owned()));
        }
        before = Some(name);
    }
    Ok(headers)
}
