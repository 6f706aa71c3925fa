//! Binds the listeners, and says which setting to change where one cannot be.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use super::worker::{Door, Plan};
use super::{StartError, vending};
use crate::accept::{self, BindError};
use crate::classify::Listener;
use crate::clock::Clock;
use crate::config::{self, Settings, check_directory};
use crate::names::METADATA;

/// Why an address could not be bound, and how to have another.
#[derive(Debug)]
pub struct Unbound {
    error: BindError,
    advice: String,
}

impl Unbound {
    /// `keys`: what sets the address.
    fn new(error: BindError, address: &config::Address, keys: &str) -> Self {
        let kind = error.source().and_then(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
        let advice = match (kind, address) {
            // These end with advice of their own, which only lacks the name of what to change.
            (Some(io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied), _) => format!(" ({keys})"),
            (Some(io::ErrorKind::AddrNotAvailable), config::Address::Tcp(address))
                if address.ip() == METADATA =>
            {
                format!("; `ip address add {METADATA}/32 dev lo` gives this machine the address ({keys})")
            }
            (_, config::Address::Unix(path)) => {
                let directory = path.parent().map(check_directory);
                match directory {
                    Some(Err(text)) => format!("; {text} ({keys})"),
                    _ => format!("; choose another path ({keys})"),
                }
            }
            (_, config::Address::Tcp(_)) => format!("; choose another address ({keys})"),
        };
        Self { error, advice }
    }
}

impl fmt::Display for Unbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.error, self.advice)
    }
}

impl Error for Unbound {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.error)
    }
}

/// One listener of the settings, bound once a worker.
pub(super) struct Bound {
    pub(super) address: Option<SocketAddr>,
    index: usize,
    listeners: Vec<accept::Listening>,
}

impl Bound {
    /// One worker's share.
    pub(super) fn door(&mut self, plan: &Plan) -> Option<Door> {
        let listen = plan.settings.listen.get(self.index)?;
        let pinned = *plan.pinned.get(self.index)?;
        let own = match self.address {
            Some(address) => {
                let port = address.port();
                vec![
                    format!("127.0.0.1:{port}"),
                    format!("localhost:{port}"),
                    format!("[::1]:{port}"),
                    address.to_string(),
                ]
            }
            None => vec!["localhost".to_owned(), String::new()],
        };
        Some(Door {
            listening: self.listeners.pop()?,
            listener: Listener { own, pinned: pinned.map(|pinned| pinned.host().as_str().to_owned()) },
            pinned,
            role: listen.role.clone(),
            cell: Arc::clone(plan.credentials.cell(&listen.role)?),
        })
    }
}

/// Every place that is listened at, bound.
pub(super) struct Places {
    pub(super) workers: usize,
    /// By listener of the settings.
    pub(super) bound: Vec<Bound>,
    pub(super) admin: (TcpListener, SocketAddr),
    pub(super) desks: Vec<vending::Bound>,
}

impl Places {
    /// Where the listeners are. A unix socket has no such address.
    pub(super) fn addresses(&self) -> Vec<Option<SocketAddr>> {
        self.bound.iter().map(|door| door.address).collect()
    }

    /// Where the desks are.
    pub(super) fn vending(&self) -> Vec<Option<SocketAddr>> {
        self.desks.iter().map(|desk| desk.address).collect()
    }

    /// What must not be dialled: it is this process.
    pub(super) fn own(&self) -> Vec<SocketAddr> {
        self.addresses().into_iter().chain(self.vending()).flatten().chain([self.admin.1]).collect()
    }
}

/// Binds everything that the settings name.
pub(super) fn all(settings: &Settings, clock: &dyn Clock) -> Result<Places, StartError> {
    let (workers, bound) = listeners(settings)?;
    Ok(Places { workers, bound, admin: admin(settings)?, desks: vending::listeners(settings, clock)? })
}

/// Every listener of the settings.
fn listeners(settings: &Settings) -> Result<(usize, Vec<Bound>), StartError> {
    let workers = settings.workers.max(1);
    let mut bound = Vec::new();
    for (index, listen) in settings.listen.iter().enumerate() {
        let listeners = bind(&listen.address, workers, "`--listen` or `[[listen]]`")?;
        let address = listeners.first().map_or(Ok(None), accept::Listening::local_address);
        bound.push(Bound { address: address.map_err(StartError::System)?, index, listeners });
    }
    Ok((workers, bound))
}

/// The listener for health and metrics.
fn admin(settings: &Settings) -> Result<(TcpListener, SocketAddr), StartError> {
    let listeners = bind(&settings.admin.address, 1, "`--admin` or `admin.address`")?;
    match listeners.into_iter().next() {
        Some(accept::Listening::Tcp(listener)) => {
            let address = listener.local_addr().map_err(StartError::System)?;
            Ok((listener, address))
        }
        // The settings take no other for it.
        _ => Err(StartError::System(io::ErrorKind::Unsupported.into())),
    }
}

/// One listener of `[[vend]]`. Whatever its address, only this machine reaches it.
pub(super) fn desk(address: &config::Address) -> Result<accept::Listening, StartError> {
    const KEYS: &str = "`[[vend]]`";
    if let config::Address::Tcp(wanted) = address
        && !wanted.ip().is_loopback()
    {
        let unbound = |error| StartError::Bind(Unbound::new(error, address, KEYS));
        return accept::bind_within(*wanted).map_err(unbound);
    }
    let listeners = bind(address, 1, KEYS)?;
    listeners.into_iter().next().ok_or_else(|| StartError::System(io::ErrorKind::Unsupported.into()))
}

fn bind(address: &config::Address, workers: usize, keys: &str) -> Result<Vec<accept::Listening>, StartError> {
    let wanted = match address {
        config::Address::Tcp(address) => accept::Address::Tcp(*address),
        config::Address::Unix(path) => accept::Address::Unix(path.clone()),
    };
    let unbound = |error| StartError::Bind(Unbound::new(error, address, keys));
    accept::bind(&wanted, workers).map_err(unbound)
}
