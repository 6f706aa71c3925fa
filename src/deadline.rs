//! One timer a connection, armed only when something has to be waited for.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

/// The wait was longer than allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed;

/// A timer that serves every wait of a connection, one after the other, without allocating again.
pub struct Deadline(Pin<Box<Sleep>>);

impl Deadline {
    /// Not armed.
    pub fn new() -> Self {
        Self(Box::pin(sleep(Duration::ZERO)))
    }

    /// Waits for `future`, but no longer than `limit`. What is ready at once never touches the timer.
    pub async fn within<F: Future>(&mut self, limit: Duration, future: F) -> Result<F::Output, Elapsed> {
        self.until(|| Instant::now() + limit, future).await
    }

    /// Waits for `future`, but not past `end`.
    pub async fn by<F: Future>(&mut self, end: Instant, future: F) -> Result<F::Output, Elapsed> {
        self.until(|| end, future).await
    }

    async fn until<F: Future>(&mut self, end: impl Fn() -> Instant, future: F) -> Result<F::Output, Elapsed> {
        let mut future = pin!(future);
        let mut is_armed = false;
        poll_fn(|context| {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(Ok(output));
            }
            if !is_armed {
                is_armed = true;
                self.0.as_mut().reset(end());
            }
            self.0.as_mut().poll(context).map(|()| Err(Elapsed))
        })
        .await
    }
}

impl Default for Deadline {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Deadline")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_wait_ends_at_its_limit_and_the_timer_serves_again() {
        let mut deadline = Deadline::new();
        for _ in 0..2 {
            let begun = Instant::now();
            let wait = deadline.within(Duration::from_secs(3), std::future::pending::<()>()).await;
            assert_eq!(wait, Err(Elapsed));
            assert_eq!(begun.elapsed().as_secs(), 3);
        }
        assert_eq!(deadline.within(Duration::ZERO, async { 7 }).await, Ok(7));
    }
}
