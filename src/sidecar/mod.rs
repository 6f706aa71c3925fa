//! Builds the parts from the settings, starts them, and drains them.

mod bind;
mod check;
mod keys;
mod observer;
mod offline;
mod parts;
mod programs;
mod state;
mod vending;
mod worker;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, timeout, timeout_at};

use crate::accept::Phase;
use crate::admin;
use crate::carry::OwnCalls;
use crate::clock::{Clock, SystemClock};
use crate::config::{Problem, Ready, Settings};
use crate::credential::{Credentials, DMI, DayKeys, Keys, Surroundings};
use crate::names::RoleName;
use crate::telemetry::{LAST_LINES, Metrics};
use crate::upstream::{Connections, Dial, Dialler, Egress, Resolve, SystemResolver, Trust};
pub use bind::Unbound;
use check::{Table, checked, problems_of_roles};
pub use check::{mistakes, unwritable, warnings};
pub use offline::{
    SigningRules, calls_alone, credentials_alone, exchange_assertion, proofs_alone, sessions, vended_alone,
};
use parts::Parts;
use state::Report;
use vending::Desks;
pub use worker::line_format;
use worker::{Door, Plan};

/// What is kept of the time to drain, if it is long enough, for cutting what is not answered and for writing that down.
const LAST_MOMENTS: Duration = Duration::from_secs(1);
/// How long cutting may take: twice what connections are given for their last words.
const CUTTING: Duration = Duration::from_millis(200);
/// How long the end waits for whoever takes access lines: however late it is, and however early.
const LEAST: Duration = Duration::from_millis(50);
const MOST: Duration = Duration::from_millis(500);

/// What a sidecar is started with.
pub struct Setup {
    /// The settings, without a mistake of form.
    pub settings: Settings,
    /// The environment: the SDKs' variables are read from it, and nothing else.
    pub environment: BTreeMap<String, String>,
    /// Time and randomness.
    pub clock: Arc<dyn Clock>,
    /// Where every endpoint is dialled instead: the sandbox. Every tenant is then allowed.
    pub elsewhere: Option<Dial>,
    /// Whom names of the cloud are looked up with.
    pub resolver: Arc<dyn Resolve>,
}

impl Setup {
    /// On the machine's own clock and by its resolver, with every endpoint at its own place.
    pub fn new(settings: Settings, environment: BTreeMap<String, String>) -> Self {
        let resolver = Arc::new(SystemResolver::default());
        Self { settings, environment, clock: Arc::new(SystemClock), elsewhere: None, resolver }
    }
}

impl fmt::Debug for Setup {
    /// Never the environment: it may hold an AccessKey's secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { settings, environment, clock, elsewhere, resolver } = self;
        f.debug_struct("Setup")
            .field("settings", settings)
            .field("environment", &format_args!("{} variables", environment.len()))
            .field("clock", clock)
            .field("elsewhere", elsewhere)
            .field("resolver", resolver)
            .finish()
    }
}

/// Why it did not start.
#[derive(Debug)]
pub enum StartError {
    /// The settings contradict the endpoint table, or each other.
    Settings(Vec<Problem>),
    /// An address could not be bound.
    Bind(Unbound),
    /// A thread or a file could not be had.
    System(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settings(problems) => {
                for (index, problem) in problems.iter().enumerate() {
                    write!(f, "{}{problem}", if index == 0 { "" } else { "\n" })?;
                }
                Ok(())
            }
            Self::Bind(error) => write!(f, "{error}"),
            Self::System(error) => write!(f, "cannot start: {error}"),
        }
    }
}

impl std::error::Error for StartError {}

/// A sidecar that serves.
#[derive(Debug)]
pub struct Sidecar {
    /// Where its listeners are, in the order of the settings. A unix socket has no such address.
    pub addresses: Vec<Option<SocketAddr>>,
    /// Where its admin listener is.
    pub admin: SocketAddr,
    /// Where its desks are, in the order of the settings: credentials are handed out there.
    pub vending: Vec<Option<SocketAddr>>,
    /// The roles and their credentials.
    pub credentials: Arc<Credentials>,
    phase: watch::Sender<Phase>,
    report: Arc<Report>,
    serving: JoinSet<io::Result<()>>,
    desks: Desks,
    /// One a further worker; it is told when that one has ended as it should.
    ended: Vec<oneshot::Receiver<()>>,
    admin_task: JoinHandle<io::Result<()>>,
}

impl Sidecar {
    /// Binds everything, then serves on the current runtime, and on further threads if there is to be more than one worker.
    pub async fn start(setup: Setup) -> Result<Self, StartError> {
        let Setup { settings, environment, clock, elsewhere, resolver } = setup;
        let known = offline::known(&settings, environment);
        let parts = checked(&settings, &known.0, elsewhere.as_ref()).map_err(StartError::Settings)?;
        let places = bind::all(&settings, &*clock)?;
        let (addresses, vending, own) = (places.addresses(), places.vending(), places.own());
        let bind::Places { workers, mut bound, admin: (admin_listener, admin), desks } = places;
        let Parts { tenants, rules, routes, trust, pinned } = parts;
        let SigningRules { own_hosts, upgrades, oss_v1 } = rules;
        let dialler = Arc::new(Dialler::new(routes, resolver, Egress::new(own)));
        // Only now, since fetching starts at once.
        let (credentials, keys) = proofs(&settings, &surroundings((&dialler, trust), known, &clock))?;
        let access = worker::access_writer(&settings).map_err(StartError::System)?;
        let metrics = Arc::new(Metrics::default());
        let connections = Arc::new(Connections::default());
        let (phase, seen_phase) = watch::channel(Phase::Serving);
        let tally = Arc::default();
        let desks = Desks::open(desks, &credentials, &clock, &tally);
        let report = Arc::new(Report {
            credentials: Arc::clone(&credentials),
            required: required(&settings),
            clock: Arc::clone(&clock),
            metrics: Arc::clone(&metrics),
            access: access.clone(),
            connections: Arc::clone(&connections),
            tally,
            is_draining: AtomicBool::new(false),
        });
        let plan = Arc::new(Plan {
            tenants,
            own_hosts: Arc::new(own_hosts),
            pinned,
            upgrades,
            oss_v1,
            dialler,
            credentials: Arc::clone(&credentials),
            day_keys: DayKeys::new(),
            keys,
            clock,
            metrics,
            access,
            connections,
            skew: Arc::default(),
            held: Arc::default(),
            open: Arc::default(),
            phase: seen_phase,
            settings,
        });
        let (serving, ended) = spawn_workers(workers, &plan, &mut bound).map_err(StartError::System)?;
        let admin_task =
            tokio::spawn(admin::serve(admin_listener, Arc::clone(&report) as Arc<dyn admin::State>));
        Ok(Self { addresses, admin, vending, credentials, phase, report, serving, desks, ended, admin_task })
    }

    /// Ends only when serving does: when a listener fails.
    pub async fn failed(&mut self) -> io::Error {
        let served = tokio::select! {
            served = self.serving.join_next() => served,
            error = self.desks.failed() => return error,
        };
        match served {
            Some(Ok(Err(error))) => error,
            Some(Err(error)) => io::Error::other(error),
            Some(Ok(Ok(()))) | None => io::Error::other("the listeners have stopped"),
        }
    }

    /// Takes no more connections, answers every request that has begun, and returns whether all were answered in time. What
    /// is not is cut and written down in the last moments of `limit`, of which the log is left its own.
    pub async fn drain(mut self, limit: Duration) -> bool {
        self.report.is_draining.store(true, Ordering::Relaxed);
        // Nobody listening means that nobody is left to be told.
        let _ = self.phase.send(Phase::Draining);
        let ended = std::mem::take(&mut self.ended);
        // No thread is joined: one that joins cannot be given up, and would hold the process past its deadline.
        let desks = self.desks;
        let mut all = pin!(async {
            desks.close().await;
            while self.serving.join_next().await.is_some() {}
            let mut is_clean = true;
            for worker in ended {
                is_clean &= worker.await.is_ok();
            }
            is_clean
        });
        let end = Instant::now() + limit;
        let is_clean = match timeout_at(end - (limit / 5).min(LAST_MOMENTS), &mut all).await {
            Ok(is_clean) => is_clean,
            Err(_) => {
                let _ = self.phase.send(Phase::Over);
                // A worker that hangs is not waited for.
                let _ = timeout(CUTTING, all).await;
                false
            }
        };
        if let Some(access) = self.report.access.clone() {
            // Lines that nobody takes do not make the drain any less clean: they are counted among the dropped.
            let left = (end - LAST_LINES).saturating_duration_since(Instant::now()).clamp(LEAST, MOST);
            let finishing = tokio::task::spawn_blocking(move || access.finish(left));
            // It may have to wait for a thread: name look-ups that hang can hold them all.
            let _ = timeout(left + LEAST, finishing).await;
        }
        self.admin_task.abort();
        is_clean
    }
}

/// What requests prove themselves with: the roles' credentials, and the keys of products that take none of those.
fn proofs(
    settings: &Settings,
    surroundings: &Surroundings,
) -> Result<(Arc<Credentials>, Arc<Keys>), StartError> {
    let credentials = credentials(settings, surroundings).map_err(StartError::Settings)?;
    let keys = Keys::new(&keys::configs(settings), surroundings);
    Ok((Arc::new(credentials), Arc::new(keys)))
}

fn required(settings: &Settings) -> BTreeSet<RoleName> {
    let roles =
        settings.roles.iter().filter(|(_, role)| role.required && settings.admin.ready == Ready::Credentials);
    roles.map(|(name, _)| name.clone()).collect()
}

fn credentials(settings: &Settings, surroundings: &Surroundings) -> Result<Credentials, Vec<Problem>> {
    Credentials::new(&parts::roles(settings), &(Arc::new(Table::of(settings)) as _), surroundings)
        .map_err(|mistakes| problems_of_roles(settings, &mistakes))
}

fn surroundings(
    (dialler, trust): (&Arc<Dialler>, Trust),
    (variables, logins, programs): offline::Known,
    clock: &Arc<dyn Clock>,
) -> Surroundings {
    Surroundings {
        variables,
        logins,
        carry: Arc::new(OwnCalls::new(Arc::clone(dialler), trust)),
        launch: Arc::new(programs),
        clock: Arc::clone(clock),
        dmi: DMI.into(),
        observer: Arc::new(observer::Log),
        asks_whose: true,
        runtime: Handle::current(),
    }
}

/// The first worker on this runtime, and what tells when each further one has ended.
type Workers = (JoinSet<io::Result<()>>, Vec<oneshot::Receiver<()>>);

fn spawn_workers(workers: usize, plan: &Arc<Plan>, bound: &mut [bind::Bound]) -> io::Result<Workers> {
    let (mut serving, mut ended) = (JoinSet::new(), Vec::new());
    for index in 0..workers {
        let doors: Vec<Door> = bound.iter_mut().filter_map(|bound| bound.door(plan)).collect();
        let plan = Arc::clone(plan);
        if index == 0 {
            serving.spawn(async move { plan.serve(doors).await });
        } else {
            ended.push(spawn_worker(index, plan, doors)?);
        }
    }
    Ok((serving, ended))
}

fn spawn_worker(index: usize, plan: Arc<Plan>, doors: Vec<Door>) -> io::Result<oneshot::Receiver<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (end, ended) = oneshot::channel();
    thread::Builder::new().name(format!("worker-{index}")).spawn(move || {
        match runtime.block_on(plan.serve(doors)) {
            // The sidecar may be gone without having been drained.
            Ok(()) => drop(end.send(())),
            Err(error) => {
                tracing::error!(%error, "a worker has stopped");
                drop(end);
            }
        }
        // A name look-up that hangs is not waited for.
        runtime.shutdown_background();
    })?;
    Ok(ended)
}
