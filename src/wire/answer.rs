//! An answer's head: read strictly, and written anew for the caller.

use std::fmt;

use super::framing::{is_hop_by_hop, lists, plain_decimal};
use super::{Chunks, Field, NameSet, Progress, Side};
use crate::names::write_decimal;

/// An answer's head may be this long. The cloud's are under 2 KiB.
const HEAD_MAX: usize = 64 * 1024;
/// An answer may have this many headers.
const HEADERS_MAX: usize = 200;
/// What [rewriting](AnswerHead::parse_rewritten) may add to a head: bytes, and lines.
const REWRITTEN_MORE: (usize, usize) = (4 * 1024, 8);

/// Why an answer is not passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadAnswer {
    /// Not an HTTP/1.x status line and headers.
    Syntax,
    /// Longer than 64 KiB, or more than 200 headers.
    TooLarge,
    /// Content-Length and Transfer-Encoding together, one of them repeated, or one that cannot be read.
    Framing,
    /// `101 Switching Protocols`, which nobody asked for, or a status that is none.
    Status,
}

impl fmt::Display for BadAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Syntax => "its head is not HTTP/1.1",
            Self::TooLarge => "its head is larger than 64 KiB",
            Self::Framing => "its length is stated twice or not readably",
            Self::Status => "its status is none that can be passed on",
        })
    }
}

impl std::error::Error for BadAnswer {}

/// How the end of an answer's body is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerFraming {
    /// There is none: `HEAD`, 204, 304.
    None,
    /// `Content-Length`.
    Length(u64),
    /// `Transfer-Encoding: chunked`.
    Chunked,
    /// By the end of the connection.
    UntilClose,
}

impl AnswerFraming {
    /// At the start of the body.
    pub const fn progress(self) -> Progress {
        match self {
            Self::None => Progress::Counted(0),
            Self::Length(length) => Progress::Counted(length),
            Self::Chunked => Progress::Chunked(Chunks::new(Side::Answer)),
            Self::UntilClose => Progress::UntilClose,
        }
    }
}

/// What is known of an answer once its head has arrived. The headers stay in the buffer.
#[derive(Clone, Copy, Debug)]
pub struct AnswerHead {
    /// 100 to 599.
    pub status: u16,
    /// Bytes of the head.
    pub length: usize,
    /// How its body ends.
    pub framing: AnswerFraming,
    /// Whether the cloud will keep the connection.
    pub keeps_alive: bool,
    /// Whether `Connection` names headers that are not passed on.
    names_headers: bool,
    /// Where the value of the first `x-acs-request-id`, or another product's spelling of it, lies.
    request_id: (usize, usize),
}

impl AnswerHead {
    /// Whether this is a `1xx` that precedes the real one.
    pub const fn is_interim(&self) -> bool {
        self.status < 200
    }

    /// Looks at what has arrived. `None`: not whole yet. `to_head`: the request was a `HEAD`.
    pub fn parse(bytes: &[u8], to_head: bool) -> Result<Option<Self>, BadAnswer> {
        let parsed = with_headers(bytes, |response, length| {
            let is_large = length > HEAD_MAX || response.headers.len() > HEADERS_MAX;
            if is_large { Err(BadAnswer::TooLarge) } else { Self::judged(bytes, to_head, response, length) }
        })?;
        if parsed.is_none() && bytes.len() >= HEAD_MAX { Err(BadAnswer::TooLarge) } else { Ok(parsed) }
    }

    /// The same of a head that was parsed before, and into which lines of ours were put since: these may make it a little
    /// larger than one may come.
    pub fn parse_rewritten(bytes: &[u8], to_head: bool) -> Result<Option<Self>, BadAnswer> {
        with_headers(bytes, |response, length| Self::judged(bytes, to_head, response, length))
    }

    fn judged(
        bytes: &[u8],
        to_head: bool,
        response: &httparse::Response<'_, '_>,
        length: usize,
    ) -> Result<Self, BadAnswer> {
        let head = bytes.get(..length).unwrap_or_default();
        // The parser passes over empty lines before the first, and takes lines that end in LF alone.
        let pairs = head.iter().zip(head.get(1..).unwrap_or_default());
        // Without an early end, so that many bytes are compared at once.
        let has_bare_lf =
            pairs.fold(false, |found, (before, byte)| found | (*byte == b'\n') & (*before != b'\r'));
        if has_bare_lf || !head.starts_with(b"HTTP/") {
            return Err(BadAnswer::Syntax);
        }
        let status = response.code.unwrap_or(0);
        if !(100..600).contains(&status) || status == 101 {
            return Err(BadAnswer::Status);
        }
        let mut keeps_alive = response.version == Some(1);
        let mut names_headers = false;
        let mut request_id = (0, 0);
        let (mut lengths, mut content_length, mut codings, mut chunked) = (0, None, 0, false);
        for header in response.headers.iter() {
            let field = Field { name: header.name.as_bytes(), value: header.value };
            if request_id == (0, 0) && is_request_id(field.name) {
                let from = field.value.as_ptr().addr() - bytes.as_ptr().addr();
                request_id = (from, from + field.value.len());
            }
            if field.is("content-length") {
                lengths += 1;
                content_length = plain_decimal(field.value);
            } else if field.is("transfer-encoding") {
                codings += 1;
                chunked = field.value.eq_ignore_ascii_case(b"chunked");
            } else if field.is("connection") {
                for name in field.value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii) {
                    let closes = name.eq_ignore_ascii_case(b"close");
                    keeps_alive &= !closes;
                    names_headers |= !closes && !name.eq_ignore_ascii_case(b"keep-alive");
                }
            }
        }
        let framing = match (lengths, codings) {
            _ if status < 200 || to_head || status == 204 || status == 304 => AnswerFraming::None,
            (0, 0) => AnswerFraming::UntilClose,
            (1, 0) => AnswerFraming::Length(content_length.ok_or(BadAnswer::Framing)?),
            (0, 1) if chunked => AnswerFraming::Chunked,
            _ => return Err(BadAnswer::Framing),
        };
        keeps_alive &= framing != AnswerFraming::UntilClose;
        Ok(Self { status, length, framing, keeps_alive, names_headers, request_id })
    }

    /// The status line and the header lines in `bytes`, which this head was parsed from.
    fn lines<'a>(&self, bytes: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        let mut rest = bytes.get(..self.length).unwrap_or_default();
        std::iter::from_fn(move || {
            let end = memchr::memchr(b'\n', rest)?;
            let line = rest.get(..end)?.trim_ascii_end();
            rest = rest.get(end + 1..)?;
            (!line.is_empty()).then_some(line)
        })
    }

    /// The headers in `bytes`, which this head was parsed from: what the parser took has a name and a colon.
    pub fn fields<'a>(&self, bytes: &'a [u8]) -> impl Iterator<Item = Field<'a>> {
        self.lines(bytes).skip(1).filter_map(|line| {
            let colon = memchr::memchr(b':', line)?;
            Some(Field { name: line.get(..colon)?, value: line.get(colon + 1..)?.trim_ascii_start() })
        })
    }

    /// What stands behind the status in `bytes`, which this head was parsed from.
    pub fn reason<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        // `HTTP/1.1 200`, a space, and the reason.
        self.lines(bytes)
            .next()
            .and_then(|line| line.get(13..))
            .unwrap_or_else(|| bytes.get(..0).unwrap_or_default())
    }

    /// The cloud's id of the request in `bytes`, which this head was parsed from. Empty: there is none.
    pub fn request_id<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        bytes.get(self.request_id.0..self.request_id.1).unwrap_or_default()
    }

    /// The value of the first header `name` in `bytes`, which this head was parsed from.
    pub fn field<'a>(&self, bytes: &'a [u8], name: &str) -> Option<&'a [u8]> {
        self.fields(bytes).find(|field| field.is(name)).map(|field| field.value)
    }

    /// The head in `bytes`, which this one was parsed from, with `lines` at its end in place of those that have one of
    /// `names`.
    pub fn rewritten(&self, bytes: &[u8], names: &[&str], lines: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len() + lines.len());
        for (at, line) in self.lines(bytes).enumerate() {
            let name = memchr::memchr(b':', line).and_then(|colon| line.get(..colon)).unwrap_or_default();
            let is_named = names.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()));
            if at == 0 || !is_named {
                out.extend_from_slice(line);
                out.extend_from_slice(b"\r\n");
            }
        }
        out.extend_from_slice(lines);
        out.extend_from_slice(b"\r\n");
        out
    }

    /// Writes the head for the caller: the status line and the headers of the answer, without those of one hop, those
    /// that only a browser heeds, and any that pretend to be ours; then the framing that is used toward the caller.
    pub fn write(&self, bytes: &[u8], toward: Toward, out: &mut Vec<u8>) {
        out.extend_from_slice(b"HTTP/1.1 ");
        write_decimal(out, u64::from(self.status));
        out.push(b' ');
        let reason = self.reason(bytes);
        if reason.is_ascii() {
            out.extend_from_slice(reason);
        }
        out.extend_from_slice(b"\r\n");
        let is_named = |name: &[u8]| {
            self.names_headers
                && self.fields(bytes).any(|field| field.is("connection") && lists(field.value, name))
        };
        for field in self.fields(bytes) {
            let is_length = field.is("content-length");
            if is_length && toward.keeps_length
                || !is_length && !is_dropped(field.name) && !is_named(field.name)
            {
                out.extend_from_slice(field.name);
                out.extend_from_slice(b": ");
                out.extend_from_slice(field.value);
                out.extend_from_slice(b"\r\n");
            }
        }
        if toward.is_chunked {
            out.extend_from_slice(b"Transfer-Encoding: chunked\r\n");
        }
        if toward.closes {
            out.extend_from_slice(b"Connection: close\r\n");
        }
        out.extend_from_slice(b"\r\n");
    }
}

/// How an answer is framed toward the caller.
#[derive(Clone, Copy, Debug)]
pub struct Toward {
    /// Whether the answer's own Content-Length is passed on.
    pub keeps_length: bool,
    /// Whether the body goes out chunked.
    pub is_chunked: bool,
    /// Whether the connection is closed afterwards.
    pub closes: bool,
}

fn is_request_id(name: &[u8]) -> bool {
    let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
    match name.len() {
        // Model Studio.
        12 => is(b"x-request-id"),
        15 => [
            &b"x-mq-request-id"[..],
            b"x-ots-requestid",
            b"x-log-requestid",
            b"x-fc-request-id",
            b"x-ca-request-id",
        ]
        .into_iter()
        .any(is),
        16 => is(b"x-acs-request-id") || is(b"x-oss-request-id") || is(b"x-mns-request-id"),
        17 => is(b"x-odps-request-id"),
        20 => is(b"x-datahub-request-id"),
        _ => false,
    }
}

fn is_dropped(name: &[u8]) -> bool {
    const PREFIXES: [&str; 2] = ["x-countersign-", "access-control-"];
    const NAMES: NameSet = NameSet::new(&["alt-svc", "set-cookie"]);
    is_hop_by_hop(name)
        || NAMES.holds(name)
        || PREFIXES.iter().any(|prefix| {
            name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
        })
}

/// Parses, and calls `then` with the head and its length if it is whole.
fn with_headers<T>(
    bytes: &[u8],
    then: impl FnOnce(&httparse::Response<'_, '_>, usize) -> Result<T, BadAnswer>,
) -> Result<Option<T>, BadAnswer> {
    let mut headers = [const { std::mem::MaybeUninit::uninit() }; HEADERS_MAX + REWRITTEN_MORE.1];
    let mut response = httparse::Response::new(&mut []);
    let max = HEAD_MAX + REWRITTEN_MORE.0;
    let parsed = httparse::ParserConfig::default().parse_response_with_uninit_headers(
        &mut response,
        bytes.get(..max).unwrap_or(bytes),
        &mut headers,
    );
    match parsed {
        Ok(httparse::Status::Complete(length)) => then(&response, length).map(Some),
        Ok(httparse::Status::Partial) if bytes.len() < max => Ok(None),
        Ok(httparse::Status::Partial) | Err(httparse::Error::TooManyHeaders) => Err(BadAnswer::TooLarge),
        Err(_) => Err(BadAnswer::Syntax),
    }
}
