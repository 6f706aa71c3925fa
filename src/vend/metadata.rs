//! The metadata server of ECS, as far as credentials are concerned: a token by PUT, one role's name, its credential.
//!
//! <https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata>. Clients were seen to ask in any letter case,
//! to put a bare `?` behind every path, and to send a PUT without a length.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use hyper::Method;
use hyper::http::request::Parts;

use super::denial::Denial;
use super::gate::Authorities;
use super::tokens::Tokens;
use crate::clock::Clock;

/// The name that stands for the role, which some programs must be told.
const ROLE: &str = "countersign";
/// Where every SDK asks. A packet filter may lead from there to here.
const ADDRESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)), 80);

const TOKEN_PATH: &str = "/latest/api/token";
const ROLES_PATH: &str = "/latest/meta-data/ram/security-credentials/";
const TTL: &str = "x-aliyun-ecs-metadata-token-ttl-seconds";
const TOKEN: &str = "x-aliyun-ecs-metadata-token";
const TTLS: std::ops::RangeInclusive<u64> = 1..=21_600;

/// What plays the metadata server.
#[derive(Debug)]
pub struct Metadata {
    authorities: Authorities,
    allows_v1: bool,
    tokens: Tokens,
}

/// What a request that may be answered is for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A token that lives so long.
    Token(Duration),
    /// The role's name.
    RoleName,
    /// The role's credential.
    Credential,
}

impl Metadata {
    /// Of a listener at `address`. `allows_v1`: requests without a token are answered too.
    pub fn new(address: SocketAddr, allows_v1: bool, clock: &dyn Clock) -> io::Result<Self> {
        let authorities = Authorities::new(address, &[ADDRESS]);
        Ok(Self { authorities, allows_v1, tokens: Tokens::new(clock)? })
    }

    pub(super) fn judge(&self, asked: &Parts, boot: Duration) -> Result<Wanted, Denial> {
        self.authorities.judge(asked)?;
        let path = asked.uri.path();
        if path.eq_ignore_ascii_case(TOKEN_PATH) {
            return if asked.method == Method::PUT { lifetime(asked) } else { Err(Denial::Method("PUT")) };
        }
        self.judge_token(asked, boot)?;
        if asked.method != Method::GET {
            return Err(Denial::Method("GET"));
        }
        if !asked.uri.query().is_none_or(str::is_empty) {
            return Err(Denial::NotFound);
        }
        let start = path.get(..ROLES_PATH.len()).unwrap_or_default();
        let is_below = start.eq_ignore_ascii_case(ROLES_PATH);
        match path.get(ROLES_PATH.len()..) {
            Some("") if is_below => Ok(Wanted::RoleName),
            Some(name) if is_below && name.eq_ignore_ascii_case(ROLE) => Ok(Wanted::Credential),
            // Without the slash at its end, the list is there too.
            None if ROLES_PATH.trim_end_matches('/').eq_ignore_ascii_case(path) => Ok(Wanted::RoleName),
            _ => Err(Denial::NotFound),
        }
    }

    fn judge_token(&self, asked: &Parts, boot: Duration) -> Result<(), Denial> {
        match asked.headers.get(TOKEN) {
            Some(token) if self.tokens.know(token.as_bytes(), boot) => Ok(()),
            Some(_) => Err(Denial::BadToken),
            None if self.allows_v1 => Ok(()),
            None => Err(Denial::Forbidden("a token is needed; PUT /latest/api/token gives one")),
        }
    }

    pub(super) fn token(&self, clock: &dyn Clock, lifetime: Duration) -> String {
        self.tokens.give(clock, lifetime)
    }

    pub(super) fn role_name() -> String {
        ROLE.to_owned()
    }
}

fn lifetime(asked: &Parts) -> Result<Wanted, Denial> {
    let mut given = asked.headers.get_all(TTL).iter();
    let seconds = match (given.next(), given.next()) {
        (Some(text), None) => text.to_str().ok().and_then(|text| text.trim().parse::<u64>().ok()),
        _ => None,
    };
    match seconds {
        Some(seconds) if TTLS.contains(&seconds) => Ok(Wanted::Token(Duration::from_secs(seconds))),
        _ => Err(Denial::Malformed("X-aliyun-ecs-metadata-token-ttl-seconds takes 1 to 21600")),
    }
}
