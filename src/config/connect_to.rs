//! `[connect_to]`: dialling elsewhere than a host's own address, while everything is still signed for that host.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::address::Address;
use super::grammar::is_host;
use super::problem::Placed;
use crate::names::{Unfit, unfit};

/// One row of `[connect_to]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectTo {
    /// `HOST`, or `*.HOST` for all its tenants.
    pub host: Placed,
    /// Where its connections go.
    pub target: Target,
}

/// Where connections for a host go instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Without TLS, and so on this machine only.
    Http(SocketAddr),
    /// With TLS. The name sent and verified stays that of the host that is signed for.
    Https {
        /// A name, or an IP address without brackets.
        host: String,
        /// 443 unless written.
        port: u16,
    },
}

impl Target {
    /// Whether it is where `own`, a listener of this process, listens.
    pub(super) fn is_at(&self, own: &Address) -> bool {
        let is_own = |ip: IpAddr, port: u16| own.is_reached_at(SocketAddr::new(ip, port));
        match self {
            Self::Http(address) => own.is_reached_at(*address),
            Self::Https { host, port } => match host.parse() {
                Ok(ip) => is_own(ip, *port),
                Err(_) if host == "localhost" => {
                    is_own(Ipv4Addr::LOCALHOST.into(), *port) || is_own(Ipv6Addr::LOCALHOST.into(), *port)
                }
                Err(_) => false,
            },
        }
    }
}

const METADATA: &str = "the value is a metadata, link-local, multicast or broadcast address, and nothing that is signed goes \
     there; dial another";

const RULE: &str = "the value is not \"https://HOST[:PORT]\" or, on this machine, \"http://IP:PORT\"";

/// Reads a value of `[connect_to]`.
///
/// # Errors
/// What is wrong with it. Messages do not repeat it: a URL may carry a password.
pub fn target(text: &str) -> Result<Target, String> {
    if let Some(authority) = text.strip_prefix("http://") {
        return http(authority);
    }
    let authority = text.strip_prefix("https://").ok_or(RULE)?;
    if let Ok(address) = authority.parse::<SocketAddr>() {
        return https(&address.ip().to_string(), address.port());
    }
    if let Some(ip) = authority.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return https(ip, 443);
    }
    match authority.split_once(':') {
        Some((host, port)) => https(host, port_number(port).ok_or(RULE)?),
        None => https(authority, 443),
    }
}

fn https(host: &str, port: u16) -> Result<Target, String> {
    if host.parse().is_ok_and(is_never_dialled) {
        return Err(METADATA.to_owned());
    }
    if is_number(host.rsplit('.').next().unwrap_or_default()) {
        return Err(
            "the value is an address in a spelling that is read in different ways; write it as four \
                    numbers from 0 to 255"
                .to_owned(),
        );
    }
    let is_known_form = host == "localhost" || is_host(host) || host.parse::<IpAddr>().is_ok();
    if is_known_form && port != 0 {
        Ok(Target::Https { host: host.to_owned(), port })
    } else {
        Err(RULE.to_owned())
    }
}

fn http(authority: &str) -> Result<Target, String> {
    let address = match authority.strip_prefix("localhost:") {
        // Not looked up: what `localhost` means must not depend on a file or a DNS server.
        Some(port) => port_number(port).map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
        None => authority.parse().ok(),
    };
    match address {
        Some(address) if address.port() != 0 && address.ip().is_loopback() => Ok(Target::Http(address)),
        Some(address) if address.port() != 0 => Err("without TLS only this machine can be dialled; write \
                                                     \"https://…\", or \"http://\" with 127.0.0.1, [::1] or \
                                                     localhost"
            .to_owned()),
        _ => Err(RULE.to_owned()),
    }
}

/// Whether nothing signed goes there even if the operator says so: no endpoint is at such an address, and at some of them a
/// machine of a cloud is told its own credentials.
fn is_never_dialled(ip: IpAddr) -> bool {
    matches!(unfit(ip), Some(Unfit::Metadata | Unfit::LinkLocal | Unfit::Many))
}

/// Whether resolvers take a name that ends in this label for an address: `0x64.0x64.0x64.0xc8`.
fn is_number(label: &str) -> bool {
    let hexadecimal = label.strip_prefix("0x").or_else(|| label.strip_prefix("0X"));
    hexadecimal.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn port_number(text: &str) -> Option<u16> {
    let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_tls_only_this_machine_is_dialled() {
        for (text, address) in [
            ("http://127.0.0.1:9000", "127.0.0.1:9000"),
            ("http://[::1]:9000", "[::1]:9000"),
            ("http://localhost:9000", "127.0.0.1:9000"),
        ] {
            assert_eq!(target(text), Ok(Target::Http(address.parse().unwrap())), "{text}");
        }
        for text in ["http://10.0.0.1:80", "http://0.0.0.0:80", "http://[::]:80"] {
            assert!(target(text).is_err_and(|text| text.contains("without TLS")), "{text}");
        }
    }

    #[test]
    fn with_tls_any_host_is_dialled() {
        for (text, host, port) in [
            ("https://oss.private.example:8443", "oss.private.example", 8443),
            ("https://oss.private.example", "oss.private.example", 443),
            ("https://10.0.0.1:443", "10.0.0.1", 443),
            ("https://[fd00::1]:444", "fd00::1", 444),
            ("https://[fd00::1]", "fd00::1", 443),
            ("https://10.0.0.1", "10.0.0.1", 443),
            ("https://localhost:444", "localhost", 444),
        ] {
            assert_eq!(target(text), Ok(Target::Https { host: host.to_owned(), port }), "{text}");
        }
    }

    #[test]
    fn where_no_endpoint_can_be_is_not_dialled_in_any_spelling() {
        for host in [
            "100.100.100.200",
            "169.254.169.254",
            "169.254.0.23",
            "[::ffff:100.100.100.200]",
            "[::ffff:a9fe:a9fe]",
            "[::100.100.100.200]",
            "[64:ff9b::6464:64c8]",
            "224.0.0.1",
            "[ff02::1]",
            "255.255.255.255",
            "0x64.0x64.0x64.0xc8",
            "0x646464c8",
            "0X64.0x64.0x64.0XC8",
            "0144.0144.0144.0310",
            "1684301000",
            "100.100.25800",
        ] {
            for url in [format!("https://{host}"), format!("https://{host}:80")] {
                assert!(target(&url).is_err(), "{url}");
            }
        }
        for host in ["100.100.100.201", "169.253.0.1", "[fd00::1]", "0xproxy.example", "a.0xyz"] {
            assert!(target(&format!("https://{host}")).is_ok(), "{host}");
        }
    }

    #[test]
    fn a_listener_of_our_own_is_seen_in_each_of_its_forms() {
        let own = |address: &str| Address::Tcp(address.parse().unwrap());
        for (url, address, expected) in [
            ("http://127.0.0.1:9110", "127.0.0.1:9110", true),
            ("http://localhost:9110", "127.0.0.1:9110", true),
            ("https://localhost:9110", "127.0.0.1:9110", true),
            ("https://localhost:9110", "[::1]:9110", true),
            ("https://127.0.0.1:9465", "0.0.0.0:9465", true),
            ("https://[::ffff:127.0.0.1]:9110", "127.0.0.1:9110", true),
            ("https://0.0.0.0:9110", "127.0.0.1:9110", true),
            ("http://127.0.0.1:9111", "127.0.0.1:9110", false),
            ("http://127.0.0.2:9110", "127.0.0.1:9110", false),
            ("https://10.0.0.1:9110", "127.0.0.1:9110", false),
            ("https://a.example:9110", "127.0.0.1:9110", false),
        ] {
            assert_eq!(target(url).unwrap().is_at(&own(address)), expected, "{url} {address}");
        }
        assert!(!target("http://127.0.0.1:1").unwrap().is_at(&Address::Unix("a.sock".into())));
    }

    #[test]
    fn what_is_more_than_an_authority_is_refused_without_being_repeated() {
        for text in [
            "",
            "ftp://a.example",
            "oss.private.example:443",
            "https://",
            "https://user:hunter2@a.example",
            "https://a.example/path",
            "https://a.example:0",
            "https://a.example:+443",
            "http://localhost",
            "http://127.0.0.1",
            "http://127.0.0.1:9000/",
            "http://sts.example:9000",
        ] {
            assert_eq!(target(text), Err(RULE.to_owned()), "{text}");
        }
    }
}
