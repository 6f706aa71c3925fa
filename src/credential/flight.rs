//! The task that fetches for one cell: does what the machine says, and tells it what came of it.

use std::sync::Arc;
use std::time::Duration;

use super::age::Life;
use super::cell::Shared;
use super::chance::Chance;
use super::credential::{Credential, Fetched};
use super::error::FetchError;
use super::refused::Class;
use super::source::Source;
use super::state::{Brought, Ended, Event, Then};
use super::sync::{JoinSet, sleep, timeout};

/// How long a look at the source's file may take.
const MARK_TIMEOUT: Duration = Duration::from_secs(1);

/// Runs until it is aborted.
pub(super) async fn fly(shared: Arc<Shared>) {
    let mut event = Event::Woken;
    loop {
        event = match shared.step(event) {
            Then::Fetch { may_repeat } => Event::Ended(shared.attempt(may_repeat).await),
            Then::Sleep { at_most, is_watching } => {
                tokio::select! {
                    biased;
                    () = shared.wake.notified() => {}
                    () = sleep(at_most) => {}
                }
                match is_watching {
                    true => shared.look().await,
                    false => Event::Woken,
                }
            }
            Then::Await(_) | Then::Go => {
                shared.wake.notified().await;
                Event::Woken
            }
        };
    }
}

impl Shared {
    /// Asks the source, on a task of its own: a fault in a source must not end this one.
    async fn attempt(&self, may_repeat: bool) -> Ended {
        let mut tasks = JoinSet::new();
        let source = Arc::clone(&self.source);
        let (name, limit) = (source.name(), source.attempt_timeout());
        tasks.spawn(async move {
            source.turn().await;
            timeout(limit, ask(source, may_repeat)).await
        });
        let failed = |error| Asked { outcome: Err(error), was_repeated: false, mark: None };
        let Asked { outcome, was_repeated, mark } = match tasks.join_next().await {
            Some(Ok(Ok(asked))) => asked,
            Some(Ok(Err(_elapsed))) => failed(FetchError::TooSlow(name, limit)),
            Some(Err(_)) | None => failed(FetchError::Broken),
        };
        let outcome = outcome.map(|fetched| self.absorb(fetched));
        let is_fixed = self.source.is_fixed();
        Ended { outcome, was_repeated, mark, is_fixed, chance: Chance::throw(&*self.clock) }
    }

    fn absorb(&self, fetched: Fetched) -> Brought {
        let life =
            fetched.life.map(|(at, length)| Life::new(at, length, self.used, Chance::throw(&*self.clock)));
        let credential = Arc::new(Credential::absorb(fetched, life, self.used));
        Brought { credential, again_after: self.source.again_after() }
    }

    /// Looks at the source's file.
    async fn look(&self) -> Event {
        timeout(MARK_TIMEOUT, self.source.mark()).await.map_or(Event::Woken, Event::Marked)
    }
}

/// What came of asking a source.
struct Asked {
    outcome: Result<Fetched, FetchError>,
    was_repeated: bool,
    mark: Option<u64>,
}

/// One fetch, and a second one at once where that is likely to mend the first.
async fn ask(source: Arc<dyn Source>, may_repeat: bool) -> Asked {
    // Taken before the source reads: a change while it does is a change after the failure.
    let mark = source.mark().await;
    match source.fetch().await {
        Err(error) if may_repeat && error.class() == Class::Once => {
            Asked { outcome: source.fetch().await, was_repeated: true, mark }
        }
        outcome => Asked { outcome, was_repeated: false, mark },
    }
}
