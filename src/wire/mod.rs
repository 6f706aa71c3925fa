//! HTTP/1.1 heads and bodies as borrowed bytes. Used on both sides; knows no sockets and no clock.

mod field;
mod parameters;
mod percent;
mod signed;

pub use field::{Field, write_lower};
pub use parameters::{Parameter, parameters};
pub use percent::{Decoded, Spelling, decoded};
pub use signed::Signed;

/// How the end of a body is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// There is no body.
    None,
    /// `Content-Length`.
    Length(u64),
    /// `Transfer-Encoding: chunked`.
    Chunked,
}
