//! Addresses to which nothing signed goes, whatever a name server says.

// The addresses of `core`, which has no sockets.
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::fmt;

/// The metadata server of ECS, at which a machine of the cloud is told its own credentials. SDKs have it built in: whoever plays
/// it has this address on its own machine.
pub const METADATA: Ipv4Addr = Ipv4Addr::new(100, 100, 100, 200);

/// Why no endpoint of the cloud is at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// Loopback, or no address at all, which systems take for loopback.
    ThisMachine,
    /// 100.100.100.200. The rest of 100.64.0.0/10 is fit: endpoints of a VPC are there.
    Metadata,
    /// Never leaves the local network. Other clouds' metadata is there too.
    LinkLocal,
    /// Multicast or broadcast.
    Many,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ThisMachine => "this machine itself",
            Self::Metadata => "where a machine is told its own credentials",
            Self::LinkLocal => "a link-local address",
            Self::Many => "a multicast or broadcast address",
        })
    }
}

/// Why `ip` is unfit, if it is. An IPv6 address that stands for one of IPv4 is judged as that.
pub fn unfit(ip: IpAddr) -> Option<Unfit> {
    match ip {
        IpAddr::V4(v4) => unfit_v4(v4),
        IpAddr::V6(v6) if v6.is_loopback() || v6.is_unspecified() => Some(Unfit::ThisMachine),
        IpAddr::V6(v6) if v6.is_unicast_link_local() => Some(Unfit::LinkLocal),
        IpAddr::V6(v6) if v6.is_multicast() => Some(Unfit::Many),
        IpAddr::V6(v6) => standing_for(v6).and_then(unfit_v4),
    }
}

fn unfit_v4(ip: Ipv4Addr) -> Option<Unfit> {
    match ip.octets() {
        [0 | 127, ..] => Some(Unfit::ThisMachine),
        _ if ip == METADATA => Some(Unfit::Metadata),
        _ if ip.is_link_local() => Some(Unfit::LinkLocal),
        _ if ip.is_multicast() || ip.is_broadcast() => Some(Unfit::Many),
        _ => None,
    }
}

/// Whether no packet to `ip` leaves the operator's own networks: this machine, RFC 1918, RFC 6598 (where a VPC has its
/// metadata too), RFC 4193, and link-local.
pub fn is_private(ip: IpAddr) -> bool {
    let is_private_v4 = |ip: Ipv4Addr| {
        ip.is_private() || matches!(ip.octets(), [0 | 127, ..] | [100, 64..=127, ..]) || ip.is_link_local()
    };
    match ip {
        IpAddr::V4(v4) => is_private_v4(v4),
        IpAddr::V6(v6) if v6.is_loopback() || v6.is_unicast_link_local() || v6.is_unique_local() => true,
        IpAddr::V6(v6) => standing_for(v6).is_some_and(is_private_v4),
    }
}

/// The IPv4 address in an IPv6 one: mapped, compatible or translated, of RFC 4291 2.5.5, RFC 2765 and RFC 6052.
fn standing_for(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    match ip.segments() {
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0, 0, 0, 0, 0xffff, 0, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => {
            let [.., a, b, c, d] = ip.octets();
            Some(Ipv4Addr::new(a, b, c, d))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_where_no_endpoint_is_are_unfit_in_every_form() {
        for (ip, why) in [
            ("127.0.0.1", Unfit::ThisMachine),
            ("127.255.255.254", Unfit::ThisMachine),
            ("0.0.0.0", Unfit::ThisMachine),
            ("0.1.2.3", Unfit::ThisMachine),
            ("::1", Unfit::ThisMachine),
            ("::", Unfit::ThisMachine),
            ("::ffff:127.0.0.1", Unfit::ThisMachine),
            ("::127.0.0.1", Unfit::ThisMachine),
            ("::ffff:0:127.0.0.1", Unfit::ThisMachine),
            ("64:ff9b::127.0.0.1", Unfit::ThisMachine),
            ("100.100.100.200", Unfit::Metadata),
            ("::ffff:100.100.100.200", Unfit::Metadata),
            ("64:ff9b::6464:64c8", Unfit::Metadata),
            ("169.254.0.1", Unfit::LinkLocal),
            ("169.254.169.254", Unfit::LinkLocal),
            ("::ffff:169.254.169.254", Unfit::LinkLocal),
            ("fe80::1", Unfit::LinkLocal),
            ("febf::1", Unfit::LinkLocal),
            ("224.0.0.1", Unfit::Many),
            ("239.255.255.255", Unfit::Many),
            ("255.255.255.255", Unfit::Many),
            ("ff02::1", Unfit::Many),
        ] {
            assert_eq!(unfit(ip.parse().unwrap()), Some(why), "{ip}");
        }
    }

    #[test]
    fn what_stays_in_the_operators_own_networks_is_private() {
        for (ip, expected) in [
            ("127.0.0.1", true),
            ("10.1.2.3", true),
            ("172.31.0.1", true),
            ("172.32.0.1", false),
            ("192.168.0.1", true),
            ("100.100.100.200", true),
            ("100.128.0.1", false),
            ("169.254.1.1", true),
            ("8.8.8.8", false),
            ("::1", true),
            ("fd00::1", true),
            ("fe80::1", true),
            ("2400:3200::1", false),
            ("::ffff:10.0.0.1", true),
            ("::ffff:8.8.8.8", false),
        ] {
            assert_eq!(is_private(ip.parse().unwrap()), expected, "{ip}");
        }
    }

    #[test]
    fn public_and_private_addresses_are_fit() {
        for ip in [
            "8.8.8.8",
            "1.0.0.0",
            "126.255.255.255",
            "128.0.0.1",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "100.100.100.199",
            "100.100.100.201",
            "100.127.255.255",
            "169.253.255.255",
            "169.255.0.0",
            "223.255.255.255",
            "2400:3200::1",
            "fd00::1",
            "fec0::1",
            "64:ff9b::808:808",
            "::ffff:10.0.0.1",
        ] {
            assert_eq!(unfit(ip.parse().unwrap()), None, "{ip}");
        }
    }
}
