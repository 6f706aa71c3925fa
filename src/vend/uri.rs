//! A credentials URI: `http://ADDRESS/v1/creds/SECRET`, which SDKs are told by `ALIBABA_CLOUD_CREDENTIALS_URI`.
//!
//! No client can send a header of its own, so that a part of the path is the one secret that all of them can show. It is
//! weak, since they write it into their logs where something fails; what keeps others out is that the address is
//! loopback's.

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;

use hyper::Method;
use hyper::http::request::Parts;
use zeroize::Zeroizing;

use super::denial::Denial;
use super::equal::is_equal;
use super::gate::Authorities;
use super::path_file::{self, PathFileError};
use crate::clock::Clock;

/// Where it is asked for, with the secret part behind a slash or without one.
pub(super) const PATH: &str = "/v1/creds";

/// What a URI must show.
pub struct Uri {
    path: Zeroizing<String>,
    authorities: Authorities,
}

impl Uri {
    /// Of a listener at `address`. With a file, the path ends in the secret that stands in there; a file that is not there
    /// is made.
    pub fn open(address: SocketAddr, file: Option<&Path>, clock: &dyn Clock) -> Result<Self, PathFileError> {
        let path = match file {
            Some(file) => Zeroizing::new(format!("{PATH}/{}", *path_file::open(file, address, clock)?)),
            None => Zeroizing::new(PATH.to_owned()),
        };
        Ok(Self { path, authorities: Authorities::new(address, &[]) })
    }

    pub(super) fn judge(&self, asked: &Parts) -> Result<(), Denial> {
        self.authorities.judge(asked)?;
        // Before the method: whoever does not know the path learns nothing of it.
        let is_bare = asked.uri.query().is_none_or(str::is_empty);
        if !is_equal(asked.uri.path().as_bytes(), self.path.as_bytes()) || !is_bare {
            return Err(Denial::NotFound);
        }
        if asked.method == Method::GET { Ok(()) } else { Err(Denial::Method("GET")) }
    }
}

impl fmt::Debug for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Uri(…, {:?})", self.authorities)
    }
}
