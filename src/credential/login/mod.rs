//! A role whose credential a human logs in for: made from what `countersign login` left, until that is over.

mod logins;
mod renewal;
mod session;
mod warning;
mod written;

use std::sync::Arc;
use std::time::Duration;

pub use logins::{Logins, NoLogins, Unkept};
pub use session::{CloudSsoSession, OAuthSession, SamlSession, Session};
pub use written::SESSION_BYTES_MAX;

use super::carry::{Boxed, Carry};
use super::cloud_sso;
use super::credential::{Fetched, Proof};
use super::error::FetchError;
use super::observer::Observer;
use super::source::Source;
use crate::clock::Clock;
use crate::names::{BadUrl, Place, RoleName};
use warning::Warning;

/// A triple that is kept is given out anew while it grows older, so the time for requests on their way is kept off here.
const LAST_SECONDS: u64 = 30;

/// The source.
#[derive(Debug)]
pub(super) struct Login {
    desk: Arc<Desk>,
    warning: Warning,
}

/// What a session is used with.
#[derive(Debug)]
struct Desk {
    role: RoleName,
    logins: Arc<dyn Logins>,
    carry: Arc<dyn Carry>,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
}

/// What a source of this kind is made with.
pub(super) struct Around {
    pub(super) logins: Arc<dyn Logins>,
    pub(super) carry: Arc<dyn Carry>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) observer: Arc<dyn Observer>,
}

impl Login {
    /// Warns on `runtime` before a session ends.
    pub(super) fn new(role: RoleName, around: Around, runtime: &tokio::runtime::Handle) -> Self {
        let Around { logins, carry, clock, observer } = around;
        let desk = Arc::new(Desk { role, logins, carry, clock, observer });
        let warning = Warning::start(Arc::clone(&desk), runtime);
        Self { desk, warning }
    }

    async fn credential(&self) -> Result<Fetched, FetchError> {
        let desk = &self.desk;
        let session = desk.load().await?.ok_or_else(|| desk.nobody())?;
        self.warning.expect(session.ends_at());
        match session {
            Session::CloudSso(session) => desk.by_cloud_sso(session).await,
            Session::OAuth(session) => renewal::by_oauth(desk, session).await,
            Session::Saml(session) => desk.by_saml(session),
        }
    }
}

impl Desk {
    /// Looks at the sessions on a thread that may block.
    async fn look<T: Send + 'static>(
        self: &Arc<Self>,
        look: impl FnOnce(&Self) -> Result<T, Unkept> + Send + 'static,
    ) -> Result<T, FetchError> {
        let desk = Arc::clone(self);
        let looked = tokio::task::spawn_blocking(move || look(&desk)).await;
        looked.map_err(|_| FetchError::Broken)?.map_err(|unkept| FetchError::LoginStore(unkept.0))
    }

    async fn load(self: &Arc<Self>) -> Result<Option<Session>, FetchError> {
        self.look(|desk| desk.logins.load(&desk.role)).await
    }

    async fn by_cloud_sso(&self, session: CloudSsoSession) -> Result<Fetched, FetchError> {
        if session.ends_at <= self.clock.now().unix_seconds() {
            return Err(self.over(&Session::CloudSso(session)));
        }
        let place = self.place(&session.sign_in_url)?;
        let with = (&*self.carry, &*self.clock);
        match cloud_sso::credentials(with, &place, &session.access_token, &session.assignment).await {
            Err(FetchError::Refused(refused)) if cloud_sso::is_over(&refused) => {
                Err(self.over(&Session::CloudSso(session)))
            }
            outcome => outcome,
        }
    }

    fn by_saml(&self, session: SamlSession) -> Result<Fetched, FetchError> {
        let now = self.clock.now();
        // A second is begun already.
        let left = session.ends_at.saturating_sub(now.unix_seconds()).saturating_sub(1);
        let Some(left) = u64::try_from(left).ok().filter(|left| *left > LAST_SECONDS) else {
            return Err(self.over(&Session::Saml(session)));
        };
        let proof = Proof::AccessKey {
            id: session.access_key_id,
            secret: session.access_key_secret,
            security_token: Some(session.security_token),
        };
        let life = Some((now, Duration::from_secs(left)));
        Ok(Fetched { proof, life, role: Some(session.role) })
    }

    /// The host of a URL that a login wrote down.
    fn place(&self, url: &str) -> Result<Place, FetchError> {
        let bad = |why: BadUrl| {
            let again = format!("countersign login --role {}", self.role);
            FetchError::LoginStore(format!(
                "the address in what the login left is none: {why}; run `{again}`"
            ))
        };
        Place::parse(url).map(|(place, _)| place).map_err(bad)
    }

    fn over(&self, session: &Session) -> FetchError {
        let (of, command) = (session.of(), session.command(&self.role));
        FetchError::LoginRequired(format!("the login with {of} is over; run `{command}`"))
    }

    fn nobody(&self) -> FetchError {
        let role = &self.role;
        FetchError::LoginRequired(format!(
            "nobody has logged in; run `countersign login --role {role} --cloudsso URL`, or with \
             `--oauth cn`, `--oauth intl` or `--saml FILE` in place of `--cloudsso URL`"
        ))
    }
}

impl Source for Login {
    fn fetch(&self) -> Boxed<'_, Result<Fetched, FetchError>> {
        Box::pin(self.credential())
    }

    fn name(&self) -> &'static str {
        "login"
    }

    fn mark(&self) -> Boxed<'_, Option<u64>> {
        Box::pin(async { self.desk.look(|desk| Ok(desk.logins.mark(&desk.role))).await.ok().flatten() })
    }
}
