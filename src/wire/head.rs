//! A request's head, parsed in place: where each part lies in the bytes that arrived.

use std::fmt;

use super::{Field, Framing, Malformed, framing};

/// The most headers that any setting may allow. The parser's index of them lies on the stack.
pub const HEADERS_MAX: usize = 1000;

/// How every TLS connection begins: a handshake record, version 3.
const TLS_HANDSHAKE: &[u8] = &[0x16, 3];

/// The limits of a head. Their defaults, and the reasons, are in the settings.
#[derive(Clone, Copy, Debug)]
pub struct HeadLimits {
    /// Bytes of the whole head. At most 60 KiB: places in it are kept as 16-bit numbers.
    pub head: usize,
    /// Headers.
    pub headers: usize,
    /// Bytes of the target.
    pub uri: usize,
}

/// A stretch of the buffer.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    from: u16,
    to: u16,
}

/// A method that is taken. Any other is answered 405.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the methods' own names")]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Delete,
    Patch,
    Options,
}

impl Method {
    /// The value of `Allow`.
    pub const ALLOW: &'static str = "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS";

    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Get, Self::Head, Self::Post, Self::Put, Self::Delete, Self::Patch, Self::Options];

    /// The method of a client that wants a tunnel. Not taken, and so common that its refusal has advice of its own.
    pub const CONNECT: &'static str = "CONNECT";

    /// Methods are case-sensitive.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" => Self::Post,
            "PUT" => Self::Put,
            "DELETE" => Self::Delete,
            "PATCH" => Self::Patch,
            "OPTIONS" => Self::Options,
            _ => return None,
        })
    }

    /// The name, in upper case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
            Self::Patch => "PATCH",
            Self::Options => "OPTIONS",
        }
    }
}

/// One request's head, and the bytes that arrived behind it. Made once a connection and used for request after request.
pub struct Head {
    bytes: Vec<u8>,
    /// How far the search for the end of the head has come.
    scanned: usize,
    /// Where the head begins: behind the one empty line that may stand before it.
    start: usize,
    /// Where the head ends and the body begins. Zero until it is parsed.
    end: usize,
    method: Option<Method>,
    wants_tunnel: bool,
    target: Span,
    is_http_1_0: bool,
    fields: Vec<(Span, Span)>,
    framing: Framing,
    keeps_alive: bool,
    expects_continue: bool,
    has_metadata_text: bool,
}

impl Head {
    /// An empty one, which allocates nothing.
    pub const fn new() -> Self {
        Self {
            bytes: Vec::new(),
            scanned: 0,
            start: 0,
            end: 0,
            method: None,
            wants_tunnel: false,
            target: Span { from: 0, to: 0 },
            is_http_1_0: false,
            fields: Vec::new(),
            framing: Framing::None,
            keeps_alive: true,
            expects_continue: false,
            has_metadata_text: false,
        }
    }

    /// The buffer that received bytes are appended to.
    pub const fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Whether nothing has arrived.
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Looks at what has arrived so far. `Ok(true)` once the head is whole and every rule of the grammar holds.
    pub fn parse(&mut self, limits: &HeadLimits) -> Result<bool, Malformed> {
        let Some(end) = self.find_end(limits)? else { return Ok(false) };
        if end - self.start > limits.head {
            return Err(self.too_large(limits));
        }
        self.index(end, limits)?;
        self.end = end;
        let facts = framing::read(self)?;
        self.framing = facts.framing;
        self.keeps_alive = facts.keeps_alive;
        self.expects_continue = facts.expects_continue;
        Ok(true)
    }

    /// The end of the head, if it has arrived. Every line up to there ends in CR LF.
    fn find_end(&mut self, limits: &HeadLimits) -> Result<Option<usize>, Malformed> {
        if self.start == 0 && self.bytes.starts_with(b"\r\n") {
            self.start = 2;
            self.scanned = 2;
        }
        if self.bytes.starts_with(TLS_HANDSHAKE) {
            return Err(Malformed::Tls);
        }
        if self.start == 2 && self.bytes.get(2..).is_some_and(|rest| rest.starts_with(b"\r\n")) {
            return Err(Malformed::RequestLine);
        }
        let from = self.scanned;
        for offset in memchr::memchr_iter(b'\n', self.bytes.get(from..).unwrap_or_default()) {
            let line = self.bytes.get(..from + offset).unwrap_or_default();
            if line.last() != Some(&b'\r') {
                return Err(Malformed::BareLf);
            }
            if line.ends_with(b"\r\n\r") && line.len() > self.start + 2 {
                return Ok(Some(line.len() + 1));
            }
        }
        self.scanned = self.bytes.len();
        if self.bytes.len() - self.start > limits.head {
            return Err(self.too_large(limits));
        }
        Ok(None)
    }

    /// What is too large: the first line, if that alone is; the same however much has arrived behind it.
    fn too_large(&self, limits: &HeadLimits) -> Malformed {
        let head = self.bytes.get(self.start..).unwrap_or_default();
        let first_line = memchr::memchr(b'\n', head).unwrap_or(head.len());
        if first_line > limits.head { Malformed::UriTooLong } else { Malformed::HeadTooLarge }
    }

    fn index(&mut self, end: usize, limits: &HeadLimits) -> Result<(), Malformed> {
        let head = self.bytes.get(self.start..end).unwrap_or_default();
        let mut storage = [const { std::mem::MaybeUninit::uninit() }; HEADERS_MAX];
        let allowed = storage.get_mut(..limits.headers.min(HEADERS_MAX)).unwrap_or_default();
        let mut request = httparse::Request::new(&mut []);
        match request.parse_with_uninit_headers(head, allowed) {
            Ok(httparse::Status::Complete(length)) if length == head.len() => {}
            Err(httparse::Error::TooManyHeaders) => return Err(Malformed::HeadTooLarge),
            Err(httparse::Error::HeaderName | httparse::Error::HeaderValue) => return Err(Malformed::Header),
            Err(_) if request.version.is_some() => return Err(Malformed::Header),
            // An empty line inside would have ended the head earlier.
            Ok(_) | Err(_) => return Err(Malformed::RequestLine),
        }
        let base = self.bytes.as_ptr().addr();
        let span = |part: &[u8]| -> Result<Span, Malformed> {
            let from = part.as_ptr().addr() - base;
            match (u16::try_from(from), u16::try_from(from + part.len())) {
                (Ok(from), Ok(to)) => Ok(Span { from, to }),
                _ => Err(Malformed::HeadTooLarge),
            }
        };
        let target = request.path.unwrap_or_default();
        if target.len() > limits.uri {
            return Err(Malformed::UriTooLong);
        }
        self.target = span(target.as_bytes())?;
        let method = request.method.unwrap_or_default();
        self.method = Method::from_name(method);
        self.wants_tunnel = method == Method::CONNECT;
        self.is_http_1_0 = request.version == Some(0);
        self.has_metadata_text = false;
        self.fields.clear();
        for header in request.headers.iter() {
            if !header.value.is_ascii() {
                // Real metadata of OSS objects is UTF-8; whether this goes to OSS is not known here.
                let is_metadata =
                    header.name.get(..6).is_some_and(|name| name.eq_ignore_ascii_case("x-oss-"));
                if !is_metadata || std::str::from_utf8(header.value).is_err() {
                    return Err(Malformed::Header);
                }
                self.has_metadata_text = true;
            }
            self.fields.push((span(header.name.as_bytes())?, span(header.value)?));
        }
        Ok(())
    }

    fn slice(&self, span: Span) -> &[u8] {
        self.bytes.get(usize::from(span.from)..usize::from(span.to)).unwrap_or_default()
    }

    /// The method. `None`: one that is not taken.
    pub const fn method(&self) -> Option<Method> {
        self.method
    }

    /// Whether the method is `CONNECT`, which is not taken.
    pub const fn wants_tunnel(&self) -> bool {
        self.wants_tunnel
    }

    /// The request target, as it came.
    pub fn target(&self) -> &[u8] {
        self.slice(self.target)
    }

    /// The headers, in order.
    pub fn fields(&self) -> impl Iterator<Item = Field<'_>> + Clone {
        self.fields.iter().map(|&(name, value)| Field { name: self.slice(name), value: self.slice(value) })
    }

    /// The first header `name`.
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        self.fields().find(|field| field.is(name)).map(|field| field.value)
    }

    /// How the body's end is marked.
    pub const fn framing(&self) -> Framing {
        self.framing
    }

    /// Whether the caller wants the connection kept.
    pub const fn keeps_alive(&self) -> bool {
        self.keeps_alive
    }

    /// Whether the caller waits for `100 Continue`.
    pub const fn expects_continue(&self) -> bool {
        self.expects_continue
    }

    /// Whether the request speaks HTTP/1.0.
    pub const fn is_http_1_0(&self) -> bool {
        self.is_http_1_0
    }

    /// Whether an `x-oss-*` header holds UTF-8 text, which only OSS takes.
    pub const fn has_metadata_text(&self) -> bool {
        self.has_metadata_text
    }

    /// What arrived behind the head.
    pub fn behind(&self) -> &[u8] {
        self.bytes.get(self.end..).unwrap_or_default()
    }

    /// Forgets this request and `body` bytes behind its head; what is left begins the next request.
    pub fn finish(&mut self, body: usize) {
        let consumed = (self.end + body).min(self.bytes.len());
        if consumed == self.bytes.len() {
            self.bytes.clear();
        } else {
            self.bytes.drain(..consumed);
        }
        // Nothing of it may speak for the next one, least of all for one that cannot be parsed.
        let (bytes, mut fields) = (std::mem::take(&mut self.bytes), std::mem::take(&mut self.fields));
        fields.clear();
        *self = Self { bytes, fields, ..Self::new() };
    }
}

impl Default for Head {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Head {
    /// Never the bytes: they may hold anything that a caller thought fit to send.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Head({:?}, {} headers, {} bytes)", self.method, self.fields.len(), self.bytes.len())
    }
}
