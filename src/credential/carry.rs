//! The one HTTP function that this room needs. `sidecar` hands in what carries it out.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::names::{Host, Place};

/// A future behind a pointer, so that a trait with it can be a trait object.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Carries one request, over verified TLS unless the place says otherwise, and brings the answer back.
///
/// It follows no redirect, tries nothing twice, asks no proxy unless told to by the operator, and logs neither target
/// nor body: both hold tokens. Dropping the future gives the call up.
pub trait Carry: Send + Sync + fmt::Debug {
    /// Sends, and reads the whole answer.
    fn carry(&self, outbound: Outbound) -> Boxed<'_, Result<Answer, CarryError>>;
}

/// Whom a request goes to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Receiver {
    /// A host of the endpoint table: dialled where that says or the operator leads it, verified by TLS.
    Endpoint(Host),
    /// A place that the operator named. In the clear only within the operator's own networks.
    Place(Place),
}

impl Receiver {
    /// What `Host` says.
    pub fn authority(&self) -> String {
        match self {
            Self::Endpoint(host) => host.to_string(),
            Self::Place(place) => place.authority(),
        }
    }
}

impl From<Host> for Receiver {
    fn from(host: Host) -> Self {
        Self::Endpoint(host)
    }
}

impl From<Place> for Receiver {
    fn from(place: Place) -> Self {
        Self::Place(place)
    }
}

/// What a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Asks with a body.
    Post,
    /// Asks the metadata server for a token.
    Put,
}

/// The type of an HTML form, which STS takes.
pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// One request. `Host`, `User-Agent` and `Accept-Encoding: identity` are added.
pub struct Outbound {
    /// Whom it goes to.
    pub to: Receiver,
    /// What it does.
    pub method: Method,
    /// The target: `/?…`. May hold a security token.
    pub path_and_query: Zeroizing<String>,
    /// Further headers, by names in lower case. May hold what proves the call.
    pub headers: Vec<(&'static str, Zeroizing<String>)>,
    /// The body. May hold a token.
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
        write!(f, "Outbound({:?} to {}, {} bytes)", self.method, self.to.authority(), self.body.len())
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
