//! The carrying: a signed head and its body go to exactly one endpoint, the answer comes back.
//!
//! Adds nothing to a request and knows nothing of credentials. Redirects are answers like any other; the environment's
//! proxies are not looked at.

mod arrived;
mod attempt;
mod connect;
mod connection;
mod egress;
mod failure;
mod pool;
mod race;
mod relay;
mod resolve;
mod rewrite;
mod route;
mod send;
mod trust;
mod upload;
mod watch;
mod write;

pub use arrived::{Arrived, End, Relayed};
pub use connect::Dialler;
pub use connection::Connection;
pub use egress::{Blocked, Egress, Said};
pub use failure::{BodyFault, Failure};
pub use relay::Rewrite;
pub use resolve::{Resolve, Resolving, SystemResolver};
pub use route::{Dial, Routes};
pub use trust::{Trust, trust_only};
pub use upload::{Outgoing, Upload};
pub use watch::CallerSide;

use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use crate::names::Host;
use crate::wire::Signed;
use pool::Pool;

/// How long is waited for the cloud, and for a caller's body. The defaults are in the settings.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For a connection: name look-up, TCP and TLS together.
    pub connect: Duration,
    /// For the head of an answer.
    pub head: Duration,
    /// Between two pieces of an answer.
    pub idle: Duration,
    /// Between two pieces of a request's body.
    pub body_idle: Duration,
}

/// Which kept connections may carry an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// None: a kept one was lost just now, and the others may be as dead.
    None,
    /// One that idled for a short while: the request cannot be sent again if it is lost.
    Fresh,
    /// Any.
    Any,
}

/// What all workers count together.
#[derive(Debug, Default)]
pub struct Connections {
    /// Made so far.
    pub opened: AtomicU64,
    /// Open now: carrying a request, or kept.
    pub open: Arc<AtomicU64>,
}

/// One worker's way to the cloud.
#[derive(Debug)]
pub struct Upstream {
    dialler: Arc<Dialler>,
    timeouts: Timeouts,
    pool: Pool,
    connections: Arc<Connections>,
    /// This worker's open connections.
    open: Arc<AtomicU64>,
    open_max: u64,
}

impl Upstream {
    /// With an empty pool. `open_max`: beyond so many open connections the ones that idle give way; as many as callers may
    /// be connected. With fewer, callers that take turns would open and close them all the time, and a TLS handshake costs
    /// as much as ten requests; more would serve nobody.
    pub fn new(
        dialler: Arc<Dialler>,
        timeouts: Timeouts,
        connections: Arc<Connections>,
        open_max: usize,
    ) -> Self {
        let open_max = u64::try_from(open_max).unwrap_or(u64::MAX);
        Self { dialler, timeouts, pool: Pool::default(), connections, open: Arc::default(), open_max }
    }

    /// The waits that hold here.
    pub const fn timeouts(&self) -> &Timeouts {
        &self.timeouts
    }

    /// One attempt.
    pub async fn send<S: AsyncRead + AsyncWrite + AsFd + Unpin>(
        &self,
        signed: Signed,
        outgoing: Outgoing<'_>,
        reuse: Reuse,
        side: &mut CallerSide<'_, S>,
    ) -> Result<Arrived, Failure> {
        let host = signed.endpoint().host();
        let kept = match reuse {
            Reuse::None => None,
            Reuse::Fresh | Reuse::Any => self.pool.take(host, reuse == Reuse::Any, Instant::now()),
        };
        let connection = match kept {
            Some(connection) => connection,
            None => match self.connect(host).await {
                Ok(connection) => connection,
                Err(failure) => {
                    side.buffers.put(signed.into_buffer());
                    return Err(failure);
                }
            },
        };
        send::send(connection, signed, outgoing, side, &self.timeouts).await
    }

    async fn connect(&self, host: &Host) -> Result<Connection, Failure> {
        if self.open.load(Ordering::Relaxed) >= self.open_max {
            self.pool.close_oldest();
        }
        let mut connection = self.dialler.open(host, self.timeouts.connect).await?;
        self.connections.opened.fetch_add(1, Ordering::Relaxed);
        connection.count([&self.open, &self.connections.open]);
        Ok(connection)
    }

    fn keep(&self, host: &Host, mut connection: Connection) {
        connection.used = Instant::now();
        self.pool.put(*host, connection);
        if self.open.load(Ordering::Relaxed) > self.open_max {
            self.pool.close_oldest();
        }
    }

    /// Closes idle connections that have grown old. To be called now and then.
    pub fn sweep(&self) {
        self.pool.sweep(Instant::now());
    }
}
