//! A proxy in front of the sandbox, over TLS, with an OIDC role: what `run --sandbox` starts.

use std::sync::Arc;
use std::time::Duration;

use countersign::clock::Clock;
use countersign::sandbox::{Options, Sandbox};
use countersign::upstream::Dial;

use super::judge::trust;
use super::{Kit, Moved};

/// Longer than any test lets pass.
const TOKEN_LIFETIME: Duration = Duration::from_secs(10 * 24 * 3600);

/// The sandbox and the clock that it shares with the proxy.
pub(crate) struct Sandboxed {
    pub(crate) sandbox: Sandbox,
    pub(crate) clock: Arc<Moved>,
}

impl Sandboxed {
    pub(crate) async fn start() -> Self {
        Self::under(Moved::new()).await
    }

    /// The same under a clock of the test's own.
    pub(crate) async fn under(clock: Arc<Moved>) -> Self {
        let sandbox = Sandbox::start(Options::default(), clock.clone()).await.unwrap();
        Self { sandbox, clock }
    }

    /// How everything is dialled.
    pub(crate) fn dial(&self) -> Dial {
        let address = self.sandbox.address();
        Dial::Tls {
            host: Some(address.ip().to_string().into()),
            port: address.port(),
            trust: trust(&self.sandbox).into(),
        }
    }

    /// A kit that dials the sandbox and knows no credential.
    pub(crate) fn bare(&self) -> Kit {
        let clock: Arc<dyn Clock> = self.clock.clone();
        Kit::without_credentials().clock(clock).elsewhere(self.dial())
    }

    /// A kit whose role has an OIDC token of the sandbox.
    pub(crate) fn kit(&self) -> Kit {
        self.bare().with_oidc_token(&self.sandbox.oidc_token_for(TOKEN_LIFETIME))
    }

    /// How often STS was asked for this.
    pub(crate) fn sts_calls(&self, action: &str) -> u64 {
        self.sandbox.counters().sts_calls.get(action).copied().unwrap_or_default()
    }
}
