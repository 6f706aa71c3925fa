//! The AccessKey variables of the SDKs: a long-lived AccessKey, or an STS triple of which nobody says when it ends.

use std::sync::Arc;

use super::carry::Boxed;
use super::credential::Fetched;
use super::error::FetchError;
use super::source::Source;
use super::variables::{Variable, Variables};
use crate::names::AccessKeyId;
use crate::secret::{Secret, SecurityToken};

/// What to set when there is nothing.
const ADVICE: &str = "set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET";

/// Takes the credential from the environment as it was at start.
#[derive(Debug)]
pub(super) struct Environment(pub(super) Arc<Variables>);

impl Environment {
    fn read(&self) -> Result<Fetched, FetchError> {
        let text = |variable| self.0.value(variable).map(str::to_owned);
        let (Some(id), Some(secret)) = (text(Variable::AccessKeyId), text(Variable::AccessKeySecret)) else {
            return Err(FetchError::NoSource(ADVICE));
        };
        // The id stands in headers and forms, and the secret is what the console showed: neither has a space or a
        // line end, which are what a shell's quoting mistake leaves behind.
        for (value, variable) in [(&id, Variable::AccessKeyId), (&secret, Variable::AccessKeySecret)] {
            if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(FetchError::BadVariable(variable.name()));
            }
        }
        let security_token = text(Variable::SecurityToken)
            .map(SecurityToken::new)
            .transpose()
            .map_err(|_| FetchError::BadVariable(Variable::SecurityToken.name()))?;
        let (access_key_id, secret) = (AccessKeyId::new(id), Secret::new(secret));
        Ok(Fetched { access_key_id, secret, security_token, life: None, role: None })
    }
}

impl Source for Environment {
    fn fetch(&self) -> Boxed<'_, Result<Fetched, FetchError>> {
        Box::pin(std::future::ready(self.read()))
    }

    fn name(&self) -> &'static str {
        "environment"
    }

    /// A process cannot see its environment change from outside.
    fn is_fixed(&self) -> bool {
        true
    }
}
