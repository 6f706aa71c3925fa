//! What every desk on TCP refuses: a page that rebound its name to this machine, a browser, and whoever forwards others'
//! requests.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use hyper::header::{HOST, HeaderMap, ORIGIN};
use hyper::http::request::Parts;

use super::denial::Denial;

/// The authorities that name a desk, with and without its port. A page that rebinds its own name sends that name, and in
/// no browser can it send another (CVE-2018-18820 and its kin; the Python SDK sends its own without a port).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Authorities {
    hosts: Vec<String>,
    ports: Vec<u16>,
}

impl Authorities {
    /// Those of a listener at `address`, and of `more` that lead there.
    pub(super) fn new(address: SocketAddr, more: &[SocketAddr]) -> Self {
        let loopback: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        let own = more.iter().chain([&address]);
        let mut hosts: Vec<String> = own.clone().map(SocketAddr::ip).chain(loopback).map(spelled).collect();
        hosts.push("localhost".to_owned());
        Self { hosts, ports: own.map(SocketAddr::port).collect() }
    }

    fn hold(&self, authority: &str) -> bool {
        self.hosts.iter().any(|host| {
            let Some(rest) = strip_prefix_ignoring_case(authority, host) else { return false };
            rest.is_empty()
                || rest
                    .strip_prefix(':')
                    .is_some_and(|port| self.ports.iter().any(|own| port == own.to_string()))
        })
    }

    /// Lets through what came from a program of this machine.
    pub(super) fn judge(&self, asked: &Parts) -> Result<(), Denial> {
        if asked.uri.authority().is_some() {
            return Err(Denial::Malformed("this is no proxy; ask for a path"));
        }
        let mut hosts = asked.headers.get_all(HOST).iter();
        let (host, another) = (hosts.next().and_then(|host| host.to_str().ok()), hosts.next());
        match (host, another) {
            (Some(host), None) if self.hold(host) => judge_headers(&asked.headers),
            (Some(_), None) => {
                Err(Denial::Forbidden("the Host header names something else; use the address itself"))
            }
            _ => Err(Denial::Malformed("there must be one Host header")),
        }
    }
}

/// What proxies add to what they forward: RFC 7239, RFC 9110 section 7.6.3, and what came before them.
const FORWARDED: [&str; 4] = ["x-forwarded-for", "forwarded", "x-real-ip", "via"];

/// Lets through what no browser and no proxy has sent.
pub(super) fn judge_headers(headers: &HeaderMap) -> Result<(), Denial> {
    if headers.contains_key(ORIGIN) || headers.keys().any(|name| name.as_str().starts_with("sec-fetch-")) {
        return Err(Denial::Forbidden("a browser sent this"));
    }
    if FORWARDED.iter().any(|name| headers.contains_key(*name)) {
        return Err(Denial::Forbidden("somebody else's request was forwarded here"));
    }
    Ok(())
}

fn spelled(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}
