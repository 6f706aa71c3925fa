//! `[connect_to]`: dialling elsewhere than a host's own address, while everything is still signed for that host.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::grammar::is_host;
use super::problem::Placed;

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

const RULE: &str = "the value is not \"https://HOST[:PORT]\" or, on this machine, \"http://IP:PORT\"";

/// Reads a value of `[connect_to]`. Messages do not repeat it: a URL may carry a password.
pub(super) fn target(text: &str) -> Result<Target, String> {
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
