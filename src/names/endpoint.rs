//! Where a request goes: a host of the endpoint table, never bytes of a client.

use std::fmt;
use std::hash::{Hash, Hasher};

use super::{Product, Region};

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

/// A host name in lower case, kept inline so that looking one up allocates nothing.
#[derive(Clone, Copy)]
pub struct Host {
    length: u8,
    bytes: [u8; Self::CAPACITY],
}

/// A name that does not fit a [`Host`]. No host of the table comes near the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostTooLong;

impl Host {
    /// The longest name kept. A label has at most 63 bytes, and every pattern of the table adds fewer than 60.
    pub const CAPACITY: usize = 127;

    /// Joins the pieces of a table entry into a name.
    pub fn from_pieces(pieces: &[&str]) -> Result<Self, HostTooLong> {
        let mut host = Self { length: 0, bytes: [0; Self::CAPACITY] };
        let mut at = 0;
        for piece in pieces {
            let end = at + piece.len();
            host.bytes.get_mut(at..end).ok_or(HostTooLong)?.copy_from_slice(piece.as_bytes());
            at = end;
        }
        host.length = u8::try_from(at).map_err(|_| HostTooLong)?;
        Ok(host)
    }

    /// A name in lower case, for looking it up.
    pub fn in_lower_case(name: &str) -> Result<Self, HostTooLong> {
        let mut host = Self::from_pieces(&[name])?;
        host.bytes.make_ascii_lowercase();
        Ok(host)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The same, for the wire: without looking at it again.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }
}

impl PartialEq for Host {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Host {}

impl Hash for Host {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Host({self})")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_the_join_of_its_pieces() {
        let host = Host::from_pieces(&["bkt1", ".oss-", "cn-hangzhou", ".aliyuncs.com"]).unwrap();
        assert_eq!(host.as_str(), "bkt1.oss-cn-hangzhou.aliyuncs.com");
    }

    #[test]
    fn a_name_past_the_capacity_is_refused() {
        assert_eq!(
            Host::from_pieces(&["a".repeat(Host::CAPACITY).as_str()]).map(|h| h.as_str().len()),
            Ok(127)
        );
        assert_eq!(Host::from_pieces(&["a".repeat(Host::CAPACITY).as_str(), "b"]), Err(HostTooLong));
    }
}
