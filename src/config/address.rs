//! Where a listener listens: an address of this machine, or a unix socket.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use super::problem::shown;
use crate::names::METADATA;

/// A unix socket's path must fit the kernel's `sun_path`: 108 bytes with its closing zero.
const SOCKET_PATH_BYTES_MAX: usize = 107;

/// Where a listener listens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// An IP address and a port; port 0 lets the kernel choose.
    Tcp(SocketAddr),
    /// The path of a unix socket.
    Unix(PathBuf),
}

/// Who may reach a listener. Architecture decision: one that other machines can reach authenticates its clients, or does
/// not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// This machine.
    Machine,
    /// This machine, at the address of its metadata server too.
    Metadata,
    /// Other machines too: nothing there needs to be kept from them.
    Network,
}

impl Reach {
    /// In words, for the reference.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Machine => "`IP:PORT` of this machine only, or `unix:PATH`",
            Self::Metadata => "`IP:PORT` of this machine only, `100.100.100.200:PORT`, or `unix:PATH`",
            Self::Network => "`IP:PORT`",
        }
    }

    fn is_within(self, ip: IpAddr) -> bool {
        match self {
            Self::Machine => ip.is_loopback(),
            Self::Metadata => ip.is_loopback() || ip == METADATA,
            Self::Network => true,
        }
    }
}

impl Address {
    /// Reads `IP:PORT`, or for a listener `unix:PATH`.
    pub(super) fn read(text: &str, reach: Reach) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix:") {
            if reach == Reach::Network {
                return Err(
                    "health and metrics are not to be had on a unix socket; write an IP address and a \
                            port such as \"127.0.0.1:9465\""
                        .to_owned(),
                );
            }
            let address = Self::Unix(path.into());
            return if !path.is_empty() && address.fits() { Ok(address) } else { Err(socket_path_rule()) };
        }
        let Ok(address) = text.parse::<SocketAddr>() else {
            let rule = if reach == Reach::Network {
                "write an IP address and a port such as \"127.0.0.1:9465\""
            } else {
                "write an IP address and a port such as \"127.0.0.1:9110\", or \"unix:PATH\""
            };
            return Err(format!("{} is not an address; {rule}", shown(text)));
        };
        if !reach.is_within(address.ip()) {
            return Err(
                "a listener that other machines can reach must authenticate its clients, which this version \
                        cannot; listen on 127.0.0.1, [::1] or a unix socket"
                    .to_owned(),
            );
        }
        Ok(Self::Tcp(address))
    }

    /// The same, with a relative socket path made absolute.
    pub(super) fn under(self, directory: &Path) -> Self {
        match self {
            Self::Unix(path) => Self::Unix(directory.join(path)),
            tcp @ Self::Tcp(_) => tcp,
        }
    }

    /// Whether the kernel can take it.
    pub(super) fn fits(&self) -> bool {
        match self {
            Self::Unix(path) => {
                let bytes = path.as_os_str().as_encoded_bytes();
                bytes.len() <= SOCKET_PATH_BYTES_MAX && !bytes.contains(&0)
            }
            Self::Tcp(_) => true,
        }
    }

    /// Whether who connects to `address` on this machine comes here.
    pub(super) fn is_reached_at(&self, address: SocketAddr) -> bool {
        let Self::Tcp(own) = self else { return false };
        let (own_ip, ip) = (own.ip().to_canonical(), address.ip().to_canonical());
        let is_there = ip == own_ip
            || own_ip.is_unspecified() && ip.is_loopback()
            || ip.is_unspecified() && own_ip.is_loopback();
        is_there && own.port() == address.port()
    }

    /// Whether a second listener cannot have it too. Port 0 is another port each time.
    pub(super) fn is_one_place(&self) -> bool {
        !matches!(self, Self::Tcp(address) if address.port() == 0)
    }
}

/// What a unix socket's path must be.
pub(super) fn socket_path_rule() -> String {
    format!("the path of a unix socket has 1 to {SOCKET_PATH_BYTES_MAX} bytes, its directory included")
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "{address}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_may_reach_a_listener_without_authentication() {
        for text in ["127.0.0.1:9110", "127.0.0.2:0", "[::1]:9110", "unix:/run/countersign/app.sock"] {
            assert_eq!(
                Address::read(text, Reach::Machine).map(|address| address.to_string()),
                Ok(text.to_owned())
            );
        }
        for text in ["0.0.0.0:9110", "[::]:9110", "10.0.0.1:9110", "[::ffff:127.0.0.1]:9110"] {
            assert!(
                Address::read(text, Reach::Machine).is_err_and(|text| text.contains("must authenticate")),
                "{text}"
            );
            assert!(Address::read(text, Reach::Network).is_ok(), "{text}");
        }
    }

    #[test]
    fn the_metadata_servers_address_is_nobodys_but_the_metadata_servers() {
        let text = "100.100.100.200:80";
        assert!(Address::read(text, Reach::Metadata).is_ok());
        assert!(Address::read(text, Reach::Machine).is_err());
        assert!(Address::read("100.100.100.201:80", Reach::Metadata).is_err());
    }

    #[test]
    fn what_is_not_an_address_is_refused() {
        let too_long = format!("unix:/{}", "a".repeat(SOCKET_PATH_BYTES_MAX));
        for text in
            ["", "9110", ":9110", "localhost:9110", "127.0.0.1", "127.0.0.1:99999", "unix:", &too_long]
        {
            assert!(Address::read(text, Reach::Network).is_err(), "{text}");
        }
    }
}
