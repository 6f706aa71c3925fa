//! Why an attempt to fetch a credential failed. No error holds a secret, a token, or text of an answer.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::carry::CarryError;
use super::declined::Declined;
use super::key_file_error::KeyFileError;
use super::no_credential::NoCredential;
use super::process_error::ProcessError;
use super::profile::{ProfileError, ProfileFault};
use super::refused::{Class, Refused};
use super::variables::Variable;
use super::vault::VaultTokenError;
use crate::names::AccessKeyId;

/// How long whoever may have made a user is not asked for another one.
const IN_DOUBT_FOR: Duration = Duration::from_secs(60);

const ANEW: &str = "set it anew, without quotes or line ends";

/// Why one attempt brought nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchError {
    /// There is no source. **Action:** what the text says.
    NoSource(&'static str),
    /// Whose login is over, and how to renew it. **Action:** what the text says.
    LoginRequired(String),
    /// It is the key of the account itself, which may do everything. **Action:** use a RAM role or a RAM user.
    RootKey(AccessKeyId),
    /// What a login left cannot be read or kept. **Action:** what the text says.
    LoginStore(String),
    /// The named variable holds something that no credential can. **Action:** set it anew.
    BadVariable(&'static str),
    /// The OIDC token could not be read. **Action:** look at the file.
    TokenFile(TokenFileError),
    /// There is no token of Vault's. **Action:** look at the file.
    VaultToken(VaultTokenError),
    /// A key file could not be read. **Action:** look at the file.
    KeyFile(KeyFileError),
    /// Another program's profile leads to no credential. **Action:** look at its file.
    Profile(ProfileError),
    /// A program printed no credential. **Action:** run it by hand.
    Process(ProcessError),
    /// The host gave no answer. **Action:** look at the network between this machine and the host.
    NoAnswer(String, CarryError),
    /// The host gave an answer that cannot be used. **Action:** find out who answered in STS's place.
    BadAnswer(String, AnswerError),
    /// STS refused. **Action:** [`Refused::advice`].
    Refused(Refused),
    /// A place that is no STS gave none. **Action:** what the text says.
    Declined(Declined),
    /// It came to nothing, and may have made a RAM user all the same, whose lease lies under this path of Vault's. **Action:**
    /// look there.
    InDoubt(Box<Self>, String),
    /// The credential that signs the call was refused, and there is no newer one. **Action:** as for the refusal.
    SourceRefused(Refused),
    /// The credential that signs the call was refused, and a newer one may still come. **Action:** wait.
    Stalled(Refused),
    /// The role that this one is assumed from has no credential. **Action:** as for that role.
    Inner(Arc<NoCredential>),
    /// KMS keeps something else in this secret than a RAM user's AccessKey. **Action:** name another one.
    NotManaged(String),
    /// The cloud rejected this AccessKey, and its source gave the same one again. **Action:** replace it.
    SameKey(AccessKeyId),
    /// All that the named source asks took too long together: so long. **Action:** look at what it asks.
    TooSlow(&'static str, Duration),
    /// A mistake of ours. **Action:** report it.
    Broken,
}

impl FetchError {
    /// What to do next.
    pub fn class(&self) -> Class {
        match self {
            Self::NoSource(_)
            | Self::LoginRequired(_)
            | Self::RootKey(_)
            | Self::LoginStore(_)
            | Self::BadVariable(_)
            | Self::SourceRefused(_)
            | Self::NotManaged(_)
            | Self::SameKey(_) => Class::Permanent,
            Self::Refused(refused) => refused.class,
            Self::Declined(declined) => declined.class,
            Self::InDoubt(cause, _) if cause.class() == Class::Permanent => Class::Permanent,
            // It is not made sooner than the time that is named below, whether a credential lives or none does.
            Self::InDoubt(..) => Class::Throttled,
            Self::KeyFile(error) if error.is_permanent() => Class::Permanent,
            // A file that is not there may still be about to be mounted.
            Self::Profile(error) if !matches!(error.fault, ProfileFault::Unreadable(_)) => Class::Permanent,
            Self::Process(error) if error.is_permanent() => Class::Permanent,
            Self::BadAnswer(_, AnswerError::RoleMismatch | AnswerError::OtherSecret) => Class::Permanent,
            Self::Inner(inner) if inner.is_permanent() => Class::Permanent,
            _ => Class::Passing,
        }
    }

    /// How long the cloud asked us to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused(refused) => refused.retry_after,
            Self::Declined(declined) => declined.retry_after,
            Self::InDoubt(..) => Some(IN_DOUBT_FOR),
            _ => None,
        }
    }

    /// A stable word for logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSource(_) => "no_source",
            Self::LoginRequired(_) => "login_required",
            Self::RootKey(_) => "root_key",
            Self::LoginStore(_) => "login_store",
            Self::BadVariable(_) => "bad_variable",
            Self::TokenFile(error) => error.code(),
            Self::VaultToken(error) => error.code(),
            Self::KeyFile(error) => error.code(),
            Self::Profile(error) => error.code(),
            Self::Process(error) => error.code(),
            Self::NoAnswer(_, CarryError::TooLong) => "answer_too_long",
            Self::NoAnswer(_, CarryError::TimedOut) | Self::TooSlow(..) => "timed_out",
            Self::NoAnswer(..) => "unreachable",
            Self::BadAnswer(_, error) => error.code(),
            Self::Refused(_) | Self::Declined(_) => "refused",
            Self::SourceRefused(_) | Self::Stalled(_) => "source_refused",
            Self::Inner(_) => "inner_role",
            Self::InDoubt(cause, _) => cause.code(),
            Self::NotManaged(_) => "not_managed",
            Self::SameKey(_) => "same_key",
            Self::Broken => "broken",
        }
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSource(what) => f.write_str(what),
            Self::LoginRequired(what) => f.write_str(what),
            Self::RootKey(id) => {
                write!(
                    f,
                    "AccessKey {id} is of the account itself (root), which may do everything; it is never "
                )?;
                f.write_str(
                    "signed with. Delete it, and use a RAM role, or a RAM user that may do only what it must",
                )
            }
            Self::LoginStore(what) => f.write_str(what),
            Self::BadVariable(name) => match Variable::form_of(name) {
                Some(form) => write!(f, "{name} has not the form that it must have; write {form}"),
                None => write!(f, "{name} holds characters, or more of them, than a credential has; {ANEW}"),
            },
            Self::TokenFile(error) => error.fmt(f),
            Self::VaultToken(error) => error.fmt(f),
            Self::KeyFile(error) => error.fmt(f),
            Self::Profile(error) => error.fmt(f),
            Self::Process(error) => error.fmt(f),
            Self::NoAnswer(host, error) => {
                write!(f, "{host}: {error}; check the network between here and there")
            }
            Self::BadAnswer(host, error) => write!(f, "{host}: {error}; check who answers in its place"),
            Self::Refused(refused) | Self::SourceRefused(refused) | Self::Stalled(refused) => refused.fmt(f),
            Self::Declined(declined) => declined.fmt(f),
            Self::InDoubt(cause, path) => {
                write!(
                    f,
                    "{cause}; this may have made a RAM user, if the role has no role_arn: it is not asked for a minute. "
                )?;
                write!(f, "Look with `vault list sys/leases/lookup/{path}/`, and take away what is there ")?;
                write!(f, "with `vault lease revoke -prefix {path}`")
            }
            Self::Inner(inner) => inner.fmt(f),
            Self::NotManaged(name) => {
                write!(
                    f,
                    "KMS keeps no AccessKey of a RAM user in {name}: it is not of the type RAMCredentials; "
                )?;
                f.write_str("name one that is (kms_secret_name)")
            }
            Self::SameKey(id) => {
                write!(f, "the cloud rejected AccessKey {id}, and its source has no other; replace it there")
            }
            Self::TooSlow(source, limit) => {
                let seconds = limit.as_secs();
                write!(
                    f,
                    "source {source:?} brought nothing within {seconds} s; check the network between it and here"
                )
            }
            Self::Broken => f.write_str("the attempt ended in a fault of countersign; please report it"),
        }
    }
}

impl std::error::Error for FetchError {}

/// What is wrong with an OIDC token file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenFileError {
    /// It cannot be read, in the operating system's words.
    Unreadable(String, std::io::ErrorKind),
    /// It is a directory, a pipe or a device.
    NotAFile(String),
    /// There is nothing in it.
    Empty(String),
    /// It is longer than any token STS takes.
    TooLong(String),
    /// It is not three parts joined with dots: half written, or no token at all.
    NotAToken(String),
}

impl TokenFileError {
    const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(..) => "token_file_unreadable",
            Self::NotAFile(_) => "token_file_not_a_file",
            Self::Empty(_) => "token_file_empty",
            Self::TooLong(_) => "token_file_too_long",
            Self::NotAToken(_) => "token_file_not_a_token",
        }
    }
}

impl fmt::Display for TokenFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(path, kind) => {
                write!(
                    f,
                    "the OIDC token file {path} cannot be read ({kind}); check the path and its permissions"
                )
            }
            Self::NotAFile(path) => write!(f, "{path} is no file; name the OIDC token file itself"),
            Self::Empty(path) => write!(f, "the OIDC token file {path} is empty; check who writes it"),
            Self::TooLong(path) => {
                write!(f, "the OIDC token file {path} holds more than the 20,000 characters that STS takes")
            }
            Self::NotAToken(path) => {
                write!(f, "the OIDC token file {path} holds no whole token; check who writes it")
            }
        }
    }
}

/// What is wrong with an answer of STS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerError {
    /// A redirect, which is never followed.
    Redirect(u16),
    /// More than 64 KiB.
    TooLong,
    /// Bytes that are no text.
    NotUtf8,
    /// Text that is no answer of STS.
    NotJson,
    /// A key, secret, token, role or expiration is missing or empty.
    Incomplete,
    /// The named part has characters, or a length, that no credential has.
    Malformed(&'static str),
    /// The expiration is no date.
    BadExpiration,
    /// The expiration has passed.
    Expired,
    /// The credential is one of another role than was asked for.
    RoleMismatch,
    /// The secret is another one than was asked for.
    OtherSecret,
}

impl AnswerError {
    const fn code(self) -> &'static str {
        match self {
            Self::Redirect(_) => "redirect",
            Self::TooLong => "answer_too_long",
            Self::NotUtf8 => "not_utf8",
            Self::NotJson => "not_json",
            Self::Incomplete => "incomplete",
            Self::Malformed(_) => "malformed_credential",
            Self::BadExpiration => "bad_expiration",
            Self::Expired => "source_expired",
            Self::RoleMismatch => "role_mismatch",
            Self::OtherSecret => "other_secret",
        }
    }
}

impl fmt::Display for AnswerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Redirect(status) => write!(f, "it answered {status}, a redirect, which is not followed"),
            Self::TooLong => f.write_str("its answer is longer than 64 KiB"),
            Self::NotUtf8 => f.write_str("its answer is not UTF-8"),
            Self::NotJson => f.write_str("its answer is not the JSON that it should be"),
            Self::Incomplete => f.write_str("its answer lacks a part of the credential"),
            Self::Malformed(part) => {
                write!(
                    f,
                    "its answer is malformed: {part} has characters or a length that no credential has, so none of it is used"
                )
            }
            Self::BadExpiration => f.write_str("its answer has an expiration that is no date"),
            Self::Expired => f.write_str("its answer had expired when it came"),
            Self::RoleMismatch => {
                f.write_str("its answer is a credential of another role than was asked for")
            }
            Self::OtherSecret => f.write_str("its answer is another secret than was asked for"),
        }
    }
}
