//! Values in every encoding, and in encodings of encodings: none is left, nothing else changes, and the form holds.

use data_encoding::{BASE64, BASE64URL, HEXLOWER_PERMISSIVE, HEXUPPER};

use super::*;

const TOKEN: &str = "CAISCanaryToken/7hBw3+x9Qz==";
const ID: &str = "STS.NTcanaryKeyId4Q";

/// Numbers that look random and are the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

fn known() -> Known {
    Known::new([TOKEN.as_bytes(), ID.as_bytes()])
}

fn masked(text: &str) -> String {
    let masked = known().mask(text.as_bytes()).unwrap();
    let masked = String::from_utf8(masked.unwrap_or_else(|| text.as_bytes().to_vec())).unwrap();
    assert_eq!(masked.len(), text.len(), "{text}");
    masked
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Coding {
    Percent,
    PercentSmall,
    PercentThroughout,
    Json,
    Xml,
    Base64,
    Base64Url,
    Hex,
    HexSmall,
    HexSpaced,
}

const ALL: [Coding; 10] = [
    Coding::Percent,
    Coding::PercentSmall,
    Coding::PercentThroughout,
    Coding::Json,
    Coding::Xml,
    Coding::Base64,
    Coding::Base64Url,
    Coding::Hex,
    Coding::HexSmall,
    Coding::HexSpaced,
];

impl Coding {
    fn is_escape(self) -> bool {
        matches!(self, Self::Percent | Self::PercentSmall | Self::PercentThroughout | Self::Json | Self::Xml)
    }

    fn encoded(self, text: &str, chance: &mut Chance) -> String {
        let each = |encode: &mut dyn FnMut(u8) -> String| text.bytes().map(encode).collect::<String>();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
        let plain = |byte: u8| char::from(byte).to_string();
        match self {
            Self::Percent => each(&mut |b| if is_plain(b) { plain(b) } else { format!("%{b:02X}") }),
            Self::PercentSmall => each(&mut |b| if is_plain(b) { plain(b) } else { format!("%{b:02x}") }),
            Self::PercentThroughout => each(&mut |b| format!("%{b:02X}")),
            Self::Json => each(&mut |b| match b {
                b'/' if chance.below(2) == 0 => "\\/".to_owned(),
                b'"' | b'\\' => format!("\\{}", char::from(b)),
                b'\n' => "\\n".to_owned(),
                _ if is_plain(b) => plain(b),
                _ if chance.below(2) == 0 => format!("\\u{b:04x}"),
                _ => plain(b),
            }),
            Self::Xml => each(&mut |b| match b {
                b'&' => "&amp;".to_owned(),
                b'<' => "&lt;".to_owned(),
                b'>' => "&gt;".to_owned(),
                _ if is_plain(b) => plain(b),
                _ => match chance.below(3) {
                    0 => format!("&#{b};"),
                    1 => format!("&#x{b:X};"),
                    _ => plain(b),
                },
            }),
            Self::Base64 => BASE64.encode(text.as_bytes()),
            Self::Base64Url => BASE64URL.encode(text.as_bytes()),
            Self::Hex => HEXUPPER.encode(text.as_bytes()),
            Self::HexSmall => HEXUPPER.encode(text.as_bytes()).to_lowercase(),
            Self::HexSpaced => text.bytes().map(|byte| format!("{byte:02X} ")).collect(),
        }
    }

    /// By other means than the product's.
    fn decoded(self, text: &str) -> String {
        let bytes = match self {
            Self::Percent | Self::PercentSmall | Self::PercentThroughout => {
                let mut parts = text.split('%');
                let mut out = parts.next().unwrap().as_bytes().to_vec();
                for part in parts {
                    out.push(u8::from_str_radix(&part[..2], 16).unwrap());
                    out.extend_from_slice(&part.as_bytes()[2..]);
                }
                out
            }
            Self::Json => serde_json::from_str::<String>(&format!("\"{text}\"")).unwrap().into_bytes(),
            Self::Xml => {
                let mut parts = text.split('&');
                let mut out = parts.next().unwrap().to_owned();
                for part in parts {
                    let (name, rest) = part.split_once(';').unwrap();
                    let number = |digits: &str, radix| char::from(u8::from_str_radix(digits, radix).unwrap());
                    out.push(match name {
                        "amp" => '&',
                        "lt" => '<',
                        "gt" => '>',
                        _ if name.starts_with("#x") => number(&name[2..], 16),
                        _ => number(&name[1..], 10),
                    });
                    out.push_str(rest);
                }
                out.into_bytes()
            }
            Self::Base64 => BASE64.decode(text.as_bytes()).unwrap(),
            Self::Base64Url => BASE64URL.decode(text.as_bytes()).unwrap(),
            Self::Hex | Self::HexSmall | Self::HexSpaced => {
                HEXLOWER_PERMISSIVE.decode(text.replace(' ', "").as_bytes()).unwrap()
            }
        };
        String::from_utf8(bytes).unwrap()
    }
}

#[test]
fn no_value_is_left_behind_any_row_of_encodings_and_what_stands_around_it_is_as_it_was() {
    let mut chance = Chance(1);
    for round in 0..3_000 {
        let value = chance.one_of(&[TOKEN, ID, &TOKEN[3..21], &ID[..16], &TOKEN[12..]]);
        let before = &"GET\n/b/k?a=1&b=\"c\"<x>\\ "[..chance.below(22)];
        let before = if before.ends_with('\\') { "" } else { before };
        let behind = &":key, \"more\" & <less>\n"[..chance.below(22)];
        let (mut escapes, mut codes) = (4, 2);
        let mut row = Vec::new();
        let mut text = format!("{before}{value}{behind}");
        for _ in 0..chance.below(5) {
            let coding = chance.one_of(&ALL);
            let left = if coding.is_escape() { &mut escapes } else { &mut codes };
            if *left == 0 || text.len() > 4_000 {
                continue;
            }
            *left -= 1;
            text = coding.encoded(&text, &mut chance);
            row.push(coding);
        }
        let told = format!("{round}: {row:?} of {before:?} {value} {behind:?}");
        let after = masked(&text);
        assert_eq!(known().mask(after.as_bytes()), Ok(None), "{told}: masked once is masked");
        let plain = row.iter().rev().fold(after, |text, coding| coding.decoded(&text));
        assert_eq!(plain.replace('*', ""), format!("{before}{behind}"), "{told}");
        assert!(plain.matches('*').count() >= value.len(), "{told}: {plain}");
    }
}

#[test]
fn a_mask_is_of_the_encoding_that_it_stands_in() {
    let in_base64 = BASE64.encode(b"a=*******************&");
    for (text, expected) in [
        ("x CAISCanaryToken/7hBw3+x9Qz== y", "x **************************** y"),
        ("x CAISCanaryToken/7hBw3 x9Qz== y", "x **************************** y"),
        ("CAISCanaryToken%2F7hBw3%2bx9Qz%3D%3D&", "***************%2A*****%2A****%2A%2A&"),
        ("CAISCanaryToken%252F7hBw3%252Bx9Qz%253D=", "***************%252A*****%252A****%252A*"),
        (r"CAISCanaryToken\/7hBw3\u002bx9Qz\u003d=", r"**********************\u002A****\u002A*"),
        ("CAISCanaryToken/7hBw3&#43;x9Qz&#x3d;=", "*********************&#42;****&#x2A;*"),
        (
            "53 54 53 2E 4E 54 63 61 6E 61 72 79 4B 65 79 49 0A",
            "2A 2A 2A 2A 2A 2A 2A 2A 2A 2A 2A 2A 2A 2A 2A 2A 0A",
        ),
        ("5354532e4e5463616e6172794b6579490a", "2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a0a"),
        // `a=…&`, whose letters on both sides are shared with what is masked.
        ("YT1TVFMuTlRjYW5hcnlLZXlJZDRRJg==", &*in_base64),
        ("CAISCanaryToken/7h, cut", "******************, cut"),
    ] {
        assert_eq!(masked(text), expected);
    }
}

#[test]
fn what_is_no_value_stays() {
    for text in [
        "",
        "CAISCanaryToke",
        "caiscanarytoken/7hbw3+x9qz==",
        r#"{"Code":"SignatureDoesNotMatch","RequestId":"A1B2C3D4-0000-1111-2222-333344445555","x":"\n\u00e4%zz&;"}"#,
        "<Error><Code>NoSuchKey</Code><HostId>b.oss-cn-hangzhou.aliyuncs.com</HostId></Error>",
        "%",
        "\\",
        "&",
        "%4",
        "\\u",
        "\\u00",
        "&#",
        "&#x;",
        "&#;",
        "&amp",
    ] {
        assert_eq!(known().mask(text.as_bytes()), Ok(None), "{text}");
    }
    assert_eq!(Known::new([]).mask(b"anything"), Ok(None));
}

#[test]
fn a_number_stays_a_number() {
    let known = Known::new([&b"203712345"[..]]);
    let masked = known.mask(br#"{"AppKey":203712345,"x":"203712345"}"#).unwrap().unwrap();
    let parsed: serde_json::Value = serde_json::from_slice(&masked).unwrap();
    assert_eq!(parsed, serde_json::json!({ "AppKey": 111_111_111, "x": "111111111" }));
}

#[test]
fn an_escape_is_not_cut_where_a_piece_of_a_value_begins_in_it_by_chance() {
    // A line end, and behind it what goes on like a value that begins with `n`.
    let known = Known::new([&b"nCanaryValueOfSomeLength"[..], b"2BCanaryValueOfSomeLength"]);
    for (text, expected) in [
        (r#""x\nCanaryValueOfSomeLength""#, r#""x*************************""#),
        ("x%2BCanaryValueOfSomeLength", "x**************************"),
    ] {
        let masked = known.mask(text.as_bytes()).unwrap().unwrap();
        assert_eq!(String::from_utf8(masked).unwrap(), expected);
    }
}

#[test]
fn a_text_of_many_readings_is_read_to_a_bound_and_no_further() {
    // Its base64 reads as base64, and that as hexadecimal, from every letter on.
    let text: String = BASE64.encode(BASE64.encode(&[0x69; 60_000]).as_bytes());
    assert_eq!(known().mask(text.as_bytes()), Ok(None));
    let many = "%25".repeat(20_000);
    assert_eq!(known().mask(many.as_bytes()), Ok(None));
    assert_eq!(known().mask(&b"a".repeat(5 * 1024 * 1024)), Err(Unsearchable));
}

#[test]
fn a_window_lets_as_much_out_as_came_in_and_nothing_of_a_value_however_it_is_cut() {
    let mut chance = Chance(2);
    let forms = [
        TOKEN.to_owned(),
        Coding::HexSpaced.encoded(&format!(" {TOKEN} "), &mut chance),
        Coding::Base64.encoded(&format!("/{TOKEN}"), &mut chance),
        Coding::PercentThroughout.encoded(TOKEN, &mut chance),
    ];
    for step in [1_000, 4_096, 56 * 1024, 300_000] {
        // A value on each boundary of a window, wherever that lies.
        let mut text = String::new();
        while text.len() < 250_000 {
            text.push_str(&forms[chance.below(forms.len())]);
            text.push_str(&" . ".repeat(1 + chance.below(5)));
        }
        let mut window = Window::new(known());
        let mut out = Vec::new();
        let mut came = 0;
        for piece in text.as_bytes().chunks(step) {
            window.push(piece, false, &mut out);
            came += piece.len();
            assert!(came - out.len() < 64 * 1024, "what is held is bounded");
        }
        window.push(b"", true, &mut out);
        assert_eq!(out.len(), text.len());
        assert_eq!(String::from_utf8(out).unwrap(), masked(&text), "in pieces of {step}");
    }
}

#[test]
fn nothing_prints_a_value() {
    let printed = format!("{:?} {:?} {Unsearchable}", known(), Window::new(known()));
    assert_eq!(
        printed,
        "Known(2 values) Window(Known(2 values), 0 bytes) the text cannot be searched for secrets"
    );
}
