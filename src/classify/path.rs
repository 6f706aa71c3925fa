//! Which paths and queries can be signed as they came: those that every reader reads alike.

use crate::refusal::{Code, Refusal};

/// Refuses bytes that no SDK's encoder leaves, and, unless keys may hold them, dot segments and escaped controls.
/// `is_key`: the path is an object's key, where anything goes that is encoded.
pub fn check(path: &[u8], query: &[u8], is_key: bool) -> Result<(), Refusal> {
    let bad = |sentence: &'static str| Err(Refusal::new(Code::BadPath, sentence, "percent-encode it"));
    if !path.is_empty() && !path.starts_with(b"/") {
        return bad("the path does not begin with a slash");
    }
    for text in [path, query] {
        if !text.is_ascii() {
            return bad("the target holds bytes outside ASCII");
        }
        if has_lone_percent(text) {
            return bad("the target holds a `%` that begins no escape");
        }
    }
    if path.iter().any(|byte| matches!(byte, b'\\' | b'"' | b'<' | b'>' | b'^' | b'`' | b'{' | b'|' | b'}')) {
        return bad("the path holds a character that must be encoded");
    }
    if is_key {
        return Ok(());
    }
    for segment in path.split(|&byte| byte == b'/') {
        let text: fn(u8) -> bool = |byte| byte.is_ascii_control();
        let decoded = || crate::wire::decoded(segment, crate::wire::Spelling::Path);
        if decoded().eq(*b".") || decoded().eq(*b"..") {
            return bad("the path has a dot segment");
        }
        if decoded().any(text) {
            return bad("the path has an encoded control character");
        }
    }
    Ok(())
}

fn has_lone_percent(text: &[u8]) -> bool {
    memchr::memchr_iter(b'%', text).any(|at| {
        !matches!(text.get(at + 1..at + 3), Some([high, low]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dot_segments_pass_only_inside_a_key() {
        for path in ["/a/../b", "/a/%2e%2E/b", "/.", "/a/%2e"] {
            assert!(check(path.as_bytes(), b"", false).is_err(), "{path}");
            assert!(check(path.as_bytes(), b"", true).is_ok(), "{path}");
        }
        assert!(check(b"/a..b/...", b"", false).is_ok());
    }

    #[test]
    fn what_no_encoder_leaves_is_refused() {
        for path in ["/ü", "/100%", "/%4", "/a\\b", "/a{b}"] {
            assert_eq!(check(path.as_bytes(), b"", true).map_err(|r| r.code), Err(Code::BadPath), "{path}");
        }
        assert!(check(b"/", b"a=%zz", false).is_err());
        assert!(check(b"/", b"a=b%20c&d={1}", false).is_ok());
    }
}
