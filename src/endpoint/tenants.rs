//! Which customers' names may stand in a host: the `[tenants]` settings.

use std::fmt;

use super::grammar::LABEL_BYTES_MAX;
use super::unresolved::Unresolved;
use crate::suggest::nearest;

/// A list of the `[tenants]` settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Oss,
    Sls,
    Ots,
    Odps,
    DataHub,
    Mns,
    Fc,
    RocketMq,
    EventBridge,
    Kms,
    Pds,
    DashScope,
    Mgw,
}

impl Key {
    const ALL: [Self; 13] = [
        Self::Oss,
        Self::Sls,
        Self::Ots,
        Self::Odps,
        Self::DataHub,
        Self::Mns,
        Self::Fc,
        Self::RocketMq,
        Self::EventBridge,
        Self::Kms,
        Self::Pds,
        Self::DashScope,
        Self::Mgw,
    ];

    /// The key as the settings spell it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Oss => "oss",
            Self::Sls => "sls",
            Self::Ots => "ots",
            Self::Odps => "odps",
            Self::DataHub => "datahub",
            Self::Mns => "mns",
            Self::Fc => "fc",
            Self::RocketMq => "rocketmq",
            Self::EventBridge => "eventbridge",
            Self::Kms => "kms",
            Self::Pds => "pds",
            Self::DashScope => "dashscope",
            Self::Mgw => "mgw",
        }
    }

    /// Whether a data plane's host without a tenant (ListBuckets, ListProject) waits until some tenant is listed.
    /// MaxCompute and DataHub name the project in the path, so there every host is of this kind.
    /// Not so where no list of the settings is meant for the product's ordinary calls.
    pub(super) const fn guards_service_hosts(self) -> bool {
        matches!(
            self,
            Self::Oss | Self::Sls | Self::Ots | Self::Odps | Self::DataHub | Self::Mns | Self::RocketMq
        )
    }

    /// Whether the tenant's own code reads what is sent to its host, and so what an unlisted one is called.
    const fn runs_code(self) -> Option<&'static str> {
        match self {
            Self::Fc => Some("another account's Function Compute: its functions receive every header"),
            Self::EventBridge => {
                Some("another account's EventBridge: its events carry a copy of every request header")
            }
            _ => None,
        }
    }

    /// Whether nothing is signed for these products whoever is listed, so that no setting lists anyone: classification
    /// refuses them with the reason.
    pub(super) const fn is_never_signed(self) -> bool {
        matches!(self, Self::Pds | Self::Mgw)
    }

    /// Names that also occur in paths, where other spellings than a host's are allowed.
    const fn is_spelled_freely(self) -> bool {
        matches!(self, Self::Odps | Self::DataHub | Self::RocketMq)
    }

    /// What an unlisted tenant's host is refused as.
    pub(super) const fn refusal(self) -> Unresolved {
        match self.runs_code() {
            Some(why) => Unresolved::NeverSign(why),
            None => Unresolved::TenantNotListed { key: self.name() },
        }
    }
}

/// The tenants that the operator listed. Empty by default: then no tenant's host is known.
#[derive(Clone, Debug, Default)]
pub struct Tenants {
    any: bool,
    lists: [Vec<Box<str>>; Key::ALL.len()],
}

impl Tenants {
    /// No tenant at all, the default.
    pub fn none() -> Self {
        Self::default()
    }

    /// Every tenant: for the sandbox, where no customer listens.
    pub fn any() -> Self {
        Self { any: true, ..Self::default() }
    }

    /// Lists one more tenant, or all that match `pattern`, in which `*` stands for any run of characters.
    ///
    /// # Errors
    /// [`BadTenant`] when there is no such key or when no tenant can be spelled like that.
    pub fn allow(&mut self, key: &str, pattern: &str) -> Result<(), BadTenant> {
        let key = Key::ALL
            .into_iter()
            .find(|known| known.name() == key)
            .ok_or_else(|| BadTenant::Key { nearest: nearest(key, Key::ALL.into_iter().map(Key::name)) })?;
        let plain = |byte: u8| match byte {
            b'A'..=b'Z' | b'_' => key.is_spelled_freely(),
            _ => byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'*'),
        };
        if pattern.is_empty() || pattern.len() > LABEL_BYTES_MAX || !pattern.bytes().all(plain) {
            return Err(BadTenant::Pattern { key: key.name() });
        }
        if let Some(list) = self.lists.get_mut(key as usize) {
            list.push(pattern.into());
        }
        Ok(())
    }

    /// Whether `tenant` is listed under `key`: for names that stand in a path. `false` for an unknown key.
    pub fn lists(&self, key: &str, tenant: &str) -> bool {
        Key::ALL.into_iter().find(|known| known.name() == key).is_some_and(|key| self.admits(key, tenant))
    }

    pub(super) fn admits(&self, key: Key, tenant: &str) -> bool {
        self.any || self.list(key).iter().any(|pattern| matches(pattern.as_bytes(), tenant.as_bytes()))
    }

    /// Whether anything is listed under `key`.
    pub(super) fn admits_some(&self, key: Key) -> bool {
        self.any || !self.list(key).is_empty()
    }

    fn list(&self, key: Key) -> &[Box<str>] {
        self.lists.get(key as usize).map_or(&[], Vec::as_slice)
    }
}

/// A line of `[tenants]` that can name nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadTenant {
    /// No product's tenants are listed under this key. **Action:** use one of the keys named.
    Key {
        /// The key that was probably meant.
        nearest: Option<&'static str>,
    },
    /// No tenant is spelled like this pattern. **Action:** use the characters named.
    Pattern {
        /// The key it stands under.
        key: &'static str,
    },
}

impl fmt::Display for BadTenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key { nearest: Some(nearest) } => {
                write!(f, "no product's tenants are listed under this key; did you mean `{nearest}`?")
            }
            Self::Key { nearest: None } => {
                f.write_str("no product's tenants are listed under this key; the keys are")?;
                for (at, key) in Key::ALL.into_iter().enumerate() {
                    write!(f, "{} {}", if at == 0 { "" } else { "," }, key.name())?;
                }
                Ok(())
            }
            Self::Pattern { key } => write!(
                f,
                "no tenant of {key} can match this; use 1 to {LABEL_BYTES_MAX} lower-case letters, digits, hyphens and *"
            ),
        }
    }
}

impl std::error::Error for BadTenant {}

/// Whether `pattern`, in which `*` stands for any run of bytes, matches all of `text`.
/// Goes back to the last `*` only, which is enough and keeps the work below `pattern` times `text`.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut from) = (0, 0);
    let mut last_star = None;
    while from < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                last_star = Some((at, from));
                at += 1;
            }
            Some(byte) if text.get(from) == Some(byte) => {
                at += 1;
                from += 1;
            }
            _ => match last_star {
                Some((star, taken)) => {
                    last_star = Some((star, taken + 1));
                    at = star + 1;
                    from = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|byte| *byte == b'*')
}
