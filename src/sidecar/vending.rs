//! The desks of `[[vend]]`: bound with the listeners, served from the start, and closed when the last request is answered.

use std::collections::BTreeSet;
use std::fs::Permissions;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::check::no_directory;
use super::{StartError, bind};
use crate::accept::{self, SocketFile};
use crate::clock::Clock;
use crate::config::{Address, Problem, RoleSource, Settings, Vend, VendWay};
use crate::credential::{Credentials, DURATION};
use crate::names::RoleName;
use crate::vend::{self, Desk, Kind, Metadata, Process, Tally, Uri, Way};

/// One `[[vend]]`, bound.
pub(super) struct Bound {
    pub(super) address: Option<SocketAddr>,
    way: Way,
    role: RoleName,
    listening: vend::Listening,
    file: Option<SocketFile>,
}

/// Every `[[vend]]` of the settings.
pub(super) fn listeners(settings: &Settings, clock: &dyn Clock) -> Result<Vec<Bound>, StartError> {
    settings.vend.iter().map(|vend| bound(vend, clock)).collect()
}

fn bound(vend: &Vend, clock: &dyn Clock) -> Result<Bound, StartError> {
    let listening = bind::desk(&vend.address)?;
    let address = listening.local_address().map_err(StartError::System)?;
    let (listening, file) = match listening {
        accept::Listening::Tcp(listener) => (vend::Listening::Tcp(listener), None),
        accept::Listening::Unix(listener, file) => (vend::Listening::Unix(listener), Some(file)),
    };
    let way = way(vend, address, clock)?;
    if let (Address::Unix(path), VendWay::Process { uids }) = (&vend.address, &vend.way)
        && !uids.is_empty()
    {
        // Who is listed may be of any group, so everybody may connect; the kernel says who it is.
        let mode = Permissions::from_mode(0o666);
        std::fs::set_permissions(path, mode).map_err(StartError::System)?;
    }
    Ok(Bound { address, way, role: vend.role.clone(), listening, file })
}

fn way(vend: &Vend, address: Option<SocketAddr>, clock: &dyn Clock) -> Result<Way, StartError> {
    // The settings take no other than TCP where an address is needed.
    let on_tcp = || address.ok_or_else(|| StartError::System(io::ErrorKind::Unsupported.into()));
    Ok(match &vend.way {
        VendWay::Uri { path_file } => {
            let uri = Uri::open(on_tcp()?, path_file.as_deref(), clock);
            Way::Uri(uri.map_err(|error| {
                let text = format!("`vend.path_file`: {error}");
                StartError::Settings(vec![Problem::new(&vend.origin, text)])
            })?)
        }
        VendWay::Metadata { allows_v1 } => {
            Way::Metadata(Metadata::new(on_tcp()?, *allows_v1, clock).map_err(StartError::System)?)
        }
        VendWay::Process { uids } => Way::Process(Process::new(uids.clone())),
    })
}

/// The desks that are open.
#[derive(Debug)]
pub(super) struct Desks {
    /// They close when it goes.
    stop: watch::Sender<()>,
    serving: JoinSet<io::Result<()>>,
}

impl Desks {
    /// Opens them on the current runtime.
    pub(super) fn open(
        bound: Vec<Bound>,
        credentials: &Credentials,
        clock: &Arc<dyn Clock>,
        tally: &Arc<Tally>,
    ) -> Self {
        let (stop, stopped) = watch::channel(());
        let mut serving = JoinSet::new();
        for Bound { way, role, listening, file, .. } in bound {
            // A role of the settings has its cell.
            let Some(cell) = credentials.cell(&role) else { continue };
            let whose = (role.clone(), Arc::clone(cell));
            let desk = Arc::new(Desk::new(way, whose, Arc::clone(clock), Arc::clone(tally)));
            let stopped = stopped.clone();
            serving.spawn(async move {
                let served = vend::serve(listening, desk, stopped).await;
                drop(file);
                served
            });
        }
        Self { stop, serving }
    }

    /// Ends only when a desk fails.
    pub(super) async fn failed(&mut self) -> io::Error {
        match self.serving.join_next().await {
            Some(Ok(Err(error))) => error,
            Some(Err(error)) => io::Error::other(error),
            Some(Ok(Ok(()))) => io::Error::other("a desk of [[vend]] has stopped"),
            None => std::future::pending().await,
        }
    }

    /// Closes them, and waits until what has begun is answered.
    pub(super) async fn close(mut self) {
        drop(self.stop);
        while self.serving.join_next().await.is_some() {}
    }
}

/// The roles whose credentials are handed out.
pub(super) fn roles(settings: &Settings) -> BTreeSet<&RoleName> {
    settings.vend.iter().map(|vend| &vend.role).collect()
}

/// What is no mistake of `[[vend]]`, and what somebody should know all the same.
pub(super) fn warnings(settings: &Settings) -> Vec<Problem> {
    let mut warnings = Vec::new();
    for (index, vend) in settings.vend.iter().enumerate() {
        let kind = match &vend.way {
            VendWay::Uri { path_file: None } => {
                let text =
                    "without `path_file`, each process that reaches the address is handed the credential";
                warnings.push(Problem::new(&vend.origin, format!("`vend[{index}]`: {text}")));
                Kind::Uri
            }
            VendWay::Uri { .. } => Kind::Uri,
            VendWay::Metadata { .. } => Kind::Metadata,
            VendWay::Process { .. } => Kind::Process,
        };
        warnings.extend(no_directory((&vend.address, &vend.origin), &format!("vend[{index}]")));
        let life = asked_life(settings, &vend.role);
        if let (Some(least), Some(life)) = (kind.least_life(), life)
            && life < least
        {
            let (role, life, least) = (&vend.role, life.as_secs(), least.as_secs());
            warnings.push(Problem::new(
                &vend.origin,
                format!(
                    "`vend[{index}]`: the credentials of role `{role}` live for {life} s; below {least} s, some SDKs that \
                     are handed one ask anew at each call: set a longer `duration`, which the RAM role must allow"
                ),
            ));
        }
    }
    warnings
}

/// How long the credential of a role is asked for. `None`: it comes as it is.
fn asked_life(settings: &Settings, name: &RoleName) -> Option<Duration> {
    let mut role = settings.roles.get(name)?;
    // A circle of roles is told of elsewhere, and must not hang here.
    for _ in 0..=settings.roles.len() {
        if let Some(last) = role.assume.last() {
            return Some(last.duration.or(role.duration).unwrap_or(DURATION));
        }
        match &role.source {
            RoleSource::Oidc => return Some(role.duration.unwrap_or(DURATION)),
            RoleSource::Role(inner) => role = settings.roles.get(inner)?,
            _ => return None,
        }
    }
    None
}
