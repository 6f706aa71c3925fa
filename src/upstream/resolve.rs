//! Name resolution: a seam, and the system's own behind it.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, watch};

/// The addresses of a name, or why there are none.
pub type Resolving = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Finds the addresses of a name. What it says is not trusted: see [`Egress`](super::Egress).
pub trait Resolve: fmt::Debug + Send + Sync {
    /// The addresses of `name`, best first. Asked anew for each connection, so that a change is noticed.
    fn resolve(&self, name: &str) -> Resolving;
}

/// The system's resolver: its files, name servers and order of addresses.
#[derive(Clone)]
pub struct SystemResolver {
    under_way: Arc<UnderWay>,
    look_up: fn(&str) -> io::Result<Vec<IpAddr>>,
}

/// What a look-up found. An error is shared, and so it is taken apart.
type Found = Result<Vec<IpAddr>, (io::ErrorKind, String)>;

/// The look-ups that somebody waits for, by name. Who asks for the same name waits for the same one.
#[derive(Default)]
struct UnderWay(Mutex<HashMap<String, watch::Receiver<Option<Found>>>>);

/// Look-ups that the system does at once. It cannot be made to give one up: each keeps its place until it ends, so that a
/// name server that says nothing takes no more threads than these.
static LOOK_UPS: Semaphore = Semaphore::const_new(32);

impl Default for SystemResolver {
    fn default() -> Self {
        Self { under_way: Arc::default(), look_up: by_the_system }
    }
}

impl fmt::Debug for SystemResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SystemResolver")
    }
}

fn by_the_system(name: &str) -> io::Result<Vec<IpAddr>> {
    Ok((name, 0).to_socket_addrs()?.map(|address| address.ip()).collect())
}

impl UnderWay {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, watch::Receiver<Option<Found>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a name out of the list, whatever becomes of its look-up.
struct Entry(Arc<UnderWay>, String);

impl Drop for Entry {
    fn drop(&mut self) {
        self.0.lock().remove(&self.1);
    }
}

impl SystemResolver {
    fn ask(&self, name: &str) -> watch::Receiver<Option<Found>> {
        let mut under_way = self.under_way.lock();
        if let Some(asked) = under_way.get(name) {
            return asked.clone();
        }
        let (told, asked) = watch::channel(None);
        under_way.insert(name.to_owned(), asked.clone());
        let (entry, look_up) = (Entry(Arc::clone(&self.under_way), name.to_owned()), self.look_up);
        // Goes on when the first who asked has lost patience: others may have more.
        tokio::spawn(async move {
            let Ok(place) = LOOK_UPS.acquire().await else { return };
            let name = entry.1.clone();
            let looked = tokio::task::spawn_blocking(move || {
                let found = look_up(&name);
                drop(place);
                found
            });
            let found = looked.await.map_err(io::Error::other).flatten();
            // Before it is told: who asks from now on asks anew.
            drop(entry);
            told.send_replace(Some(found.map_err(|error| (error.kind(), error.to_string()))));
        });
        asked
    }
}

impl Resolve for SystemResolver {
    fn resolve(&self, name: &str) -> Resolving {
        let mut asked = self.ask(name);
        Box::pin(async move {
            let found = asked.wait_for(Option::is_some).await.map_err(io::Error::other)?;
            let found = found.clone().unwrap_or(Err((io::ErrorKind::NotFound, String::new())));
            found.map_err(|(kind, text)| io::Error::new(kind, text))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    static LOOKED: AtomicUsize = AtomicUsize::new(0);
    static GATE: Barrier = Barrier::new(2);

    fn counted(_: &str) -> io::Result<Vec<IpAddr>> {
        LOOKED.fetch_add(1, Ordering::SeqCst);
        GATE.wait();
        Ok(vec![[192, 0, 2, 1].into()])
    }

    #[tokio::test]
    async fn who_asks_for_a_name_that_is_being_looked_up_waits_for_the_same_answer() {
        let resolver = SystemResolver { look_up: counted, ..SystemResolver::default() };
        let asked: Vec<Resolving> = (0..40).map(|_| resolver.resolve("one.test")).collect();
        // Whoever has no patience takes nothing from the others.
        let mut asked = asked.into_iter();
        drop(asked.next());
        while LOOKED.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        GATE.wait();
        for resolving in asked {
            assert_eq!(resolving.await.unwrap(), [IpAddr::from([192, 0, 2, 1])]);
        }
        assert_eq!(LOOKED.load(Ordering::SeqCst), 1);
        let again = resolver.resolve("one.test");
        tokio::task::spawn_blocking(|| GATE.wait()).await.unwrap();
        again.await.unwrap();
        assert_eq!(LOOKED.load(Ordering::SeqCst), 2, "an answer is not kept");
    }

    #[tokio::test]
    async fn the_system_knows_localhost_and_says_why_it_does_not_know_a_name() {
        let resolver = SystemResolver::default();
        assert!(resolver.resolve("localhost").await.unwrap().iter().all(IpAddr::is_loopback));
        assert!(!resolver.resolve("nowhere.invalid").await.unwrap_err().to_string().is_empty());
    }
}
