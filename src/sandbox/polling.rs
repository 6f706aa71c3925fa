//! Long polling: a receiver waits until there is something, or its time is over. Nobody else waits with it.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::error::Error;

/// What a look came to.
pub(crate) enum Look<T> {
    /// Something, which is handed out.
    Found(T),
    /// Nothing so far.
    Nothing {
        /// Told of each arrival, and of the end of where things arrive.
        arrivals: watch::Receiver<()>,
        /// In how many seconds something is there again that was handed out and not deleted.
        next: Option<i64>,
        /// How many seconds are waited unless the caller says otherwise.
        usual: i64,
    },
}

/// Looks again and again, for so many seconds. None: there was nothing.
///
/// # Errors
/// What a look fails with.
pub(crate) async fn poll<T>(
    wait: Option<i64>,
    mut look: impl FnMut() -> Result<Look<T>, Error>,
) -> Result<Option<T>, Error> {
    let mut end = None;
    loop {
        let (mut arrivals, next, usual) = match look()? {
            Look::Found(found) => return Ok(Some(found)),
            Look::Nothing { arrivals, next, usual } => (arrivals, next, usual),
        };
        let now = Instant::now();
        let end = *end.get_or_insert_with(|| now + seconds(wait.unwrap_or(usual)));
        if now >= end {
            return Ok(None);
        }
        let until = next.map_or(end, |next| end.min(now + seconds(next)));
        // An arrival, something that is there again, or the end: the next look tells which.
        let _ = timeout_at(until, arrivals.changed()).await;
    }
}

fn seconds(number: i64) -> Duration {
    Duration::from_secs(number.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_looks_when_something_arrives_when_something_is_back_and_at_the_end() {
        let (arrivals, start) = (watch::Sender::new(()), Instant::now());
        let mut looks = Vec::new();
        let found = poll(Some(30), || {
            looks.push(start.elapsed().as_secs());
            let next = (looks.len() == 1).then_some(7);
            Ok(Look::<()>::Nothing { arrivals: arrivals.subscribe(), next, usual: 0 })
        });
        assert_eq!(found.await, Ok(None));
        assert_eq!(looks, [0, 7, 30]);

        let start = Instant::now();
        let mut looked = false;
        let waiting = poll(None, || match std::mem::replace(&mut looked, true) {
            true => Ok(Look::Found(start.elapsed().as_secs())),
            false => Ok(Look::Nothing { arrivals: arrivals.subscribe(), next: None, usual: 20 }),
        });
        let arriving = async {
            tokio::time::sleep(seconds(12)).await;
            arrivals.send_replace(());
        };
        assert_eq!(tokio::join!(waiting, arriving).0, Ok(Some(12)));
    }

    #[tokio::test(start_paused = true)]
    async fn without_time_to_wait_it_looks_once() {
        let (arrivals, mut looks) = (watch::Sender::new(()), 0);
        let found = poll(Some(0), || {
            looks += 1;
            Ok(Look::<()>::Nothing { arrivals: arrivals.subscribe(), next: Some(1), usual: 30 })
        });
        assert_eq!((found.await, looks), (Ok(None), 1));
    }
}
