//! Errors that repeat what the cloud was sent: of the token, the key's id and the signature nothing reaches the caller, and
//! its SDK still reads an error of the same code. That no token is in any answer is `kit::witness`'s matter.

mod bodies;
mod products;

use std::fmt::Write;

use crate::kit::{Answer, KEY_ID, Reply, Seen};

/// The signature that a request came with.
fn signature(seen: &Seen) -> String {
    let of_header = seen.header("authorization").map(|value| match value.rsplit_once("Signature=") {
        Some((_, signature)) => signature.to_owned(),
        None => value.rsplit_once(':').unwrap().1.to_owned(),
    });
    let named = ["x-ca-signature", "x-ots-signature", "x-ots-signaturev4"];
    let of_parameter = || Some(plain(&seen.parameter("Signature")?));
    let found = of_header.or_else(|| named.iter().find_map(|name| seen.header(name))).or_else(of_parameter);
    found.expect("a signature")
}

/// What a percent-encoded text stands for.
fn plain(text: &str) -> String {
    let mut parts = text.split('%');
    let mut out = parts.next().unwrap().to_owned();
    for part in parts {
        out.push(char::from(u8::from_str_radix(&part[..2], 16).unwrap()));
        out.push_str(&part[2..]);
    }
    out
}

fn percent(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            _ if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) => out.push(char::from(byte)),
            _ => write!(out, "%{byte:02X}").unwrap(),
        }
    }
    out
}

fn spaced_hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02X} ")).collect::<String>().trim_end().to_owned()
}

fn in_xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('+', "&#43;")
}

fn reply(status: &str, headers: &str, body: &str) -> Reply {
    Reply::new(format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len()))
}

/// Neither the key's id nor the signature is in head or body, plain or percent-encoded.
fn is_clean(answer: &Answer, seen: &Seen) {
    let signature = signature(seen);
    for text in [answer.head.clone(), answer.text()] {
        for value in [KEY_ID, &signature, &percent(&signature)] {
            assert!(!text.contains(value), "{value} in {answer:?}");
        }
    }
}
