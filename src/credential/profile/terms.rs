//! What is known of a profile before its file is read, and what stands in for what it does not say.

use std::path::PathBuf;
use std::time::Duration;

use crate::credential::ecs::EcsTerms;
use crate::credential::hedge::StsHosts;
use crate::names::{Place, SessionName};

/// Whose file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::credential) enum Program {
    /// The aliyun CLI's: JSON.
    Cli,
    /// The SDKs': ini.
    Ini,
}

impl Program {
    /// A word for logs and settings.
    pub(in crate::credential) const fn name(self) -> &'static str {
        match self {
            Self::Cli => "cli",
            Self::Ini => "ini",
        }
    }

    /// What messages call the file where nobody says where it is.
    pub(in crate::credential) const fn file_name(self) -> &'static str {
        match self {
            Self::Cli => "~/.aliyun/config.json",
            Self::Ini => "~/.alibabacloud/credentials",
        }
    }
}

/// Which profile, of which file, for which role.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::credential) struct ProfileTerms {
    pub(in crate::credential) program: Program,
    /// Where the file may be. The first that is there is read. Empty: nobody knows.
    pub(in crate::credential) files: Vec<PathBuf>,
    /// `None`: the one that the file calls current.
    pub(in crate::credential) profile: Option<String>,
    /// What the settings say, which is above what the profile says.
    pub(in crate::credential) hosts: Option<StsHosts>,
    pub(in crate::credential) session: Option<SessionName>,
    pub(in crate::credential) duration: Option<Duration>,
    /// What is taken where neither does.
    pub(in crate::credential) else_hosts: StsHosts,
    pub(in crate::credential) else_session: SessionName,
    /// The accounts that the credential may be of. Empty: all.
    pub(in crate::credential) accounts: Vec<String>,
    /// Whether the role's own steps go on from the credential: then it need not say which account it is of.
    pub(in crate::credential) is_assumed_from: bool,
    /// The metadata server, for a profile that leads there; or why it cannot be asked.
    pub(in crate::credential) metadata: Result<EcsTerms, NoMetadata>,
    /// Where an OAuth token is exchanged, instead of at its site.
    pub(in crate::credential) oauth_url: Option<Place>,
    /// Whether a profile may run programs and ask URIs.
    pub(in crate::credential) may_ask_others: bool,
}

/// Why no metadata server can be asked. Of a role whose profile never leads there it is nobody's concern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::credential) enum NoMetadata {
    /// This process plays one for others, or the variable names a listener of its own.
    Own,
    /// The named variable is not what it must be.
    BadVariable(&'static str),
}
