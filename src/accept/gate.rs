//! A fault of the grammar, as the refusal that the caller gets.

use crate::refusal::{Code, Refusal};
use crate::wire::Malformed;

/// Every fault has a code of its own.
pub fn refusal_of(malformed: Malformed) -> Refusal {
    let code = match malformed {
        Malformed::BareLf => Code::BareLf,
        Malformed::RequestLine | Malformed::Tls => Code::BadRequestLine,
        Malformed::Header => Code::BadHeader,
        Malformed::HeadTooLarge => Code::HeadTooLarge,
        Malformed::UriTooLong => Code::UriTooLong,
        Malformed::AmbiguousFraming => Code::AmbiguousFraming,
        Malformed::DuplicateContentLength => Code::DuplicateContentLength,
        Malformed::ContentLength => Code::BadContentLength,
        Malformed::TransferEncoding => Code::TransferCoding,
        Malformed::UnknownTransferCoding => Code::TransferCodingUnknown,
        Malformed::Expectation => Code::Expectation,
        Malformed::MissingHost => Code::MissingHost,
        Malformed::DuplicateHost => Code::DuplicateHost,
        Malformed::ConnectionNamesProtected => Code::ConnectionNamesProtectedHeader,
        Malformed::Chunk => Code::BadChunk,
        Malformed::ChunkExtension => Code::ChunkExtension,
        Malformed::Trailers => Code::Trailers,
    };
    let action = match malformed {
        Malformed::Tls => "use `http://`: TLS is added on the way out",
        _ => "",
    };
    Refusal::new(code, malformed.to_string(), action)
}
