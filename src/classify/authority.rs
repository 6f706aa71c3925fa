//! Which endpoint a request names: by `Host`, by an absolute target, or by the listener it came to.

use crate::names::{is_host_label, is_host_name};
use crate::refusal::{Code, Refusal};
use crate::wire::{Head, Target};

/// How a listener is addressed.
#[derive(Clone, Debug)]
pub struct Listener {
    /// The authorities that mean the listener itself: `127.0.0.1:9110`, `localhost:9110`, `[::1]:9110`; on a unix
    /// socket `localhost` and nothing at all.
    pub own: Vec<String>,
    /// The host that a pinned listener stands for. `None`: a forward listener.
    pub pinned: Option<String>,
}

/// What a request names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named<'a> {
    /// A host to look up: as it came, of the right grammar, in any letter case, without its port.
    Host(&'a str),
    /// The pinned endpoint itself.
    Pinned,
    /// A tenant under the pinned endpoint.
    Tenant(&'a str),
    /// The pinned endpoint by the listener's own authority, which on a product with tenants means path style.
    Own,
}

/// Takes the target apart. `/path`, or `http://authority/path` as a client sends to a proxy.
pub fn target(raw: &[u8]) -> Result<Target<'_>, Refusal> {
    let bad = |sentence: &'static str| {
        Refusal::new(Code::BadTarget, sentence, "send `/path`, or `http://HOST/path` as to a proxy")
    };
    let (authority, rest) = if raw.starts_with(b"/") {
        (None, raw)
    } else if let Some(rest) = strip_prefix_ignoring_case(raw, b"http://") {
        let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        (Some(authority), rest)
    } else if strip_prefix_ignoring_case(raw, b"https://").is_some() {
        return Err(bad(
            "a target with `https://` cannot be sent in the clear: use `http://`, TLS is added on the way out",
        ));
    } else {
        return Err(bad("the request target is neither a path nor an `http://` address"));
    };
    if memchr::memchr(b'#', rest).is_some() {
        return Err(bad("the request target has a fragment, which never goes on the wire"));
    }
    let question = memchr::memchr(b'?', rest);
    let (path, query) = match question {
        Some(at) => (rest.get(..at).unwrap_or_default(), rest.get(at + 1..).unwrap_or_default()),
        None => (rest, &[][..]),
    };
    Ok(Target { authority, path, query })
}

/// Which endpoint the request names, by the rules of its listener.
pub fn named<'a>(head: &'a Head, target: &Target<'a>, listener: &Listener) -> Result<Named<'a>, Refusal> {
    let host = head.field("host").unwrap_or_default();
    let Ok(host) = std::str::from_utf8(host) else { return Err(bad_authority()) };
    if let Some(authority) = target.authority {
        // Judged on its own first: an authority that is none cannot match anything.
        if !listener.is_own(std::str::from_utf8(authority).unwrap_or_default()) {
            split(std::str::from_utf8(authority).map_err(|_| bad_authority())?)?;
        }
        // A client of a proxy may spell the port of `http` out in the target, and leave it out of `Host` as all do.
        let without_port = authority.strip_suffix(b":80").unwrap_or(authority);
        let is_same = |authority: &[u8]| host.as_bytes().eq_ignore_ascii_case(authority);
        if !is_same(authority) && !is_same(without_port) {
            return Err(Refusal::new(
                Code::AuthorityMismatch,
                "the target and the Host header name different hosts",
                "send the same host in both",
            ));
        }
    }
    if listener.is_own(host) {
        return if listener.pinned.is_some() { Ok(Named::Own) } else { Err(no_endpoint(host)) };
    }
    let Some(pinned) = &listener.pinned else {
        let (name, port) = split(host)?;
        return if port.is_none_or(|port| port == 443) { Ok(Named::Host(name)) } else { Err(bad_port()) };
    };
    // Before no name at all there is no tenant: what would be left of `bucket.` is a trailing dot.
    // Nor before an address in brackets: `bucket.[::1]` is of no grammar, and in an absolute target it is refused.
    let mut names = listener.own.iter().filter(|own| !own.is_empty() && !own.starts_with('['));
    let tenant = names.find_map(|own| strip_label(host, own));
    if let Some(label) = tenant {
        return Ok(Named::Tenant(label));
    }
    let (name, port) = split(host)?;
    let has_our_port = port.is_none_or(|port| port == 443);
    if has_our_port && name.eq_ignore_ascii_case(pinned) {
        return Ok(Named::Pinned);
    }
    match strip_label(name, pinned) {
        Some(label) if has_our_port => Ok(Named::Tenant(label)),
        _ => Err(Refusal::new(
            Code::ForeignAuthority,
            "this listener stands for one endpoint, and the Host header names another",
            format!("send `Host: {}` or `Host: {pinned}`", listener.own.first().map_or("", String::as_str)),
        )),
    }
}

impl Listener {
    /// Whether an authority means the listener itself.
    pub fn is_own(&self, authority: &str) -> bool {
        self.own.iter().any(|own| own.eq_ignore_ascii_case(authority))
    }
}

/// `LABEL.SUFFIX` to `LABEL`, for one label of the right grammar.
fn strip_label<'a>(host: &'a str, suffix: &str) -> Option<&'a str> {
    let at = host.len().checked_sub(suffix.len() + 1)?;
    let (label, rest) = host.split_at_checked(at)?;
    (rest.starts_with('.') && rest.get(1..)?.eq_ignore_ascii_case(suffix) && is_host_label(label.as_bytes()))
        .then_some(label)
}

/// An authority into name and port. The grammar is that of host names, and nothing else: no user, no escape, no
/// trailing dot, no address in brackets, no port with a leading zero.
fn split(authority: &str) -> Result<(&str, Option<u16>), Refusal> {
    let (name, port) = match authority.split_once(':') {
        None => (authority, None),
        Some((name, port)) => {
            let is_plain =
                !port.is_empty() && !port.starts_with('0') && port.bytes().all(|byte| byte.is_ascii_digit());
            let port = if is_plain { port.parse::<u16>().ok() } else { None };
            (name, Some(port.ok_or_else(bad_authority)?))
        }
    };
    if is_host_name(name.as_bytes()) || name.eq_ignore_ascii_case("localhost") {
        Ok((name, port))
    } else {
        Err(bad_authority())
    }
}

fn strip_prefix_ignoring_case<'a>(bytes: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = bytes.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

fn bad_authority() -> Refusal {
    Refusal::new(
        Code::BadAuthority,
        "the host is not a plain DNS name",
        "send the endpoint's name, such as `ecs.cn-hangzhou.aliyuncs.com`",
    )
}

fn bad_port() -> Refusal {
    Refusal::new(Code::BadAuthority, "endpoints answer on port 443 only", "leave the port out of the host")
}

fn no_endpoint(own: &str) -> Refusal {
    Refusal::new(
        Code::NoEndpoint,
        "the request names this proxy and no endpoint",
        format!(
            "send `Host: ecs.cn-hangzhou.aliyuncs.com`, or set http_proxy=http://{own} and call http://ecs.cn-hangzhou.aliyuncs.com, or give a listener an `endpoint`"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::HeadLimits;

    fn code_or_label(host: &str) -> Result<String, Code> {
        let own = ["127.0.0.1:9110", "localhost:9110", "[::1]:9110"].map(str::to_owned).into();
        let listener = Listener { own, pinned: Some("oss-cn-hangzhou.aliyuncs.com".to_owned()) };
        let mut head = Head::new();
        head.buffer().extend_from_slice(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes());
        head.parse(&HeadLimits { head: 4096, headers: 10, uri: 1024 }).unwrap();
        let target = target(head.target()).unwrap();
        match named(&head, &target, &listener) {
            Ok(Named::Tenant(label)) => Ok(label.to_owned()),
            Ok(other) => panic!("{host} is {other:?}"),
            Err(refusal) => Err(refusal.code),
        }
    }

    #[test]
    fn a_tenant_stands_before_names_and_not_before_an_address_in_brackets() {
        for host in [
            "bkt1.127.0.0.1:9110",
            "bkt1.localhost:9110",
            "bkt1.LOCALHOST:9110",
            "bkt1.oss-cn-hangzhou.aliyuncs.com",
        ] {
            assert_eq!(code_or_label(host), Ok("bkt1".to_owned()), "{host}");
        }
        assert_eq!(code_or_label("bkt1.[::1]:9110"), Err(Code::BadAuthority));
    }
}
