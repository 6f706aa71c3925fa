//! Judges an address after name resolution and before the first packet: where nothing signed may go, nothing goes.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use crate::names::{Place, Unfit, is_private, unfit};

/// The addresses of our own listeners, and the judgement.
#[derive(Clone, Debug, Default)]
pub struct Egress {
    own: Vec<SocketAddr>,
}

/// Who says that an address is to be dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// A name server.
    Resolved,
    /// The operator, who wrote the address itself: loopback may be meant.
    Written,
}

/// Why an address is not dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// No endpoint is there.
    Unfit(Unfit),
    /// A listener of this very process: a request would go round in circles, or reach the admin listener.
    OwnListener,
    /// Outside of the operator's own networks, and without TLS: whoever is on the way could read a credential, or give
    /// one of its own.
    Clear,
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unfit(why) => write!(f, "{why}"),
            Self::OwnListener => f.write_str("a listener of countersign's own"),
            Self::Clear => f.write_str("outside of the private networks, and not to be asked without TLS"),
        }
    }
}

impl Egress {
    /// `own`: where this process listens.
    pub const fn new(own: Vec<SocketAddr>) -> Self {
        Self { own }
    }

    /// Whether `address` may be dialled.
    pub(super) fn judge(&self, address: SocketAddr, said: Said) -> Result<(), Blocked> {
        match unfit(address.ip()) {
            Some(Unfit::ThisMachine) if said == Said::Written => {}
            Some(why) => return Err(Blocked::Unfit(why)),
            None => {}
        }
        self.judge_own(address)
    }

    /// Whether a place that the operator named may be dialled at `address`: also this machine and its metadata server.
    pub(super) fn judge_place(&self, address: SocketAddr, is_tls: bool) -> Result<(), Blocked> {
        match unfit(address.ip()) {
            Some(why @ Unfit::Many) => return Err(Blocked::Unfit(why)),
            _ if !is_tls && !is_private(address.ip()) => return Err(Blocked::Clear),
            _ => {}
        }
        self.judge_own(address)
    }

    /// Whether a listener of this process is at a place. Of a name that is to be looked up nobody knows before it is.
    pub fn is_own(&self, place: &Place) -> bool {
        let ips = match place.host() {
            "localhost" => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
            host => host.parse().into_iter().collect(),
        };
        ips.into_iter().any(|ip| self.judge_own(SocketAddr::new(ip, place.port())).is_err())
    }

    fn judge_own(&self, address: SocketAddr) -> Result<(), Blocked> {
        if self.own.iter().any(|own| is_at(*own, address, is_of_this_machine)) {
            Err(Blocked::OwnListener)
        } else {
            Ok(())
        }
    }
}

/// Whether whoever dials `address` reaches what listens at `own`. `is_ours`: whether an interface of this machine has an
/// address.
fn is_at(own: SocketAddr, address: SocketAddr, is_ours: impl Fn(IpAddr) -> bool) -> bool {
    let (own_ip, ip) = (own.ip().to_canonical(), address.ip().to_canonical());
    own.port() == address.port()
        && (own_ip == ip
            || ip.is_unspecified() && own_ip.is_loopback()
            || own_ip.is_unspecified() && (unfit(ip) == Some(Unfit::ThisMachine) || is_ours(ip)))
}

/// Whether an interface of this machine has the address: only then can a socket be bound to it. Nothing is sent.
fn is_of_this_machine(ip: IpAddr) -> bool {
    UdpSocket::bind((ip, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(own: &str, address: &str, said: Said) -> Result<(), Blocked> {
        Egress::new(vec![own.parse().unwrap()]).judge(address.parse().unwrap(), said)
    }

    #[test]
    fn only_an_address_that_the_operator_wrote_may_be_loopback() {
        let loopback = Err(Blocked::Unfit(Unfit::ThisMachine));
        for address in ["127.0.0.1:443", "[::1]:443", "[::ffff:127.0.0.1]:443", "0.0.0.0:443"] {
            assert_eq!(judged("127.0.0.1:9110", address, Said::Resolved), loopback, "{address}");
            assert_eq!(judged("127.0.0.1:9110", address, Said::Written), Ok(()), "{address}");
        }
    }

    #[test]
    fn metadata_and_link_local_are_blocked_whoever_names_them() {
        for said in [Said::Resolved, Said::Written] {
            for (address, why) in [
                ("100.100.100.200:443", Unfit::Metadata),
                ("[::ffff:100.100.100.200]:80", Unfit::Metadata),
                ("169.254.169.254:443", Unfit::LinkLocal),
                ("[fe80::1]:443", Unfit::LinkLocal),
            ] {
                assert_eq!(judged("127.0.0.1:9110", address, said), Err(Blocked::Unfit(why)), "{address}");
            }
            assert_eq!(judged("127.0.0.1:9110", "100.100.100.201:443", said), Ok(()));
        }
    }

    #[test]
    fn a_place_is_asked_in_the_clear_only_within_private_networks_and_never_at_our_own_listener() {
        let egress = Egress::new(vec!["127.0.0.1:9110".parse().unwrap()]);
        for (address, is_tls, expected) in [
            ("127.0.0.1:9120", false, Ok(())),
            ("100.100.100.200:80", false, Ok(())),
            ("10.0.0.1:80", false, Ok(())),
            ("8.8.8.8:80", false, Err(Blocked::Clear)),
            ("8.8.8.8:443", true, Ok(())),
            ("224.0.0.1:80", false, Err(Blocked::Unfit(Unfit::Many))),
            ("127.0.0.1:9110", false, Err(Blocked::OwnListener)),
            ("127.0.0.1:9110", true, Err(Blocked::OwnListener)),
        ] {
            assert_eq!(egress.judge_place(address.parse().unwrap(), is_tls), expected, "{address}");
        }
    }

    #[test]
    fn a_url_that_leads_to_a_listener_of_our_own_is_known_before_it_is_dialled() {
        let own = ["127.0.0.1:9110", "[::1]:9111", "0.0.0.0:9465"].map(|own| own.parse().unwrap());
        let egress = Egress::new(own.into());
        for (url, expected) in [
            ("http://127.0.0.1:9110/x", true),
            ("https://127.0.0.1:9110/x", true),
            ("http://localhost:9110", true),
            ("http://LOCALHOST:9111", true),
            ("http://[::1]:9111/x", true),
            ("http://127.0.0.1:9465/x", true),
            ("http://127.0.0.1:9111/x", false),
            ("http://127.0.0.1:9112/x", false),
            ("http://127.0.0.1/x", false),
            ("http://broker.example:9110/x", false),
        ] {
            assert_eq!(egress.is_own(&Place::parse(url).unwrap().0), expected, "{url}");
        }
    }

    #[test]
    fn a_listener_of_our_own_is_blocked_in_each_of_its_forms() {
        for (own, address, expected) in [
            ("10.0.0.5:443", "10.0.0.5:443", Err(Blocked::OwnListener)),
            ("10.0.0.5:443", "[::ffff:10.0.0.5]:443", Err(Blocked::OwnListener)),
            ("10.0.0.5:443", "10.0.0.5:444", Ok(())),
            ("10.0.0.5:443", "10.0.0.6:443", Ok(())),
            ("127.0.0.1:9465", "127.0.0.1:9465", Err(Blocked::OwnListener)),
            ("127.0.0.1:9465", "0.0.0.0:9465", Err(Blocked::OwnListener)),
            ("0.0.0.0:9465", "127.0.0.2:9465", Err(Blocked::OwnListener)),
            ("[::]:9465", "127.0.0.1:9465", Err(Blocked::OwnListener)),
            ("0.0.0.0:9465", "192.0.2.1:9465", Ok(())),
        ] {
            assert_eq!(judged(own, address, Said::Written), expected, "{own} {address}");
        }
    }

    #[test]
    fn a_listener_on_all_addresses_is_blocked_at_each_of_this_machines() {
        let own = "0.0.0.0:9465".parse().unwrap();
        let is_ours = |ip: IpAddr| ip == IpAddr::from([10, 0, 0, 5]);
        for (address, expected) in
            [("10.0.0.5:9465", true), ("10.0.0.5:443", false), ("10.0.0.6:9465", false)]
        {
            assert_eq!(is_at(own, address.parse().unwrap(), is_ours), expected, "{address}");
        }
        // The second is a further address of its interface, as machines have them.
        assert!(is_of_this_machine([127, 0, 0, 1].into()) && is_of_this_machine([127, 9, 9, 9].into()));
        assert!(!is_of_this_machine([192, 0, 2, 1].into()));
    }
}
