//! Assumes a role with another role's credential: `AssumeRole`, one step of a chain.

use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::carry::Boxed;
use super::cell::Cell;
use super::claims::OidcToken;
use super::credential::{Credential, Fetched};
use super::error::FetchError;
use super::exchange::Exchange;
use super::signed_call::{access_key, signed_call};
use super::source::Source;
use super::sts::Sts;
use crate::names::{RoleArn, SessionName};

/// What is asked for in one step.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Step {
    pub(super) role: RoleArn,
    pub(super) session: SessionName,
    pub(super) duration: Duration,
    pub(super) external_id: Option<String>,
    pub(super) policy: Option<String>,
    pub(super) source_identity: Option<String>,
}

/// The source. The credential that signs lives in a cell of its own, which other roles may share.
#[derive(Debug)]
pub(super) struct AssumeRole {
    pub(super) sts: Sts,
    pub(super) step: Step,
    pub(super) inner: Arc<Cell>,
}

impl AssumeRole {
    async fn assume(&self) -> Result<Fetched, FetchError> {
        let exchange = &self.step.exchange();
        let call = async |signer: Arc<Credential>| self.sts.call(exchange, Some(access_key(&signer)?)).await;
        signed_call(&self.inner, |signer| Box::pin(call(signer))).await
    }
}

impl Step {
    /// The call of STS.
    pub(super) fn exchange(&self) -> Exchange {
        let Self { role, session, duration, external_id, policy, source_identity } = self;
        let text = |text: &String| Zeroizing::new(text.clone());
        let mut form = vec![("RoleSessionName", Zeroizing::new(session.as_str().to_owned()))];
        form.extend(external_id.as_ref().map(|id| ("ExternalId", text(id))));
        form.extend(policy.as_ref().map(|policy| ("Policy", text(policy))));
        form.extend(source_identity.as_ref().map(|identity| ("SourceIdentity", text(identity))));
        Exchange { action: "AssumeRole", role: role.clone(), duration: *duration, form }
    }
}

impl Source for AssumeRole {
    fn fetch(&self) -> Boxed<'_, Result<Fetched, FetchError>> {
        Box::pin(self.assume())
    }

    /// Without a credential to sign with it may come to no call: no turn is taken from the others.
    fn turn(&self) -> Boxed<'_, ()> {
        Box::pin(async {
            if self.inner.live(&self.sts.line.clock.now()).is_some() {
                self.sts.turn().await;
            }
        })
    }

    fn oidc_token(&self) -> Boxed<'_, Option<OidcToken>> {
        Box::pin(self.inner.oidc_token())
    }

    fn name(&self) -> &'static str {
        "assume_role"
    }
}
