//! How carrying a request can fail, and what of it the caller learns.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use super::{Blocked, Said};
use crate::refusal::{Code, Refusal};
use crate::wire::{BadAnswer, Malformed};

/// Why no answer came, or none that could be passed on.
#[derive(Debug)]
pub enum Failure {
    /// No connection: the name was not found, or nobody answered.
    Unreachable(io::Error),
    /// The name leads to where nothing signed may go. Nothing was dialled.
    Blocked(SocketAddr, Blocked, Said),
    /// A connection, but no TLS session that proves the endpoint's name.
    Tls(io::Error),
    /// The connection was lost before a byte of the answer. Nobody knows whether the request was executed.
    Lost {
        /// Whether the connection had served before, and may have been closed by the other side while it idled.
        was_reused: bool,
    },
    /// No head of an answer in time.
    HeadTimeout,
    /// The answer is none.
    Protocol(BadAnswer),
    /// More interim answers than anyone sends.
    TooManyInterim,
    /// The caller's own body was malformed, or stopped coming.
    Body(BodyFault),
    /// The caller closed its connection. There is nobody left to answer.
    CallerGone,
}

/// What was wrong with a caller's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFault {
    /// Its chunk framing.
    Malformed(Malformed),
    /// It stopped before its end.
    Timeout,
}

impl Failure {
    /// What the caller is told. `None`: nobody is there to be told.
    pub fn refusal(&self) -> Option<Refusal> {
        let host_side = "nothing is wrong with the request; try again, and check the network if it stays";
        Some(match self {
            Self::Unreachable(cause) => Refusal::new(
                Code::UpstreamUnreachable,
                format!("the endpoint could not be reached ({cause})"),
                "check the name resolution and the network of this machine",
            ),
            Self::Blocked(_, why, Said::Resolved) => Refusal::new(
                Code::EgressBlocked,
                format!("the endpoint's name leads to {why}, and nothing signed goes there"),
                "check the name resolution of this machine; to dial an address of this machine on purpose, write the \
                 address itself under [connect_to]",
            ),
            Self::Blocked(_, why, Said::Written) => Refusal::new(
                Code::EgressBlocked,
                format!("[connect_to] leads to {why}, and nothing signed goes there"),
                "write another address",
            ),
            Self::Tls(_) => Refusal::new(
                Code::UpstreamTls,
                "no TLS session that proves the endpoint's name could be made",
                "if a proxy of your own re-encrypts, name its certificate authority in `upstream.extra_ca`",
            ),
            Self::Lost { .. } => Refusal::new(
                Code::UpstreamResetAmbiguous,
                "the connection was lost before an answer came, so the call may or may not have been executed",
                "look whether it took effect before sending it again, or send a ClientToken with it",
            ),
            Self::HeadTimeout => {
                Refusal::new(Code::UpstreamHeadTimeout, "the endpoint did not answer in time", host_side)
            }
            Self::Protocol(fault) => Refusal::new(
                Code::UpstreamProtocol,
                format!("the endpoint's answer is not passed on: {fault}"),
                host_side,
            ),
            Self::TooManyInterim => Refusal::new(
                Code::UpstreamProtocol,
                "the endpoint sent more than ten interim answers",
                host_side,
            ),
            Self::Body(BodyFault::Malformed(fault)) => {
                let code = match fault {
                    Malformed::ChunkExtension => Code::ChunkExtension,
                    Malformed::Trailers => Code::Trailers,
                    _ => Code::BadChunk,
                };
                Refusal::new(code, fault.to_string(), "")
            }
            Self::Body(BodyFault::Timeout) => {
                Refusal::new(Code::BodyTimeout, "the body stopped coming for `limits.body_idle_timeout`", "")
            }
            Self::CallerGone => return None,
        })
    }
}

impl fmt::Display for Failure {
    /// For the operator's log: one level, with the cause.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(cause) => write!(f, "unreachable: {cause}"),
            Self::Blocked(address, why, _) => write!(f, "not dialled: {address} is {why}"),
            Self::Tls(cause) => write!(f, "no TLS session: {cause}"),
            Self::Lost { was_reused } => write!(f, "connection lost before an answer (reused: {was_reused})"),
            Self::HeadTimeout => f.write_str("no answer in time"),
            Self::Protocol(fault) => write!(f, "bad answer: {fault}"),
            Self::TooManyInterim => f.write_str("too many interim answers"),
            Self::Body(fault) => write!(f, "the caller's body: {fault:?}"),
            Self::CallerGone => f.write_str("the caller closed its connection"),
        }
    }
}

impl std::error::Error for Failure {}
