//! One worker: a thread with a runtime, its own pool, its own listeners, and nothing that it would have to wait for
//! another one to let go.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::atomic::{AtomicI64, AtomicUsize};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;

use crate::accept::{self, Limits, Listening, Phase, Shared};
use crate::buffers::Buffers;
use crate::classify::Listener;
use crate::clock::Clock;
use crate::config::{Access, LogFormat, Settings};
use crate::credential::{Cell, Credentials, DayKeys, Keys};
use crate::endpoint::{OwnHosts, Tenants};
use crate::names::{Endpoint, RoleName};
use crate::pipeline::{HeldBodies, Pipeline, Scratch, Seen, Seldom, Worker};
use crate::telemetry::{AccessWriter, FLUSH_EVERY, Format, Metrics};
use crate::upstream::{Connections, Dialler, Timeouts, Upstream};
use crate::wire::HeadLimits;

/// How often a worker closes connections that have idled too long.
const SWEEP_EVERY: Duration = Duration::from_secs(10);

/// What all workers are built from.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) settings: Settings,
    pub(super) tenants: Arc<Tenants>,
    pub(super) own_hosts: Arc<OwnHosts>,
    /// By listener: the endpoint of a pinned one.
    pub(super) pinned: Vec<Option<Endpoint>>,
    pub(super) upgrades: HashSet<String>,
    pub(super) oss_v1: bool,
    pub(super) dialler: Arc<Dialler>,
    pub(super) credentials: Arc<Credentials>,
    pub(super) day_keys: DayKeys,
    pub(super) keys: Arc<Keys>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) access: Option<Arc<AccessWriter>>,
    pub(super) connections: Arc<Connections>,
    pub(super) skew: Arc<AtomicI64>,
    pub(super) held: Arc<AtomicUsize>,
    pub(super) open: Arc<AtomicUsize>,
    pub(super) phase: watch::Receiver<Phase>,
}

/// One worker's share of a listener.
#[derive(Debug)]
pub(super) struct Door {
    pub(super) listening: Listening,
    pub(super) listener: Listener,
    pub(super) pinned: Option<Endpoint>,
    pub(super) role: RoleName,
    pub(super) cell: Arc<Cell>,
}

impl Plan {
    fn worker(&self) -> Worker {
        let settings = &self.settings;
        let timeouts = Timeouts {
            connect: settings.upstream.connect_timeout,
            head: settings.upstream.head_timeout,
            idle: settings.upstream.idle_timeout,
            body_idle: settings.limits.body_idle_timeout,
        };
        Worker {
            upstream: Upstream::new(
                Arc::clone(&self.dialler),
                timeouts,
                Arc::clone(&self.connections),
                settings.limits.connections,
            ),
            tenants: Arc::clone(&self.tenants),
            own_hosts: Arc::clone(&self.own_hosts),
            seen: Seen::default(),
            upgrades: HashSet::clone(&self.upgrades),
            oss_v1: self.oss_v1,
            clock: Arc::clone(&self.clock),
            skew: Arc::clone(&self.skew),
            day_keys: self.day_keys.clone(),
            keys: Arc::clone(&self.keys),
            held: HeldBodies {
                each: settings.limits.held_body_bytes,
                all: settings.limits.held_bodies_bytes,
                now: Arc::clone(&self.held),
            },
            body_idle_timeout: settings.limits.body_idle_timeout,
            buffers: Arc::new(Buffers::default()),
            metrics: self.metrics.shard(),
            access: self.access.as_ref().map(|access| access.log()),
            scratch: Mutex::new(Scratch::default()),
            mismatches: Seldom::default(),
        }
    }

    /// Serves until the drain, and until the last connection has ended after it.
    pub(super) async fn serve(&self, doors: Vec<Door>) -> io::Result<()> {
        let worker = Arc::new(self.worker());
        let limits = &self.settings.limits;
        let shared = Shared {
            limits: Limits {
                head: HeadLimits { head: limits.head_bytes, headers: limits.headers, uri: limits.uri_bytes },
                connections: limits.connections,
                first_byte_timeout: limits.first_byte_timeout,
                head_timeout: limits.head_timeout,
                keep_alive_timeout: limits.keep_alive_timeout,
            },
            buffers: Arc::clone(&worker.buffers),
            open: Arc::clone(&self.open),
            phase: self.phase.clone(),
        };
        let chores = tokio::spawn(chores(Arc::clone(&worker), self.access.clone()));
        let mut serving = tokio::task::JoinSet::new();
        let answering = Arc::new(accept::Answering::default());
        for Door { listening, listener, pinned, role, cell } in doors {
            let worker = Arc::clone(&worker);
            let pipeline = Arc::new(Pipeline { listener, pinned, role, cell, worker });
            serving.spawn(accept::serve(listening, (pipeline, Arc::clone(&answering)), shared.clone()));
        }
        while let Some(served) = serving.join_next().await {
            served.map_err(io::Error::other)??;
        }
        chores.abort();
        Ok(())
    }
}

/// What a worker does now and then.
async fn chores(worker: Arc<Worker>, access: Option<Arc<AccessWriter>>) {
    let mut flush = tokio::time::interval(FLUSH_EVERY);
    let mut sweep = tokio::time::interval(SWEEP_EVERY);
    loop {
        tokio::select! {
            _ = flush.tick() => if let Some(log) = &worker.access {
                // What there is no room for stays, and is handed over later.
                log.flush();
            },
            _ = sweep.tick() => {
                worker.upstream.sweep();
                // Whichever worker is first tells.
                if let Some(count) = access.as_ref().and_then(|access| access.newly_dropped()) {
                    tracing::warn!(count, "access lines were dropped: nobody took them in time, or they could not be written");
                }
            }
        }
    }
}

/// The one place that writes access lines, if any are to be written.
pub(super) fn access_writer(settings: &Settings) -> io::Result<Option<Arc<AccessWriter>>> {
    let sink: Box<dyn Write + Send> = match &settings.log.access {
        Access::Off => return Ok(None),
        // Without the standard library's buffer, which would keep half of what a full pipe did not take.
        Access::Stdout => Box::new(File::from(io::stdout().as_fd().try_clone_to_owned()?)),
        Access::File(path) => {
            // A pipe that nobody reads yet is an error, and not a start that hangs.
            let flags = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or(0);
            let opened = OpenOptions::new().create(true).append(true).custom_flags(flags).open(path);
            let named = |error: io::Error| {
                let text = format!("`log.access`: {} cannot be opened: {error}", path.display());
                io::Error::new(error.kind(), text)
            };
            Box::new(opened.map_err(named)?)
        }
    };
    let is_terminal = settings.log.access == Access::Stdout && io::stdout().is_terminal();
    let writer = AccessWriter::start(line_format(settings.log.format, is_terminal), sink)?;
    Ok(Some(Arc::new(writer)))
}

/// `auto` is text for people at a terminal and JSON for everything else.
pub const fn line_format(format: LogFormat, is_terminal: bool) -> Format {
    match (format, is_terminal) {
        (LogFormat::Text, _) | (LogFormat::Auto, true) => Format::Text,
        (LogFormat::Json, _) | (LogFormat::Auto, false) => Format::Json,
    }
}
