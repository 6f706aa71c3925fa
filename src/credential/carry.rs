//! The one HTTP function that this room needs. `sidecar` hands in what carries it out.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::names::Host;
use crate::secret::ApiKey;

/// A future behind a pointer, so that a trait with it can be a trait object.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Carries one POST over verified TLS and brings the answer back.
///
/// It follows no redirect, tries nothing twice, asks no proxy unless told to by the operator, and logs neither target
/// nor body: both hold tokens. Dropping the future gives the call up.
pub trait Carry: Send + Sync + fmt::Debug {
    /// Sends, and reads the whole answer.
    fn carry(&self, outbound: Outbound) -> Boxed<'_, Result<Answer, CarryError>>;
}

/// One POST of a form, with `Content-Type: application/x-www-form-urlencoded` and `Accept-Encoding: identity`.
pub struct Outbound {
    /// A host of the endpoint table: what is dialled, verified by TLS and sent as `Host`. Port 443.
    pub host: Host,
    /// The target: `/?…`. May hold a security token.
    pub path_and_query: Zeroizing<String>,
    /// What proves the call, where that is no signature in it.
    pub bearer: Option<ApiKey>,
    /// The form. May hold a token.
    pub body: Zeroizing<Vec<u8>>,
    /// For connecting, TLS included.
    pub connect_timeout: Duration,
    /// For all of it.
    pub timeout: Duration,
    /// A longer answer is [`CarryError::TooLong`], without reading on.
    pub answer_bytes_max: usize,
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outbound(POST to {}, {} bytes)", self.host, self.body.len())
    }
}

/// What came back, whatever its status.
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The header `Date`.
    pub date: Option<String>,
    /// The header `Retry-After`.
    pub retry_after: Option<String>,
    /// The header `x-acs-retry-after`, in milliseconds.
    pub acs_retry_after: Option<String>,
    /// The body. Holds a secret when all went well.
    pub body: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({}, {} bytes)", self.status, self.body.len())
    }
}

/// Why no answer came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CarryError {
    /// No connection: name look-up, TCP or TLS failed or took longer than [`Outbound::connect_timeout`], in the words
    /// of whoever tried. Nothing was sent.
    Unreachable(String),
    /// A connection, but no whole answer, in the words of whoever tried.
    Broken(String),
    /// No whole answer within [`Outbound::timeout`].
    TimedOut,
    /// More bytes than [`Outbound::answer_bytes_max`].
    TooLong,
}

impl fmt::Display for CarryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) => write!(f, "it cannot be reached ({why})"),
            Self::Broken(why) => write!(f, "the connection broke ({why})"),
            Self::TimedOut => f.write_str("it did not answer in time"),
            Self::TooLong => f.write_str("its answer is too long to be one"),
        }
    }
}

impl std::error::Error for CarryError {}
