//! As whom: a live credential for a role, fetched once, refreshed before it is stale, and served until it ends.
//!
//! A [`Source`] fetches and forgets; a [`Cell`] per role remembers. Requests ask [`Cell::live`], which never waits; only
//! where there is nothing to serve they go on to [`Cell::wait`]. An outage of STS is nobody's problem before the
//! credential at hand has ended, and then costs a request nothing but its answer. Knows no client, no request and no
//! setting; reaches STS and whatever else gives credentials through [`Carry`] alone.

mod cell;
#[expect(clippy::module_inception, reason = "the value that the room is named after")]
mod credential;
mod credentials;
mod day_keys;
mod keys;

mod age;
mod backoff;
mod chance;
mod flight;
mod state;
mod sync;
mod triple;

mod assume_role;
mod at_place;
mod auto;
mod chain;
mod ci_token;
mod cloud_sso;
mod ecs;
mod environment;
mod file;
mod key_file;
mod key_file_error;
mod kms;
mod login;
mod model_studio;
mod oauth;
mod oidc;
mod presence;
mod process;
mod process_answer;
mod process_error;
mod profile;
mod source;
mod spellings;
mod token_file;
mod uri;
mod variables;
mod vault;

mod answer;
mod ask;
mod caller_identity;
mod carry;
mod claims;
mod exchange;
mod flat_answer;
mod grammar;
mod hedge;
mod launch;
mod line;
mod pace;
mod refused;
mod short_lived;
mod signed_call;
mod sts;

mod declined;
mod error;
mod no_credential;
mod observer;
mod resolve;
mod role;
mod saml;

#[cfg(test)]
mod tests;

pub use age::{Age, Life, Use};
pub use answer::json as answer_json;
pub use ask::{Ask, AskBody, ask};
pub use caller_identity::{CallerIdentity, IdentityKind};
pub use carry::{Answer, Boxed, Carry, CarryError, Method, Outbound, Receiver};
pub use cell::{Cell, Status};
pub use chain::{Link, Standing};
pub use chance::Chance;
pub use ci_token::CiToken;
pub use claims::{Claims, OidcToken};
pub use cloud_sso::{Assignment, refusal as cloud_sso_refusal};
pub use credential::{AccessKey, Credential, Fetched, Proof};
pub use credentials::{Credentials, Surroundings};
pub use day_keys::DayKeys;
pub use declined::Declined;
pub use error::{AnswerError, FetchError, TokenFileError};
pub use key_file::KeyKind;
pub use key_file_error::KeyFileError;
pub use keys::{KeyConfig, Keys, Opens};
pub use kms::KmsConfig;
pub use launch::{DEPTH, Launch, LaunchError, Printed, Program};
pub use login::{
    CloudSsoSession, Logins, NoLogins, OAuthSession, SESSION_BYTES_MAX, SamlSession, Session, Unkept,
};
pub use no_credential::NoCredential;
pub use oauth::{Tokens, encoded, tokens};
pub use observer::{Event, Observer, Unobserved};
pub use presence::{DMI, presence};
pub use process::program_and_arguments;
pub use process_error::{ProcessError, ProcessFault};
pub use profile::{ProfileError, ProfileFault};
pub use refused::{Class, Refused};
pub use role::{AssumeConfig, BadRole, DURATION, RoleConfig, SourceConfig, StsTable};
pub use saml::{Assertion, SamlError, assume_with_saml};
pub use source::Source;
pub use triple::Triple;
pub use uri::CredentialsUri;
pub use variables::{Variable, Variables};
pub use vault::{
    VAULT_JWT_FILE, VAULT_KUBERNETES_MOUNT, VAULT_MOUNT, VaultConfig, VaultLogin, VaultName, VaultPath,
    VaultRole, VaultTokenError,
};
