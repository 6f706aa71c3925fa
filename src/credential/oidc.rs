//! Exchanges an OIDC token for a role's credential: `AssumeRoleWithOIDC`, for RRSA on Kubernetes and the jobs of CI platforms.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use zeroize::Zeroizing;

use super::carry::Boxed;
use super::ci_token::{self, CiToken};
use super::claims::{Claims, OidcToken};
use super::credential::Fetched;
use super::error::FetchError;
use super::exchange::Exchange;
use super::file::File;
use super::observer::Event;
use super::source::Source;
use super::sts::Sts;
use super::token_file::{self, TokenFile};
use super::variables::Variables;
use crate::names::{OidcProviderArn, RoleArn, SessionName};
use crate::secret::SecurityToken;

/// What one exchange needs, without the token.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct OidcTerms {
    pub(super) role: RoleArn,
    pub(super) provider: OidcProviderArn,
    pub(super) token: TokenAt,
    pub(super) session: SessionName,
    pub(super) duration: Duration,
}

/// Where the token is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum TokenAt {
    /// In a file.
    File(PathBuf),
    /// Where a CI platform has it.
    Ci(CiToken),
}

/// The source. The call is not signed: the token is its proof.
#[derive(Debug)]
pub(super) struct Oidc {
    sts: Sts,
    terms: OidcTerms,
    pub(super) tokens: Tokens,
}

/// How to come by a token.
#[derive(Debug)]
pub(super) enum Tokens {
    File(File),
    Ci(CiToken, Arc<Variables>),
}

impl Oidc {
    pub(super) fn new(sts: Sts, terms: OidcTerms, variables: Arc<Variables>) -> Self {
        let tokens = match &terms.token {
            TokenAt::File(path) => Tokens::File(File::new(path.clone())),
            TokenAt::Ci(token) => Tokens::Ci(token.clone(), variables),
        };
        Self { sts, terms, tokens }
    }

    async fn exchange(&self) -> Result<Fetched, FetchError> {
        let token = self.token().await?;
        let OidcTerms { role, provider, session, duration, .. } = &self.terms;
        let text = |text: &str| Zeroizing::new(text.to_owned());
        let exchange = Exchange {
            action: "AssumeRoleWithOIDC",
            role: role.clone(),
            duration: *duration,
            form: vec![
                ("OIDCProviderArn", text(provider.as_str())),
                ("OIDCToken", text(token.expose())),
                ("RoleSessionName", text(session.as_str())),
            ],
        };
        match (self.sts.call(&exchange, None).await, &self.terms.token) {
            // STS has the better clock, and there will never be another token in there.
            (Err(FetchError::Refused(refused)), TokenAt::Ci(CiToken::Variable(name)))
                if refused.code == "AuthenticationFail.OIDCToken.Expired" =>
            {
                Err(ci_token::over(name))
            }
            (outcome, _) => outcome,
        }
    }

    async fn token(&self) -> Result<SecurityToken, FetchError> {
        let line = &self.sts.line;
        match &self.tokens {
            Tokens::File(file) => {
                let read = file.look(token_file::read).await?.map_err(FetchError::TokenFile)?;
                self.tell(&read);
                Ok(read.token)
            }
            Tokens::Ci(CiToken::GitHub { audience }, variables) => {
                ci_token::from_github(audience.as_deref(), variables, &line.carry).await
            }
            Tokens::Ci(CiToken::Variable(name), variables) => {
                let now = i64::try_from(line.clock.now().wall.as_secs()).unwrap_or(i64::MAX);
                let offset = line.offset.load(Ordering::Relaxed);
                ci_token::from_variable(name, variables, now.saturating_add(offset))
            }
        }
    }

    /// What somebody should know of a token file.
    fn tell(&self, file: &TokenFile) {
        let line = &self.sts.line;
        if file.is_open {
            line.observer.observe(&self.sts.role, &Event::TokenFileReadable);
        }
        let now = line.clock.now().wall.as_secs();
        // Sent all the same: STS has the better clock.
        if file.expires_at.is_some_and(|end| u64::try_from(end).unwrap_or(0) <= now) {
            line.observer.observe(&self.sts.role, &Event::TokenExpired);
        }
    }
}

impl Source for Oidc {
    fn fetch(&self) -> Boxed<'_, Result<Fetched, FetchError>> {
        Box::pin(self.exchange())
    }

    /// Without a token there will be no call: no turn is taken from the others.
    fn turn(&self) -> Boxed<'_, ()> {
        Box::pin(async {
            let is_file = matches!(self.tokens, Tokens::File(_));
            if !is_file || self.mark().await.is_some() {
                self.sts.turn().await;
            }
        })
    }

    fn oidc_token(&self) -> Boxed<'_, Option<OidcToken>> {
        Box::pin(async {
            let token = match &self.tokens {
                Tokens::File(file) => file.look(token_file::read).await.ok()?.ok()?.token,
                Tokens::Ci(..) => self.token().await.ok()?,
            };
            let OidcTerms { role, provider, .. } = &self.terms;
            let claims = Claims::of(token.expose())?;
            Some(OidcToken { provider: provider.clone(), role: role.clone(), claims })
        })
    }

    fn name(&self) -> &'static str {
        "oidc"
    }

    /// One look at the file's metadata; asked before each attempt, and each second while a permanent
    /// failure is waited out.
    fn mark(&self) -> Boxed<'_, Option<u64>> {
        Box::pin(async {
            match &self.tokens {
                Tokens::File(file) => file.mark().await,
                Tokens::Ci(..) => None,
            }
        })
    }
}
