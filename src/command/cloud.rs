//! The sandbox beside the proxy: a cloud to dial, and a role in it with its OIDC token.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use tokio::task::JoinSet;

use super::counterpart::Playing;
use super::replace::replace;
use crate::clock::Clock;
use crate::config::{RoleSource, Settings};
use crate::credential::{KmsConfig, Variables, VaultConfig};
use crate::names::{OidcProviderArn, RoleArn, RoleName, SessionName};
use crate::sandbox::{Options, Sandbox};
use crate::upstream::{Dial, Dialler, Egress, Routes, SystemResolver, trust_only};

/// The sandbox's token lives for an hour, and is written anew as a kubelet would, well before that.
pub(super) const TOKEN_EVERY: Duration = Duration::from_secs(30 * 60);

/// The variable with Model Studio's key.
pub(super) const API_KEY: &str = "DASHSCOPE_API_KEY";

/// The RAM role that the proxy takes in the sandbox.
pub(super) const ROLE_ARN: &str = "acs:ram::1000000000000001:role/demo";
pub(super) const PROVIDER_ARN: &str = "acs:ram::1000000000000001:oidc-provider/sandbox";

const NO_LOGIN: &str =
    "a login is of the real cloud, and ignored in the sandbox; leave `source` out, or use \"oidc\"";
const NO_KEY: &str = "--sandbox ignores credential variables, so source = \"environment\" finds nothing; leave `source` \
     out, or run with --config naming an empty file";
const NO_OIDC: &str = "--sandbox ignores credential variables, so source = \"oidc\" needs role_arn, oidc_provider_arn and \
     oidc_token_file in the settings; set them, or leave `source` out";
const NO_ECS: &str =
    "--sandbox asks no metadata server, so source = \"ecs\" finds nothing; leave `source` out";
const NO_URI: &str = "--sandbox ignores credential variables, so source = \"uri\" needs uri in the settings; set it, or leave \
     `source` out";
const NO_VAULT: &str = "--sandbox ignores credential variables, so source = \"vault\" needs vault_address in the \
     settings; set it, or leave `source` out";
const NO_KMS: &str = "--sandbox ignores credential variables, so source = \"kms\" needs kms_region in the settings; set it, or \
     leave `source` out";
const NO_CLI: &str = "--sandbox ignores other programs' credential files, so source = \"cli\" needs config_file in the \
     settings; set it, or leave `source` out";
const NO_INI: &str = "--sandbox ignores other programs' credential files, so source = \"ini\" needs credentials_file in the \
     settings; set it, or leave `source` out";

/// A running sandbox, and what the proxy needs to use it.
pub(super) struct Cloud {
    /// The sandbox.
    pub(super) sandbox: Arc<Sandbox>,
    /// Where it is dialled: its own authority is trusted there, and nowhere else.
    pub(super) dial: Dial,
    token: Arc<TokenFile>,
    renewing: tokio::task::JoinHandle<()>,
    /// The faults that begin and end with time.
    pub(super) playing: JoinSet<()>,
    /// What plays on addresses of its own.
    pub(super) counterparts: Option<Playing>,
}

impl Drop for Cloud {
    fn drop(&mut self) {
        self.renewing.abort();
    }
}

impl Cloud {
    pub(super) async fn start(options: Options, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let sandbox = Arc::new(Sandbox::start(options, clock.clone()).await?);
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(sandbox.authority().to_vec())).map_err(io::Error::other)?;
        let trust = trust_only(roots).map_err(io::Error::other)?.into();
        let address = sandbox.address();
        let dial = Dial::Tls { host: Some(address.ip().to_string().into()), port: address.port(), trust };
        let token = Arc::new(TokenFile::create(&*clock)?);
        token.write(&sandbox.oidc_token())?;
        let renewing = tokio::spawn(renew(Arc::clone(&sandbox), Arc::clone(&token)));
        Ok(Self { sandbox, dial, token, renewing, playing: JoinSet::new(), counterparts: None })
    }

    /// A way there that nothing of the proxy is on.
    pub(super) fn dialler(&self) -> Dialler {
        let resolver = Arc::new(SystemResolver::default());
        Dialler::new(Routes::all_to(self.dial.clone()), resolver, Egress::default())
    }

    /// A directory for nobody else, which goes with the sandbox.
    pub(super) fn directory(&self) -> &Path {
        &self.token.directory
    }

    /// The file with the token for the sandbox's STS.
    pub(super) fn token(&self) -> &Path {
        &self.token.path
    }
}

/// Points every role without a source of its own at the sandbox: an OIDC token, and the role to exchange it for. A source
/// that is named is kept; where it would read variables, it says that they are ignored.
pub(super) fn adopt(settings: &mut Settings, token: &Path) {
    for (name, role) in &mut settings.roles {
        match role.source {
            RoleSource::Auto => {
                role.source = RoleSource::Oidc;
                role.role_arn = RoleArn::parse(ROLE_ARN);
                role.oidc_provider_arn = OidcProviderArn::parse(PROVIDER_ARN);
                (role.oidc_token_file, role.oidc_token) = (Some(token.to_owned()), None);
                role.session_name = role.session_name.take().or_else(|| session_name(name));
            }
            RoleSource::Environment => role.source = RoleSource::Absent(NO_KEY),
            RoleSource::Ecs { .. } => role.source = RoleSource::Absent(NO_ECS),
            RoleSource::Vault(VaultConfig { address: None, .. }) => {
                role.source = RoleSource::Absent(NO_VAULT);
            }
            RoleSource::Uri(None) => role.source = RoleSource::Absent(NO_URI),
            RoleSource::Login => role.source = RoleSource::Absent(NO_LOGIN),
            RoleSource::Oidc
                if role.oidc_token.is_some()
                    || role.role_arn.is_none()
                    || role.oidc_provider_arn.is_none()
                    || role.oidc_token_file.is_none() =>
            {
                role.source = RoleSource::Absent(NO_OIDC);
            }
            RoleSource::Cli if role.config_file.is_none() => role.source = RoleSource::Absent(NO_CLI),
            RoleSource::Ini if role.credentials_file.is_none() => role.source = RoleSource::Absent(NO_INI),
            RoleSource::Kms(KmsConfig { region: None, .. }) => role.source = RoleSource::Absent(NO_KMS),
            RoleSource::Oidc
            | RoleSource::Cli
            | RoleSource::Ini
            | RoleSource::Process(_)
            | RoleSource::Vault(_)
            | RoleSource::Uri(Some(_))
            | RoleSource::Role(_)
            | RoleSource::Kms(_)
            | RoleSource::Absent(_) => {}
        }
    }
}

/// The environment without what would lead a role elsewhere than the sandbox, and the names of what was left out.
pub(super) fn environment(mut all: BTreeMap<String, String>) -> (BTreeMap<String, String>, Vec<String>) {
    let ignored: Vec<String> =
        all.keys().filter(|name| Variables::are_of_credentials(name)).cloned().collect();
    all.retain(|name, _| !Variables::are_of_credentials(name));
    (all, ignored)
}

fn session_name(role: &RoleName) -> Option<SessionName> {
    SessionName::parse(&format!("sandbox-{role}"))
}

async fn renew(sandbox: Arc<Sandbox>, token: Arc<TokenFile>) {
    loop {
        tokio::time::sleep(TOKEN_EVERY).await;
        if let Err(error) = token.write(&sandbox.oidc_token()) {
            tracing::warn!(%error, "the sandbox's token could not be written");
        }
    }
}

/// A file for nobody else, in a directory for nobody else. Both go with it.
struct TokenFile {
    directory: PathBuf,
    path: PathBuf,
}

impl TokenFile {
    fn create(clock: &dyn Clock) -> io::Result<Self> {
        use std::os::unix::fs::DirBuilderExt;
        let name = format!("countersign-{}", clock.nonce().as_str());
        let directory = std::env::temp_dir().join(name);
        std::fs::DirBuilder::new().mode(0o700).create(&directory)?;
        let path = directory.join("token");
        Ok(Self { directory, path })
    }

    fn write(&self, token: &str) -> io::Result<()> {
        replace(&self.path, token, 0o600)
    }
}

impl Drop for TokenFile {
    fn drop(&mut self) {
        // In the temporary directory, and worthless once the sandbox has ended.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
