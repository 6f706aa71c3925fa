//! The settings as the rest of the program takes them: plain values, checked, with every default filled in.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::address::Address;
use super::connect_to::ConnectTo;
use super::problem::{Origin, Placed};
use crate::credential::{CiToken, CredentialsUri, KmsConfig, VaultConfig};
use crate::names::{KeysName, OidcProviderArn, RoleArn, RoleName, SamlProviderArn, SessionName};

/// Everything that the operator decides. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where requests come in; at least one.
    pub listen: Vec<Listen>,
    /// The roles to sign as. `default` is always there.
    pub roles: BTreeMap<RoleName, Role>,
    /// Whom credentials are handed to. Nobody unless the file says so.
    pub vend: Vec<Vend>,
    /// How humans log in.
    pub login: Login,
    /// Who may be named in a host, by product code: names, and patterns with `*`. A product without any is not there.
    pub tenants: BTreeMap<String, Vec<Placed>>,
    /// The keys of products that take none of a role's credentials.
    pub keys: BTreeMap<KeysName, Keys>,
    /// Hosts of the operator's own, for the endpoint table to judge.
    pub hosts: Vec<OwnHost>,
    /// Hosts that are dialled elsewhere.
    pub connect_to: Vec<ConnectTo>,
    /// What a client may ask of us.
    pub limits: Limits,
    /// Rules for single products, by product code.
    pub products: BTreeMap<String, ProductRules>,
    /// How the cloud is reached.
    pub upstream: Upstream,
    /// Health and metrics.
    pub admin: Admin,
    /// What is written about requests.
    pub log: Log,
    /// Threads that serve requests.
    pub workers: usize,
    /// How long running requests may take after SIGTERM.
    pub drain_timeout: Duration,
}

/// One listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// Where.
    pub address: Address,
    /// Its requests are signed as this role; it is one of `Settings::roles`.
    pub role: RoleName,
    /// The one endpoint that it leads to, for the endpoint table to judge. `None`: each request names its own.
    pub endpoint: Option<Placed>,
    /// Where it was set.
    pub origin: Origin,
}

/// One place where a role's credential is handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vend {
    /// To what kind of program, and what it must show.
    pub way: VendWay,
    /// Where.
    pub address: Address,
    /// Whose credential; it is one of `Settings::roles`.
    pub role: RoleName,
    /// Where it was set.
    pub origin: Origin,
}

/// How a credential is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VendWay {
    /// At a URI, by SDKs that are told it.
    Uri {
        /// The file that holds the URI, whose last part is secret. `None`: the URI has no secret part.
        path_file: Option<PathBuf>,
    },
    /// As of the metadata server of ECS.
    Metadata {
        /// Whether requests without a token are answered.
        allows_v1: bool,
    },
    /// At a unix socket, by `countersign credential`.
    Process {
        /// The users who may ask. Empty: the one that this process runs as.
        uids: Vec<u32>,
    },
}

/// One role and where its credential comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Where its credential comes from.
    pub source: RoleSource,
    /// Whether `/readyz` waits for it.
    pub required: bool,
    /// How long a credential is asked for. `None`: one hour.
    pub duration: Option<Duration>,
    /// Exactly the STS hosts to ask, in order. Empty: by the SDKs' variables.
    pub sts: Vec<Placed>,
    /// The RAM role that the OIDC token is exchanged for. `None`: by the SDKs' variable.
    pub role_arn: Option<RoleArn>,
    /// The token's identity provider. `None`: by the SDKs' variable.
    pub oidc_provider_arn: Option<OidcProviderArn>,
    /// The token's file. `None`: by the SDKs' variable.
    pub oidc_token_file: Option<PathBuf>,
    /// The profile of another program. `None`: by the SDKs' variable, else the one that is current.
    pub profile: Option<String>,
    /// The aliyun CLI's file. `None`: by the SDKs' variable, else below `HOME`.
    pub config_file: Option<PathBuf>,
    /// The SDKs' ini file. `None`: by their variable, else below `HOME`.
    pub credentials_file: Option<PathBuf>,
    /// The provider of SAML responses. `None`: the one that a response names.
    pub saml_provider_arn: Option<SamlProviderArn>,
    /// The token's place, where it is no file.
    pub oidc_token: Option<CiToken>,
    /// The session's name. `None`: by the SDKs' variable.
    pub session_name: Option<SessionName>,
    /// The accounts that the role may be in, also where the SDKs' variable names it. Empty: all.
    pub accounts: Vec<String>,
    /// The RAM roles to assume one after the other, starting with the source's credential.
    pub assume: Vec<Assume>,
    /// Whether all of it could be read, and all of the roles that it comes from. What is wrong otherwise is told already,
    /// and what it amounts to is a guess.
    pub is_whole: bool,
    /// Where it was set.
    pub origin: Origin,
}

/// Where a role's credential comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleSource {
    /// What the SDKs' variables say.
    Auto,
    /// The AccessKey variables.
    Environment,
    /// What a human's login left.
    Login,
    /// An OIDC token in a file.
    Oidc,
    /// The RAM role of the ECS instance.
    Ecs {
        /// Its name. `None`: by the SDKs' variable.
        role: Option<Box<str>>,
        /// Whether the metadata server may be asked without a token. `None`: by the SDKs' variable.
        v1: Option<bool>,
    },
    /// A role of Vault's AliCloud engine.
    Vault(VaultConfig),
    /// A credentials URI. `None`: by the SDKs' variable.
    Uri(Option<CredentialsUri>),
    /// A profile of the aliyun CLI.
    Cli,
    /// A profile of the SDKs' ini file.
    Ini,
    /// A program that prints it; its command.
    Process(String),
    /// The AccessKey of a RAM user that KMS keeps; its role is one of `Settings::roles`.
    Kms(KmsConfig),
    /// One that gives nothing here; why, and what to do. No file says so.
    Absent(&'static str),
    /// Another role's credential; it is one of `Settings::roles`.
    Role(RoleName),
}

/// One step of a chain of roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assume {
    /// The RAM role to assume.
    pub role_arn: RoleArn,
    /// What its trust policy asks for.
    pub external_id: Option<String>,
    /// A session policy: JSON, at most 2048 characters.
    pub policy: Option<String>,
    /// Who is behind the session.
    pub source_identity: Option<String>,
    /// The session's name. `None`: the role's.
    pub session_name: Option<SessionName>,
    /// How long the credential is asked for. `None`: the role's.
    pub duration: Option<Duration>,
}

/// How humans log in, and where what that leaves is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// `None`: the place that the operating system has for such.
    pub directory: Option<PathBuf>,
    /// Whom CloudSSO is asked as.
    pub cloudsso_client_id: String,
    /// The OAuth application. `None`: the aliyun CLI's of the site.
    pub oauth_client_id: Option<String>,
    /// Where the browser is sent for OAuth. `None`: the site's.
    pub oauth_sign_in_url: Option<String>,
    /// Where OAuth's tokens are asked for. `None`: the site's.
    pub oauth_url: Option<String>,
}

/// Keys that are no role's: Model Studio's, or a pair for hosts of the operator's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// The file that holds them.
    pub file: PathBuf,
    /// The code of the product whose own hosts they open: `dashscope`. `None`: they are for the rows of `[hosts]` that
    /// name them.
    pub product: Option<String>,
    /// The region whose hosts they open, for the endpoint table to judge. `None`: each that no other keys are for.
    pub region: Option<Placed>,
    /// Whether a short-lived key is made from them, and sent instead.
    pub temporary: bool,
    /// Where they were set.
    pub origin: Origin,
}

/// A host of the operator's own, of a product that lives on its customers' names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnHost {
    /// The host.
    pub host: Placed,
    /// The product's code: `apigateway`, `dataplus` or `fc-trigger`.
    pub product: String,
    /// What is signed with; one of `Settings::keys`. `None`: the credential of the listener's role.
    pub keys: Option<KeysName>,
}

/// What a client may ask of us. `docs/configuration.md` has the reason of each default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest head; at most 60 KiB, so that positions fit 16 bits.
    pub head_bytes: usize,
    /// The most headers.
    pub headers: usize,
    /// The longest target.
    pub uri_bytes: usize,
    /// The most connections at once.
    pub connections: usize,
    /// From accepting to the first byte.
    pub first_byte_timeout: Duration,
    /// From a head's first byte to its last.
    pub head_timeout: Duration,
    /// Between two pieces of a request's body.
    pub body_idle_timeout: Duration,
    /// Between two requests of a connection.
    pub keep_alive_timeout: Duration,
    /// The largest held body.
    pub held_body_bytes: usize,
    /// All held bodies together; at least one of the largest.
    pub held_bodies_bytes: usize,
}

/// Rules for one product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductRules {
    /// Its RPC calls leave as ACS3, whatever the caller signed with.
    pub rpc_leaves_as_acs3: bool,
    /// OSS alone: its requests leave with signature V1.
    pub leaves_as_oss_v1: bool,
    /// Where it was set.
    pub origin: Origin,
}

/// How the cloud is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// Certificate authorities to trust beside the system's.
    pub extra_ca: Option<ExtraCa>,
    /// For connecting: name look-up, every address and TLS together.
    pub connect_timeout: Duration,
    /// For an answer to begin.
    pub head_timeout: Duration,
    /// Between two pieces of an answer.
    pub idle_timeout: Duration,
}

/// A PEM file of certificate authorities, as it was at start.
#[derive(Clone, PartialEq, Eq)]
pub struct ExtraCa {
    /// The file.
    pub path: PathBuf,
    /// What was in it.
    pub pem: Vec<u8>,
    /// Where it was named.
    pub origin: Origin,
}

impl fmt::Debug for ExtraCa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ExtraCa({}, {} bytes)", self.path.display(), self.pem.len())
    }
}

/// Health and metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admin {
    /// Where; other machines may reach it.
    pub address: Address,
    /// What `/readyz` waits for.
    pub ready: Ready,
}

/// What `/readyz` waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ready {
    /// A live credential of every required role.
    Credentials,
    /// Settings in force and listeners open.
    Config,
}

/// What is written about requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// Where one line for each request goes.
    pub access: Access,
    /// How lines look.
    pub format: LogFormat,
    /// Where `access` was set.
    pub origin: Origin,
}

/// Where access lines go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Standard output.
    Stdout,
    /// Nowhere.
    Off,
    /// Appended to this file.
    File(PathBuf),
}

/// How lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, else JSON.
    Auto,
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}
