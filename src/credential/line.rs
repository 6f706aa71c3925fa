//! What all callers of STS and KMS in a process share: the way there, its pace, and what the answers' `Date` says about our
//! clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::time::timeout;
use zeroize::Zeroizing;

use super::answer::ANSWER_BYTES_MAX;
use super::carry::{Answer, Carry, CarryError, Method, Outbound, Receiver};
use super::error::FetchError;
use super::observer::{Event, Observer};
use super::pace::Pace;
use crate::clock::Clock;
use crate::names::{Host, Moment, RoleName, calendar};

/// For connecting to one host, TLS included: a black-holed host must not cost more than the hedge's delay.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// For one host. STS answers within 300 ms; past this the other host is the better hope.
const HOST_TIMEOUT: Duration = Duration::from_secs(5);
/// A smaller difference of the clocks is not corrected in timestamps: STS takes 15 minutes, and `Date` is as coarse as
/// a second.
const OFFSET_APPLIED_FROM: i64 = 60;
/// A larger one is reported.
const OFFSET_REPORTED_FROM: i64 = 600;

/// What all callers of STS and KMS in a process share.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) carry: Arc<dyn Carry>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) pace: Pace,
    /// The cloud's time less ours, in whole seconds, as the last answer said.
    pub(super) offset: AtomicI64,
}

impl Line {
    pub(super) fn new(carry: Arc<dyn Carry>, clock: Arc<dyn Clock>, observer: Arc<dyn Observer>) -> Self {
        Self { carry, clock, observer, pace: Pace::default(), offset: AtomicI64::new(0) }
    }

    /// Time and nonce for one attempt, by the cloud's clock where ours is far off.
    pub(super) fn moment(&self) -> Moment {
        let mut moment = self.clock.moment();
        let offset = self.offset.load(Ordering::Relaxed);
        if offset.abs() >= OFFSET_APPLIED_FROM {
            moment.unix_seconds = moment.unix_seconds.saturating_add(offset);
        }
        moment
    }

    /// Asks one host once, for a role. With the answer comes the cloud's time, if it told that.
    pub(super) async fn ask(
        &self,
        (host, role): (Host, &RoleName),
        path_and_query: Zeroizing<String>,
        headers: Vec<(&'static str, Zeroizing<String>)>,
        body: Zeroizing<Vec<u8>>,
    ) -> Result<(Answer, Option<i64>), FetchError> {
        let outbound = Outbound {
            to: Receiver::Endpoint(host),
            method: Method::Post,
            path_and_query,
            headers,
            body,
            connect_timeout: CONNECT_TIMEOUT,
            timeout: HOST_TIMEOUT,
            answer_bytes_max: ANSWER_BYTES_MAX,
        };
        // Whoever carries knows the limit; that it holds is not left to trust.
        let carried = timeout(HOST_TIMEOUT, self.carry.carry(outbound)).await;
        let answer = carried
            .unwrap_or(Err(CarryError::TimedOut))
            .map_err(|error| FetchError::NoAnswer(host.to_string(), error))?;
        let server = answer.date.as_deref().and_then(|date| calendar::parse_http(date.as_bytes()));
        if let Some(server) = server {
            self.compare_clocks(role, server);
        }
        Ok((answer, server))
    }

    fn compare_clocks(&self, role: &RoleName, server: i64) {
        let seconds = server.saturating_sub(self.clock.now().unix_seconds());
        self.offset.store(seconds, Ordering::Relaxed);
        if seconds.abs() > OFFSET_REPORTED_FROM {
            self.observer.observe(role, &Event::ClockOff { seconds });
        }
    }
}
