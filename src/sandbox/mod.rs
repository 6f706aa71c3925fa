//! An embedded Alibaba Cloud in miniature: STS, ECS, Container Service, OSS and the data
//! planes that have rooms below, on one local address, over TLS.
//!
//! It is what `demo` and `run --sandbox` talk to, so that the main job can be seen without an account or a network,
//! and it is what the tests hold the signer against: every signature is checked by a second, naive implementation of
//! its own, which never uses the one that signs.

mod admission;
mod answer;
mod bytes;
mod certificate;
mod cloud;
mod cloud_sso;
mod counterpart;
mod crc32c;
mod cs;
mod datahub;
mod date;
mod digest;
mod echo;
mod ecs;
mod element;
mod encode;
mod error;
mod events;
mod fault;
mod fc;
mod github;
mod heard;
mod html;
mod identity;
mod issue;
mod kms;
mod ledger;
mod lz4;
mod metadata;
mod mns;
mod mq;
mod news;
mod oauth;
mod odps;
mod oidc;
mod open_api;
mod oss;
mod ots;
mod page;
mod passes;
mod pkce;
mod place;
mod polling;
mod protobuf;
mod rotating;
mod serve;
mod sls;
mod spoil;
mod sts;
mod studio;
mod uri;
mod vault;
mod verify;

#[cfg(test)]
mod tests;

pub use cloud_sso::CloudSso;
pub use counterpart::{COUNTERPARTS, Counterpart};
pub use fault::{Failure, Faults};
pub use github::GitHub;
pub use ledger::{Counters, Outcome, Verdict};
pub use metadata::Metadata;
pub use news::{News, Observer, Unobserved};
pub use oauth::OAuth;
pub use oidc::OidcProvider;
pub use spoil::Spoil;
pub use sts::Trust;
pub use uri::CredentialsUri;
pub use vault::Vault;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::clock::Clock;
use certificate::Authority;
use cloud::Cloud;
use identity::{Identity, Principal};
use oidc::Issuer;

/// How a sandbox is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where it listens. Port 0, the default, takes any free one: several sandboxes can run side by side.
    pub address: SocketAddr,
    /// The lifetime of what STS issues, in whole seconds, whatever was asked. None: as asked, one hour unasked.
    pub token_lifetime: Option<Duration>,
    /// Buckets that exist from the start. One by default, so that a first upload needs no other call.
    pub buckets: Vec<String>,
    /// The region that they are in.
    pub region: String,
    /// The directory of the file that objects are kept in. It has no name, and goes with the process.
    pub scratch: PathBuf,
    /// Who hears what it does. Nobody by default.
    pub observer: Arc<dyn Observer>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            token_lifetime: None,
            buckets: vec!["demo".to_owned()],
            region: "cn-hangzhou".to_owned(),
            scratch: std::env::temp_dir(),
            observer: Arc::new(Unobserved),
        }
    }
}

/// A running sandbox. It stops, and closes its connections, when it is dropped.
pub struct Sandbox {
    address: SocketAddr,
    authority: Arc<Authority>,
    cloud: Arc<Cloud>,
    issuer: Arc<Issuer>,
    user: Identity,
    root: Identity,
    app: (String, String),
    api_key: String,
    accepting: JoinHandle<()>,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sandbox({})", self.address)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Sandbox {
    /// Starts one on the current tokio runtime. `clock` decides what is expired and what is skewed.
    ///
    /// # Errors
    /// When the address cannot be bound, the directory takes no file, a bucket cannot be (of kind `InvalidInput`), or the operating system gives no randomness.
    pub async fn start(options: Options, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let listener = TcpListener::bind(options.address).await?;
        let authority = Arc::new(Authority::new()?);
        let tls = TlsAcceptor::from(Arc::new(authority.clone().server()?));
        let lifetime = options.token_lifetime.map(|life| i64::try_from(life.as_secs()).unwrap_or(i64::MAX));
        let store = oss::Store::new(&options.scratch)?;
        let cloud = Arc::new(Cloud::new(clock, store, options.observer, lifetime));
        for bucket in options.buckets {
            let made = cloud.store.create(&bucket, &options.region, cloud.now());
            made.map_err(|error| {
                io::Error::new(io::ErrorKind::InvalidInput, format!("bucket {bucket}: {}", error.message))
            })?;
        }
        let (user, root) = (cloud.user_key("sandbox", "200000000000000001"), cloud.root_key());
        cloud.identities.admit(user.clone());
        cloud.identities.admit(root.clone());
        let app =
            (cloud.random(9).iter().map(|byte| char::from(b'0' + byte % 10)).collect(), cloud.letters(32));
        let api_key = format!("sk-{}", cloud.letters(32));
        cloud.api_keys.admit(&api_key);
        let issuer = Arc::new(Issuer::new(cloud.random(32)));
        let address = listener.local_addr()?;
        let accepting = tokio::spawn(serve::products(listener, tls, cloud.clone(), issuer.clone()));
        let sandbox = Self { address, authority, cloud, issuer, user, root, app, api_key, accepting };
        sandbox.admit_app(&sandbox.app.0, &sandbox.app.1);
        Ok(sandbox)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate of its authority, DER. Made anew at every start.
    pub fn authority(&self) -> &[u8] {
        self.authority.certificate()
    }

    /// The same as PEM, for a file that others are to trust.
    pub fn authority_pem(&self) -> String {
        let text = encode::base64(self.authority());
        let lines = text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned());
        let lines: Vec<String> = lines.collect();
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
    }

    /// Mints an OIDC token that its STS takes for one hour, as a Kubernetes cluster would mint one for a pod.
    pub fn oidc_token(&self) -> String {
        self.oidc_token_for(Duration::from_secs(oidc::LIFETIME.unsigned_abs()))
    }

    /// Mints an OIDC token of another lifetime, in whole seconds.
    pub fn oidc_token_for(&self, lifetime: Duration) -> String {
        self.issuer.mint(self.cloud.machine_now(), i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX))
    }

    /// The AccessKey of its one RAM user: id and secret. It does not expire.
    pub fn access_key(&self) -> (String, String) {
        (self.user.access_key_id.clone(), self.user.secret.clone())
    }

    /// The AccessKey of the account itself: id and secret. Nobody should use such a one, and no role can be assumed with it.
    pub fn root_access_key(&self) -> (String, String) {
        (self.root.access_key_id.clone(), self.root.secret.clone())
    }

    /// Has its STS take the tokens of an OIDC provider, which it knows by the keys that are handed to it. Under every ARN
    /// that is not handed to it, it takes those that it mints itself.
    ///
    /// # Errors
    /// When the JWKS holds no RSA key that verifies RS256 (of kind `InvalidInput`).
    pub fn trust_provider(&self, provider: OidcProvider) -> io::Result<()> {
        self.cloud.providers.add(provider)
    }

    /// Has a role demand something of whoever takes it. A role that nothing is said of demands nothing.
    pub fn trust(&self, role_arn: &str, trust: Trust) {
        self.cloud.trusts.set(role_arn, trust);
    }

    /// Has its KMS keep the AccessKeys of a RAM user as the secret `acs/ram/user/NAME`, and change them this often, in whole
    /// seconds, or only when `RotateSecret` asks for it.
    pub fn manage_user(&self, name: &str, interval: Option<Duration>) {
        let interval = interval.map(|time| i64::try_from(time.as_secs()).unwrap_or(i64::MAX));
        self.cloud.kms.manage(&self.cloud, name, interval);
    }

    /// The AppKey and the AppSecret of its one app of API Gateway.
    pub fn app_key(&self) -> (String, String) {
        self.app.clone()
    }

    /// Its one API key of Model Studio.
    pub fn api_key(&self) -> &str {
        &self.api_key
    }

    /// Makes a given AccessKey known, that of a vector or of a test's own source. With a token it is one of a role.
    pub fn admit(&self, access_key_id: &str, secret: &str, security_token: Option<&str>) {
        let account = cloud::ACCOUNT;
        let principal = match security_token {
            None => self.user.principal.clone(),
            Some(_) => Principal::Role {
                arn: format!("acs:ram::{account}:assumed-role/admitted/sandbox"),
                role_id: "300000000000000001".to_owned(),
                session: "sandbox".to_owned(),
            },
        };
        self.cloud.identities.admit(Identity {
            access_key_id: access_key_id.to_owned(),
            secret: secret.to_owned(),
            security_token: security_token.map(str::to_owned),
            issued_at: self.cloud.now(),
            expires_at: None,
            revocations: self.cloud.faults.revocations(),
            principal,
        });
    }

    /// Makes the AppKey and the AppSecret of an app of API Gateway known.
    pub fn admit_app(&self, app_key: &str, app_secret: &str) {
        let arn = format!("acs:apigateway::{}:app/{app_key}", cloud::ACCOUNT);
        self.cloud.apps.admit(Identity {
            access_key_id: app_key.to_owned(),
            secret: app_secret.to_owned(),
            principal: Principal::User { arn, id: app_key.to_owned() },
            ..self.user.clone()
        });
    }

    /// Makes an API key of Model Studio known.
    pub fn admit_api_key(&self, key: &str) {
        self.cloud.api_keys.admit(key);
    }

    /// Plays a product (`apigateway`, `dataplus`, `fc-trigger`) at a host of a customer's own. Those that the products give
    /// out, as `*.alicloudapi.com` and `*.fcapp.run`, are known without.
    pub fn own_host(&self, host: &str, product: &str) {
        let mut own = self.cloud.own_hosts.lock().unwrap_or_else(PoisonError::into_inner);
        own.insert(host.to_owned(), product.to_owned());
    }

    /// The switches that make it misbehave.
    pub fn faults(&self) -> &Faults {
        &self.cloud.faults
    }

    /// The last thousand verdicts, oldest first.
    pub fn verdicts(&self) -> Vec<Verdict> {
        self.cloud.ledger.verdicts()
    }

    /// What happened how often since the start.
    pub fn counters(&self) -> Counters {
        self.cloud.ledger.counters()
    }
}
