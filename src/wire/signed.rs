//! A head that is signed, and so finished.

use std::fmt;

use crate::names::Endpoint;

/// The head of an outgoing request and the endpoint it was signed for. Nobody can change either.
///
/// `sign` alone seals one (`tests/tidy.rs` holds it to that); `upstream` sends it to its endpoint and nowhere else.
pub struct Signed {
    head: Vec<u8>,
    endpoint: Endpoint,
}

impl Signed {
    /// For the `sign` room only.
    pub(crate) const fn seal(head: Vec<u8>, endpoint: Endpoint) -> Self {
        Self { head, endpoint }
    }

    /// The bytes for the wire: request line, headers, empty line.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// Where they go.
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Gives the buffer back, once the head is sent or will not be.
    pub fn into_buffer(self) -> Vec<u8> {
        self.head
    }
}

impl fmt::Debug for Signed {
    /// The head holds a token and a signature: neither is printed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signed({} bytes for {})", self.head.len(), self.endpoint.host())
    }
}
