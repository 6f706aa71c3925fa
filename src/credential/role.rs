//! What is configured for a role, as plain values: `sidecar` fills them from the settings.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::ci_token::CiToken;
use super::kms::KmsConfig;
use super::uri::CredentialsUri;
use super::variables::Variable;
use super::vault::VaultConfig;
use crate::names::{Host, OidcProviderArn, Place, RoleArn, RoleName, SessionName};

/// How long a credential is asked for where nobody says: the longest that a role allows unless it was told to allow more.
pub const DURATION: Duration = Duration::from_secs(3_600);

/// One `[role.NAME]` table. What is not there is taken from the SDKs' variables, else from a default.
#[derive(Clone, Debug, Default)]
pub struct RoleConfig {
    /// Where the credential comes from.
    pub source: SourceConfig,
    /// How long a credential is asked for. No variable says it: `None` is one hour.
    pub duration: Option<Duration>,
    /// Exactly the STS hosts to ask, first and second. Empty: by the variables.
    pub sts: Vec<String>,
    /// The RAM role that the OIDC token is exchanged for.
    pub role_arn: Option<RoleArn>,
    /// The token's identity provider.
    pub oidc_provider_arn: Option<OidcProviderArn>,
    /// The token's file.
    pub oidc_token_file: Option<PathBuf>,
    /// The profile of another program. `None`: by the variables, else the one that is current.
    pub profile: Option<String>,
    /// The aliyun CLI's file. `None`: by the variables, else below `HOME`.
    pub config_file: Option<PathBuf>,
    /// The SDKs' ini file. `None`: by the variables, else below `HOME`.
    pub credentials_file: Option<PathBuf>,
    /// Where the OAuth token of a profile of the CLI is exchanged. `None`: at its site.
    pub oauth_url: Option<Place>,
    /// The token's place, where it is no file.
    pub oidc_token: Option<CiToken>,
    /// What the audit trail calls the session.
    pub session_name: Option<SessionName>,
    /// The accounts that the role may be in. Empty: all.
    pub accounts: Vec<String>,
    /// Whether the credential is handed to programs that sign for themselves (`[[vend]]`), besides signing.
    pub is_vended: bool,
    /// The RAM roles to assume one after the other, starting from the source's credential.
    pub assume: Vec<AssumeConfig>,
}

/// Where a role's credential comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SourceConfig {
    /// An STS triple in the environment; else OIDC when its three variables are set; else a long-lived AccessKey in
    /// the environment; else what is found on the machine: the default chain.
    #[default]
    Auto,
    /// The AccessKey variables.
    Environment,
    /// What a human's login left.
    Login,
    /// An OIDC token in a file.
    Oidc,
    /// The RAM role of the ECS instance.
    Ecs {
        /// Its name. `None`: the variable's, else what the metadata server says.
        role: Option<Box<str>>,
        /// Whether the server may be asked without a token. `None`: what the variable says.
        v1: Option<bool>,
    },
    /// A role of Vault's AliCloud engine.
    Vault(VaultConfig),
    /// A credentials URI. `None`: the variable's.
    Uri(Option<CredentialsUri>),
    /// A profile of the aliyun CLI.
    Cli,
    /// A profile of the SDKs' ini file.
    Ini,
    /// A program that prints it; its command.
    Process(String),
    /// The AccessKey of a RAM user that KMS keeps.
    Kms(KmsConfig),
    /// Another role's credential.
    Role(RoleName),
    /// None that gives anything; why, and what to do.
    Absent(&'static str),
}

/// One step of a chain of roles.
#[derive(Clone, Debug)]
pub struct AssumeConfig {
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

/// The hosts of STS and KMS that the endpoint table knows, and what is no source. `sidecar` answers from the table, so that
/// no token goes elsewhere.
pub trait StsTable: Send + Sync + fmt::Debug {
    /// The STS host of a region; the central one where the region has none of its own. `None`: no such region.
    fn regional(&self, region: &str, is_vpc: bool) -> Option<Host>;

    /// The KMS host of a region. `None`: no such region, or none that this network reaches.
    fn kms(&self, region: &str, is_vpc: bool) -> Option<Host>;

    /// `name`, if it is an STS host.
    fn named(&self, name: &str) -> Option<Host>;

    /// Whether a listener of this very process is at a place: it would wait for itself.
    fn is_own(&self, place: &Place) -> bool;

    /// Whether this very process plays the metadata server, and where it does is where it would be asked.
    fn plays_metadata(&self) -> bool;
}

/// Why a role cannot be set up. All are mistakes of configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadRole {
    /// It takes its credential from a role that is not there. **Action:** name one that is.
    NoSuchRole(RoleName, RoleName),
    /// The sources of these roles lead in a circle: each to the next, and the last to the first, which is the first by
    /// name. **Action:** give one of them a source of its own.
    Circle(Vec<RoleName>),
    /// More roles lead to it than anybody means. **Action:** shorten the way.
    TooDeep(RoleName),
    /// A variable's value is not what it must be. **Action:** set it anew.
    BadVariable(RoleName, &'static str),
    /// No host of STS in the endpoint table is called so; the variable that says it, unless the settings do.
    /// **Action:** name one that is.
    NotSts(RoleName, String, Option<&'static str>),
    /// The endpoint table has no KMS in this region; the variable that says it, unless the settings do. **Action:** name
    /// one that has.
    NoKms(RoleName, String, Option<&'static str>),
    /// The role is assumed on the way to it, and belongs to an account that its settings do not list. **Action:** correct
    /// one of them.
    OtherAccount(RoleName, RoleArn),
    /// `accounts` is set, and the source does not say which account it is of. **Action:** assume a role from there.
    UnknownAccount(RoleName),
    /// It asks this very process for its credential, by this place; the variable that says it, unless the settings do.
    /// **Action:** name another place.
    OwnListener(RoleName, Place, Option<&'static str>),
    /// It asks the metadata server, which this very process plays for others. **Action:** do one of both elsewhere.
    OwnMetadata(RoleName),
}

impl BadRole {
    /// The role whose settings are wrong.
    pub fn role(&self) -> Option<&RoleName> {
        match self {
            Self::Circle(roles) => roles.first(),
            Self::NoSuchRole(role, _)
            | Self::TooDeep(role)
            | Self::BadVariable(role, _)
            | Self::NotSts(role, ..)
            | Self::NoKms(role, ..)
            | Self::OtherAccount(role, _)
            | Self::UnknownAccount(role)
            | Self::OwnMetadata(role)
            | Self::OwnListener(role, ..) => Some(role),
        }
    }
}

impl BadRole {
    /// The variable whose value is wrong, where it is not the settings.
    pub const fn variable(&self) -> Option<&'static str> {
        match self {
            Self::BadVariable(_, name)
            | Self::NotSts(_, _, Some(name))
            | Self::NoKms(_, _, Some(name))
            | Self::OwnListener(_, _, Some(name)) => Some(*name),
            _ => None,
        }
    }
}

impl fmt::Display for BadRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchRole(role, inner) => {
                write!(
                    f,
                    "role `{role}` takes its credential from `{inner}`, which is not there; name one that is"
                )
            }
            Self::Circle(roles) => {
                let first = roles.first().map_or("", RoleName::as_str);
                let way: String = roles.iter().map(|role| format!("{role} → ")).collect();
                write!(f, "the roles lead in a circle: {way}{first}; one needs a source of its own")
            }
            Self::TooDeep(role) => {
                write!(f, "role `{role}` is more than 32 roles away from one that asks; name a nearer source")
            }
            Self::BadVariable(role, name) => {
                let form = Variable::form_of(name).unwrap_or("it anew");
                write!(
                    f,
                    "role `{role}` reads {name}, which has not the form that it must have; write {form}"
                )
            }
            Self::NotSts(role, host, _) => {
                write!(
                    f,
                    "role `{role}`: {host:?} leads to no STS host of the endpoint table; name one of them"
                )
            }
            Self::NoKms(role, region, _) => {
                write!(
                    f,
                    "role `{role}`: the endpoint table has no KMS in {region:?}, or not by this network; name the \
                     region that the secret is in"
                )
            }
            Self::OtherAccount(role, arn) => {
                write!(
                    f,
                    "role `{role}` assumes {arn}, of an account that its `accounts` does not list; correct either"
                )
            }
            Self::UnknownAccount(role) => {
                write!(f, "role `{role}` has `accounts`, but its source does not tell its account; ")?;
                f.write_str("assume a role from there, or remove `accounts`")
            }
            Self::OwnMetadata(role) => {
                write!(
                    f,
                    "role `{role}` asks the metadata server, which countersign plays itself by a [[vend]]; "
                )?;
                f.write_str("give the role another source, or vend by kind = \"uri\"")
            }
            Self::OwnListener(role, place, _) => {
                write!(
                    f,
                    "role `{role}` asks {place} for its credential, which is a listener of countersign's own; "
                )?;
                f.write_str("name the place that has one")
            }
        }
    }
}

impl std::error::Error for BadRole {}
