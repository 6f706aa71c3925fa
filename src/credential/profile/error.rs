//! What is wrong with a profile of another program.

use std::fmt;
use std::io::ErrorKind;

use crate::credential::variables::Variable;
use crate::names::RoleArn;

/// What to do about a profile of a kind that neither program's file leads anywhere with.
pub(super) const RSA: &str = "STS has given up such keys; use a RAM role, or an AccessKey";
pub(super) const BEARER: &str = "a bearer token signs nothing; choose a profile with a credential";

const OWN_METADATA: &str = "it asks the metadata server, which a [[vend]] of countersign's own plays here; choose another profile, or vend elsewhere";
const OWN_LISTENER: &str = "its credentials_uri is a listener of countersign's own, which would ask itself for ever; name another source";
const LOGIN_OVER: &str = "its login is over; run `aliyun configure` for it again, or give the role a login of its own by `countersign login`";
const FORBIDDEN: &str = "ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS forbids it to run a program or to ask a URI; unset that, or choose another profile";
const UNKNOWN_ACCOUNT: &str = "`accounts` is set, and its credential does not tell its account; assume a role with it, or remove `accounts`";
const WRITABLE: &str =
    "its process_command is run, and everybody on this machine may write that file; `chmod go-w` it";
const NONE_IS_CURRENT: &str = "it does not say which profile is current; set `profile` or ALIBABA_CLOUD_PROFILE, or run `aliyun configure switch`";
const NO_SUCH_PROFILE: &str =
    "there is no such profile; set `profile` or ALIBABA_CLOUD_PROFILE to one that is there";
const NOWHERE: &str = "HOME is not set, so nobody knows where it is; name the file in the settings";
const TOO_DEEP: &str = "source_profile leads through more than 8 profiles; shorten the chain";
const JSON_FOR_INI: &str = "it is JSON, and an ini file is read here; name the aliyun CLI's file with config_file or ALIBABA_CLOUD_CONFIG_FILE";

/// Why a profile leads to no credential. Holds names and nothing that is secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileError {
    /// The file.
    pub file: String,
    /// The profile in it. `None`: the file as a whole is wrong.
    pub profile: Option<String>,
    /// What is wrong.
    pub fault: ProfileFault,
}

/// What is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProfileFault {
    /// Nobody says where the file is.
    Nowhere,
    /// It cannot be read, in the operating system's words.
    Unreadable(ErrorKind),
    /// It is a directory, a pipe or a device.
    NotAFile,
    /// It is longer than such files are.
    TooLong,
    /// It is not the JSON that the aliyun CLI writes, from this line on.
    NotJson(usize),
    /// It is not an ini file, from this line on.
    NotIni(usize),
    /// It is JSON where an ini file should be.
    JsonForIni,
    /// It names no profile, and nobody else does.
    NoneIsCurrent,
    /// It has no such profile.
    NoSuchProfile,
    /// The named field is missing or empty.
    Lacks(&'static str),
    /// The named field has characters, a length or a type that it cannot have.
    Malformed(&'static str),
    /// Its mode or type is none that there is.
    UnknownMode(String),
    /// It is of a kind that is not used; which, and what to do.
    NotTaken(&'static str, &'static str),
    /// Its profiles lead in a circle.
    Circle(Vec<String>),
    /// It leads through more profiles than anybody means.
    TooDeep,
    /// It names no STS host of the endpoint table.
    NotSts(String),
    /// It assumes a role of an account that the role's settings do not list.
    OtherAccount(RoleArn),
    /// The role's settings list accounts, and the credential does not say which it is of.
    UnknownAccount,
    /// A variable forbids profiles to run programs and to ask URIs.
    Forbidden,
    /// It says which program is run, and everybody may write it.
    Writable,
    /// It asks the metadata server, which this very process plays for others.
    OwnMetadata,
    /// It asks the metadata server at a place that the named variable says wrongly.
    BadVariable(&'static str),
    /// It asks this very process for its credential.
    OwnListener,
    /// The human's login that it keeps is over.
    LoginOver,
}

impl ProfileError {
    pub(in crate::credential) const fn code(&self) -> &'static str {
        match self.fault {
            ProfileFault::Nowhere => "profile_nowhere",
            ProfileFault::Unreadable(_) => "profile_unreadable",
            ProfileFault::NotAFile => "profile_not_a_file",
            ProfileFault::TooLong => "profile_too_long",
            ProfileFault::NotJson(_) | ProfileFault::JsonForIni => "profile_not_json",
            ProfileFault::NotIni(_) => "profile_not_ini",
            ProfileFault::NoneIsCurrent | ProfileFault::NoSuchProfile => "profile_missing",
            ProfileFault::Lacks(_) => "profile_incomplete",
            ProfileFault::Malformed(_) => "profile_malformed",
            ProfileFault::UnknownMode(_) | ProfileFault::NotTaken(..) => "profile_not_taken",
            ProfileFault::Circle(_) | ProfileFault::TooDeep => "profile_circle",
            ProfileFault::NotSts(_) => "profile_not_sts",
            ProfileFault::OtherAccount(_) | ProfileFault::UnknownAccount => "profile_account",
            ProfileFault::Forbidden => "profile_forbidden",
            ProfileFault::Writable => "profile_writable",
            ProfileFault::BadVariable(_) => "bad_variable",
            ProfileFault::OwnListener | ProfileFault::OwnMetadata => "profile_circle",
            ProfileFault::LoginOver => "login_required",
        }
    }
}

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.profile {
            Some(profile) => write!(f, "profile {profile:?} of {}: {}", self.file, self.fault),
            None => write!(f, "{}: {}", self.file, self.fault),
        }
    }
}

impl std::error::Error for ProfileError {}

impl fmt::Display for ProfileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nowhere => f.write_str(NOWHERE),
            Self::Unreadable(kind) => {
                write!(f, "it cannot be read ({kind}); check the path and its permissions")
            }
            Self::NotAFile => f.write_str("it is no file; name the file itself"),
            Self::TooLong => f.write_str("it is longer than such a file is; check what it is"),
            Self::NotJson(line) => {
                write!(
                    f,
                    "line {line} is not the JSON that the aliyun CLI writes; mend it, or run `aliyun configure`"
                )
            }
            Self::NotIni(line) => {
                write!(f, "line {line} is neither a [section], a `key = value` nor a comment; mend it")
            }
            Self::JsonForIni => f.write_str(JSON_FOR_INI),
            Self::NoneIsCurrent => f.write_str(NONE_IS_CURRENT),
            Self::NoSuchProfile => f.write_str(NO_SUCH_PROFILE),
            Self::Lacks(field) => write!(f, "it lacks {field}; add it, or run `aliyun configure`"),
            Self::Malformed(field) => {
                write!(f, "{field} has characters, a length or a type that it cannot have; write it anew")
            }
            Self::UnknownMode(mode) => {
                write!(
                    f,
                    "its mode {mode:?} is none that countersign knows; correct it, or choose another profile"
                )
            }
            Self::NotTaken(what, advice) => write!(f, "{what} is not used; {advice}"),
            Self::Circle(profiles) => {
                f.write_str("source_profile leads in a circle: ")?;
                for profile in profiles {
                    write!(f, "{profile:?} → ")?;
                }
                let first = profiles.first().map_or("", String::as_str);
                write!(f, "{first:?}; one needs a source of its own")
            }
            Self::TooDeep => f.write_str(TOO_DEEP),
            Self::NotSts(name) => {
                write!(
                    f,
                    "{name:?} leads to no STS host of the endpoint table; correct sts_endpoint or sts_region"
                )
            }
            Self::OtherAccount(arn) => {
                write!(f, "it assumes {arn}, of an account that `accounts` does not list; correct either")
            }
            Self::UnknownAccount => f.write_str(UNKNOWN_ACCOUNT),
            Self::Writable => f.write_str(WRITABLE),
            Self::OwnMetadata => f.write_str(OWN_METADATA),
            Self::BadVariable(name) => {
                let form = Variable::form_of(name).unwrap_or("it anew");
                write!(f, "it asks the metadata server by {name}, which is wrong; write {form}")
            }
            Self::OwnListener => f.write_str(OWN_LISTENER),
            Self::LoginOver => f.write_str(LOGIN_OVER),
            Self::Forbidden => f.write_str(FORBIDDEN),
        }
    }
}
