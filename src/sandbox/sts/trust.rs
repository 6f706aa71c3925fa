//! What a RAM role demands of whoever takes it: the conditions of its trust policy that the sandbox plays.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::sandbox::error::Error;

/// The most that a role's sessions can be set to last, in seconds.
const LONGEST: i64 = 43_200;

/// The conditions of one role. The default demands nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// `sts:ExternalId`: what `AssumeRole` must bring.
    pub external_id: Option<String>,
    /// `oidc:sub`: whom an OIDC token must be of.
    pub oidc_subject: Option<String>,
    /// `MaxSessionDuration`, in whole seconds. None: twelve hours, the most there is.
    pub longest_session: Option<Duration>,
}

impl Trust {
    /// In whole seconds.
    pub(super) fn longest(&self) -> i64 {
        self.longest_session.map_or(LONGEST, |life| i64::try_from(life.as_secs()).unwrap_or(LONGEST))
    }

    pub(super) fn judge_external_id(&self, given: Option<&str>) -> Result<(), Error> {
        let demanded = self.external_id.as_deref();
        if demanded.is_none_or(|demanded| given == Some(demanded)) {
            return Ok(());
        }
        let message = "You are not authorized to do this action. You should be authorized by RAM.";
        Err(Error::new(403, "NoPermission", message))
    }

    pub(super) fn judge_subject(&self, subject: &str) -> Result<(), Error> {
        if self.oidc_subject.as_deref().is_none_or(|demanded| subject == demanded) {
            return Ok(());
        }
        let message = "This operation is forbidden by permission system.";
        Err(Error::new(403, "AuthenticationFail.NoPermission", message))
    }
}

/// The roles that demand anything, by ARN. Every other role may be taken by everybody.
#[derive(Debug, Default)]
pub(crate) struct Trusts(Mutex<HashMap<String, Trust>>);

impl Trusts {
    pub(crate) fn set(&self, role_arn: &str, trust: Trust) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(role_arn.to_owned(), trust);
    }

    pub(super) fn of(&self, role_arn: &str) -> Trust {
        let trusts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        trusts.get(role_arn).cloned().unwrap_or_default()
    }
}
