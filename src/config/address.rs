//! Where a listener listens: an address of this machine, or a unix socket.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::problem::shown;

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

impl Address {
    /// Reads `IP:PORT`, or for a listener `unix:PATH`. Architecture decision: a listener that others can reach
    /// authenticates its clients, or does not exist; `is_local_only` asks for that.
    pub(super) fn read(text: &str, is_local_only: bool) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix:") {
            if !is_local_only {
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
            let rule = if is_local_only {
                "write an IP address and a port such as \"127.0.0.1:9110\", or \"unix:PATH\""
            } else {
                "write an IP address and a port such as \"127.0.0.1:9465\""
            };
            return Err(format!("{} is not an address; {rule}", shown(text)));
        };
        if is_local_only && !address.ip().is_loopback() {
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
            assert_eq!(Address::read(text, true).map(|address| address.to_string()), Ok(text.to_owned()));
        }
        for text in ["0.0.0.0:9110", "[::]:9110", "10.0.0.1:9110", "[::ffff:127.0.0.1]:9110"] {
            assert!(
                Address::read(text, true).is_err_and(|text| text.contains("must authenticate")),
                "{text}"
            );
            assert!(Address::read(text, false).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_is_not_an_address_is_refused() {
        let too_long = format!("unix:/{}", "a".repeat(SOCKET_PATH_BYTES_MAX));
        for text in
            ["", "9110", ":9110", "localhost:9110", "127.0.0.1", "127.0.0.1:99999", "unix:", &too_long]
        {
            assert!(Address::read(text, false).is_err(), "{text}");
        }
    }
}
