//! OSS's other signatures: that of Amazon S3, version 1, and forms.

use std::collections::BTreeMap;

use serde_json::Value;

use super::*;
use crate::sandbox::encode::base64;

#[test]
fn requests_that_published_sdks_signed_are_let_in_under_s3_and_v1() {
    let mut count = 0;
    // Of a bucket behind a name of the customer's own, nothing in the request tells which it is.
    let is_told = |signed: &&Signed| signed.heard.header("host").unwrap().ends_with(".aliyuncs.com");
    for file in ["oss-s3", "oss-v1"] {
        for signed in shared(file).iter().filter(is_told) {
            let claim = judged(signed, &signed.heard, 0);
            let claim = claim.unwrap_or_else(|denial| panic!("{file} {}: {denial:?}", signed.name));
            let expected = signed.string_to_sign.as_ref().unwrap();
            assert_eq!(&String::from_utf8_lossy(&claim.string_to_sign), expected, "{}", signed.name);
            count += 1;
        }
    }
    assert!(count >= 43, "{count}");
}

#[test]
fn no_byte_of_an_s3_request_can_change_but_its_body() {
    let mut count = 0;
    for signed in shared("oss-s3") {
        let authorization = signed.heard.header("authorization").unwrap();
        let list =
            authorization.split("SignedHeaders=").nth(1).unwrap().split(',').next().unwrap().to_owned();
        let covered = move |name: &str| {
            matches!(name, "path" | "authorization") || list.split(';').any(|known| known == name)
        };
        count += change_each_byte(&signed, &covered);
    }
    assert!(count >= 2_000, "{count}");
}

#[test]
fn an_s3_signature_must_cover_every_header_of_the_dialect() {
    let signed = &shared("oss-s3")[0];
    for (name, value) in [("x-amz-meta-a", "b"), ("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==")] {
        let mut heard = signed.heard.clone();
        heard.headers.push((name.to_owned(), value.as_bytes().to_vec()));
        assert_eq!(judged(signed, &heard, 0).unwrap_err(), Denial::Uncovered(name.to_owned()));
    }
}

#[test]
fn an_s3_scope_names_the_region_in_either_spelling_and_no_other() {
    let signed = &shared("oss-s3")[0];
    let scoped = |region: &str| {
        let mut heard = signed.heard.clone();
        for (_, value) in heard.headers.iter_mut().filter(|(name, _)| name == "authorization") {
            *value = text(value.clone()).replace("/oss-cn-hangzhou/", &format!("/{region}/")).into_bytes();
        }
        judged(signed, &heard, 0).unwrap_err()
    };
    // The scope is signed, so that the other spelling is another signature.
    assert_eq!(scoped("cn-hangzhou"), Denial::Mismatch);
    for region in ["oss-cn-beijing", "us-east-1", "oss-oss-cn-hangzhou"] {
        assert_eq!(scoped(region), Denial::WrongRegion(region.to_owned()));
    }
}

#[test]
fn an_s3_body_is_unsigned_or_hashed() {
    let signed = &shared("oss-s3")[0];
    for value in ["something", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"] {
        let mut heard = signed.heard.clone();
        heard.headers.retain(|(known, _)| known != "x-amz-content-sha256");
        heard.headers.push(("x-amz-content-sha256".to_owned(), value.as_bytes().to_vec()));
        assert_eq!(judged(signed, &heard, 0).unwrap_err(), Denial::BodyHash);
    }
}

#[test]
fn no_byte_of_what_v1_covers_can_change() {
    let lines = ["content-type", "content-md5", "date", "authorization", "path"];
    let covered = |name: &str| lines.contains(&name) || name.starts_with("x-oss-");
    let mut count = 0;
    for mut signed in shared("oss-v1") {
        // Most parameters are not covered; those that are stand in the text that was compared.
        let has_own_date = signed.heard.header("x-oss-date").is_some();
        if signed.heard.query.is_empty() && signed.heard.header("host").unwrap().ends_with(".aliyuncs.com") {
            if has_own_date {
                signed.heard.headers.retain(|(name, _)| name != "date");
            }
            count += change_each_byte(&signed, &covered);
        }
    }
    assert!(count >= 1_000, "{count}");
}

/// The key of a vector: its id, its secret, and its token if it has one.
fn known(key: &Value) -> Identities {
    let identities = Identities::default();
    identities.admit(Identity {
        access_key_id: key[0].as_str().unwrap().to_owned(),
        secret: key[1].as_str().unwrap().to_owned(),
        security_token: key[2].as_str().map(str::to_owned),
        issued_at: 0,
        expires_at: None,
        revocations: 0,
        principal: Principal::User { arn: "acs:ram::1:user/a".to_owned(), id: "2".to_owned() },
    });
    identities
}

/// The fields of a form that an SDK signed.
fn form(row: &Value, keys: &Value) -> BTreeMap<String, String> {
    let key = keys[row["key"].as_str().unwrap()].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let policy = text(&row["policy_json"]);
    let mut fields = BTreeMap::from([("policy".to_owned(), base64(policy.as_bytes()))]);
    let mut put = |name: &str, value: String| fields.insert(name.to_owned(), value);
    let read: Value = serde_json::from_str(&policy).unwrap();
    let listed = read["conditions"].as_array().unwrap().iter();
    let listed = |name: &str| listed.clone().find_map(|one| one[name].as_str().map(str::to_owned));
    match listed("x-oss-signature-version") {
        Some(version) => {
            put("x-oss-signature-version", version);
            put("x-oss-credential", listed("x-oss-credential").unwrap());
            put("x-oss-date", listed("x-oss-date").unwrap());
            put("x-oss-signature", text(&row["signature"]));
        }
        None => {
            put("ossaccesskeyid", text(&key[0]));
            put("signature", text(&row["signature"]));
        }
    }
    if let Some(token) = key.get(2) {
        put("x-oss-security-token", text(token));
    }
    fields
}

#[test]
fn forms_that_published_sdks_signed_are_let_in_and_no_byte_of_them_can_change() {
    let (place, now) = (Place::of("example-bucket.oss-cn-hangzhou.aliyuncs.com"), 1_709_798_945);
    let (nonces, faults) = (Nonces::default(), Faults::default());
    let mut count = 0;
    for file in ["oss-v1-form", "oss-v4-form"] {
        let path = format!("{}/tests/vectors/{file}.jsonl", env!("CARGO_MANIFEST_DIR"));
        let lines = std::fs::read_to_string(path).unwrap();
        let mut lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let origin = lines.next().unwrap();
        for row in lines {
            let identities = known(&origin["keys"][row["key"].as_str().unwrap()]);
            let judge = |fields: &BTreeMap<String, String>| {
                let claim = oss_form::read(fields, &place, now)?.ok_or(Denial::UnknownKey)?;
                Bench { identities: &identities, nonces: &nonces, faults: &faults, now }.judge(&claim)
            };
            let fields = form(&row, &origin["keys"]);
            assert!(judge(&fields).is_ok(), "{file} {}: {:?}", row["name"], judge(&fields).err());
            for (name, value) in &fields {
                // The date's time of day is covered by the policy's condition on it alone.
                for (at, other) in changed(value.as_bytes()).filter(|(at, _)| name != "x-oss-date" || *at < 8)
                {
                    let mut fields = fields.clone();
                    fields.insert(name.clone(), text(other));
                    assert!(judge(&fields).is_err(), "{file} {}: byte {at} of {name}", row["name"]);
                    count += 1;
                }
            }
        }
    }
    assert!(count >= 1_000, "{count}");
}
