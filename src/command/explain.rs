//! `sign --explain`: the texts that were signed, fit to be shown to somebody else.

use std::fmt;

use crate::names::Scheme;
use crate::sign::{Workspace, percent};
use crate::wire::Spelling;

/// Stands where the security token was.
const MASK: &str = "[security-token]";

/// A security token in each form that a signed request and its texts hold it in.
pub(super) struct Mask(Vec<String>);

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mask")
    }
}

impl Mask {
    /// Of a credential's token, if it has one.
    pub(super) fn of(token: Option<&str>) -> Self {
        let Some(token) = token.filter(|token| !token.is_empty()) else { return Self(Vec::new()) };
        let encoded = |text: &str| {
            let mut out = Vec::new();
            percent(&mut out, text.as_bytes(), Spelling::Plain);
            String::from_utf8_lossy(&out).into_owned()
        };
        // In the query of RPC version 1 it is encoded, and once more in the string-to-sign.
        let (once, twice) = (encoded(token), encoded(&encoded(token)));
        let mut forms = vec![twice, once, token.to_owned()];
        forms.dedup();
        Self(forms)
    }

    /// The text without the token.
    fn hide(&self, text: &[u8]) -> String {
        self.0.iter().fold(String::from_utf8_lossy(text).into_owned(), |text, form| replaced(&text, form))
    }
}

/// The text with each whole `form` masked. Where more letters follow it is part of another word: a token of three letters,
/// as one tries things with, is part of a header's name.
fn replaced(text: &str, form: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(form) {
        let is_whole = !after.starts_with(|next: char| next.is_ascii_alphanumeric());
        out.push_str(before);
        out.push_str(if is_whole { MASK } else { form });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The scheme, the canonical request, the string-to-sign, where the cloud's differs if that was asked, and the signed request.
pub(super) fn explained(
    scheme: Option<Scheme>,
    workspace: &Workspace,
    (head, against): (&[u8], Option<&str>),
    mask: &Mask,
) -> String {
    let scheme = scheme.map_or("none: the call leaves unsigned", Scheme::name);
    let mut out = format!("# scheme\n{scheme}\n\n");
    for (title, text) in
        [("canonical request", workspace.canonical_request()), ("string to sign", workspace.string_to_sign())]
    {
        if !text.is_empty() {
            out.push_str(&format!("# {title}\n{}\n\n", mask.hide(text)));
        }
    }
    if let Some(against) = against {
        out.push_str(&format!("# against what the cloud signed\n{}\n\n", mask.hide(against.as_bytes())));
    }
    let masked = if mask.0.is_empty() { "" } else { ", without its security token" };
    out.push_str(&format!("# signed request{masked}\n{}", mask.hide(head)));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_hidden_in_each_form_and_nothing_else_is() {
        let mask = Mask::of(Some("a+/b="));
        for (text, hidden) in [
            ("x-acs-security-token:a+/b=\nhost:h", "x-acs-security-token:[security-token]\nhost:h"),
            ("SecurityToken=a%2B%2Fb%3D&Version=1", "SecurityToken=[security-token]&Version=1"),
            ("SecurityToken%3Da%252B%252Fb%253D%26Version", "SecurityToken%3D[security-token]%26Version"),
            ("a+/b", "a+/b"),
        ] {
            assert_eq!(mask.hide(text.as_bytes()), hidden);
        }
        let short = Mask::of(Some("tok"));
        assert_eq!(short.hide(b"x-acs-security-token:tok\n"), "x-acs-security-token:[security-token]\n");
        for none in [None, Some("")] {
            assert_eq!(Mask::of(none).hide(b"a+/b="), "a+/b=");
        }
    }
}
