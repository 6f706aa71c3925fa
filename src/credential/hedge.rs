//! Asks at most two STS hosts: the second when the first is slow or cannot be reached.

use std::pin::pin;
use std::time::Duration;

use tokio::time::sleep;

use super::carry::CarryError;
use super::error::FetchError;
use super::refused::Class;
use crate::names::Host;

/// When the second host is asked although the first has not failed.
const HEDGE_AFTER: Duration = Duration::from_secs(2);

/// The STS host that answers for every region.
pub(super) const CENTRAL: &str = "sts.aliyuncs.com";

/// The hosts that one role asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct StsHosts {
    /// Asked always.
    pub(super) first: Host,
    /// Asked when the first is slow or cannot be reached.
    pub(super) second: Option<Host>,
}

/// One attempt over both hosts. Only the success of the second one counts, because the operator put the first one first.
pub(super) async fn hedged<T>(
    first: impl Future<Output = Result<T, FetchError>>,
    second: Option<impl Future<Output = Result<T, FetchError>>>,
) -> Result<T, FetchError> {
    let mut first = pin!(first);
    let Some(second) = second else { return first.await };
    tokio::select! {
        biased;
        outcome = &mut first => match outcome {
            Err(error) if never_arrived(&error) => return second.await.or(Err(error)),
            outcome => return outcome,
        },
        () = sleep(HEDGE_AFTER) => {}
    }
    let mut second = pin!(second);
    tokio::select! {
        biased;
        outcome = &mut first => match outcome {
            Err(error) if error.class() == Class::Passing => second.await.or(Err(error)),
            outcome => outcome,
        },
        outcome = &mut second => match outcome {
            Ok(answer) => Ok(answer),
            Err(_) => first.await,
        },
    }
}

/// Whether nothing was sent.
const fn never_arrived(error: &FetchError) -> bool {
    matches!(error, FetchError::NoAnswer(_, CarryError::Unreachable(_)))
}
