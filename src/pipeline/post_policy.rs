//! The policy of a form upload: what its caller allows, with the terms of our signature in place of the caller's.

use data_encoding::BASE64;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

use crate::refusal::{Code, Refusal};

/// How long a form may be sent whose caller set no time: OSS looks at it when the upload begins, and the cloud's clock and
/// ours may be a quarter of an hour apart.
pub(super) const LIFE_SECONDS: i64 = 3_600;

/// What a signature brings into a form. A condition on one of them is the caller's own signature's.
const OWN: [&str; 11] = [
    "x-oss-signature-version",
    "x-oss-credential",
    "x-oss-date",
    "x-oss-security-token",
    "x-oss-signature",
    "x-oss-access-key-id",
    "OSSAccessKeyId",
    "Signature",
    // Of other dialects, which no form of ours is in.
    "AWSAccessKeyId",
    "Authorization",
    "x-oss-expires",
];

/// Whether a field of a form is its caller's signature's, and goes. The policy stands apart.
pub(super) fn is_own(name: &[u8]) -> bool {
    // What a signature that we do not make calls its token.
    let other = ["security-token", "SecurityToken"];
    OWN.iter().chain(&other).any(|own| name.eq_ignore_ascii_case(own.as_bytes()))
}

/// A policy's text for the form, in base64: `given`, with conditions on `own` fields in place of those on the caller's own.
/// Without one, a policy that allows what the form asks for, in `bucket`, until `ends_at`.
pub(super) fn policy(
    given: Option<&[u8]>,
    own: &[(&str, &[u8])],
    bucket: &str,
    ends_at: &str,
) -> Result<Vec<u8>, Refusal> {
    let mut policy = match given {
        Some(given) => parsed(given).ok_or_else(unreadable)?,
        None => {
            let minimal = json!({ "expiration": ends_at, "conditions": [{ "bucket": bucket }] });
            minimal.as_object().cloned().unwrap_or_default()
        }
    };
    let conditions = policy.get_mut("conditions").and_then(Value::as_array_mut).ok_or_else(unreadable)?;
    if !conditions.iter().all(is_kept_whole) {
        return Err(unreadable());
    }
    conditions.retain(|condition| !is_of_signature(condition));
    conditions.extend(own.iter().map(|(name, value)| json!({ *name: String::from_utf8_lossy(value) })));
    Ok(BASE64.encode(Value::Object(policy).to_string().as_bytes()).into_bytes())
}

fn parsed(given: &[u8]) -> Option<Map<String, Value>> {
    let text = BASE64.decode(given.trim_ascii()).ok()?;
    // Of two lists of conditions nobody knows which holds.
    serde_json::from_slice::<Once>(&text).ok()?;
    match serde_json::from_slice(&text).ok()? {
        Value::Object(policy) => Some(policy),
        _ => None,
    }
}

/// What stands in a policy once.
#[derive(serde::Deserialize)]
struct Once {
    #[serde(rename = "conditions")]
    _conditions: IgnoredAny,
    #[serde(rename = "expiration", default)]
    _expiration: Option<IgnoredAny>,
}

/// Whether it can be written as it was read: not a number that is rounded, and no condition that is ours in part.
fn is_kept_whole(condition: &Value) -> bool {
    match condition {
        Value::Object(pairs) => {
            let own = pairs.keys().filter(|name| is_own(name.as_bytes())).count();
            (own == 0 || own == pairs.len()) && pairs.values().all(is_kept_whole)
        }
        Value::Array(items) => items.iter().all(is_kept_whole),
        Value::Number(number) => !number.is_f64(),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

/// `{"NAME": value}`, or `["eq", "$NAME", value]`.
fn is_of_signature(condition: &Value) -> bool {
    match condition {
        Value::Object(pairs) => !pairs.is_empty() && pairs.keys().all(|name| is_own(name.as_bytes())),
        Value::Array(items) => {
            let name = items.get(1).and_then(Value::as_str).and_then(|name| name.strip_prefix('$'));
            name.is_some_and(|name| is_own(name.as_bytes()))
        }
        _ => false,
    }
}

fn unreadable() -> Refusal {
    Refusal::new(
        Code::BadForm,
        "the form's `policy` is no JSON object in base64 with a list of conditions",
        "correct it, or leave `policy` out: countersign writes one",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: [(&str, &[u8]); 2] = [("x-oss-date", b"20260101T000000Z"), ("x-oss-credential", b"AK/scope")];

    fn written(given: Option<&str>) -> Result<Value, Refusal> {
        let given = given.map(|text| BASE64.encode(text.as_bytes()));
        let given = given.as_ref().map(String::as_bytes);
        let text = policy(given, &OURS, "bkt1", "2026-01-01T01:00:00Z")?;
        Ok(serde_json::from_slice(&BASE64.decode(&text).unwrap()).unwrap())
    }

    #[test]
    fn the_terms_of_the_callers_signature_give_way_to_ours_and_its_own_stay() {
        let given = r#"{"expiration":"2026-01-01T00:10:00.000Z","other":1,"conditions":[
            {"bucket":"bkt1"},["starts-with","$key","user/"],["content-length-range",0,18446744073709551615],
            {"x-oss-date":"old"},{"X-Oss-Credential":"dummy"},["eq","$x-oss-security-token","t"],
            {"x-oss-meta-a":"b"}]}"#;
        let expected = json!({"expiration":"2026-01-01T00:10:00.000Z","other":1,"conditions":[
            {"bucket":"bkt1"},["starts-with","$key","user/"],["content-length-range",0,18_446_744_073_709_551_615_u64],
            {"x-oss-meta-a":"b"},{"x-oss-date":"20260101T000000Z"},{"x-oss-credential":"AK/scope"}]});
        assert_eq!(written(Some(given)).unwrap(), expected);
    }

    #[test]
    fn without_a_policy_the_form_may_be_sent_to_its_bucket_for_a_while() {
        let expected = json!({"expiration":"2026-01-01T01:00:00Z","conditions":[{"bucket":"bkt1"},
            {"x-oss-date":"20260101T000000Z"},{"x-oss-credential":"AK/scope"}]});
        assert_eq!(written(None).unwrap(), expected);
    }

    #[test]
    fn what_is_no_policy_is_refused() {
        for given in [
            r#"{"conditions":[{"bucket":"other"}],"conditions":[]}"#,
            r#"{"conditions":[["content-length-range",0,18446744073709551616]]}"#,
            r#"{"conditions":[{"x-oss-date":"old","key":"k"}]}"#,
            "",
            "[]",
            "{}",
            r#"{"conditions":{}}"#,
            "{\"conditions\":[]",
            "no json",
        ] {
            assert_eq!(written(Some(given)).map_err(|refusal| refusal.code), Err(Code::BadForm), "{given}");
        }
        let not_base64 = policy(Some(b"{}"), &OURS, "bkt1", "");
        assert_eq!(not_base64.map_err(|refusal| refusal.code), Err(Code::BadForm));
    }

    #[test]
    fn the_worked_example_of_the_page_is_what_is_written_and_signed() {
        use hmac::{Hmac, KeyInit, Mac};

        let page = include_str!("../../docs/signing.md").split_once("\n## Form uploads\n").unwrap().1;
        let section = page.split("\n## ").next().unwrap();
        let example = section.split_once("makes of it:\n\n```\n").unwrap().1.split_once("\n```").unwrap().0;
        let (shown, signature) = example.split_once('\n').unwrap();
        let own: [(&str, &[u8]); 3] = [
            ("x-oss-signature-version", b"OSS4-HMAC-SHA256"),
            ("x-oss-credential", b"testid/20260131/cn-hangzhou/oss/aliyun_v4_request"),
            ("x-oss-date", b"20260131T120000Z"),
        ];
        let written = policy(None, &own, "examplebucket", "2026-01-31T13:00:00Z").unwrap();
        assert_eq!(String::from_utf8(written.clone()).unwrap(), shown);
        let mac = |key: &[u8], text: &[u8]| {
            let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key).unwrap();
            mac.update(text);
            mac.finalize().into_bytes().to_vec()
        };
        let mut key = b"aliyun_v4testsecret".to_vec();
        for part in ["20260131", "cn-hangzhou", "oss", "aliyun_v4_request"] {
            key = mac(&key, part.as_bytes());
        }
        let again = mac(&key, &written).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(again, signature);
        let ours = crate::sign::Key::absorb(crate::secret::Secret::new("testsecret".to_owned()));
        let ours = ours.day_key(*b"20260131", "cn-hangzhou", "oss");
        assert_eq!(&crate::sign::oss_form::signature_v4(&written, &ours)[..], signature.as_bytes());
    }
}
