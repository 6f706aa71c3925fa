//! The route of one request: accept → classify → endpoint → policy → credential → sign → upstream.
//!
//! What is cheap and permanent is refused before what is dear and passes, and everything before anything is sent.
//! Nothing leaves without the signature that it needs.

mod again;
mod attempt;
mod carry;
mod complaint;
mod form_upload;
mod held;
mod known;
mod locate;
mod mismatch;
mod odps;
mod ots;
mod post_policy;
mod prepare;
mod projects;
mod reach;
mod redact;
mod refuse;
mod scratch;

pub use attempt::{Assembled, assemble};
pub use held::HeldBodies;
pub use locate::Seen;
pub use mismatch::Seldom;
pub use prepare::{Rules, judge, permit};
pub use scratch::{Parts, Scratch};

use std::collections::HashSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::accept::{Application, Caller, Dialect, Next, Rendered, ending, render};
use crate::buffers::Buffers;
use crate::classify::{Listener, refuse_browsers};
use crate::clock::{Clock, Now};
use crate::credential::{Cell, Credential, DayKeys, Keys, NoCredential};
use crate::endpoint::{OwnHosts, Tenants};
use crate::names::{Endpoint, Moment, RoleName, Scheme};
use crate::refusal::{Code, Refusal};
use crate::telemetry::{AccessLog, Outcome, Record, RequestId, Shard};
use crate::upstream::{BodyFault, Failure, Upload, Upstream};
use crate::wire::Method;
use carry::Exchange;
use prepare::Prepared;

/// What the listeners of one worker share.
#[derive(Debug)]
pub struct Worker {
    /// The way to the cloud.
    pub upstream: Upstream,
    /// Who may be named in a host.
    pub tenants: Arc<Tenants>,
    /// The operator's own hosts.
    pub own_hosts: Arc<OwnHosts>,
    /// The hosts that were looked up.
    pub seen: Seen,
    /// Products whose RPC signatures leave as ACS3.
    pub upgrades: HashSet<String>,
    /// Whether requests to OSS leave with its signature V1.
    pub oss_v1: bool,
    /// Time and randomness.
    pub clock: Arc<dyn Clock>,
    /// The cloud's time less ours in whole seconds, learnt from an answer that complained of it.
    pub skew: Arc<AtomicI64>,
    /// Derived keys.
    pub day_keys: DayKeys,
    /// The keys of products that take none of a role's credentials.
    pub keys: Arc<Keys>,
    /// The memory for bodies that must be held.
    pub held: HeldBodies,
    /// How long a held body may pause.
    pub body_idle_timeout: Duration,
    /// The worker's buffers.
    pub buffers: Arc<Buffers>,
    /// Where requests are counted.
    pub metrics: Arc<Shard>,
    /// Where requests are written down. `None`: nowhere.
    pub access: Option<Arc<AccessLog>>,
    /// The indexes that signing reuses.
    pub scratch: Mutex<Scratch>,
    /// When the log was last told of a signature that the cloud did not take.
    pub mismatches: Seldom,
}

/// One listener's requests.
#[derive(Debug)]
pub struct Pipeline {
    /// How the listener is addressed.
    pub listener: Listener,
    /// The endpoint of a pinned listener.
    pub pinned: Option<Endpoint>,
    /// The role that it signs as.
    pub role: RoleName,
    /// That role's credential.
    pub cell: Arc<Cell>,
    /// What it shares with the worker's other listeners.
    pub worker: Arc<Worker>,
}

/// Why a request ends before its answer: with a refusal, or because nobody waits for one.
enum Stop {
    Refused(Refusal),
    CallerGone,
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        failure.refusal().map_or(Self::CallerGone, Self::Refused)
    }
}

impl Application for Pipeline {
    async fn handle(&self, caller: &mut Caller, gate: Result<(), Refusal>) -> Next {
        let mut account = Account::open(self);
        let record = &mut account.record;
        let mut upload = None;
        let result = match gate {
            Ok(()) => self.forward(caller, &mut upload, record).await,
            Err(refusal) => Err(refusal.into()),
        };
        let next = match result {
            Ok(next) => next,
            Err(Stop::Refused(refusal)) => self.refuse(caller, &refusal, upload.as_ref(), record).await,
            Err(Stop::CallerGone) => {
                record.outcome = Outcome::CallerGone;
                Next::Close
            }
        };
        account.is_settled = true;
        next
    }

    fn turn_away(&self, is_told: bool) -> Vec<u8> {
        let sentence = "as many connections are open as `limits.connections` allows";
        let refusal = Refusal::new(Code::Overloaded, sentence, "try again, or raise the limit")
            .retry_after(Duration::from_secs(1));
        let now = self.worker.clock.now();
        let seconds = now.unix_seconds();
        let mut record = Record::begin(now, self.role.clone());
        record.refusal = Some(refusal.code.name());
        let id = self.worker.clock.nonce();
        record.request_id = RequestId::new(id.as_bytes());
        let Rendered { answer, body_bytes } =
            render(&refusal, Dialect::default(), (id, seconds), true, false);
        if is_told {
            record.status = refusal.code.status();
            record.response_bytes = body_bytes;
        }
        self.write_down(&record);
        answer
    }
}

/// A request's record, which is written down when the request ends: also where it is cut.
struct Account<'a> {
    pipeline: &'a Pipeline,
    record: Record,
    /// Whether it came to an end of its own.
    is_settled: bool,
}

impl<'a> Account<'a> {
    fn open(pipeline: &'a Pipeline) -> Self {
        let record = Record::begin(pipeline.worker.clock.now(), pipeline.role.clone());
        Self { pipeline, record, is_settled: false }
    }
}

impl Drop for Account<'_> {
    fn drop(&mut self) {
        let record = &mut self.record;
        if !self.is_settled {
            // The time to drain is over, unless the mistake is ours.
            let code = if std::thread::panicking() { Code::InternalError } else { Code::Draining };
            record.refusal = Some(code.name());
            record.outcome = if record.attempts == 0 { Outcome::Refused } else { Outcome::Truncated };
        }
        self.pipeline.write_down(record);
    }
}

impl Pipeline {
    /// Counts a request that has ended, and writes its access line.
    fn write_down(&self, record: &Record) {
        let ended = self.worker.clock.boot();
        self.worker.metrics.count(record, ended);
        if let Some(access) = &self.worker.access {
            access.add(record, ended);
        }
    }

    /// The route. `upload` becomes the request's body once anything of it may be taken.
    async fn forward(
        &self,
        caller: &mut Caller,
        upload: &mut Option<Upload>,
        record: &mut Record,
    ) -> Result<Next, Stop> {
        // Classify, endpoint, policy: as far as the head tells.
        if caller.head.wants_tunnel() {
            record.method = Method::CONNECT;
        }
        let method = caller.head.method().ok_or_else(|| refuse::method(&caller.head))?;
        record.method = method.name();
        refuse_browsers(&caller.head)?;
        let mut prepared = self.prepare(&caller.head, None, record)?;
        permit(&prepared.plan, &prepared.endpoint)?;
        // The clocks are read anew only behind something that took time.
        let mut now = record.begun;
        let begun = Upload::begin(&caller.head, prepared.plan.body.dechunked());
        let upload = upload.insert(begun.map_err(|fault| Failure::Body(BodyFault::Malformed(fault)))?);

        // A body that is held and not waited for is read first: what a form says is judged before a credential is asked
        // for. A caller that waits for `100 Continue` gets it when nothing but its body is missing.
        let waits = caller.head.expects_continue();
        let holds = prepared.plan.body.holds();
        let mut held = None;
        if holds && !waits {
            held = Some(self.hold(caller, upload, &prepared).await?);
            prepared = self.prepare(&caller.head, held.as_ref(), record)?;
            permit(&prepared.plan, &prepared.endpoint)?;
            now = self.worker.clock.now();
        }
        let mut credential = self.credential(caller, &prepared, &mut now).await?;
        if holds && waits {
            let told = caller.write(b"HTTP/1.1 100 Continue\r\n\r\n", self.worker.body_idle_timeout).await;
            told.map_err(|_| Stop::CallerGone)?;
            held = Some(self.hold(caller, upload, &prepared).await?);
            prepared = self.prepare(&caller.head, held.as_ref(), record)?;
            permit(&prepared.plan, &prepared.endpoint)?;
            now = self.worker.clock.now();
            // The first may have ended while the body came; and what the form names may carry its own proof, or not.
            credential = self.credential(caller, &prepared, &mut now).await?;
        }
        let has_rest = held.is_some() && !upload.is_done();
        let exchange = Exchange {
            begun: now,
            signed_at: None,
            earlier: Vec::new(),
            prepared,
            credential,
            upload,
            held,
            has_rest,
        };
        self.carry(caller, exchange, record).await
    }

    /// Where the credential of a request lives: with the listener's role, but for products that take no role's.
    fn cell_of(&self, prepared: &Prepared) -> Result<&Arc<Cell>, Refusal> {
        let endpoint = &prepared.endpoint;
        match prepared.plan.call.scheme {
            Some(Scheme::ApiKey) => self.worker.keys.of_model_studio(endpoint).ok_or_else(|| {
                Refusal::new(
                    Code::NoCredentials,
                    format!("no key of Model Studio is set that opens {}", endpoint.host()),
                    "set DASHSCOPE_API_KEY, or name the key's file in a table [keys.NAME] with product = \"dashscope\"",
                )
            }),
            Some(Scheme::ApiGateway | Scheme::Dataplus) => {
                let keys = self.worker.own_hosts.keys(endpoint).and_then(|name| self.worker.keys.named(name));
                keys.ok_or_else(|| {
                    Refusal::new(
                        Code::NoCredentials,
                        format!("no keys are set for {}", endpoint.host()),
                        "name them in its row of [hosts], and their file in a table [keys.NAME]",
                    )
                })
            }
            _ => Ok(&self.cell),
        }
    }

    /// The credential to sign with: a live one, or one that is waited for as long as its life's rules say. `None`: the
    /// request carries its own proof.
    async fn credential(
        &self,
        caller: &Caller,
        prepared: &Prepared,
        now: &mut Now,
    ) -> Result<Option<Arc<Credential>>, Refusal> {
        if !prepared.plan.needs_credential {
            return Ok(None);
        }
        let cell = self.cell_of(prepared)?;
        if let Some(credential) = cell.live(now) {
            return Ok(Some(credential));
        }
        let fetched = tokio::select! {
            biased;
            fetched = cell.wait() => fetched.map_err(|missing| no_credential(&missing))?,
            () = caller.over() => return Err(ending()),
        };
        *now = self.worker.clock.now();
        Ok(Some(fetched))
    }

    /// The time as the cloud sees it.
    fn unix_seconds(&self, now: &Now) -> i64 {
        let ours = i64::try_from(now.wall.as_secs()).unwrap_or(i64::MAX);
        ours.saturating_add(self.worker.skew.load(Ordering::Relaxed))
    }

    /// The time as the cloud sees it, and a nonce: new ones for every attempt.
    fn moment(&self, now: &Now) -> Moment {
        let mut moment = self.worker.clock.moment_at(now);
        moment.unix_seconds = moment.unix_seconds.saturating_add(self.worker.skew.load(Ordering::Relaxed));
        moment
    }
}

fn no_credential(missing: &NoCredential) -> Refusal {
    let code = match missing {
        NoCredential::Unavailable { .. } => Code::CredentialsUnavailable,
        NoCredential::Refused { .. } => Code::CredentialsRefused,
        NoCredential::LoginRequired { .. } => Code::LoginRequired,
        NoCredential::NoSource { .. } => Code::NoCredentials,
    };
    let refusal = Refusal::new(code, missing.to_string(), "");
    match missing.retry_after() {
        Some(after) => refusal.retry_after(after),
        None => refusal,
    }
}

#[cfg(test)]
mod tests;
