//! Sign and upstream: a request goes out, once more where that is safe, and the answer comes back.

use std::sync::Arc;

use super::held::Held;
use super::prepare::Prepared;
use super::{Pipeline, Stop, redact};
use crate::accept::{Caller, Next, Stream};
use crate::classify::Family;
use crate::clock::Now;
use crate::credential::Credential;
use crate::names::Moment;
use crate::refusal::Code;
use crate::telemetry::{Outcome, Record, RequestId};
use crate::upstream::{Arrived, CallerSide, End, Failure, Outgoing, Reuse, Upload};
use crate::wire::{Framing, Head};

/// A body up to this size is sent again after a connection was lost, where sending twice does no harm.
const RESENT_MAX: usize = 64 * 1024;

/// A request that nothing is missing for.
pub(super) struct Exchange<'a> {
    /// When its first attempt begins.
    pub(super) begun: Now,
    /// Of what moment the signature of its last attempt is.
    pub(super) signed_at: Option<Moment>,
    /// By whom and of what moment those of the attempts before it were. None, but where one was lost or rejected.
    pub(super) earlier: Vec<(Arc<Credential>, Moment)>,
    pub(super) prepared: Prepared,
    /// `None`: it carries its own proof.
    pub(super) credential: Option<Arc<Credential>>,
    pub(super) upload: &'a mut Upload,
    /// The body's data, if it was held.
    pub(super) held: Option<Held>,
    /// Whether more of it follows what was held.
    pub(super) has_rest: bool,
}

impl Exchange<'_> {
    /// Whether nothing of the body is lost once it was sent: there is none, though it may come in chunks, or it was held.
    fn can_be_sent_again(&self) -> bool {
        match &self.held {
            Some(_) => !self.has_rest,
            None => self.upload.came_whole() && self.upload.bytes() == 0,
        }
    }

    /// Whether it may be sent again after a connection was lost before an answer.
    fn outlives_a_connection(&self) -> bool {
        let is_small = match &self.held {
            Some(held) => !self.has_rest && held.len() <= RESENT_MAX,
            None => self.upload.came_whole() && self.upload.prefix() <= RESENT_MAX,
        };
        is_small && self.prepared.plan.call.may_be_sent_twice
    }

    fn body_bytes(&self, head: &Head) -> u64 {
        match (&self.held, head.framing()) {
            (Some(held), _) if !self.has_rest => held.len() as u64,
            (_, Framing::Length(length)) => length,
            (_, _) => self.upload.bytes(),
        }
    }
}

fn side(caller: &mut Caller) -> CallerSide<'_, Stream> {
    let Caller { stream, head, deadline, buffers, .. } = caller;
    CallerSide { stream, head, deadline, buffers }
}

impl Pipeline {
    /// Sends until an answer is the caller's, then passes it on.
    pub(super) async fn carry(
        &self,
        caller: &mut Caller,
        mut exchange: Exchange<'_>,
        record: &mut Record,
    ) -> Result<Next, Stop> {
        let mut arrived = self.send(caller, &mut exchange, record).await?;
        record.upstream = Some(self.worker.clock.boot().saturating_sub(exchange.begun.boot));
        record.status = arrived.status();

        let family = Family::of(exchange.prepared.plan.call.scheme);
        // What the cloud signed is what came.
        let is_vouched = family == Family::Ots && self.is_vouched(&arrived, &exchange, &caller.head);
        let rewriting = match redact::may_echo(arrived.status()) {
            // Few answers are errors, and an exchange that is none needs no room for this.
            true => Box::pin(self.redact(&mut arrived, &exchange, &mut side(caller), record)).await,
            false => None,
        };
        record.request_id = RequestId::new(arrived.request_id());
        match family {
            Family::Ots => self.vouch(&mut arrived, is_vouched, &exchange, &caller.head),
            Family::Odps => self.lead_back(&mut arrived, &exchange, &mut side(caller)).await,
            _ => {}
        }
        let closes = !caller.head.keeps_alive() || caller.is_draining();
        let host = exchange.prepared.endpoint.host();
        let relayed =
            arrived.relay(&self.worker.upstream, host, (closes, rewriting), &mut side(caller)).await;
        record.request_bytes = exchange.body_bytes(&caller.head);
        record.response_bytes = relayed.body_bytes;
        let (outcome, fault, next) = match relayed.end {
            End::Keep => (Outcome::Forwarded, None, Next::Keep),
            End::Close => (Outcome::Forwarded, None, Next::Close),
            End::Truncated => (Outcome::Truncated, Some(Code::UpstreamTruncated), Next::Abort),
            End::Silent => (Outcome::Truncated, Some(Code::UpstreamIdleTimeout), Next::Abort),
            // It may still be there and read again one day: what it got must not look whole.
            End::CallerGone => (Outcome::CallerGone, None, Next::Abort),
        };
        record.outcome = outcome;
        record.refusal = fault.map(Code::name);
        caller.head.finish(exchange.upload.prefix());
        Ok(next)
    }

    /// Signs and sends, with a new date, nonce and signature each time: at most once more for a lost connection, and
    /// once more for a rejected token or a wrong clock. Returns the answer.
    async fn send(
        &self,
        caller: &mut Caller,
        exchange: &mut Exchange<'_>,
        record: &mut Record,
    ) -> Result<Arrived, Stop> {
        let mut now = exchange.begun;
        let (mut was_lost, mut was_rejected) = (false, false);
        loop {
            record.attempts += 1;
            let credential = exchange.credential.clone();
            let moment = self.moment(&now);
            exchange.signed_at = Some(moment);
            let by = (credential.as_deref(), moment);
            let (signed, body) = self.sign(&caller.head, &exchange.prepared, by, exchange.held.as_deref())?;
            record.scheme = exchange.prepared.plan.call.scheme;
            let reuse = match (was_lost, exchange.outlives_a_connection()) {
                (true, _) => Reuse::None,
                (false, true) => Reuse::Any,
                (false, false) => Reuse::Fresh,
            };
            let outgoing = match &body {
                Some(body) if exchange.has_rest => Outgoing::Opened(body, exchange.upload),
                Some(body) => Outgoing::Whole(body),
                None => Outgoing::Streamed(exchange.upload),
            };
            let sent = self.worker.upstream.send(signed, outgoing, reuse, &mut side(caller)).await;
            match sent {
                Ok(mut arrived) if !was_rejected => {
                    was_rejected = true;
                    // What was not signed is not signed anew: its answer is the caller's.
                    let Some(credential) = &credential else { return Ok(arrived) };
                    let cell = self.cell_of(&exchange.prepared)?;
                    let call = (&exchange.prepared, exchange.can_be_sent_again());
                    match self.again(&mut arrived, (credential, cell), call, &mut side(caller)).await {
                        Some(renewed) => exchange.credential = Some(renewed),
                        None => return Ok(arrived),
                    }
                }
                Ok(arrived) => return Ok(arrived),
                Err(Failure::Lost { .. }) if !was_lost && exchange.outlives_a_connection() => was_lost = true,
                Err(failure) => {
                    tracing::debug!(host = %exchange.prepared.endpoint.host(), %failure, "a request was not answered");
                    return Err(failure.into());
                }
            }
            exchange.earlier.extend(credential.map(|credential| (credential, moment)));
            now = self.worker.clock.now();
        }
    }
}
