//! The AccessKey variables of the SDKs: a long-lived AccessKey, or an STS triple of which nobody says when it ends.

use std::sync::Arc;

use super::carry::Boxed;
use super::credential::Fetched;
use super::error::FetchError;
use super::grammar;
use super::source::Source;
use super::variables::{Variable, Variables};

/// What to set when there is nothing.
const ADVICE: &str = "set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET";

/// Takes the credential from the environment as it was at start.
#[derive(Debug)]
pub(super) struct Environment(pub(super) Arc<Variables>);

impl Environment {
    fn read(&self) -> Result<Fetched, FetchError> {
        let text = |variable| self.0.value(variable).map(str::to_owned);
        let (Some(id), Some(secret)) = (text(Variable::AccessKeyId), text(Variable::AccessKeySecret)) else {
            return Err(FetchError::NoSource(self.0.half_a_key().unwrap_or(ADVICE)));
        };
        let bad = |variable| FetchError::BadVariable(self.0.spelling(variable));
        let access_key_id = grammar::id(id).ok_or_else(|| bad(Variable::AccessKeyId))?;
        let secret = grammar::secret(secret).ok_or_else(|| bad(Variable::AccessKeySecret))?;
        let token = text(Variable::SecurityToken)
            .map(|token| grammar::token(token).ok_or_else(|| bad(Variable::SecurityToken)));
        let security_token = token.transpose()?;
        Ok(Fetched::pair(access_key_id, secret, security_token))
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
