//! A credential that stands until another takes its place: what the metadata server and a credentials URI hand out.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::cloud::Cloud;
use super::issue::{Issued, Session};

/// Hands out the same credential until shortly before its end.
#[derive(Debug)]
pub(crate) struct Rotating {
    /// In seconds.
    life: i64,
    /// How long before its end another takes its place, in seconds.
    lead: i64,
    current: Mutex<Option<Issued>>,
}

impl Rotating {
    pub(crate) fn new(life: Duration, lead: Duration) -> Self {
        let seconds = |time: Duration| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        Self { life: seconds(life), lead: seconds(lead), current: Mutex::default() }
    }

    /// Has the next call find another, as if the time for it had come.
    pub(crate) fn rotate(&self) {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The credential of this moment. One that was revoked is replaced as well.
    pub(crate) fn get(&self, cloud: &Cloud, role: &str, session: &str) -> Issued {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(issued) = &*current
            && cloud.now() < issued.expires_at.saturating_sub(self.lead)
            && issued.identity.revocations == cloud.faults.revocations()
            && issued.identity.principal.arn().ends_with(&format!("/{role}/{session}"))
        {
            return issued.clone();
        }
        let account = super::cloud::ACCOUNT.to_owned();
        let (role, name) = (role.to_owned(), session.to_owned());
        let issued = cloud.issue(&Session { account, role, name, lifetime: self.life });
        *current = Some(issued.clone());
        issued
    }
}
