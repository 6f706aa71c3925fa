//! Where an endpoint is dialled: at its own name, or where the operator says, with the same name proved by TLS.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::Trust;
use crate::names::{Endpoint, Host};

/// Where every endpoint answers.
const HTTPS_PORT: u16 = 443;

/// Where to connect, and how.
#[derive(Clone)]
pub enum Dial {
    /// In the clear, to an address on this machine.
    Plain(SocketAddr),
    /// Over TLS, to a name or an address; the name that TLS must prove stays the endpoint's.
    Tls {
        /// A DNS name or an IP address. `None`: the endpoint's own name.
        host: Option<Arc<str>>,
        /// The port.
        port: u16,
        /// Whom to trust.
        trust: Trust,
    },
}

impl fmt::Debug for Dial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(address) => write!(f, "Plain({address})"),
            Self::Tls { host, port, .. } => {
                write!(f, "Tls({}:{port})", host.as_deref().unwrap_or("the endpoint"))
            }
        }
    }
}

/// The dialling rules: an exact host beats all tenants of a host, that beats `*`, and that everything else.
#[derive(Clone, Debug)]
pub struct Routes {
    exact: FxHashMap<String, Dial>,
    /// By the host that the tenant's label stands before.
    tenants: FxHashMap<String, Dial>,
    otherwise: Dial,
}

impl Routes {
    /// Every endpoint at its own name, trusting `trust`.
    pub fn direct(trust: Trust) -> Self {
        Self::all_to(Dial::Tls { host: None, port: HTTPS_PORT, trust })
    }

    /// Every endpoint at one place: the sandbox.
    pub fn all_to(dial: Dial) -> Self {
        Self { exact: FxHashMap::default(), tenants: FxHashMap::default(), otherwise: dial }
    }

    /// Dials `pattern`, a host, `*.` and a host, or `*`, elsewhere.
    pub fn connect(&mut self, pattern: &str, dial: Dial) {
        match pattern.strip_prefix("*.") {
            Some(host) => drop(self.tenants.insert(host.to_owned(), dial)),
            None if pattern == "*" => self.otherwise = dial,
            None => drop(self.exact.insert(pattern.to_owned(), dial)),
        }
    }

    /// Where this endpoint is dialled.
    pub fn dial(&self, endpoint: &Endpoint) -> &Dial {
        self.dial_name(endpoint.host())
    }

    /// Where a host of the table is dialled.
    pub fn dial_name(&self, host: &Host) -> &Dial {
        if let Some(dial) = self.exact.get(host.as_str()) {
            return dial;
        }
        let parent = host.as_str().split_once('.').map(|(_, parent)| parent);
        parent.and_then(|parent| self.tenants.get(parent)).unwrap_or(&self.otherwise)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearer_rule_beats_the_wider_one() {
        let to = |port: u16| Dial::Plain(([127, 0, 0, 1], port).into());
        let mut routes = Routes::all_to(to(1));
        let port = |routes: &Routes, host: &str| match routes.dial_name(&Host::in_lower_case(host).unwrap()) {
            Dial::Plain(address) => address.port(),
            Dial::Tls { port, .. } => *port,
        };
        let (bucket, other) = ("b.oss-cn-hangzhou.aliyuncs.com", "ecs.cn-hangzhou.aliyuncs.com");
        assert_eq!((port(&routes, bucket), port(&routes, other)), (1, 1));
        routes.connect("*", to(2));
        assert_eq!((port(&routes, bucket), port(&routes, other)), (2, 2));
        routes.connect("*.oss-cn-hangzhou.aliyuncs.com", to(3));
        assert_eq!((port(&routes, bucket), port(&routes, other)), (3, 2));
        routes.connect(bucket, to(4));
        assert_eq!((port(&routes, bucket), port(&routes, other)), (4, 2));
    }
}
