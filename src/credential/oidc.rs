//! Exchanges an OIDC token from a file for a role's credential: `AssumeRoleWithOIDC`, RRSA on Kubernetes.

use std::path::PathBuf;
use std::time::Duration;

use zeroize::Zeroizing;

use super::carry::Boxed;
use super::claims::{Claims, OidcToken};
use super::credential::Fetched;
use super::error::FetchError;
use super::exchange::Exchange;
use super::file::File;
use super::observer::Event;
use super::source::Source;
use super::sts::Sts;
use super::token_file::{self, TokenFile};
use crate::names::{OidcProviderArn, RoleArn, SessionName};

/// What one exchange needs, without the token.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct OidcTerms {
    pub(super) role: RoleArn,
    pub(super) provider: OidcProviderArn,
    pub(super) token_file: PathBuf,
    pub(super) session: SessionName,
    pub(super) duration: Duration,
}

/// The source. The call is not signed: the token is its proof.
#[derive(Debug)]
pub(super) struct Oidc {
    sts: Sts,
    terms: OidcTerms,
    pub(super) file: File,
}

impl Oidc {
    pub(super) fn new(sts: Sts, terms: OidcTerms) -> Self {
        let file = File::new(terms.token_file.clone());
        Self { sts, terms, file }
    }

    async fn exchange(&self) -> Result<Fetched, FetchError> {
        let file = self.read_token().await?;
        let OidcTerms { role, provider, session, duration, .. } = &self.terms;
        let text = |text: &str| Zeroizing::new(text.to_owned());
        let exchange = Exchange {
            action: "AssumeRoleWithOIDC",
            role: role.clone(),
            duration: *duration,
            form: vec![
                ("OIDCProviderArn", text(provider.as_str())),
                ("OIDCToken", text(file.token.expose())),
                ("RoleSessionName", text(session.as_str())),
            ],
        };
        self.sts.call(&exchange, None).await
    }

    async fn read_token(&self) -> Result<TokenFile, FetchError> {
        let file = self.file.look(token_file::read).await?.map_err(FetchError::TokenFile)?;
        let line = &self.sts.line;
        if file.is_open {
            line.observer.observe(&self.sts.role, &Event::TokenFileReadable);
        }
        let now = line.clock.now().wall.as_secs();
        // Sent all the same: STS has the better clock.
        if file.expires_at.is_some_and(|end| u64::try_from(end).unwrap_or(0) <= now) {
            line.observer.observe(&self.sts.role, &Event::TokenExpired);
        }
        Ok(file)
    }
}

impl Source for Oidc {
    fn fetch(&self) -> Boxed<'_, Result<Fetched, FetchError>> {
        Box::pin(self.exchange())
    }

    /// Without a token there will be no call: no turn is taken from the others.
    fn turn(&self) -> Boxed<'_, ()> {
        Box::pin(async {
            if self.mark().await.is_some() {
                self.sts.turn().await;
            }
        })
    }

    fn oidc_token(&self) -> Boxed<'_, Option<OidcToken>> {
        Box::pin(async {
            let file = self.file.look(token_file::read).await.ok()?.ok()?;
            let OidcTerms { role, provider, .. } = &self.terms;
            let claims = Claims::of(file.token.expose())?;
            Some(OidcToken { provider: provider.clone(), role: role.clone(), claims })
        })
    }

    fn name(&self) -> &'static str {
        "oidc"
    }

    /// One look at the file's metadata; asked before each attempt, and each second while a permanent
    /// failure is waited out.
    fn mark(&self) -> Boxed<'_, Option<u64>> {
        Box::pin(self.file.mark())
    }
}
