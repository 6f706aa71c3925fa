//! Authorities: whatever is accepted is a host of the grammar, in either form of target, whatever its letter case; and
//! what the table makes of it is that very host.
#![no_main]

use countersign::classify::{Listener, Named, named, target};
use countersign::endpoint::{Tenants, reverse};
use countersign::names::Host;
use countersign::refusal::Code;
use countersign::wire::{Head, HeadLimits};
use libfuzzer_sys::fuzz_target;

const LIMITS: HeadLimits = HeadLimits { head: 4096, headers: 4, uri: 2048 };
const PINNED: &str = "oss-cn-hangzhou.aliyuncs.com";

/// What a listener made of an authority.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Host(String),
    Pinned,
    Tenant(String),
    Own,
    Refused(Code),
}

fuzz_target!(|bytes: &[u8]| {
    let own: Vec<String> = ["127.0.0.1:9110", "localhost:9110", "[::1]:9110"].map(str::to_owned).into();
    let forward = Listener { own: own.clone(), pinned: None };
    let pinned = Listener { own, pinned: Some(PINNED.to_owned()) };
    let unix = Listener { own: vec!["localhost".to_owned(), String::new()], pinned: Some(PINNED.to_owned()) };
    for listener in [&forward, &pinned, &unix] {
        let Some(verdict) = by_host(bytes, listener) else { continue };
        judge(bytes, listener, &verdict);
        for other in [bytes.to_ascii_lowercase(), bytes.to_ascii_uppercase()] {
            let other = by_host(&other, listener).expect("a head in other letters is a head");
            assert_eq!(in_lower_case(&verdict), in_lower_case(&other), "letter case makes no difference");
        }
        by_target(bytes, listener, &verdict);
    }
});

/// `None`: it cannot stand in a head.
fn by_host(authority: &[u8], listener: &Listener) -> Option<Verdict> {
    asked(&[b"GET / HTTP/1.1\r\nHost: ", authority, b"\r\n\r\n"].concat(), listener)
}

fn asked(text: &[u8], listener: &Listener) -> Option<Verdict> {
    let mut head = Head::new();
    head.buffer().extend_from_slice(text);
    // A line end inside would make it another head.
    if head.parse(&LIMITS) != Ok(true) || !head.behind().is_empty() || head.fields().count() != 1 {
        return None;
    }
    let outcome = target(head.target()).and_then(|target| {
        Ok(match named(&head, &target, listener)? {
            Named::Host(name) => Verdict::Host(name.to_owned()),
            Named::Pinned => Verdict::Pinned,
            Named::Tenant(label) => Verdict::Tenant(label.to_owned()),
            Named::Own => Verdict::Own,
        })
    });
    Some(outcome.unwrap_or_else(|refusal| Verdict::Refused(refusal.code)))
}

fn judge(bytes: &[u8], listener: &Listener, verdict: &Verdict) {
    let given = String::from_utf8_lossy(bytes.trim_ascii()).into_owned();
    match verdict {
        Verdict::Host(name) => {
            assert!(listener.pinned.is_none(), "a pinned listener leads to its own endpoint");
            assert!(given == *name || given == format!("{name}:443"), "{given} was read as {name}");
            assert!(name.eq_ignore_ascii_case("localhost") || is_name(name), "{name}");
            looked_up(name);
        }
        Verdict::Tenant(label) => {
            assert!(is_label(label), "{label}");
            let rest = given.strip_prefix(label.as_str()).and_then(|rest| rest.strip_prefix('.'));
            let rest = rest.expect("a tenant is the first label").to_ascii_lowercase();
            assert!(is_the_listener(&rest, listener) || is_pinned(&rest), "{given}");
        }
        Verdict::Pinned => assert!(is_pinned(&given.to_ascii_lowercase()), "{given}"),
        Verdict::Own => assert!(is_the_listener(&given.to_ascii_lowercase(), listener), "{given}"),
        Verdict::Refused(_) => {}
    }
}

/// The endpoint is the host that was named, and no other.
fn looked_up(name: &str) {
    let Ok(host) = Host::in_lower_case(name) else { return };
    for tenants in [Tenants::none(), Tenants::any()] {
        if let Ok(endpoint) = reverse(host.as_str(), &tenants) {
            assert_eq!(endpoint.host().as_str(), name.to_ascii_lowercase());
            if let Some(tenant) = endpoint.tenant() {
                assert!(is_label(tenant) && host.as_str().contains(tenant));
            }
        }
    }
}

/// In an absolute target, with the same host, it means the same.
fn by_target(bytes: &[u8], listener: &Listener, verdict: &Verdict) {
    // Something that ends an authority, or cannot stand in a target, makes another request; and of two faults the
    // other may be told.
    if bytes.is_empty() || bytes.iter().any(|byte| !byte.is_ascii_graphic() || b"/?#".contains(byte)) {
        return;
    }
    let text = [b"GET http://", bytes, b"/ HTTP/1.1\r\nHost: ", bytes, b"\r\n\r\n"].concat();
    let other = asked(&text, listener);
    match (verdict, &other) {
        (Verdict::Refused(_), Some(other)) => assert!(matches!(other, Verdict::Refused(_)), "{other:?}"),
        (_, None) => {}
        (verdict, Some(other)) => assert_eq!(verdict, other),
    }
    // With another host it is refused.
    let text = [b"GET http://", bytes, b"/ HTTP/1.1\r\nHost: other.example\r\n\r\n"].concat();
    if !bytes.eq_ignore_ascii_case(b"other.example") {
        assert!(
            matches!(asked(&text, listener), None | Some(Verdict::Refused(_))),
            "two hosts in one request"
        );
    }
}

fn in_lower_case(verdict: &Verdict) -> Verdict {
    match verdict {
        Verdict::Host(name) => Verdict::Host(name.to_ascii_lowercase()),
        Verdict::Tenant(label) => Verdict::Tenant(label.to_ascii_lowercase()),
        Verdict::Pinned => Verdict::Pinned,
        Verdict::Own => Verdict::Own,
        Verdict::Refused(code) => Verdict::Refused(*code),
    }
}

fn is_pinned(lower: &str) -> bool {
    lower == PINNED || lower == format!("{PINNED}:443")
}

fn is_the_listener(lower: &str, listener: &Listener) -> bool {
    listener.own.iter().any(|own| own == lower)
}

/// The grammar of names, a second time: labels between dots, at least two.
fn is_name(name: &str) -> bool {
    name.len() <= 253 && name.contains('.') && name.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !label.is_empty()
        && label.len() <= 63
        && label.bytes().all(is_inner)
        && !label.starts_with('-')
        && !label.ends_with('-')
}
