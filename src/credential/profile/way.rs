//! What a profile amounts to: the way to a credential, step by step, whichever program's file it stood in.

use std::path::PathBuf;
use std::time::Duration;

use super::error::ProfileFault;
use super::session::Session;
use crate::credential::credential::Fetched;
use crate::credential::grammar;
use crate::credential::uri::CredentialsUri;
use crate::names::{OidcProviderArn, RoleArn, SessionName, is_role_name};

/// From where a credential comes.
#[derive(Debug)]
pub(in crate::credential) enum Way {
    /// It stands in the file.
    Pair(Fetched),
    /// A RAM role is assumed with another credential.
    Assume(Hop, Box<Self>),
    /// An OIDC token from a file is exchanged.
    Oidc {
        /// The token's identity provider.
        provider: OidcProviderArn,
        /// The token's file.
        token_file: PathBuf,
        /// The role that it is exchanged for.
        hop: Hop,
    },
    /// A program prints it.
    Process(String),
    /// A server hands it out.
    Uri(CredentialsUri),
    /// The metadata server of this ECS instance hands out that of its RAM role. `None`: whichever it has.
    Ecs(Option<Box<str>>),
    /// A human has logged in.
    Session(Box<Session>),
}

impl Way {
    /// Where it begins.
    pub(super) fn base(&self) -> &Self {
        match self {
            Self::Assume(_, from) => from.base(),
            base => base,
        }
    }

    /// Whether a program or a stranger's server is asked there.
    pub(super) const fn asks_others(&self) -> bool {
        matches!(self, Self::Process(_) | Self::Uri(_))
    }

    /// Whether what it leads to may be another one next time, although nobody has said when it ends.
    pub(super) const fn is_fleeting(&self) -> bool {
        self.asks_others()
    }

    /// The RAM roles on it, from the outermost.
    pub(super) fn roles(&self) -> Vec<&RoleArn> {
        match self {
            Self::Assume(hop, from) => std::iter::once(&hop.role).chain(from.roles()).collect(),
            Self::Oidc { hop, .. } => vec![&hop.role],
            Self::Pair(_) | Self::Process(_) | Self::Uri(_) | Self::Ecs(_) | Self::Session(_) => Vec::new(),
        }
    }
}

/// One role that is assumed, as a profile says it. What it does not say is the role's own.
#[derive(Debug)]
pub(in crate::credential) struct Hop {
    /// The role.
    pub(super) role: RoleArn,
    /// The session's name.
    pub(super) session: Option<SessionName>,
    /// How long the credential is asked for.
    pub(super) duration: Option<Duration>,
    /// What the role's trust policy asks for.
    pub(super) external_id: Option<String>,
    /// A session policy.
    pub(super) policy: Option<String>,
    /// Whom to ask.
    pub(super) sts: StsSaid,
}

/// What a profile says of the STS to ask.
#[derive(Clone, Debug, Default)]
pub(in crate::credential) struct StsSaid {
    /// A host by its name.
    pub(super) endpoint: Option<String>,
    /// The region's own.
    pub(super) region: Option<String>,
    /// That region's by its VPC name.
    pub(super) is_vpc: bool,
}

/// The names that a file has for a key's parts, for messages.
pub(super) type PartNames = (&'static str, &'static str, &'static str);

/// A pair out of a file, held to what keys are made of.
pub(super) fn pair(
    (id, secret, token): (Option<&str>, Option<&str>, Option<&str>),
    (id_name, secret_name, token_name): PartNames,
) -> Result<Fetched, ProfileFault> {
    let id = id.ok_or(ProfileFault::Lacks(id_name))?.to_owned();
    let secret = secret.ok_or(ProfileFault::Lacks(secret_name))?.to_owned();
    // Whatever comes of it, what was copied is wiped from here on.
    let (id, secret) = (grammar::id(id), grammar::secret(secret));
    let token =
        token.map(|token| grammar::token(token.to_owned()).ok_or(ProfileFault::Malformed(token_name)));
    Ok(Fetched::pair(
        id.ok_or(ProfileFault::Malformed(id_name))?,
        secret.ok_or(ProfileFault::Malformed(secret_name))?,
        token.transpose()?,
    ))
}

/// The RAM role of an ECS instance, by the name that a file may have for it.
pub(super) fn ecs(name: Option<&str>, key: &'static str) -> Result<Way, ProfileFault> {
    match name {
        Some(name) if !is_role_name(name) => Err(ProfileFault::Malformed(key)),
        name => Ok(Way::Ecs(name.map(Into::into))),
    }
}

/// What STS takes as a session policy.
const POLICY_CHARACTERS_MAX: usize = 2_048;
/// What STS grants, in seconds.
const DURATION: std::ops::RangeInclusive<u64> = 900..=43_200;

/// A hop out of a file's texts, each held to what STS takes. Where they differ, messages have the file's own names.
pub(super) struct HopSaid<'a> {
    pub(super) role: (Option<&'a str>, &'static str),
    pub(super) session: (Option<&'a str>, &'static str),
    /// In seconds; none and 0 leave it to the role.
    pub(super) duration: Option<u64>,
    pub(super) external_id: Option<&'a str>,
    pub(super) policy: Option<&'a str>,
    pub(super) sts: StsSaid,
}

impl HopSaid<'_> {
    pub(super) fn hop(self) -> Result<Hop, ProfileFault> {
        let (role, role_name) = self.role;
        let role = role.ok_or(ProfileFault::Lacks(role_name))?;
        let (session, session_name) = self.session;
        let session =
            session.map(|text| SessionName::parse(text).ok_or(ProfileFault::Malformed(session_name)));
        let duration = match self.duration {
            None | Some(0) => None,
            Some(seconds) if DURATION.contains(&seconds) => Some(Duration::from_secs(seconds)),
            Some(_) => return Err(ProfileFault::Malformed("expired_seconds")),
        };
        let text = |text: Option<&str>, most, name| match text {
            Some(text) if text.chars().count() > most => Err(ProfileFault::Malformed(name)),
            text => Ok(text.map(str::to_owned)),
        };
        Ok(Hop {
            role: RoleArn::parse(role).ok_or(ProfileFault::Malformed(role_name))?,
            session: session.transpose()?,
            duration,
            external_id: text(self.external_id, 1_224, "external_id")?,
            policy: text(self.policy, POLICY_CHARACTERS_MAX, "policy")?,
            sts: self.sts,
        })
    }
}
