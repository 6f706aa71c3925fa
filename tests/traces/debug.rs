//! `Debug` forms hold no contents: neither as text nor as the list of numbers that bytes print as.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use countersign::clock::SystemClock;
use countersign::config::{Flags, load};
use countersign::endpoint::{self, Tenants};
use countersign::names::{Moment, Nonce, Scheme};
use countersign::pipeline::Assembled;
use countersign::secret::{Secret, SecurityToken};
use countersign::sidecar::Setup;
use countersign::sign::{Identity, Key, Payload, Token, Unsigned, Workspace, acs3, oss, rpc, sign};
use countersign::upstream::{Outgoing, SystemResolver};
use countersign::wire::{Field, Framing, Parameter, Spelling, Target, decoded};

use crate::kit::{ECS, Place};

const CANARY: &str = "CanaryZq7";

fn assert_silent(what: &str, value: &dyn Debug) {
    let numbers: Vec<String> = CANARY.bytes().map(|byte| byte.to_string()).collect();
    for text in [format!("{value:?}"), format!("{value:#?}").split_whitespace().collect::<Vec<_>>().join(" ")]
    {
        assert!(!text.contains(CANARY), "{what} as text: {text}");
        assert!(!text.contains(&numbers.join(", ")), "{what} as numbers: {text}");
    }
}

#[test]
fn the_environment_that_a_sidecar_starts_with_is_not_printed() {
    let name = "ALIBABA_CLOUD_ACCESS_KEY_SECRET".to_owned();
    let environment = BTreeMap::from([(name, CANARY.to_owned())]);
    let settings = load(&Flags::default(), &environment, Place::new().path()).unwrap().settings;
    let setup = Setup {
        settings,
        environment,
        clock: Arc::new(SystemClock),
        elsewhere: None,
        resolver: Arc::new(SystemResolver::default()),
    };
    assert_silent("a setup", &setup);
}

#[test]
#[expect(clippy::too_many_lines, reason = "one list")]
fn what_is_signed_and_sent_is_not_printed() {
    let bytes = CANARY.as_bytes();
    let endpoint = endpoint::reverse(ECS, &Tenants::none()).unwrap();
    let query = [Parameter::spelled(bytes, bytes, bytes, Spelling::Form)];
    let headers = [Field::new("x-acs-canary", bytes)];
    let unsigned = Unsigned {
        method: "POST",
        path: bytes,
        query: &query,
        headers: &headers,
        form: &query,
        payload: Payload::Held(bytes),
        framing: Framing::Length(9),
        expects_continue: false,
        endpoint: &endpoint,
        add_action: None,
        add_version: None,
        additional_headers: bytes,
        scope: None,
    };
    let key = Key::absorb(Secret::new(CANARY.to_owned()));
    let token = Token::new(SecurityToken::new(CANARY.to_owned()).unwrap());
    let identity =
        Identity { access_key_id: "STS.id", security_token: Some(&token), key: &key, day_key: None };
    let moment = Moment { unix_seconds: 0, nonce: Nonce::from_bytes([7; 16]) };
    let mut workspace = Workspace::default();
    let signed = sign(Scheme::RpcV1, &unsigned, &identity, &moment, (&mut workspace, Vec::new())).unwrap();
    assert!(String::from_utf8_lossy(workspace.string_to_sign()).contains(CANARY), "it is in there");

    let covered = rpc::Covered { method: "POST", query: &query, form: &query, added: &[] };
    let by_acs3 = acs3::Covered {
        method: "POST",
        path: bytes,
        query: &query,
        headers: headers.iter(),
        payload_hash: bytes,
    };
    let by_oss = oss::Covered {
        method: "PUT",
        resource: oss::Resource::Bucket(None),
        path: bytes,
        query: &query,
        headers: headers.iter(),
        additional_headers: bytes,
        date: *b"20240307T080905Z",
        region: "cn-hangzhou",
        product: "oss",
    };
    let values: [(&str, &dyn Debug); 14] = [
        ("a token", &token),
        ("an identity", &identity),
        ("a workspace", &workspace),
        ("an unsigned request", &unsigned),
        ("a payload", &Payload::Held(bytes)),
        ("a signed head", &signed),
        ("a field", &headers[0]),
        ("a parameter", &query[0]),
        ("a target", &Target { authority: Some(bytes), path: bytes, query: bytes }),
        ("decoded text", &decoded(bytes, Spelling::Form)),
        ("a body", &Outgoing::Whole(bytes)),
        ("what RPC covers", &covered),
        ("what ACS3 covers", &by_acs3),
        ("what OSS covers", &by_oss),
    ];
    for (what, value) in values {
        assert_silent(what, value);
    }
    assert_silent("what is assembled", &Assembled { unsigned, body: Some(Cow::Borrowed(bytes)) });
}
