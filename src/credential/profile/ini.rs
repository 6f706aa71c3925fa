//! The SDKs' ini file of profiles: which section is meant, and what it amounts to. Values are taken as they stand: a `#`
//! or a `;` in a value is a part of it, because secrets may hold them.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::cli::Fault;
use super::error::{BEARER, ProfileFault, RSA};
use super::mode::word;
use super::way::{HopSaid, StsSaid, Way, ecs, pair};
use crate::names::OidcProviderArn;

/// The section that is meant where nobody names one.
const DEFAULT: &str = "default";
/// What the keys are called, for messages.
const PAIR: (&str, &str, &str) = ("access_key_id", "access_key_secret", "security_token");

/// One section, by keys in lower case.
#[derive(Default)]
struct Section(BTreeMap<String, Zeroizing<String>>);

/// The way that the section leads, and its name.
pub(super) fn read(bytes: &[u8], named: Option<&str>) -> Result<(String, Way), Fault> {
    if bytes.trim_ascii_start().starts_with(b"{") {
        return Err((None, ProfileFault::JsonForIni));
    }
    let name = named.unwrap_or(DEFAULT);
    let section = section(bytes, name).map_err(|fault| (None, fault))?;
    let told = |fault| (Some(name.to_owned()), fault);
    let section = section.ok_or_else(|| told(ProfileFault::NoSuchProfile))?;
    let way = section.way().map_err(told)?;
    Ok((name.to_owned(), way))
}

/// Whether the file is right, and has no section that is taken where nobody names one.
pub(super) fn is_blank(bytes: &[u8]) -> bool {
    section(bytes, DEFAULT).is_ok_and(|section| section.is_none_or(|section| section.0.is_empty()))
}

/// The section of this name. The whole file is held to its form: half of one would be read as another.
fn section(bytes: &[u8], name: &str) -> Result<Option<Section>, ProfileFault> {
    let (mut found, mut is_inside) = (None, false);
    for (index, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
        let bad = || ProfileFault::NotIni(index + 1);
        let line = std::str::from_utf8(line).map_err(|_| bad())?.trim();
        // A mark that some editors put in front of a file.
        let line = line.strip_prefix('\u{feff}').unwrap_or(line);
        if line.is_empty() || line.starts_with('#') || line.starts_with(';') {
            continue;
        }
        if let Some(rest) = line.strip_prefix('[') {
            let (title, after) = rest.split_once(']').ok_or_else(bad)?;
            let after = after.trim_start();
            if !(after.is_empty() || after.starts_with('#') || after.starts_with(';')) {
                return Err(bad());
            }
            // A second section of the name goes on with the first, as the SDKs' readers have it.
            is_inside = title.trim() == name;
            if is_inside {
                found.get_or_insert_with(Section::default);
            }
            continue;
        }
        let (key, value) = line.split_once('=').ok_or_else(bad)?;
        let key = key.trim().to_ascii_lowercase();
        if key.is_empty() {
            return Err(bad());
        }
        if is_inside && let Some(Section(keys)) = &mut found {
            keys.insert(key, Zeroizing::new(value.trim().to_owned()));
        }
    }
    Ok(found)
}

impl Section {
    fn value(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(|value| value.as_str()).filter(|value| !value.is_empty())
    }

    fn way(&self) -> Result<Way, ProfileFault> {
        // Java's SDK reads a section only if it says so; the others do not know the key.
        if self.value("enable").is_some_and(|value| value.eq_ignore_ascii_case("false")) {
            return Err(ProfileFault::NotTaken(
                "a profile with enable = false",
                "choose another, or enable it",
            ));
        }
        match self.value("type").ok_or(ProfileFault::Lacks("type"))? {
            "access_key" => self.pair(None),
            "sts" => {
                self.pair(Some(self.value("security_token").ok_or(ProfileFault::Lacks("security_token"))?))
            }
            "ram_role_arn" => {
                Ok(Way::Assume(self.hop().hop()?, Box::new(self.pair(self.value("security_token"))?)))
            }
            "oidc_role_arn" => self.oidc(),
            "ecs_ram_role" => ecs(self.value("role_name"), "role_name"),
            "rsa_key_pair" => Err(ProfileFault::NotTaken("an RSA key pair", RSA)),
            "bearer" => Err(ProfileFault::NotTaken("a bearer token", BEARER)),
            other => Err(ProfileFault::UnknownMode(word(other))),
        }
    }

    fn pair(&self, token: Option<&str>) -> Result<Way, ProfileFault> {
        pair((self.value("access_key_id"), self.value("access_key_secret"), token), PAIR).map(Way::Pair)
    }

    fn oidc(&self) -> Result<Way, ProfileFault> {
        let value = |key| self.value(key).ok_or(ProfileFault::Lacks(key));
        let provider = value("oidc_provider_arn")?;
        Ok(Way::Oidc {
            token_file: value("oidc_token_file_path")?.into(),
            provider: OidcProviderArn::parse(provider).ok_or(ProfileFault::Malformed("oidc_provider_arn"))?,
            hop: self.hop().hop()?,
        })
    }

    fn hop(&self) -> HopSaid<'_> {
        HopSaid {
            role: (self.value("role_arn"), "role_arn"),
            session: (self.value("role_session_name"), "role_session_name"),
            duration: None,
            external_id: self.value("external_id"),
            policy: self.value("policy"),
            sts: StsSaid::default(),
        }
    }
}
