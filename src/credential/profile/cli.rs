//! The aliyun CLI's `config.json`: which profile is meant, and what it amounts to. Read only; an access token in it is
//! used while it lives, a refresh token never, because using it would log the CLI out.

use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use super::error::{BEARER, ProfileFault, RSA};
use super::mode::Mode;
use super::session::{self, Kind, Session};
use super::way::{HopSaid, StsSaid, Way, ecs, pair};
use crate::credential::cloud_sso::Assignment;
use crate::credential::uri::CredentialsUri;
use crate::names::{OidcProviderArn, Place};

/// How many profiles one may be assumed from, one from the other.
const DEPTH_MAX: usize = 8;
/// What the fields are called, for messages.
const PAIR: (&str, &str, &str) = ("access_key_id", "access_key_secret", "sts_token");

const ANONYMOUS: &str = "an anonymous profile has no credential; choose another";

/// The file, with its profiles not looked into: what is wrong with one that is not used is nobody's concern.
#[derive(Deserialize)]
struct File {
    #[serde(default)]
    current: Option<String>,
    #[serde(default)]
    profiles: Option<Vec<Value>>,
}

type Text = Option<Zeroizing<String>>;

/// One profile, as far as it leads to a credential.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Profile {
    pub(super) mode: Text,
    pub(super) access_key_id: Text,
    pub(super) access_key_secret: Text,
    pub(super) sts_token: Text,
    sts_region: Text,
    sts_endpoint: Text,
    enable_vpc: Option<bool>,
    pub(super) ram_role_name: Text,
    pub(super) ram_role_arn: Text,
    ram_session_name: Text,
    external_id: Text,
    policy: Text,
    expired_seconds: Option<i64>,
    source_profile: Text,
    pub(super) private_key: Text,
    pub(super) key_pair_name: Text,
    pub(super) process_command: Text,
    pub(super) oidc_provider_arn: Text,
    pub(super) oidc_token_file: Text,
    credentials_uri: Text,
    pub(super) cloud_sso_sign_in_url: Text,
    cloud_sso_account_id: Text,
    cloud_sso_access_config: Text,
    access_token: Text,
    cloud_sso_access_token_expire: Option<i64>,
    sts_expiration: Option<i64>,
    oauth_site_type: Text,
    oauth_access_token: Text,
    oauth_access_token_expire: Option<i64>,
    pub(super) bearer_token: Text,
}

/// A text that is there. The CLI writes those that are not set as empty ones.
pub(super) fn present(text: &Text) -> Option<&str> {
    text.as_ref().map(|text| text.as_str()).filter(|text| !text.is_empty())
}

/// A profile of the file that could not be used, and why; `None`: the file as a whole.
pub(super) type Fault = (Option<String>, ProfileFault);

/// The way that `named` leads; without it, the one that the file calls current. With it, its name.
pub(super) fn read(bytes: &[u8], named: Option<&str>) -> Result<(String, Way), Fault> {
    let file: File =
        serde_json::from_slice(bytes).map_err(|error| (None, ProfileFault::NotJson(error.line())))?;
    let current = file.current.filter(|name| !name.is_empty());
    let name = named.map(str::to_owned).or(current).ok_or((None, ProfileFault::NoneIsCurrent))?;
    let profiles = Profiles(file.profiles.unwrap_or_default());
    let way = profiles.follow(&name, &mut Vec::new())?;
    Ok((name, way))
}

/// Whether the file is right, and its current profile is one that the CLI has made and nobody has filled in.
pub(super) fn is_blank(bytes: &[u8]) -> bool {
    let Ok(file) = serde_json::from_slice::<File>(bytes) else { return false };
    let (current, profiles) = (file.current.unwrap_or_default(), file.profiles.unwrap_or_default());
    let is_current = |value: &&Value| value.get("name").and_then(Value::as_str) == Some(&current);
    match profiles.iter().find(is_current).map(Profile::deserialize) {
        None => profiles.is_empty(),
        Some(Ok(profile)) => profile.is_blank(),
        Some(Err(_)) => false,
    }
}

struct Profiles(Vec<Value>);

impl Profiles {
    /// `path` holds the profiles that led here, so that a circle is seen.
    fn follow(&self, name: &str, path: &mut Vec<String>) -> Result<Way, Fault> {
        let told = |fault| (Some(name.to_owned()), fault);
        if let Some(at) = path.iter().position(|passed| passed == name) {
            let circle = path.get(at..).unwrap_or_default().to_vec();
            return Err(told(ProfileFault::Circle(circle)));
        }
        if path.len() >= DEPTH_MAX {
            return Err(told(ProfileFault::TooDeep));
        }
        path.push(name.to_owned());
        let is_named = |value: &&Value| value.get("name").and_then(Value::as_str) == Some(name);
        let found = self.0.iter().find(is_named).ok_or_else(|| told(ProfileFault::NoSuchProfile))?;
        let profile = Profile::deserialize(found).map_err(|_| told(ProfileFault::Malformed("a field")))?;
        let mode = Mode::of(&profile).map_err(told)?;
        if mode == Mode::ChainableRamRoleArn {
            let source = present(&profile.source_profile)
                .ok_or_else(|| told(ProfileFault::Lacks("source_profile")))?;
            let inner = self.follow(source, path)?;
            return profile.assume(inner).map_err(told);
        }
        profile.way(mode).map_err(told)
    }
}

impl Profile {
    fn way(&self, mode: Mode) -> Result<Way, ProfileFault> {
        match mode {
            Mode::Ak => self.pair(false),
            Mode::StsToken => self.pair(true),
            // With its own token where it has one, and never with one of the environment.
            Mode::RamRoleArn => self.assume(self.pair(present(&self.sts_token).is_some())?),
            Mode::Oidc => self.oidc(),
            Mode::External => {
                let command = present(&self.process_command).ok_or(ProfileFault::Lacks("process_command"))?;
                Ok(Way::Process(command.to_owned()))
            }
            Mode::CredentialsUri => self.uri(),
            Mode::CloudSso => self.cloud_sso(),
            Mode::OAuth => {
                let site = present(&self.oauth_site_type).ok_or(ProfileFault::Lacks("oauth_site_type"))?;
                let token = (&self.oauth_access_token, self.oauth_access_token_expire, "oauth_access_token");
                self.session(token, session::oauth_place(site)?, Kind::OAuth)
            }
            Mode::EcsRamRole => ecs(present(&self.ram_role_name), "ram_role_name"),
            Mode::RamRoleArnWithRoleName => self.assume(ecs(present(&self.ram_role_name), "ram_role_name")?),
            Mode::RsaKeyPair => Err(ProfileFault::NotTaken("an RSA key pair", RSA)),
            Mode::BearerToken => Err(ProfileFault::NotTaken("a bearer token", BEARER)),
            Mode::Anonymous => Err(ProfileFault::NotTaken("the mode Anonymous", ANONYMOUS)),
            // Followed by who knows the other profiles.
            Mode::ChainableRamRoleArn => Err(ProfileFault::Lacks("source_profile")),
        }
    }

    /// Whether it says nothing but what the CLI puts into a new one.
    fn is_blank(&self) -> bool {
        let says_nothing = |text| present(text).is_none();
        let is_of_a_pair =
            matches!(Mode::of(self), Ok(Mode::Ak | Mode::StsToken) | Err(ProfileFault::Lacks(_)));
        is_of_a_pair
            && [&self.access_key_id, &self.access_key_secret, &self.sts_token].into_iter().all(says_nothing)
    }

    fn pair(&self, has_token: bool) -> Result<Way, ProfileFault> {
        let token = if has_token { present(&self.sts_token) } else { None };
        if has_token && token.is_none() {
            return Err(ProfileFault::Lacks("sts_token"));
        }
        let parts = (present(&self.access_key_id), present(&self.access_key_secret), token);
        pair(parts, PAIR).map(Way::Pair)
    }

    fn assume(&self, from: Way) -> Result<Way, ProfileFault> {
        Ok(Way::Assume(self.hop().hop()?, Box::new(from)))
    }

    fn oidc(&self) -> Result<Way, ProfileFault> {
        let provider = present(&self.oidc_provider_arn).ok_or(ProfileFault::Lacks("oidc_provider_arn"))?;
        let token_file = present(&self.oidc_token_file).ok_or(ProfileFault::Lacks("oidc_token_file"))?;
        Ok(Way::Oidc {
            provider: OidcProviderArn::parse(provider).ok_or(ProfileFault::Malformed("oidc_provider_arn"))?,
            token_file: token_file.into(),
            hop: self.hop().hop()?,
        })
    }

    fn uri(&self) -> Result<Way, ProfileFault> {
        let url = present(&self.credentials_uri).ok_or(ProfileFault::Lacks("credentials_uri"))?;
        CredentialsUri::parse(url).map(Way::Uri).map_err(|_| ProfileFault::Malformed("credentials_uri"))
    }

    fn cloud_sso(&self) -> Result<Way, ProfileFault> {
        let text = |text, name| present(text).ok_or(ProfileFault::Lacks(name));
        let url = text(&self.cloud_sso_sign_in_url, "cloud_sso_sign_in_url")?;
        let (place, _) = Place::parse(url).map_err(|_| ProfileFault::Malformed("cloud_sso_sign_in_url"))?;
        let account = text(&self.cloud_sso_account_id, "cloud_sso_account_id")?.to_owned();
        let access_configuration = text(&self.cloud_sso_access_config, "cloud_sso_access_config")?.to_owned();
        let token = (&self.access_token, self.cloud_sso_access_token_expire, "access_token");
        self.session(token, place, Kind::CloudSso(Assignment { account, access_configuration }))
    }

    /// What a login left: the triple, if it says when it ends, and the access token.
    fn session(
        &self,
        (token, ends_at, name): (&Text, Option<i64>, &'static str),
        place: Place,
        kind: Kind,
    ) -> Result<Way, ProfileFault> {
        let parts =
            (present(&self.access_key_id), present(&self.access_key_secret), present(&self.sts_token));
        let triple = match (parts, session::seconds(self.sts_expiration)) {
            ((Some(_), Some(_), Some(_)), Some(ends_at)) => Some((pair(parts, PAIR)?, ends_at)),
            _ => None,
        };
        let token = session::token(present(token), ends_at, name)?;
        Ok(Way::Session(Box::new(Session { triple, token, place, kind })))
    }

    fn hop(&self) -> HopSaid<'_> {
        HopSaid {
            role: (present(&self.ram_role_arn), "ram_role_arn"),
            session: (present(&self.ram_session_name), "ram_session_name"),
            duration: self.expired_seconds.map(|seconds| u64::try_from(seconds).unwrap_or(u64::MAX)),
            external_id: present(&self.external_id),
            policy: present(&self.policy),
            sts: StsSaid {
                endpoint: present(&self.sts_endpoint).map(str::to_owned),
                region: present(&self.sts_region).map(str::to_owned),
                is_vpc: self.enable_vpc.unwrap_or(false),
            },
        }
    }
}
