//! What an AccessKey's parts are made of, wherever they come from. What is made of anything else is no credential, and
//! could mean something to whoever reads the request that it is put into.

use crate::names::AccessKeyId;
use crate::secret::{ApiKey, Secret, SecurityToken};

/// Those that exist have 16 to 30.
const ID_BYTES_MAX: usize = 128;
/// Those that exist have 30; a line of a header is no place for more.
const SECRET_BYTES_MAX: usize = 8 * 1024;
/// Real ones have up to 2 KiB. Longer than this, the head of a request would not go through the cloud's gateways.
const TOKEN_BYTES_MAX: usize = 8 * 1024;

/// The id: letters, digits, `.`, `_` and `-`. It stands unquoted beside commas, slashes and colons.
pub(super) fn id(text: String) -> Option<AccessKeyId> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let is_one = (1..=ID_BYTES_MAX).contains(&text.len()) && text.bytes().all(fits);
    is_one.then(|| AccessKeyId::new(text))
}

/// The secret: visible ASCII. A space or a line end is what a shell's quoting mistake leaves behind.
pub(super) fn secret(text: String) -> Option<Secret> {
    let is_one =
        (1..=SECRET_BYTES_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    // Wiped in either case.
    let secret = Secret::new(text);
    is_one.then_some(secret)
}

/// The security token: visible ASCII, and no longer than a head has room for.
pub(super) fn token(text: String) -> Option<SecurityToken> {
    let is_short = text.len() <= TOKEN_BYTES_MAX;
    SecurityToken::new(text).ok().filter(|_| is_short)
}

/// A key that is sent as it is: visible ASCII. Real ones have 35 characters, minted ones up to a few hundred.
pub(super) fn api_key(text: String) -> Option<ApiKey> {
    let is_short = text.len() <= TOKEN_BYTES_MAX;
    ApiKey::new(text).ok().filter(|_| is_short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_word_and_secret_and_token_are_visible() {
        for (text, is_id, is_visible) in [
            ("LTAI5tFAKE0001", true, true),
            ("STS.NUgYrLnoC37mZ_x-1", true, true),
            ("a,SignedHeaders=x", false, true),
            ("a/b", false, true),
            ("a:b", false, true),
            ("a&b=c", false, true),
            ("a b", false, false),
            ("a\r\nX: 1", false, false),
            ("a\u{e9}", false, false),
            ("", false, false),
        ] {
            let text = || text.to_owned();
            assert_eq!(id(text()).is_some(), is_id, "{}", text());
            assert_eq!(
                (secret(text()).is_some(), token(text()).is_some()),
                (is_visible, is_visible),
                "{}",
                text()
            );
        }
    }

    #[test]
    fn each_has_a_longest() {
        let long = |count| "a".repeat(count);
        assert!(id(long(128)).is_some() && id(long(129)).is_none());
        assert!(token(long(8_192)).is_some() && token(long(8_193)).is_none());
        assert!(secret(long(8_192)).is_some() && secret(long(8_193)).is_none());
    }
}
