//! Errors that repeat a secret: no piece of it survives, behind any row of encodings and whatever stands around it; the
//! length stays, JSON stays JSON, markup stays where it is, and it makes no difference in which pieces the text comes.
//!
//! An input is a byte that says how many encodings there are, a byte for each, and a text in which each byte 0xFF stands for
//! the canary, encoded so.
#![no_main]

use countersign::redact::{Known, Window, gunzipped};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const CANARY: &str = "CAISCanary/ToKen+7hBw3x9Qz8vK==";
/// Of an app's key, in JSON a number.
const NUMBER: &str = "203712345";
/// A piece of so many bytes is as good as the whole.
const PIECE: usize = 16;

fuzz_target!(|bytes: &[u8]| {
    let _ = gunzipped(bytes, 64 * 1024);
    let [count, rest @ ..] = bytes else { return };
    let count = usize::from(count % 5).min(rest.len());
    let (row, text) = rest.split_at(count);
    let row: Vec<Coding> =
        within_bounds(row.iter().map(|byte| Coding::ALL[usize::from(*byte) % Coding::ALL.len()]));
    let encoded = row.iter().fold(CANARY.as_bytes().to_vec(), |text, coding| coding.encoded(&text));
    let (mut echo, mut places) = (Vec::new(), Vec::new());
    for &byte in text {
        if byte == 0xff {
            places.push(echo.len()..echo.len() + encoded.len());
            echo.extend_from_slice(&encoded);
        } else {
            echo.push(byte);
        }
    }
    let known = || Known::new([CANARY.as_bytes(), NUMBER.as_bytes()]);
    let Ok(masked) = known().mask(&echo) else {
        assert!(echo.len() > 1024, "a short text is always searched");
        return;
    };
    let is_changed = masked.is_some();
    let masked = masked.unwrap_or_else(|| echo.clone());
    assert_eq!(masked.len(), echo.len());
    assert!(is_changed || places.is_empty(), "an echo is found: {row:?}");
    for place in places {
        let plain = row.iter().rev().fold(masked[place].to_vec(), |text, coding| coding.decoded(&text));
        let left = CANARY.as_bytes().windows(PIECE).find(|piece| holds(&plain, piece));
        assert!(left.is_none(), "a piece is left behind {row:?}: {}", plain.escape_ascii());
    }
    assert!(!holds(&masked, NUMBER.as_bytes()));
    for mark in [b'<', b'>', b'"', b'{', b'}', b'\n'] {
        let all = |text: &[u8]| text.iter().map(|byte| *byte == mark).collect::<Vec<bool>>();
        assert!(all(&masked) == all(&echo), "markup stays");
    }
    if let Ok(before) = serde_json::from_slice::<Value>(&echo) {
        let after = serde_json::from_slice::<Value>(&masked);
        assert!(after.is_ok_and(|after| is_alike(&before, &after)), "{}", masked.escape_ascii());
    }
    for step in [1, 7, 1_000] {
        let (mut window, mut out) = (Window::new(known()), Vec::new());
        echo.chunks(step).for_each(|piece| window.push(piece, false, &mut out));
        window.push(b"", true, &mut out);
        assert!(out == masked, "in pieces of {step}");
    }
});

/// As many as the product reads: what is escaped more often nobody reads either.
fn within_bounds(row: impl Iterator<Item = Coding>) -> Vec<Coding> {
    let (mut escapes, mut codes) = (0, 0);
    row.filter(|coding| {
        let count = if matches!(coding, Coding::Hex | Coding::Spaced | Coding::Base64(_)) {
            &mut codes
        } else {
            &mut escapes
        };
        let most = if matches!(coding, Coding::Hex | Coding::Spaced | Coding::Base64(_)) { 2 } else { 4 };
        *count += 1;
        *count <= most
    })
    .collect()
}

/// The same, but for what texts and numbers say.
fn is_alike(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (Value::Array(before), Value::Array(after)) => {
            before.len() == after.len()
                && before.iter().zip(after).all(|(before, after)| is_alike(before, after))
        }
        // Two names may be masked alike.
        (Value::Object(before), Value::Object(after)) => after.len() <= before.len(),
        _ => std::mem::discriminant(before) == std::mem::discriminant(after),
    }
}

fn holds(text: &[u8], piece: &[u8]) -> bool {
    text.windows(piece.len()).any(|window| window == piece)
}

#[derive(Clone, Copy, Debug)]
enum Coding {
    Percent,
    Small,
    Throughout,
    Json,
    Xml,
    Hex,
    Spaced,
    /// Behind so many bytes.
    Base64(usize),
}

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

impl Coding {
    const ALL: [Self; 10] = [
        Self::Percent,
        Self::Small,
        Self::Throughout,
        Self::Json,
        Self::Xml,
        Self::Hex,
        Self::Spaced,
        Self::Base64(0),
        Self::Base64(1),
        Self::Base64(2),
    ];

    fn encoded(self, text: &[u8]) -> Vec<u8> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
        let each = |encode: &dyn Fn(u8) -> String| text.iter().map(|byte| encode(*byte)).collect::<String>();
        let plain = |byte: u8| char::from(byte).to_string();
        let encoded = match self {
            Self::Percent => each(&|b| if is_plain(b) { plain(b) } else { format!("%{b:02X}") }),
            Self::Small => each(&|b| if is_plain(b) { plain(b) } else { format!("%{b:02x}") }),
            Self::Throughout => each(&|b| format!("%{b:02X}")),
            Self::Json => each(&|b| match b {
                b'/' => "\\/".to_owned(),
                _ if is_plain(b) => plain(b),
                _ => format!("\\u{b:04x}"),
            }),
            Self::Xml => each(&|b| if is_plain(b) { plain(b) } else { format!("&#{b};") }),
            Self::Hex => each(&|b| format!("{b:02x}")),
            Self::Spaced => each(&|b| format!("{b:02X} ")),
            Self::Base64(behind) => {
                let text = [&b"ab"[..behind], text].concat();
                let mut out = String::new();
                for three in text.chunks(3) {
                    let number =
                        (0..3).fold(0, |sum, at| sum << 8 | usize::from(*three.get(at).unwrap_or(&0)));
                    let letters =
                        (0..=three.len()).map(|at| char::from(LETTERS[number >> (18 - 6 * at) & 63]));
                    out.extend(letters.chain(std::iter::repeat_n('=', 3 - three.len())));
                }
                out
            }
        };
        encoded.into_bytes()
    }

    /// As a lenient reader would: what is no escape is itself.
    fn decoded(self, text: &[u8]) -> Vec<u8> {
        let digits = |text: &[u8], radix| {
            std::str::from_utf8(text).ok().and_then(|text| u8::from_str_radix(text, radix).ok())
        };
        let mut out = Vec::new();
        match self {
            Self::Hex | Self::Spaced => {
                let letters: Vec<u8> = text.iter().copied().filter(|byte| *byte != b' ').collect();
                out.extend(letters.chunks(2).filter_map(|pair| digits(pair, 16)));
            }
            Self::Base64(_) => {
                let values = text.iter().filter_map(|byte| LETTERS.iter().position(|letter| letter == byte));
                let bits: Vec<bool> =
                    values.flat_map(|value| (0..6).rev().map(move |bit| value >> bit & 1 == 1)).collect();
                out.extend(
                    bits.chunks_exact(8)
                        .map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | u8::from(*bit))),
                );
            }
            _ => {
                let mut rest = text;
                while let Some(&first) = rest.first() {
                    let (prefix, length, suffix, radix): (&[u8], usize, &[u8], u32) = match self {
                        Self::Json => (b"\\u00", 2, b"", 16),
                        Self::Xml => (b"&#", 2, b";", 10),
                        _ => (b"%", 2, b"", 16),
                    };
                    let escape = rest.strip_prefix(prefix).and_then(|behind| {
                        let byte = digits(behind.get(..length)?, radix)?;
                        Some((byte, behind.get(length..)?.strip_prefix(suffix)?))
                    });
                    let (byte, behind) = escape.unwrap_or((first, &rest[1..]));
                    out.push(byte);
                    rest = behind;
                }
            }
        }
        out
    }
}
