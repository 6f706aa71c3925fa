//! Why a head or a body is not taken: the strict grammar's list of faults.

use std::fmt;

/// A fault in the bytes of a request. The names are those of the refusal codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// A line that ends in LF alone.
    BareLf,
    /// The request line is not `METHOD SP target SP HTTP/1.0|1.1`.
    RequestLine,
    /// The first bytes are those of a TLS handshake.
    Tls,
    /// A header line that is not `name: value`, or holds bytes that no header may.
    Header,
    /// The head is longer than the limit, or has more headers than it.
    HeadTooLarge,
    /// The target is longer than the limit.
    UriTooLong,
    /// Both Content-Length and Transfer-Encoding.
    AmbiguousFraming,
    /// Content-Length more than once, equal or not.
    DuplicateContentLength,
    /// A Content-Length that is not plain decimal.
    ContentLength,
    /// A Transfer-Encoding that cannot be right: `identity`, `chunked` repeated or not last, or under HTTP/1.0.
    TransferEncoding,
    /// A transfer coding other than `chunked`.
    UnknownTransferCoding,
    /// An expectation other than `100-continue`.
    Expectation,
    /// No Host header.
    MissingHost,
    /// More than one Host header.
    DuplicateHost,
    /// `Connection` names a header that is signed or frames the message.
    ConnectionNamesProtected,
    /// A chunk's size line, or the line after its data, is not right.
    Chunk,
    /// A chunk extension.
    ChunkExtension,
    /// A trailer section that is not empty.
    Trailers,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BareLf => "a line of the head ends in LF without CR",
            Self::RequestLine => "the request line is not `METHOD target HTTP/1.1`",
            Self::Tls => "the first bytes are a TLS handshake, and this listener speaks plain HTTP",
            Self::Header => "a header line is not `name: value` in printable ASCII",
            Self::HeadTooLarge => {
                "the head is larger than `limits.head`, or has more headers than `limits.headers`"
            }
            Self::UriTooLong => "the target is longer than `limits.uri`",
            Self::AmbiguousFraming => "the request has both Content-Length and Transfer-Encoding",
            Self::DuplicateContentLength => "the request has more than one Content-Length",
            Self::ContentLength => "Content-Length is not a plain decimal number",
            Self::TransferEncoding => "Transfer-Encoding is not exactly `chunked` on HTTP/1.1",
            Self::UnknownTransferCoding => "the only transfer coding taken is `chunked`",
            Self::Expectation => "the only expectation taken is `100-continue`",
            Self::MissingHost => "the request has no Host header",
            Self::DuplicateHost => "the request has more than one Host header",
            Self::ConnectionNamesProtected => {
                "Connection names a header that is signed or frames the message"
            }
            Self::Chunk => "a chunk of the body is not well-formed",
            Self::ChunkExtension => "the body has a chunk extension",
            Self::Trailers => "the body has trailers",
        })
    }
}

impl std::error::Error for Malformed {}
