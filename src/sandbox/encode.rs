//! The spellings that signatures and answers are made of: percent, base64, hexadecimal, XML text.

/// Percent-encodes every byte but `A-Z a-z 0-9 - _ . ~`, in upper-case hexadecimal.
pub(crate) fn percent(bytes: &[u8]) -> String {
    let mut out = String::new();
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// As [`percent`], but a slash stays a slash.
pub(crate) fn percent_path(bytes: &[u8]) -> String {
    percent(bytes).replace("%2F", "/")
}

/// Undoes percent-encoding in a path, where `+` is a plus.
pub(crate) fn path_decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped = (byte == b'%').then(|| bytes.get(at + 1..at + 3)).flatten().and_then(byte_of);
        out.push(escaped.unwrap_or(byte));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    out
}

/// Undoes percent-encoding in a query or a form, where `+` is a space.
pub(crate) fn form_decoded(text: &str) -> Vec<u8> {
    path_decoded(&text.replace('+', " "))
}

fn byte_of(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits).ok()?;
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u8::from_str_radix(digits, 16).ok())?
}

/// Splits a query or a form at `&`, and each piece at its first `=`. Both halves come out decoded.
pub(crate) fn pairs(raw: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    raw.split('&')
        .filter(|piece| !piece.is_empty())
        .map(|piece| piece.split_once('=').unwrap_or((piece, "")))
        .map(|(name, value)| (form_decoded(name), form_decoded(value)))
        .collect()
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads hexadecimal of either case. `None` if it is not.
pub(crate) fn hex_decoded(text: &str) -> Option<Vec<u8>> {
    text.as_bytes().chunks(2).map(|pair| if pair.len() == 2 { byte_of(pair) } else { None }).collect()
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Standard base64 with padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    let mut out = String::new();
    for group in bytes.chunks(3) {
        let word =
            group.iter().fold(0_u32, |word, &byte| word << 8 | u32::from(byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let letter = BASE64.get((word >> (18 - 6 * place) & 63) as usize).copied().unwrap_or(b'=');
            out.push(if place <= group.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

/// Reads standard base64 with its padding. `None` if it holds anything else.
pub(crate) fn base64_decoded(text: &str) -> Option<Vec<u8>> {
    let is_standard = !text.contains(['-', '_']) && text.len().is_multiple_of(4);
    let plain = text.strip_suffix("==").or_else(|| text.strip_suffix('=')).unwrap_or(text);
    base64_url_decoded(plain).filter(|_| is_standard)
}

/// Base64 as JSON web tokens spell it: `-` and `_`, no padding.
pub(crate) fn base64_url(bytes: &[u8]) -> String {
    base64(bytes).replace('+', "-").replace('/', "_").replace('=', "")
}

/// Reads what [`base64_url`] writes. `None` if it holds anything else.
pub(crate) fn base64_url_decoded(text: &str) -> Option<Vec<u8>> {
    let (mut word, mut bits, mut out) = (0_u32, 0, Vec::new());
    for letter in text.replace('-', "+").replace('_', "/").bytes() {
        let value = u32::try_from(BASE64.iter().position(|&known| known == letter)?).ok()?;
        (word, bits) = ((word << 6 | value) & 0xFFFF, bits + 6);
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from(word >> bits & 0xFF).ok()?);
        }
    }
    Some(out)
}

/// Text inside an XML element. Characters that XML 1.0 cannot hold become question marks.
pub(crate) fn xml(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push_str(&format!("&#{};", u32::from(letter))),
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => out.push('?'),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_follows_the_examples_of_rfc_4648() {
        let cases = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
        for (plain, spelled) in cases {
            assert_eq!(base64(plain.as_bytes()), spelled);
            assert_eq!(base64_url_decoded(&base64_url(plain.as_bytes())).unwrap(), plain.as_bytes());
            assert_eq!(base64_decoded(spelled).unwrap(), plain.as_bytes());
        }
        for broken in ["Zg", "Zg=", "Z===", "Z-8=", "Zm 8="] {
            assert_eq!(base64_decoded(broken), None, "{broken}");
        }
        assert_eq!(base64_url_decoded("a b"), None);
    }

    #[test]
    fn a_plus_is_a_space_in_a_query_and_a_plus_in_a_path() {
        assert_eq!(form_decoded("a+b%2B%zz%4"), b"a b+%zz%4");
        assert_eq!(path_decoded("a+b%2Fc"), b"a+b/c");
        assert_eq!(percent(b"a b/*~"), "a%20b%2F%2A~");
        assert_eq!(percent_path("/a/ü".as_bytes()), "/a/%C3%BC");
    }

    #[test]
    fn hexadecimal_reads_what_it_writes() {
        assert_eq!(hex_decoded(&hex(b"\x00\xffkey")).unwrap(), b"\x00\xffkey");
        assert_eq!(hex_decoded("abc"), None);
        assert_eq!(hex_decoded("+1"), None);
    }
}
