//! The tests' secrets, in every form in which one could leak, and the search for them.

use std::fmt::Write;
use std::sync::LazyLock;

use hmac::{Hmac, KeyInit, Mac};
use memchr::memmem::Finder;
use sha2::Sha256;

use super::tls::base64;
use super::{SECRET, TOKEN, date};

/// An OIDC token of the tests, whose middle is a secret of its own.
pub(crate) const OIDC_TOKEN: &str = "eyJjYW5hcnk.b2lkYy1jYW5hcnk.c2lnbmF0dXJl";
/// A key of Model Studio, which goes to its hosts as it is.
pub(crate) const API_KEY: &str = "sk-CanaryKey4wT8xJ";
/// What the keys of hosts of the operator's own are made of, and how short-lived keys of Model Studio begin.
pub(crate) const APP_SECRET: &str = "CanaryAppSecret8mQz2";
pub(crate) const SPEECH_SECRET: &str = "CanarySpeechSecret5kLw7";
pub(crate) const MINTED_KEY: &str = "st-CanaryMinted3";
/// How the secrets and tokens begin that the scripted STS grants.
pub(crate) const GRANTED_SECRET: &str = "GrantedCanarySecret";
pub(crate) const GRANTED_TOKEN: &str = "GrantedCanaryToken";

/// One form of one secret.
struct Needle {
    what: String,
    finder: Finder<'static>,
}

static NEEDLES: LazyLock<Vec<Needle>> = LazyLock::new(|| {
    let mut secrets = vec![
        ("the secret".to_owned(), SECRET.as_bytes().to_vec()),
        ("the token".to_owned(), TOKEN.as_bytes().to_vec()),
        ("the OIDC token".to_owned(), OIDC_TOKEN.as_bytes().to_vec()),
        ("the OIDC token's middle".to_owned(), b"b2lkYy1jYW5hcnk".to_vec()),
        ("the key of Model Studio".to_owned(), API_KEY.as_bytes().to_vec()),
        ("an app's secret".to_owned(), APP_SECRET.as_bytes().to_vec()),
        ("the secret of a Dataplus key".to_owned(), SPEECH_SECRET.as_bytes().to_vec()),
        ("a minted key".to_owned(), MINTED_KEY.as_bytes().to_vec()),
        ("a granted secret".to_owned(), GRANTED_SECRET.as_bytes().to_vec()),
        ("a granted token".to_owned(), GRANTED_TOKEN.as_bytes().to_vec()),
    ];
    secrets.extend(signing_keys());
    let needle = |what: &str, form: &str, bytes: Vec<u8>| Needle {
        what: format!("{what}, {form}"),
        finder: Finder::new(&bytes).into_owned(),
    };
    let mut needles = Vec::new();
    for (what, bytes) in &secrets {
        needles.extend(forms(bytes).into_iter().map(|(form, bytes)| needle(what, form, bytes)));
    }
    needles
});

/// The V4 keys of today that the tests' secret gives: RFC 2104 over the schemes' own words, by another crate than the
/// product's.
fn signing_keys() -> Vec<(String, Vec<u8>)> {
    let mut key = format!("aliyun_v4{SECRET}").into_bytes();
    let day = date::iso(super::clock::unix_seconds())[..10].replace('-', "");
    let mut keys = Vec::new();
    for part in [&day, "cn-hangzhou", "oss", "aliyun_v4_request"] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(part.as_bytes());
        key = mac.finalize().into_bytes().to_vec();
        keys.push((format!("the key of {part}"), key.clone()));
    }
    keys
}

/// Plain, percent-, base64- and hex-encoded, and what becomes of these in each other's company.
fn forms(secret: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let joined = |each: &dyn Fn(&mut String, u8)| {
        let mut out = String::new();
        secret.iter().for_each(|&byte| each(&mut out, byte));
        out
    };
    let once = percent(secret);
    let twice = percent(once.as_bytes());
    let small = joined(&|out, byte| match byte {
        _ if is_unreserved(byte) => out.push(char::from(byte)),
        _ => write!(out, "%{byte:02x}").unwrap(),
    });
    let mut forms = vec![
        ("plain", secret.to_vec()),
        ("percent-encoded", once.into_bytes()),
        ("percent-encoded in small letters", small.into_bytes()),
        ("percent-encoded twice", twice.into_bytes()),
        ("percent-encoded throughout", joined(&|out, byte| write!(out, "%{byte:02X}").unwrap()).into_bytes()),
        ("hexadecimal", joined(&|out, byte| write!(out, "{byte:02x}").unwrap()).into_bytes()),
        ("hexadecimal in capitals", joined(&|out, byte| write!(out, "{byte:02X}").unwrap()).into_bytes()),
        ("hexadecimal, spaced", joined(&|out, byte| write!(out, "{byte:02X} ").unwrap()).into_bytes()),
        (
            "hexadecimal, spaced, in small letters",
            joined(&|out, byte| write!(out, "{byte:02x} ").unwrap()).into_bytes(),
        ),
        ("a list of numbers", joined(&|out, byte| write!(out, "{byte}, ").unwrap()).into_bytes()),
    ];
    for skipped in 0..3 {
        // What stands before it decides which bits share a letter; the letters at both ends are shared with others.
        let standard = base64(&secret[skipped..secret.len() - (secret.len() - skipped) % 3]);
        forms.push(("in base64", standard.clone().into_bytes()));
        forms.push(("in base64url", standard.replace('+', "-").replace('/', "_").into_bytes()));
    }
    forms
}

const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~')
}

fn percent(text: &[u8]) -> String {
    let mut out = String::new();
    for &byte in text {
        match byte {
            _ if is_unreserved(byte) => out.push(char::from(byte)),
            _ => write!(out, "%{byte:02X}").unwrap(),
        }
    }
    out
}

/// Which secret is in there, and what stands before it.
pub(crate) fn found_in(bytes: &[u8]) -> Option<String> {
    NEEDLES.iter().find_map(|needle| {
        let at = needle.finder.find(bytes)?;
        let before = String::from_utf8_lossy(&bytes[at.saturating_sub(300)..at]).into_owned();
        Some(format!("{} stands after: {before}", needle.what))
    })
}

#[test]
fn a_secret_is_found_in_every_form_and_nothing_is_found_where_none_is() {
    let spaced = SECRET.bytes().map(|byte| format!("{byte:02X} ")).collect::<String>();
    for (text, what) in [
        (SECRET.to_owned(), "the secret, plain"),
        ("x=CanaryToken7hBw3%2B%2Fx%3D&".to_owned(), "the token, percent-encoded"),
        ("CanaryToken7hBw3%2b%2fx%3d".to_owned(), "the token, percent-encoded in small letters"),
        ("CanaryToken7hBw3%252B%252Fx%253D".to_owned(), "the token, percent-encoded twice"),
        ("43616e6172795365637265743976".to_owned() + "5a7131", "the secret, hexadecimal"),
        (spaced, "the secret, hexadecimal, spaced"),
        // printf 'CanarySecret9vZq1', 'xCanary…', 'xyCanary…' | base64
        ("Q2FuYXJ5U2VjcmV0OXZacTE=".to_owned(), "the secret, in base64"),
        ("eENhbmFyeVNlY3JldDl2WnEx".to_owned(), "the secret, in base64"),
        ("eHlDYW5hcnlTZWNyZXQ5dlpxMQ==".to_owned(), "the secret, in base64"),
        (format!("{:?}", SECRET.as_bytes()).replace(']', ", ]"), "the secret, a list of numbers"),
        (format!("a {GRANTED_TOKEN}17"), "a granted token, plain"),
    ] {
        let found = found_in(format!("before {text} after").as_bytes());
        assert!(found.as_ref().is_some_and(|found| found.starts_with(what)), "{text}: {found:?}");
    }
    assert!(found_in(&signing_keys()[3].1).is_some());
    for text in ["", "CanarySecret9vZq", "canarytoken7hbw3", super::KEY_ID] {
        assert_eq!(found_in(text.as_bytes()), None, "{text}");
    }
}
