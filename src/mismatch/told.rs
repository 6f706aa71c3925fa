//! What the cloud says that it signed, read out of its answer.

use std::fmt;

use super::Texts;
use super::pieces::pieces;
use crate::names::calendar;
use crate::wire::{Spelling, decoded};

/// The cloud's own texts.
#[derive(Clone, PartialEq, Eq)]
pub struct Told {
    /// Empty: not told.
    canonical_request: Vec<u8>,
    string_to_sign: Vec<u8>,
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.texts().fmt(f)
    }
}

impl Told {
    /// For comparison.
    pub fn texts(&self) -> Texts<'_> {
        Texts { canonical_request: &self.canonical_request, string_to_sign: &self.string_to_sign }
    }

    /// The date that the request had, since 1970 in whole seconds.
    pub fn unix_seconds(&self) -> Option<i64> {
        let value = |value: &str| {
            let value: Vec<u8> = decoded(value.as_bytes(), Spelling::Path).collect();
            let value = std::str::from_utf8(&value).ok()?;
            let iso = || calendar::parse_iso(value).or_else(|| calendar::parse_iso_basic(value));
            iso().or_else(|| calendar::parse_http(value.as_bytes()))
        };
        let is_date = |name: &str| {
            name.eq_ignore_ascii_case("timestamp") || name.to_ascii_lowercase().ends_with("date")
        };
        let pieces = self.pieces();
        let named = pieces.iter().filter_map(|piece| piece.named()).filter(|(name, _)| is_date(name));
        named.map(|(_, text)| text).chain(pieces.iter().map(|piece| piece.0.as_str())).find_map(value)
    }

    /// The nonce that the request had, if its scheme has one.
    pub fn nonce(&self) -> Option<String> {
        let is_nonce = |name: &str| name.to_ascii_lowercase().ends_with("nonce");
        let pieces = self.pieces();
        let mut named = pieces.iter().filter_map(|piece| piece.named()).filter(|(name, _)| is_nonce(name));
        named.next().map(|(_, value)| value.to_owned())
    }

    fn pieces(&self) -> Vec<super::pieces::Piece> {
        let text =
            if self.canonical_request.is_empty() { &self.string_to_sign } else { &self.canonical_request };
        pieces(text)
    }
}

/// Whether an error's code says that the signature is another: OSS and OpenAPI, and Log Service, MaxCompute and
/// the message queues, each in their own words.
pub fn is_mismatch(code: &[u8]) -> bool {
    matches!(
        code,
        b"SignatureDoesNotMatch" | b"SignatureNotMatch" | b"IncompleteSignature" | b"InvalidSignature"
    )
}

/// What stands before the string-to-sign in the messages of OpenAPI, and of an API gateway.
const LEADS: [&str; 2] = ["server string to sign is:", "Server StringToSign:"];

/// Reads an answer: its body, or head and body. `None`: it does not say what was signed.
pub fn told(answer: &[u8]) -> Option<Told> {
    let text = String::from_utf8_lossy(answer);
    by_elements(&text).or_else(|| by_header_of_oss(&text)).or_else(|| by_message(&text))
}

/// OSS.
fn by_elements(text: &str) -> Option<Told> {
    let element = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        Some(rest.split_once(&format!("</{name}>"))?.0)
    };
    let bytes = || {
        let hex: String = element("StringToSignBytes")?.split_ascii_whitespace().collect();
        data_encoding::HEXUPPER_PERMISSIVE.decode(hex.as_bytes()).ok()
    };
    let string_to_sign =
        element("StringToSign").map(|text| without_references(text).into_bytes()).or_else(bytes)?;
    let canonical_request =
        element("CanonicalRequest").map(without_references).unwrap_or_default().into_bytes();
    Some(Told { canonical_request, string_to_sign })
}

/// The answer to a HEAD has no body: OSS puts it in base64 into a header.
fn by_header_of_oss(text: &str) -> Option<Told> {
    let line = text
        .lines()
        .find(|line| line.get(..10).is_some_and(|name| name.eq_ignore_ascii_case("x-oss-err:")))?;
    let body = data_encoding::BASE64.decode(line.get(10..)?.trim().as_bytes()).ok()?;
    by_elements(&String::from_utf8_lossy(&body))
}

/// OpenAPI in JSON or XML, and an API gateway's header, whose `#` stand for line ends.
fn by_message(text: &str) -> Option<Told> {
    let (before, rest) = LEADS.iter().find_map(|lead| text.split_once(lead))?;
    let line = before.rsplit('\n').next().unwrap_or_default();
    let is_header = line.get(..19).is_some_and(|name| name.eq_ignore_ascii_case("x-ca-error-message:"));
    let string = if is_header {
        rest.lines().next().unwrap_or_default().replace('#', "\n")
    } else if before.contains('{') {
        without_escapes(rest)
    } else if before.contains('<') {
        without_references(rest.split('<').next().unwrap_or_default())
    } else {
        rest.trim_end().to_owned()
    };
    Some(Told { canonical_request: Vec::new(), string_to_sign: string.into_bytes() })
}

/// XML's text without its references (XML 1.0 §4.1 and §4.6).
fn without_references(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let known = after.split_once(';').and_then(|(name, after)| Some((reference(name)?, after)));
        let (letter, after) = known.unwrap_or(('&', after));
        out.push(letter);
        rest = after;
    }
    out.push_str(rest);
    out
}

fn reference(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)
        }
    }
}

/// JSON's string as far as its end, without its escapes (RFC 8259 §7).
fn without_escapes(text: &str) -> String {
    let mut end = 0;
    let mut is_escaped = false;
    for byte in text.bytes() {
        if byte == b'"' && !is_escaped {
            break;
        }
        is_escaped = byte == b'\\' && !is_escaped;
        end += 1;
    }
    let string = text.get(..end).unwrap_or(text);
    serde_json::from_str(&format!("\"{string}\"")).unwrap_or_else(|_| string.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(answer: &str) -> Option<String> {
        told(answer.as_bytes()).map(|told| String::from_utf8(told.string_to_sign).unwrap())
    }

    #[test]
    fn each_family_tells_it_in_its_own_way() {
        let element = "<Error><Code>SignatureDoesNotMatch</Code><StringToSign>PUT\n\na/b\n/b/k?x&amp;y&#61;1</StringToSign></Error>";
        assert_eq!(string(element).as_deref(), Some("PUT\n\na/b\n/b/k?x&y=1"));
        assert_eq!(
            string("<a><StringToSignBytes>47 45 54 0a</StringToSignBytes></a>").as_deref(),
            Some("GET\n")
        );
        let head = format!(
            "HTTP/1.1 403 Forbidden\r\nx-oss-err: {}\r\n\r\n",
            data_encoding::BASE64.encode(element.as_bytes())
        );
        assert_eq!(string(&head), string(element));
        let json =
            r#"{"Message":"x. server string to sign is:GET\n\/p\u003f\"q\"","Code":"SignatureDoesNotMatch"}"#;
        assert_eq!(string(json).as_deref(), Some("GET\n/p?\"q\""));
        let xml = "<Error><Message>x. server string to sign is:GET&amp;%2F&amp;A%3Db</Message></Error>";
        assert_eq!(string(xml).as_deref(), Some("GET&%2F&A%3Db"));
        let gateway =
            "HTTP/1.1 400\r\nX-Ca-Error-Message: Invalid Signature, Server StringToSign:`GET##/p`\r\n\r\n";
        assert_eq!(string(gateway).as_deref(), Some("`GET\n\n/p`"));
    }

    #[test]
    fn an_answer_that_tells_nothing_is_not_read() {
        for answer in [
            "",
            r#"{"Code":"SignatureDoesNotMatch","Message":"Specified signature is not matched with our calculation."}"#,
            "<StringToSign>never ends",
            "x-oss-err: %%%",
        ] {
            assert_eq!(string(answer), None, "{answer}");
        }
    }

    #[test]
    fn date_and_nonce_are_those_of_the_request() {
        for (text, seconds, nonce) in [
            (
                "GET&%2F&SignatureNonce%3Dn-1%26Timestamp%3D2024-03-07T02%253A30%253A32Z",
                Some(1_709_778_632),
                Some("n-1"),
            ),
            ("GET\n\n\nThu, 07 Mar 2024 02:30:32 GMT\n/b/k", Some(1_709_778_632), None),
            (
                "OSS4-HMAC-SHA256\n20240307T023032Z\n20240307/r/oss/aliyun_v4_request\nabc",
                Some(1_709_778_632),
                None,
            ),
            (
                "GET\n\nx-acs-date:2024-03-07T02:30:32Z\nx-acs-signature-nonce:n-2",
                Some(1_709_778_632),
                Some("n-2"),
            ),
            ("nothing", None, None),
        ] {
            let told = Told { canonical_request: Vec::new(), string_to_sign: text.as_bytes().to_vec() };
            assert_eq!((told.unix_seconds(), told.nonce().as_deref()), (seconds, nonce), "{text}");
        }
    }
}
