//! Where a request goes: a host of the endpoint table, never bytes of a client.

use std::fmt;

use super::{Host, Product, Region};

/// The network that an endpoint's name belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Network {
    /// Reachable from the internet.
    Public,
    /// Reachable from a VPC.
    Vpc,
    /// Reachable from Alibaba Cloud's classic network and VPCs of the region.
    Internal,
    /// Public, over IPv4 and IPv6.
    DualStack,
    /// The product's control plane, where that has a name of its own.
    Control,
}

impl Network {
    /// The word that logs use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Vpc => "vpc",
            Self::Internal => "internal",
            Self::DualStack => "dualstack",
            Self::Control => "control",
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One endpoint: the host that is dialled, named to TLS, sent as `Host` and signed.
///
/// Only the `endpoint` room makes one (`tests/tidy.rs` holds it to that), so every field comes from its table;
/// a tenant label comes from the operator's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    host: Host,
    product: &'static Product,
    region: Option<Region>,
    network: Network,
    /// How many bytes of `host`, from `tenant_start` on, are the tenant's name.
    tenant_length: u8,
    tenant_start: u8,
}

impl Endpoint {
    /// For the `endpoint` room only. `tenant_length` counts the leading bytes of `host` that name a tenant.
    pub(crate) const fn from_table(
        host: Host,
        product: &'static Product,
        region: Option<Region>,
        network: Network,
        tenant_length: u8,
    ) -> Self {
        Self { host, product, region, network, tenant_length, tenant_start: 0 }
    }

    /// Says that the tenant's name begins after `start` bytes of the host: Tablestore's names of a VPC binding,
    /// `BINDING-INSTANCE.…`, begin with something else. For the `endpoint` room only.
    pub(crate) const fn tenant_from(self, start: u8) -> Self {
        Self { tenant_start: start, ..self }
    }

    /// The same host as another product that answers there. For the `endpoint` room only.
    pub(crate) const fn as_product(self, product: &'static Product) -> Self {
        Self { product, ..self }
    }

    /// The host, in lower case, without a port: every endpoint answers on 443.
    pub const fn host(&self) -> &Host {
        &self.host
    }

    /// The product that answers there. Where several share a host, the first of the table.
    pub const fn product(&self) -> &'static Product {
        self.product
    }

    /// The region in the name, if it has one.
    pub const fn region(&self) -> Option<Region> {
        self.region
    }

    /// The network that the name belongs to.
    pub const fn network(&self) -> Network {
        self.network
    }

    /// The bucket, project, instance or account in the name.
    pub fn tenant(&self) -> Option<&str> {
        let start = usize::from(self.tenant_start);
        match self.tenant_length {
            0 => None,
            length => self.host.as_str().get(start..start + usize::from(length)),
        }
    }
}
