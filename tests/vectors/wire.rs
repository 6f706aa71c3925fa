//! Requests as bytes: what a caller sends, and what goes out.

use std::fmt::Write as _;

use crate::case::Pairs;
use countersign::wire::{Head, HeadLimits};

/// Wider than any setting's: what is measured here is not the gate.
const LIMITS: HeadLimits = HeadLimits { head: 60 * 1024, headers: 1000, uri: 60 * 1024 };

/// A request on its way in, parsed as from a socket.
pub(crate) fn arrived(
    (method, host, target): (&str, &str, &str),
    headers: &Pairs,
    body: Option<&[u8]>,
) -> Result<Head, String> {
    let mut text = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\n");
    let is_ours = |name: &str| ["host", "content-length"].iter().any(|ours| name.eq_ignore_ascii_case(ours));
    for (name, value) in headers.iter().filter(|(name, _)| !is_ours(name)) {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    if let Some(body) = body {
        let _ = write!(text, "Content-Length: {}\r\n", body.len());
    }
    text.push_str("\r\n");
    let mut head = Head::new();
    head.buffer().extend_from_slice(text.as_bytes());
    match head.parse(&LIMITS) {
        Ok(true) => Ok(head),
        Ok(false) => Err("  the head has no end".to_owned()),
        Err(malformed) => Err(format!("  the head is refused: {malformed}")),
    }
}

/// A head on its way out, read with nothing of the product's.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Pairs,
}

impl Outgoing {
    pub(crate) fn read(head: &[u8]) -> Result<Self, String> {
        let text = String::from_utf8(head.to_vec()).map_err(|_| "  the outgoing head is not UTF-8")?;
        let lines = text.strip_suffix("\r\n\r\n").ok_or("  the outgoing head has no end")?;
        let mut lines = lines.split("\r\n");
        let first = lines.next().unwrap_or_default().split(' ').collect::<Vec<_>>();
        let &[method, target, "HTTP/1.1"] = first.as_slice() else {
            return Err(format!("  the outgoing request line is {first:?}"));
        };
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut headers = Pairs::new();
        for line in lines {
            let (name, value) =
                line.split_once(": ").ok_or_else(|| format!("  an outgoing line is {line:?}"))?;
            headers.push((name.to_owned(), value.to_owned()));
        }
        let [method, path, query] = [method, path, query].map(str::to_owned);
        Ok(Self { method, path, query, headers })
    }

    /// The only header `name`.
    pub(crate) fn header(&self, name: &str) -> Result<Option<&str>, String> {
        let mut found = self.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        match (found.next(), found.next()) {
            (Some(_), Some(_)) => Err(format!("  `{name}` goes out twice")),
            (found, _) => Ok(found.map(|(_, value)| value.as_str())),
        }
    }
}

/// Pairs of a raw query, decoded.
pub(crate) fn decoded(query: &str) -> Pairs {
    let text = |text: &str| {
        let spelling = countersign::wire::Spelling::Form;
        let bytes = countersign::wire::decoded(text.as_bytes(), spelling).collect();
        String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
    };
    let pieces = query.split('&').filter(|piece| !piece.is_empty());
    pieces
        .map(|piece| piece.split_once('=').unwrap_or((piece, "")))
        .map(|(n, v)| (text(n), text(v)))
        .collect()
}
