//! The words of the domain, each a type. Knows nothing else of ours.
//!
//! The spelling follows Alibaba Cloud's own documents: product (never service), region, endpoint,
//! AccessKey, security token, RAM role.

pub mod calendar;

mod address;
mod call;
mod decimal;
mod endpoint;
mod host;
mod kms;
mod maxcompute;
mod moment;
mod place;
mod product;
mod ram;

pub use address::{METADATA, Unfit, is_private, unfit};
pub use call::{Action, Call, Scope, Version};
pub use decimal::{decimal, write_decimal};
pub use endpoint::{Endpoint, Network};
pub use host::{Host, HostTooLong, is_host_label, is_host_name};
pub use kms::KmsSecretName;
pub use maxcompute::below_endpoint;
pub use moment::{Moment, Nonce};
pub use place::{BadUrl, Place};
pub use product::{Kind, Product, ProductVersion, Region, Scheme, Schemes, Style, VersionName};
pub use ram::{OidcProviderArn, RoleArn, SamlProviderArn, SessionName, is_account, is_role_name};

use std::fmt;

/// The public half of an AccessKey. Shown shortened in logs, whole only on the wire.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AccessKeyId(Box<str>);

impl AccessKeyId {
    /// Wraps an id as a source returned it.
    pub fn new(id: impl Into<Box<str>>) -> Self {
        Self(id.into())
    }

    /// The whole id, for the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccessKeyId {
    /// The first six and the last two characters: enough to recognise a key, too little to use one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.get(..6), self.0.len().checked_sub(2).and_then(|at| self.0.get(at..))) {
            (Some(first), Some(last)) if self.0.len() >= 12 => write!(f, "{first}…{last}"),
            _ => f.write_str("…"),
        }
    }
}

impl fmt::Debug for AccessKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccessKeyId({self})")
    }
}

/// The name of a `[role.NAME]` table in the settings. Not a RAM role's own name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoleName(std::sync::Arc<str>);

impl RoleName {
    /// Wraps a name from the settings.
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The name as the settings spell it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a `[keys.NAME]` table in the settings.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeysName(std::sync::Arc<str>);

impl KeysName {
    /// Wraps a name from the settings.
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The name as the settings spell it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeysName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
