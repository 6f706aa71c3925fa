//! Where countersign asks for a credential that is not the endpoint table's to give: an `http` or `https` URL that the
//! operator writes, or the metadata address. No request of a client ever goes to one.

use std::fmt;

use super::address::{METADATA, is_private};

/// The longest URL that is read. Real ones have under 200 characters.
const URL_BYTES_MAX: usize = 2_048;

/// A scheme, a host and a port: the part of a URL that is dialled.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    is_tls: bool,
    host: Box<str>,
    port: u16,
}

/// Why a text is no URL that can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadUrl {
    /// It does not begin with `http://` or `https://`.
    Scheme,
    /// `user:password@`: most SDKs drop it, and it is a secret in a place that gets logged.
    UserInfo,
    /// The host is missing, or is neither a DNS name nor an address.
    Host,
    /// The port is no number from 1 to 65535.
    Port,
    /// An address outside of the private networks, without TLS: whoever is on the way could read what is asked, or answer.
    Clear,
    /// Spaces, control characters, non-ASCII, a fragment, or more than 2048 characters.
    Characters,
}

impl fmt::Display for BadUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => "it must begin with http:// or https://",
            Self::UserInfo => "it must not hold a user or a password",
            Self::Host => "its host is neither a DNS name nor an address",
            Self::Port => "its port is no number from 1 to 65535",
            Self::Clear => "its address is outside of the private networks, and is asked by https:// only",
            Self::Characters => {
                "it holds spaces, other than ASCII characters or a fragment, or is longer than 2048 characters"
            }
        })
    }
}

impl std::error::Error for BadUrl {}

impl Place {
    /// The metadata server of an ECS instance.
    pub fn metadata() -> Self {
        Self { is_tls: false, host: METADATA.to_string().into(), port: 80 }
    }

    /// Takes a URL apart: what is dialled, and the target that is asked for there, which begins with `/`.
    pub fn parse(url: &str) -> Result<(Self, &str), BadUrl> {
        let (is_tls, rest) = match url.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (false, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (true, rest),
            _ => return Err(BadUrl::Scheme),
        };
        if url.len() > URL_BYTES_MAX || !url.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') {
            return Err(BadUrl::Characters);
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(end);
        if authority.contains('@') {
            return Err(BadUrl::UserInfo);
        }
        let (host, port) = host_and_port(authority)?;
        // A name is judged by what it leads to, when it is dialled.
        if !is_tls && host.parse().is_ok_and(|address| !is_private(address)) {
            return Err(BadUrl::Clear);
        }
        let default = if is_tls { 443 } else { 80 };
        let port = match port {
            None => default,
            Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                text.parse().ok().filter(|port| *port > 0).ok_or(BadUrl::Port)?
            }
            Some(_) => return Err(BadUrl::Port),
        };
        let target = match target {
            "" => "/",
            // A query without a path has no target to stand in.
            _ if target.starts_with('?') => return Err(BadUrl::Host),
            _ => target,
        };
        Ok((Self { is_tls, host: host.to_ascii_lowercase().into(), port }, target))
    }

    /// The same of a URL that names a server and nothing on it.
    pub fn whole(url: &str) -> Option<Self> {
        match Self::parse(url) {
            Ok((place, "/")) => Some(place),
            _ => None,
        }
    }

    /// Whether TLS proves who answers.
    pub const fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// A DNS name in lower case, or an address without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// What `Host` says: without the port that the scheme has by itself.
    pub fn authority(&self) -> String {
        let host: &str = &self.host;
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        match (self.is_tls, self.port) {
            (true, 443) | (false, 80) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }
}

impl fmt::Display for Place {
    /// Without the target, which may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.is_tls { "https" } else { "http" }, self.authority())
    }
}

fn host_and_port(authority: &str) -> Result<(&str, Option<&str>), BadUrl> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, port) = rest.split_once(']').ok_or(BadUrl::Host)?;
        host.parse::<core::net::Ipv6Addr>().map_err(|_| BadUrl::Host)?;
        return match port {
            "" => Ok((host, None)),
            _ => Ok((host, Some(port.strip_prefix(':').ok_or(BadUrl::Host)?))),
        };
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let is_name = host.len() <= 253 && host.split('.').all(is_label);
    if is_name { Ok((host, port)) } else { Err(BadUrl::Host) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart_and_written_as_host_says_it() {
        for (url, shown, host, port, target) in [
            ("http://127.0.0.1:9120/v1/creds/x", "http://127.0.0.1:9120", "127.0.0.1", 9120, "/v1/creds/x"),
            ("HTTP://LocalHost/a?b=c", "http://localhost", "localhost", 80, "/a?b=c"),
            ("https://vault.example:8200", "https://vault.example:8200", "vault.example", 8200, "/"),
            ("https://vault.example:443/", "https://vault.example", "vault.example", 443, "/"),
            ("http://[::1]:81/x", "http://[::1]:81", "::1", 81, "/x"),
            (
                "http://my_agent.kube-system/x",
                "http://my_agent.kube-system",
                "my_agent.kube-system",
                80,
                "/x",
            ),
        ] {
            let (place, asked) = Place::parse(url).unwrap();
            assert_eq!(
                (place.to_string().as_str(), place.host(), place.port(), asked),
                (shown, host, port, target)
            );
        }
    }

    #[test]
    fn what_could_mean_two_things_is_no_url() {
        for (url, why) in [
            ("ftp://a/", BadUrl::Scheme),
            ("127.0.0.1/x", BadUrl::Scheme),
            ("unix:/run/x", BadUrl::Scheme),
            ("http://user:secret@127.0.0.1/", BadUrl::UserInfo),
            ("http://8.8.8.8/x", BadUrl::Clear),
            ("http://[2001:4860:4860::8888]:80/x", BadUrl::Clear),
            ("http:///x", BadUrl::Host),
            ("http://a..b/", BadUrl::Host),
            ("http://[::1/", BadUrl::Host),
            ("http://[::1]x/", BadUrl::Host),
            ("http://a?b", BadUrl::Host),
            ("http://a\\b/", BadUrl::Host),
            ("http://a:/", BadUrl::Port),
            ("http://a:0/", BadUrl::Port),
            ("http://a:+80/", BadUrl::Port),
            ("http://a:65536/", BadUrl::Port),
            ("http://a/b c", BadUrl::Characters),
            ("http://a/b\r\nX: 1", BadUrl::Characters),
            ("http://a/#b", BadUrl::Characters),
            ("http://\u{e9}/", BadUrl::Characters),
        ] {
            assert_eq!(Place::parse(url), Err(why), "{url}");
        }
        assert_eq!(Place::parse(&format!("http://a/{}", "b".repeat(2_048))), Err(BadUrl::Characters));
    }
}
