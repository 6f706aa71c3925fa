//! The verifiers against requests that published SDKs signed: taken as they are, refused when one byte is another.

mod functions;
mod logs;
mod messages;
mod oss;
mod projects;
mod scoped;
mod tables;

use serde_json::Value;

use super::*;
use crate::sandbox::date;
use crate::sandbox::encode::base64_url_decoded;
use crate::sandbox::identity::Principal;

/// One signed request of `tests/data/sandbox/`.
struct Signed {
    name: String,
    heard: Heard,
    moment: i64,
    string_to_sign: Option<String>,
    identities: Identities,
}

fn vectors(file: &str) -> Vec<Signed> {
    let path = format!("{}/tests/data/sandbox/{file}.json", env!("CARGO_MANIFEST_DIR"));
    let rows: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    rows.iter().map(signed).collect()
}

fn signed(row: &Value) -> Signed {
    let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let headers = row["headers"].as_array().unwrap().iter();
    let identities = Identities::default();
    identities.admit(Identity {
        access_key_id: text("access_key_id"),
        secret: text("secret"),
        security_token: row["security_token"].as_str().map(str::to_owned),
        issued_at: 0,
        expires_at: None,
        revocations: 0,
        principal: Principal::User { arn: "acs:ram::1:user/a".to_owned(), id: "2".to_owned() },
    });
    Signed {
        name: text("name"),
        heard: Heard {
            method: text("method"),
            path: text("path"),
            query: text("query"),
            headers: headers
                .map(|pair| {
                    let (name, value) = (pair[0].as_str().unwrap(), pair[1].as_str().unwrap());
                    (name.to_ascii_lowercase(), value.as_bytes().to_vec())
                })
                .collect(),
            body: text("body").into_bytes(),
        },
        moment: row["moment"].as_i64().unwrap(),
        string_to_sign: row["string_to_sign"].as_str().map(str::to_owned),
        identities,
    }
}

/// The requests of `tests/vectors/FILE.jsonl`, as the SDK that each names sent them.
fn shared(file: &str) -> Vec<Signed> {
    let path = format!("{}/tests/vectors/{file}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let origin = lines.next().unwrap();
    let rows: Vec<Value> = lines.collect();
    assert_eq!(Some(rows.len()), origin["vectors"].as_u64().and_then(|count| usize::try_from(count).ok()));
    let whole = |row: &Value| {
        let mut signed = signed(&flattened(row, &origin));
        if let Some(bytes) = row["body"]["base64"].as_str() {
            signed.heard.body = base64_url_decoded(bytes.trim_end_matches('=')).unwrap();
        }
        signed
    };
    rows.iter().map(whole).collect()
}

/// A row of `tests/vectors/` as one of `tests/data/sandbox/`.
fn flattened(row: &Value, origin: &Value) -> Value {
    let key = &origin["keys"][row["key"].as_str().unwrap()];
    let request = &row["request"];
    let target = request[2].as_str().unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers: Vec<Value> = vec![serde_json::json!(["host", request[1]])];
    let own = row["headers"].as_array().unwrap().iter();
    headers.extend(own.filter(|pair| !pair[0].as_str().unwrap().eq_ignore_ascii_case("host")).cloned());
    headers.extend(row["adds"]["headers"].as_array().unwrap().iter().cloned());
    if let Some(token) = key[2].as_str() {
        let is_there = headers.iter().any(|pair| pair[1].as_str() == Some(token));
        assert!(is_there, "{} sends no token", row["name"]);
    }
    serde_json::json!({
        "name": row["name"],
        "method": request[0],
        "path": path,
        "query": query,
        "headers": headers,
        "body": row["body"]["utf8"],
        "access_key_id": key[0],
        "secret": key[1],
        "security_token": key[2],
        "moment": date::from_iso(row["time"].as_str().unwrap()).unwrap(),
        "string_to_sign": row["string_to_sign"],
    })
}

/// Reads and judges, at the moment of signing plus so many seconds, with no nonce seen before.
fn judged(signed: &Signed, heard: &Heard, later: i64) -> Result<Claim, Denial> {
    let place = Place::of(&heard.header("host").unwrap_or_default());
    let claim = read(heard, &place)?.ok_or(Denial::Missing("a signature"))?;
    let (nonces, faults) = (Nonces::default(), Faults::default());
    let now = signed.moment + later;
    Bench { identities: &signed.identities, nonces: &nonces, faults: &faults, now }.judge(&claim)?;
    Ok(claim)
}

#[test]
fn requests_that_published_sdks_signed_are_let_in() {
    let mut count = 0;
    for file in ["acs3", "rpc", "roa", "oss-v4"] {
        for signed in vectors(file) {
            let claim = judged(&signed, &signed.heard, 0);
            let claim = claim.unwrap_or_else(|denial| panic!("{}: {denial:?}", signed.name));
            if let Some(expected) = &signed.string_to_sign {
                assert_eq!(&String::from_utf8_lossy(&claim.string_to_sign), expected, "{}", signed.name);
            }
            count += 1;
        }
    }
    assert!(count >= 80, "{count}");
}

#[test]
fn a_request_is_refused_outside_of_fifteen_minutes_either_way() {
    for file in ["acs3", "rpc", "roa", "oss-v4"] {
        let signed = &vectors(file)[0];
        for later in [-SKEW_ALLOWED, SKEW_ALLOWED] {
            assert!(judged(signed, &signed.heard, later).is_ok(), "{file} {later}");
        }
        for later in OUT_OF_TIME {
            let denial = judged(signed, &signed.heard, later).unwrap_err();
            assert!(matches!(denial, Denial::Skewed { .. }), "{file} {later}: {denial:?}");
        }
    }
}

/// The first seconds out of time, on either side.
const OUT_OF_TIME: [i64; 2] = [-SKEW_ALLOWED - 1, SKEW_ALLOWED + 1];

/// A request is let in at its time and not out of it, and says what its SDK signed.
fn let_in(signed: &Signed, out_of_time: [i64; 2]) -> Claim {
    let claim = judged(signed, &signed.heard, 0);
    let claim = claim.unwrap_or_else(|denial| panic!("{}: {denial:?}", signed.name));
    let expected = signed.string_to_sign.as_deref().unwrap();
    assert_eq!(String::from_utf8_lossy(&claim.string_to_sign), expected, "{}", signed.name);
    for later in out_of_time {
        let denial = judged(signed, &signed.heard, later).unwrap_err();
        assert!(matches!(denial, Denial::Skewed { .. }), "{}: {denial:?}", signed.name);
    }
    claim
}

/// Every request that differs in one byte of a field, with the place of the byte.
fn changed(field: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> {
    (0..field.len()).map(move |at| {
        let mut other = field.to_vec();
        other[at] = if other[at] == b'X' { b'Y' } else { b'X' };
        (at, other)
    })
}

fn assert_refused(signed: &Signed, heard: &Heard, what: &str, at: usize) {
    assert!(judged(signed, heard, 0).is_err(), "{}: byte {at} of {what} may change", signed.name);
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Changes each byte of what a scheme covers, one at a time. Returns how many it changed.
fn change_each_byte(signed: &Signed, is_covered: &dyn Fn(&str) -> bool) -> usize {
    let heard = &signed.heard;
    let mut count = 0;
    for (at, (name, value)) in heard.headers.iter().enumerate().filter(|(_, (name, _))| is_covered(name)) {
        for (byte, other) in changed(value) {
            let mut headers = heard.headers.clone();
            headers[at].1 = other;
            assert_refused(signed, &Heard { headers, ..heard.clone() }, name, byte);
            count += 1;
        }
    }
    for (at, other) in changed(heard.query.as_bytes()) {
        assert_refused(signed, &Heard { query: text(other), ..heard.clone() }, "query", at);
        count += 1;
    }
    if is_covered("path") {
        for (at, other) in changed(heard.path.as_bytes()).skip(1) {
            assert_refused(signed, &Heard { path: text(other), ..heard.clone() }, "path", at);
            count += 1;
        }
    }
    if is_covered("body") {
        for (at, body) in changed(&heard.body) {
            assert_refused(signed, &Heard { body, ..heard.clone() }, "body", at);
            count += 1;
        }
    }
    for (at, other) in changed(heard.method.as_bytes()) {
        assert_refused(signed, &Heard { method: text(other), ..heard.clone() }, "method", at);
        count += 1;
    }
    count
}

/// What a request of ACS3 or ACS4 covers, by its own list.
fn is_listed(signed: &Signed) -> impl Fn(&str) -> bool + use<> {
    let authorization = signed.heard.header("authorization").unwrap();
    let list = authorization.split("SignedHeaders=").nth(1).unwrap().split(',').next().unwrap().to_owned();
    move |name| {
        matches!(name, "path" | "body" | "authorization") || list.split(';').any(|known| known == name)
    }
}

#[test]
fn no_byte_of_an_acs3_request_can_change() {
    let mut count = 0;
    for signed in vectors("acs3") {
        count += change_each_byte(&signed, &is_listed(&signed));
    }
    assert!(count >= 15_000, "{count}");
}

#[test]
fn no_byte_of_an_rpc_request_can_change() {
    let mut count = 0;
    for signed in vectors("rpc") {
        let is_form = signed.heard.is_form();
        // Where form and query name one parameter, the query's value is not what is signed.
        let query = signed.heard.query_pairs();
        let form = crate::sandbox::encode::pairs(&text(signed.heard.body.clone()));
        if is_form && query.iter().any(|(name, _)| form.iter().any(|(other, _)| other == name)) {
            continue;
        }
        count += change_each_byte(&signed, &|name: &str| name == "body" && is_form);
    }
    assert!(count >= 5_000, "{count}");
}

#[test]
fn no_byte_of_an_roa_request_can_change_but_its_body() {
    let lines = ["accept", "content-md5", "content-type", "date", "authorization", "path"];
    let covered = |name: &str| lines.contains(&name) || name.starts_with("x-acs-");
    let count: usize = vectors("roa").iter().map(|signed| change_each_byte(signed, &covered)).sum();
    assert!(count >= 2_500, "{count}");
}

#[test]
fn no_byte_of_an_oss_request_can_change_but_its_body() {
    let lines = ["content-type", "content-md5", "authorization", "path"];
    let covered = |name: &str| lines.contains(&name) || name.starts_with("x-oss-");
    let count: usize = vectors("oss-v4").iter().map(|signed| change_each_byte(signed, &covered)).sum();
    assert!(count >= 6_000, "{count}");
}

#[test]
fn an_acs3_signature_must_cover_the_host_and_every_header_of_the_scheme() {
    let signed = &vectors("acs3")[0];
    let mut heard = signed.heard.clone();
    heard.headers.push(("x-acs-security-token".to_owned(), b"left behind".to_vec()));
    let expected = Denial::Uncovered("x-acs-security-token".to_owned());
    assert_eq!(judged(signed, &heard, 0).unwrap_err(), expected);

    let mut heard = signed.heard.clone();
    heard.headers.retain(|(name, _)| name != "host");
    assert_eq!(judged(signed, &heard, 0).unwrap_err(), Denial::Uncovered("host".to_owned()));

    let mut heard = signed.heard.clone();
    for (_, value) in heard.headers.iter_mut().filter(|(name, _)| name == "authorization") {
        *value = text(value.clone()).replace("host;", "").into_bytes();
    }
    assert_eq!(judged(signed, &heard, 0).unwrap_err(), Denial::Uncovered("host".to_owned()));

    let mut heard = signed.heard.clone();
    heard.headers.push(("x-acs-action".to_owned(), b"DeleteInstances".to_vec()));
    assert_eq!(judged(signed, &heard, 0).unwrap_err(), Denial::Uncovered("x-acs-action".to_owned()));
}

#[test]
fn two_signatures_on_one_request_are_refused() {
    let signed = &vectors("acs3")[0];
    let mut heard = signed.heard.clone();
    heard.query.push_str("&AccessKeyId=dummy&Signature=dummy");
    assert_eq!(
        judged(signed, &heard, 0).unwrap_err(),
        Denial::Malformed("the request carries two signatures")
    );
}

#[test]
fn an_oss_scope_must_name_the_region_of_the_host() {
    let signed = &vectors("oss-v4")[0];
    let mut heard = signed.heard.clone();
    for (_, value) in heard.headers.iter_mut().filter(|(name, _)| name == "authorization") {
        *value = text(value.clone()).replace("/cn-hangzhou/", "/cn-hangzhou-internal/").into_bytes();
    }
    assert_eq!(
        judged(signed, &heard, 0).unwrap_err(),
        Denial::WrongRegion("cn-hangzhou-internal".to_owned())
    );
}

#[test]
fn the_token_must_be_the_keys_own() {
    let identity = |id: &str, token: Option<&str>| Identity {
        access_key_id: id.to_owned(),
        secret: "secret".to_owned(),
        security_token: token.map(str::to_owned),
        issued_at: 1_000,
        expires_at: token.map(|_| 2_000),
        revocations: 0,
        principal: Principal::User { arn: "acs:ram::1:user/a".to_owned(), id: "2".to_owned() },
    };
    let (identities, nonces, faults) = (Identities::default(), Nonces::default(), Faults::default());
    for (id, token) in [("user", None), ("one", Some("token-1")), ("two", Some("token-2"))] {
        identities.admit(identity(id, token));
    }
    let judge = |id: &str, token: Option<&str>, now: i64| {
        let claim = Claim {
            scheme: Scheme::Acs3,
            access_key_id: id.to_owned(),
            security_token: token.map(str::to_owned),
            signed_at: now,
            nonce: None,
            signature: Recipe::Acs3.signature("secret", b"text"),
            canonical_request: None,
            string_to_sign: b"text".to_vec(),
            recipe: Recipe::Acs3,
        };
        Bench { identities: &identities, nonces: &nonces, faults: &faults, now }.judge(&claim).err()
    };
    assert_eq!(judge("user", None, 1_000), None);
    assert_eq!(judge("one", Some("token-1"), 1_999), None);
    assert_eq!(judge("one", Some("token-1"), 2_000), Some(Denial::TokenExpired));
    assert_eq!(judge("one", None, 1_000), Some(Denial::TokenMissing));
    assert_eq!(judge("one", Some("token-2"), 1_000), Some(Denial::TokenOfAnotherKey));
    assert_eq!(judge("user", Some("token-2"), 1_000), Some(Denial::TokenOfAnotherKey));
    assert_eq!(judge("one", Some("token-3"), 1_000), Some(Denial::TokenMalformed));
    assert_eq!(judge("three", Some("token-1"), 1_000), Some(Denial::UnknownKey));

    faults.expire_after(Some(std::time::Duration::from_secs(10)));
    assert_eq!(judge("one", Some("token-1"), 1_009), None);
    assert_eq!(judge("one", Some("token-1"), 1_010), Some(Denial::TokenExpired));
    assert_eq!(judge("user", None, 1_010), None);
    faults.heal();
    faults.revoke_tokens();
    assert_eq!(judge("one", Some("token-1"), 1_000), Some(Denial::UnknownKey));
    assert_eq!(judge("user", None, 1_000), None);
}
