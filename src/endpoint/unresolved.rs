//! Why a host, or a product and region, leads nowhere.

use std::fmt;

use crate::names::Network;

/// Why a request's host is not one that is signed for. Each sentence says what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unresolved {
    /// Not a host name in lower case. **Action:** correct the request's host.
    Malformed,
    /// Not in the endpoint table. **Action:** correct the host, or update countersign if the product or region is new.
    Unknown,
    /// A customer's own code or server reads what is sent there; the text says whose. **Action:** send the request
    /// without countersign, and without a credential of the cloud.
    NeverSign(&'static str),
    /// Some customer's host of a product that is signed for on hosts that the operator names. **Action:** name it under
    /// `[hosts]` if it is the operator's own, and else send the request without countersign.
    NotNamed {
        /// The product's code, as `[hosts]` has it.
        product: &'static str,
        /// What answers there.
        why: &'static str,
    },
    /// The host names a tenant that the operator has not listed. **Action:** list it under `[tenants]`.
    TenantNotListed {
        /// The key under which it would be listed.
        key: &'static str,
    },
    /// A host without a tenant, of a product of which no tenant is listed. **Action:** list one under `[tenants]`.
    NoTenantListed {
        /// The key under which it would be listed.
        key: &'static str,
    },
    /// The product's hosts name no tenant. **Action:** call the host without a label before it.
    NoTenants,
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str("the host is not a name in lower case; correct the request's host"),
            Self::Unknown => f.write_str(
                "the host is not in the endpoint table; correct it, or update countersign if the product or region is new",
            ),
            Self::NeverSign(why) => {
                write!(f, "the host is {why}; send this request without countersign and without a credential")
            }
            Self::NotNamed { product, why } => write!(
                f,
                "the host is {why}; if it is yours, name it under [hosts] with product = {product:?}, and else send this \
                 request without countersign and without a credential"
            ),
            Self::TenantNotListed { key } => {
                write!(f, "the host names a tenant that is not listed; add it to `{key}` under [tenants]")
            }
            Self::NoTenantListed { key } => write!(
                f,
                "no tenant of this product is listed; add the one you use to `{key}` under [tenants]"
            ),
            Self::NoTenants => {
                f.write_str("this product's hosts name no tenant; call the host without a label before it")
            }
        }
    }
}

impl std::error::Error for Unresolved {}

/// Why there is no endpoint for a product, region and network. Read by operators at start, not by callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoEndpoint {
    /// No product has this code. **Action:** correct the code.
    Product {
        /// The code that was probably meant.
        nearest: Option<&'static str>,
    },
    /// No region has this id. **Action:** correct the id.
    Region {
        /// The id that was probably meant.
        nearest: Option<&'static str>,
    },
    /// The product has no host for every region. **Action:** name a region.
    RegionNeeded,
    /// The product has no host in this region and network. **Action:** choose another of either.
    Nowhere {
        /// The network that was asked for.
        network: Network,
    },
    /// The product's hosts name a tenant. **Action:** give the full host.
    TenantNeeded {
        /// The key under which its tenants are listed.
        key: &'static str,
    },
    /// The tenant may not be named. **Action:** as the inner sentence says.
    Tenant(Unresolved),
}

impl fmt::Display for NoEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Product { nearest: Some(near) } => {
                write!(f, "no product has this code; did you mean `{near}`?")
            }
            Self::Product { nearest: None } => f.write_str(
                "no product has this code; use the one that its host names start with, such as `ecs`",
            ),
            Self::Region { nearest: Some(near) } => {
                write!(f, "no region has this id; did you mean `{near}`?")
            }
            Self::Region { nearest: None } => {
                f.write_str("no region has this id; use one such as `cn-hangzhou`")
            }
            Self::RegionNeeded => f.write_str(
                "this product has no single host for all regions; name one, as in `PRODUCT.cn-hangzhou`",
            ),
            Self::Nowhere { network } => {
                write!(f, "this product has no {network} host there; choose another region or network")
            }
            Self::TenantNeeded { key } => {
                write!(f, "this product's hosts name a tenant; give the full host of one listed as `{key}`")
            }
            Self::Tenant(unresolved) => unresolved.fmt(f),
        }
    }
}

impl std::error::Error for NoEndpoint {}
