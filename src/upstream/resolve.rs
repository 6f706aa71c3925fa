//! Name resolution: a seam, and the system's own behind it.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::pin::Pin;

use tokio::sync::Semaphore;

/// The addresses of a name, or why there are none.
pub type Resolving = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Finds the addresses of a name. What it says is not trusted: see [`Egress`](super::Egress).
pub trait Resolve: fmt::Debug + Send + Sync {
    /// The addresses of `name`, best first. Asked anew for each connection, so that a change is noticed.
    fn resolve(&self, name: &str) -> Resolving;
}

/// The system's resolver: its files, name servers and order of addresses.
#[derive(Clone, Copy, Debug)]
pub struct SystemResolver;

/// Look-ups that are under way. The system's cannot be given up: each keeps its place until it ends, so that a name server
/// that says nothing takes no more threads than these.
static LOOK_UPS: Semaphore = Semaphore::const_new(32);

impl Resolve for SystemResolver {
    fn resolve(&self, name: &str) -> Resolving {
        let name = (name.to_owned(), 0);
        Box::pin(async move {
            let place = LOOK_UPS.acquire().await.map_err(io::Error::other)?;
            let looked = tokio::task::spawn_blocking(move || {
                let addresses = name.to_socket_addrs();
                drop(place);
                Ok(addresses?.map(|address| address.ip()).collect())
            });
            looked.await.map_err(io::Error::other)?
        })
    }
}
