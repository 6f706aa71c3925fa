//! How a tenant's label may be spelled. Every host label has at most 63 bytes and no hyphen at either end.

use crate::names::{is_host_label, is_host_name};

/// The longest label of a host name (RFC 1035).
pub(super) const LABEL_BYTES_MAX: usize = 63;

/// What the first label of a tenant's host names, and so how it is spelled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Grammar {
    /// An OSS bucket: 3 to 63 letters, digits and hyphens.
    Bucket,
    /// An SLS project: 3 to 63 (the label ends there) letters, digits and hyphens.
    Project,
    /// A Tablestore instance, a KMS instance or a Model Studio workspace: 2 to 63 letters, digits and hyphens.
    Instance,
    /// The name of a VPC binding, a hyphen, and a Tablestore instance; only the instance is the tenant.
    VpcInstance,
    /// An account id: 5 to 20 digits.
    Account,
    /// A PDS domain: 1 to 20 letters and digits.
    Domain,
}

impl Grammar {
    /// Where in `label` the tenant's name starts; `None` when the label is not one of this grammar.
    pub(super) fn tenant_start(self, label: &str) -> Option<usize> {
        match self {
            Self::VpcInstance => {
                let (binding, instance) = label.split_once('-')?;
                let spelled = !binding.is_empty() && Self::Instance.spells(instance) && is_label(binding);
                spelled.then_some(binding.len() + 1)
            }
            _ => self.spells(label).then_some(0),
        }
    }

    fn spells(self, label: &str) -> bool {
        let lengths = match self {
            Self::Bucket | Self::Project => 3..=LABEL_BYTES_MAX,
            Self::Instance | Self::VpcInstance => 2..=LABEL_BYTES_MAX,
            Self::Account => 5..=20,
            Self::Domain => 1..=20,
        };
        let of_its_own = match self {
            Self::Account => label.bytes().all(|byte| byte.is_ascii_digit()),
            Self::Domain => !label.contains('-'),
            _ => true,
        };
        lengths.contains(&label.len()) && of_its_own && is_label(label)
    }
}

/// Whether `label` may stand in a host name in lower case.
pub(super) fn is_label(label: &str) -> bool {
    is_host_label(label.as_bytes()) && is_lower_case(label)
}

/// Whether `host` is a host name in lower case.
pub(super) fn is_host(host: &str) -> bool {
    is_host_name(host.as_bytes()) && is_lower_case(host)
}

fn is_lower_case(name: &str) -> bool {
    !name.bytes().any(|byte| byte.is_ascii_uppercase())
}
