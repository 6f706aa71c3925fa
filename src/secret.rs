//! Values that can be used but not shown. They are wiped when dropped, and nothing prints them.

use std::fmt;

use zeroize::Zeroizing;

/// The secret half of an AccessKey, from the moment a source returns it until a signing key has absorbed it.
pub struct Secret(Zeroizing<Box<[u8]>>);

impl Secret {
    /// Takes the text over. The caller's copy is consumed, not duplicated.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text.into_bytes().into_boxed_slice()))
    }

    /// The bytes, for keying a MAC and nothing else.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A token that goes out beside a signature: the STS security token, or an OIDC token on its way to STS.
pub struct SecurityToken(Zeroizing<Box<str>>);

/// A token that would not survive in a header line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadToken;

impl fmt::Display for BadToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the token holds characters that cannot stand in a header")
    }
}

impl std::error::Error for BadToken {}

impl SecurityToken {
    /// Refuses anything but visible ASCII: a line break in a token would split a header.
    pub fn new(text: String) -> Result<Self, BadToken> {
        in_a_header(text).map(Self)
    }

    /// The text, for the wire and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecurityToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecurityToken(…)")
    }
}

/// Text that can stand in a header line. Wiped where it cannot.
fn in_a_header(text: String) -> Result<Zeroizing<Box<str>>, BadToken> {
    let text = Zeroizing::new(text.into_boxed_str());
    let is_visible = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_visible { Ok(text) } else { Err(BadToken) }
}

/// A key that is the proof itself: whoever holds it needs no signature, so it goes to its product's own hosts and nowhere
/// else.
pub struct ApiKey(Zeroizing<Box<str>>);

impl ApiKey {
    /// Refuses anything but visible ASCII: a line break in a key would split a header.
    pub fn new(text: String) -> Result<Self, BadToken> {
        in_a_header(text).map(Self)
    }

    /// The text, for the wire and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

/// What proves a login: an access token, or the one that renews it. It goes to whoever gave it and nowhere else.
pub struct BearerToken(Zeroizing<Box<str>>);

impl BearerToken {
    /// Refuses anything but visible ASCII: a line break in a token would split a header.
    pub fn new(text: String) -> Result<Self, BadToken> {
        in_a_header(text).map(Self)
    }

    /// The text, for the wire and for where logins are kept.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_prints_a_secret() {
        let secret = Secret::new("canary-secret".to_owned());
        let token = SecurityToken::new("canary-token".to_owned()).unwrap();
        let key = ApiKey::new("canary-key".to_owned()).unwrap();
        let bearer = BearerToken::new("canary-bearer".to_owned()).unwrap();
        assert_eq!(
            format!("{secret:?} {token:?} {key:?} {bearer:?}"),
            "Secret(…) SecurityToken(…) ApiKey(…) BearerToken(…)"
        );
    }

    #[test]
    fn a_token_that_would_split_a_header_is_refused() {
        for text in ["abc\r\nX-Evil: 1", "", "a b", "t\u{e9}"] {
            assert_eq!(SecurityToken::new(text.to_owned()).err(), Some(BadToken), "{text:?}");
            assert_eq!(ApiKey::new(text.to_owned()).err(), Some(BadToken), "{text:?}");
            assert_eq!(BearerToken::new(text.to_owned()).err(), Some(BadToken), "{text:?}");
        }
    }
}
