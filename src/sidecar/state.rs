//! What the admin listener reports: readiness by role, and every metric.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::admin::State;
use crate::clock::Clock;
use crate::credential::Credentials;
use crate::names::RoleName;
use crate::telemetry::{AccessWriter, Metrics};
use crate::upstream::Connections;
use crate::vend::Tally;

/// Everything that there is to report on.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) credentials: Arc<Credentials>,
    /// The roles that `/readyz` waits for. Empty under `admin.ready = "config"`.
    pub(super) required: BTreeSet<RoleName>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) access: Option<Arc<AccessWriter>>,
    pub(super) connections: Arc<Connections>,
    pub(super) tally: Arc<Tally>,
    pub(super) is_draining: AtomicBool,
}

impl State for Report {
    fn readiness(&self) -> (bool, String) {
        if self.is_draining.load(Ordering::Relaxed) {
            return (false, "draining\n".to_owned());
        }
        let now = self.clock.now();
        let (mut is_ready, mut text) = (true, String::new());
        for (role, cell) in self.credentials.iter() {
            let status = cell.status(&now);
            if status.live.is_some() {
                continue;
            }
            let is_required = self.required.contains(role);
            is_ready &= !is_required;
            let kind = if is_required { "required" } else { "not required" };
            let _ = match status.failure {
                Some(failure) => writeln!(text, "role {role} ({kind}): no live credential: {failure}"),
                None => writeln!(text, "role {role} ({kind}): no live credential yet"),
            };
        }
        text.insert_str(0, if is_ready { "ready\n" } else { "not ready\n" });
        (is_ready, text)
    }

    fn metrics(&self) -> String {
        let mut out = String::with_capacity(8 * 1024);
        self.metrics.render(&mut out);
        let now = self.clock.now();
        out.push_str(
            "# HELP countersign_credential_expiry_timestamp_seconds When the role's credential ends.\n\
             # TYPE countersign_credential_expiry_timestamp_seconds gauge\n",
        );
        let mut refreshes = String::new();
        for (role, cell) in self.credentials.iter() {
            let status = cell.status(&now);
            let expires_at = status.live.and_then(|credential| credential.expires_at());
            if let Some(expires_at) = expires_at {
                let seconds = expires_at.as_secs();
                let _ = writeln!(
                    out,
                    "countersign_credential_expiry_timestamp_seconds{{role=\"{role}\"}} {seconds}"
                );
            }
            for (outcome, count) in [("fetched", status.refreshed), ("failed", status.failed)] {
                let labels = format!("role=\"{role}\",outcome=\"{outcome}\"");
                let _ = writeln!(refreshes, "countersign_credential_refresh_total{{{labels}}} {count}");
            }
        }
        out.push_str(
            "# HELP countersign_credential_refresh_total Attempts to fetch a credential.\n\
             # TYPE countersign_credential_refresh_total counter\n",
        );
        out.push_str(&refreshes);
        out.push_str(
            "# HELP countersign_vended_total Requests for a credential itself, by who asks and what became of it.\n\
             # TYPE countersign_vended_total counter\n",
        );
        for (kind, outcome, count) in self.tally.counts() {
            let _ =
                writeln!(out, "countersign_vended_total{{kind=\"{kind}\",outcome=\"{outcome}\"}} {count}");
        }
        let dropped = self.access.as_ref().map_or(0, |access| access.dropped());
        let opened = self.connections.opened.load(Ordering::Relaxed);
        let open = self.connections.open.load(Ordering::Relaxed);
        let _ = write!(
            out,
            "# HELP countersign_access_lines_dropped_total Access lines that nobody took in time, or that could not be written.\n\
             # TYPE countersign_access_lines_dropped_total counter\n\
             countersign_access_lines_dropped_total {dropped}\n\
             # HELP countersign_upstream_connections_total Connections made to endpoints.\n\
             # TYPE countersign_upstream_connections_total counter\n\
             countersign_upstream_connections_total {opened}\n\
             # HELP countersign_upstream_connections_open Connections to endpoints that are open.\n\
             # TYPE countersign_upstream_connections_open gauge\n\
             countersign_upstream_connections_open {open}\n\
             # HELP countersign_build_info The version, as a label.\n\
             # TYPE countersign_build_info gauge\n\
             countersign_build_info{{version=\"{}\"}} 1\n",
            env!("CARGO_PKG_VERSION"),
        );
        out
    }
}
