//! Several addresses of one name: tried in an order that both families share, each with a short start on the next.
//!
//! The order and the delay are those of RFC 8305 ("Happy Eyeballs"), sections 4 and 5.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// How long an address has before the next is tried beside it: RFC 8305, section 8.
const HEAD_START: Duration = Duration::from_millis(250);

/// The first of the addresses that answers. One that refuses costs nothing, one that swallows everything costs its start.
/// The attempts that lose are given up.
pub(super) async fn first_of<T, Connecting>(
    addresses: &[SocketAddr],
    until: Instant,
    connect: impl Fn(SocketAddr) -> Connecting,
) -> io::Result<T>
where
    T: Send + 'static,
    Connecting: Future<Output = io::Result<T>> + Send + 'static,
{
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    let mut untried = in_turns(addresses).into_iter().peekable();
    let mut attempts = JoinSet::new();
    loop {
        match untried.next() {
            Some(address) => drop(attempts.spawn(connect(address))),
            None if attempts.is_empty() => return Err(failure),
            None => {}
        }
        let next = if untried.peek().is_some() { until.min(Instant::now() + HEAD_START) } else { until };
        tokio::select! {
            Some(ended) = attempts.join_next() => match ended.map_err(io::Error::other) {
                Ok(Ok(connected)) => return Ok(connected),
                Ok(Err(error)) | Err(error) => failure = error,
            },
            () = sleep_until(next) => if next == until {
                return Err(io::ErrorKind::TimedOut.into());
            },
        }
    }
}

/// The addresses in their order, but with the families in turns: where one has no way out, the second is of the other.
fn in_turns(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let is_first_kind =
        |address: &SocketAddr| addresses.first().is_some_and(|first| first.is_ipv4() == address.is_ipv4());
    let (first, second): (Vec<SocketAddr>, Vec<SocketAddr>) =
        addresses.iter().copied().partition(is_first_kind);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut turns = Vec::with_capacity(addresses.len());
    while turns.len() < addresses.len() {
        turns.extend(first.next());
        turns.extend(second.next());
    }
    turns
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::pin::Pin;
    use std::sync::{Arc, Mutex};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(3);

    type Connecting = Pin<Box<dyn Future<Output = io::Result<SocketAddr>> + Send>>;

    fn addresses(list: &[&str]) -> Vec<SocketAddr> {
        list.iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), 443)).collect()
    }

    /// What an address does, by its last byte: 0 answers, 1 refuses, anything else swallows everything.
    fn connect(address: SocketAddr) -> Connecting {
        match address.ip().to_string().chars().last() {
            Some('0') => Box::pin(ready(Ok(address))),
            Some('1') => Box::pin(ready(Err(io::ErrorKind::ConnectionRefused.into()))),
            _ => Box::pin(pending()),
        }
    }

    async fn outcome(list: &[&str]) -> (io::Result<SocketAddr>, Duration) {
        let begun = Instant::now();
        (first_of(&addresses(list), begun + LIMIT, connect).await, begun.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_dead_first_address_costs_a_quarter_of_a_second() {
        for (list, ms) in [
            (&["192.0.2.10"][..], 0),
            (&["192.0.2.2", "192.0.2.10"], 250),
            (&["192.0.2.2", "192.0.2.3", "192.0.2.10"], 500),
            (&["2001:db8::2", "2001:db8::3", "192.0.2.10"], 250),
            (&["192.0.2.2", "192.0.2.3", "2001:db8::10"], 250),
        ] {
            let (outcome, took) = outcome(list).await;
            assert!(outcome.unwrap().ip().to_string().ends_with("10"));
            // The runtime's clock counts whole milliseconds.
            assert!((ms..=ms + 2).contains(&took.as_millis()), "{list:?}: {took:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_refuses_costs_nothing() {
        let (outcome, took) = outcome(&["192.0.2.1", "192.0.2.11", "2001:db8::1", "192.0.2.10"]).await;
        assert_eq!(outcome.unwrap(), addresses(&["192.0.2.10"])[0]);
        assert_eq!(took, Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_first_address_wins_over_later_ones_that_never_answer() {
        let slow = |address: SocketAddr| -> Connecting {
            if address.ip().to_string() != "192.0.2.2" {
                return Box::pin(pending());
            }
            Box::pin(async move {
                tokio::time::sleep(Duration::from_secs(1)).await;
                Ok(address)
            })
        };
        let list = addresses(&["192.0.2.2", "192.0.2.3", "192.0.2.4"]);
        assert_eq!(first_of(&list, Instant::now() + LIMIT, slow).await.unwrap(), list[0]);
    }

    #[tokio::test(start_paused = true)]
    async fn addresses_of_which_none_answers_cost_the_limit_and_no_more() {
        let (timed_out, took) = outcome(&["192.0.2.2", "192.0.2.3", "192.0.2.4"]).await;
        assert_eq!(timed_out.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!(took >= LIMIT && took.as_millis() <= LIMIT.as_millis() + 2, "{took:?}");
        let (refused, _) = outcome(&["192.0.2.1", "2001:db8::1"]).await;
        assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
        let (none, _) = outcome(&[]).await;
        assert_eq!(none.unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[tokio::test(start_paused = true)]
    async fn the_families_take_turns_and_keep_their_order() {
        let tried = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&tried);
        let refuse = move |address: SocketAddr| -> Connecting {
            seen.lock().unwrap().push(address.ip().to_string());
            Box::pin(ready(Err(io::ErrorKind::ConnectionRefused.into())))
        };
        let list = addresses(&["2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1", "192.0.2.2"]);
        first_of(&list, Instant::now() + LIMIT, refuse).await.unwrap_err();
        let expected = ["2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2", "2001:db8::3"];
        assert_eq!(*tried.lock().unwrap(), expected);
    }
}
