//! The browser gate: a web page must not be able to make us sign, whatever address it reached us by.

use crate::refusal::{Code, Refusal};
use crate::wire::{Head, Method, NameSet};

/// Refuses what only a browser sends. Node's `fetch` sends `sec-fetch-mode: cors` and no more: that passes.
pub fn refuse_browsers(head: &Head) -> Result<(), Refusal> {
    static NAMES: NameSet = NameSet::new(&[
        "origin",
        "referer",
        "sec-fetch-site",
        "sec-fetch-mode",
        "sec-fetch-dest",
        "access-control-request-method",
        "upgrade",
    ]);
    for field in head.fields().filter(|field| NAMES.holds(field.name)) {
        let name = if field.is("origin") || field.is("referer") || field.is("sec-fetch-site") {
            "a header that only browsers send"
        } else if field.is("sec-fetch-mode") && is_one_of(field.value, &["navigate", "no-cors", "websocket"])
        {
            "a browser's fetch mode"
        } else if field.is("sec-fetch-dest") && !field.value.eq_ignore_ascii_case(b"empty") {
            "a browser's fetch destination"
        } else if field.is("access-control-request-method") && head.method() == Some(Method::Options) {
            "a cross-origin preflight"
        } else if field.is("upgrade") && is_one_of(field.value, &["websocket"]) {
            "a WebSocket handshake"
        } else {
            continue;
        };
        return Err(Refusal::new(
            Code::BrowserRequest,
            format!("the request carries {name}"),
            "call from a program; pages in a browser are never signed for",
        ));
    }
    Ok(())
}

fn is_one_of(value: &[u8], words: &[&str]) -> bool {
    words.iter().any(|word| value.eq_ignore_ascii_case(word.as_bytes()))
}
