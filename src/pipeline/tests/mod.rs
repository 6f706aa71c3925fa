//! Requests to products that have no host in the table, on names of an operator's own: from the head that arrives to the head
//! that leaves. What is signed is checked by a second reading.

mod dataplus;
mod fc_trigger;
mod gateway;

use std::collections::{BTreeMap, HashSet};

use hmac::{Hmac, KeyInit, Mac};

use super::*;
use crate::classify::{BodyPlan, Plan, target};
use crate::endpoint::OwnHosts;
use crate::names::{Nonce, Scheme};
use crate::secret::{Secret, SecurityToken};
use crate::sign::{self, Identity, Key, Payload, Token, Unsignable, Unsigned, Workspace};
use crate::wire::{Head, HeadLimits};

const ID: &str = "testid";
const SECRET: &str = "testsecret";
const TOKEN: &str = "own-token";
/// 2026-01-31T12:00:00Z.
const NOW: i64 = 1_769_860_800;

/// What left.
struct Sent {
    plan: Plan,
    head: String,
    text: String,
    canonical: String,
}

impl Sent {
    fn headers(&self) -> BTreeMap<String, String> {
        let mut headers = BTreeMap::new();
        for line in self.head.lines().skip(1).filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(": ").unwrap();
            assert_eq!(
                headers.insert(name.to_ascii_lowercase(), value.to_owned()),
                None,
                "{name} is there twice"
            );
        }
        headers
    }

    fn header(&self, name: &str) -> String {
        self.headers().remove(name).unwrap_or_default()
    }
}

/// Why nothing left.
#[derive(Debug)]
enum Stopped {
    Refused(Code),
    Unsignable(Unsignable),
}

/// Takes a request its way, with a token or without. `headers`: each ended by CR LF.
fn sent(
    (product, host): (&str, &str),
    line: &str,
    headers: &str,
    body: &str,
    has_token: bool,
) -> Result<Sent, Stopped> {
    let mut own_hosts = OwnHosts::default();
    own_hosts.add(host, product, None).unwrap();
    let endpoint = own_hosts.endpoint(host).unwrap();
    let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    let mut head = Head::new();
    head.buffer().extend(format!("{line} HTTP/1.1\r\nHost: {host}\r\n{headers}{length}\r\n").bytes());
    assert_eq!(head.parse(&HeadLimits { head: 8192, headers: 64, uri: 8192 }), Ok(true));
    let target = target(head.target()).unwrap();
    let refused = |refusal: Refusal| Stopped::Refused(refusal.code);
    let judged = |held| {
        let (tenants, upgrades) = (Tenants::none(), HashSet::new());
        let rules = Rules { tenants: &tenants, upgrades: &upgrades, oss_v1: false, unix_seconds: NOW };
        judge(&head, (&endpoint, target), held, rules, &mut Parts::default())
    };
    let (mut plan, mut is_form) = judged(None).map_err(refused)?;
    permit(&plan, &endpoint).map_err(refused)?;
    if plan.body == BodyPlan::Hold {
        (plan, is_form) = judged(Some(body.as_bytes())).map_err(refused)?;
    }
    let held = (plan.body == BodyPlan::Hold).then_some((body.as_bytes(), is_form));
    let mut parts = Parts::default();
    let Assembled { unsigned, body: held } = assemble(&head, (&plan, &endpoint), target, held, &mut parts);
    let unsigned = match &held {
        Some(held) => Unsigned { payload: Payload::Held(held), ..unsigned },
        None => unsigned,
    };
    assert!(held.as_deref().is_none_or(|held| held == body.as_bytes()), "the body was written anew");
    let key = Key::absorb(Secret::new(SECRET.to_owned()));
    let token = Token::new(SecurityToken::new(TOKEN.to_owned()).unwrap());
    let security_token = has_token.then_some(&token);
    let identity = Identity { access_key_id: ID, security_token, key: &key, day_key: None };
    let moment = Moment { unix_seconds: NOW, nonce: Nonce::from_text("n-1").unwrap() };
    let mut workspace = Workspace::default();
    let scheme = plan.call.scheme.unwrap();
    let signed = sign::sign(scheme, &unsigned, &identity, &moment, (&mut workspace, Vec::new()))
        .map_err(Stopped::Unsignable)?;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (head, canonical) = (text(signed.head()), text(workspace.canonical_request()));
    let sent = Sent { plan, head, text: text(workspace.string_to_sign()), canonical };
    assert!(!sent.head.contains("dummy"), "{}", sent.head);
    Ok(sent)
}

fn mac1(text: &str) -> Vec<u8> {
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn mac256(text: &str) -> Vec<u8> {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for triple in bytes.chunks(3) {
        let group = (0..3).fold(0, |group, at| group << 8 | usize::from(*triple.get(at).unwrap_or(&0)));
        for at in 0..4 {
            let digit = char::from(DIGITS[group >> (18 - 6 * at) & 63]);
            text.push(if at <= triple.len() { digit } else { '=' });
        }
    }
    text
}

/// Vectors of a file of `tests/vectors/`, as they stand there.
fn vectors(text: &str) -> Vec<serde_json::Value> {
    let vectors: Vec<serde_json::Value> =
        text.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!vectors.is_empty());
    vectors
}

/// The example of a section of `docs/signing.md`: the text, and the signature in its last line.
fn documented(section: &str) -> (&'static str, &'static str) {
    let page = include_str!("../../../docs/signing.md").split_once(&format!("\n## {section}\n")).unwrap().1;
    let example = page.split_once("makes of it:\n\n```\n").unwrap().1.split_once("\n```").unwrap().0;
    example.rsplit_once('\n').unwrap()
}
