//! Log Service, against what its SDKs signed.

use super::*;

const FILES: [&str; 3] = ["sls-v1", "sls-v1-sha256", "sls-v4"];

fn all() -> impl Iterator<Item = Signed> {
    FILES.into_iter().flat_map(shared)
}

#[test]
fn what_the_sdks_of_logs_signed_is_let_in() {
    let mut count = 0;
    for signed in all() {
        let_in(&signed, OUT_OF_TIME);
        count += 1;
    }
    assert!(count >= 54, "{count}");
}

#[test]
fn no_byte_of_it_can_change() {
    let mut count = 0;
    for file in FILES {
        let is_v4 = file == "sls-v4";
        for signed in shared(file) {
            // The body is covered where its digest is sent, and not where that is one of no body.
            let has_digest = if is_v4 {
                !signed.heard.path.contains("/objects/")
            } else {
                signed.heard.header("content-md5").is_some()
            };
            let has_log_date = signed.heard.header("x-log-date").is_some();
            let covered = |name: &str| match name {
                "authorization" | "content-type" | "path" => true,
                "host" => is_v4,
                "content-md5" => !is_v4,
                "date" => !is_v4 && !has_log_date,
                "body" => has_digest,
                _ => name.starts_with("x-acs-") || name.starts_with("x-log-") && !name.contains("-meta-"),
            };
            count += change_each_byte(&signed, &covered);
        }
    }
    assert!(count >= 13_000, "{count}");
}

fn with_header(signed: &Signed, name: &str, change: impl Fn(&str) -> String) -> Heard {
    let mut heard = signed.heard.clone();
    for (_, value) in heard.headers.iter_mut().filter(|(known, _)| known == name) {
        *value = change(&text(value.clone())).into_bytes();
    }
    heard
}

#[test]
fn version_4_holds_for_a_day_and_a_region() {
    let signed = &shared("sls-v4")[0];
    let elsewhere = with_header(signed, "host", |host| host.replace("cn-hangzhou", "cn-beijing"));
    assert_eq!(judged(signed, &elsewhere, 0).unwrap_err(), Denial::WrongRegion("cn-hangzhou".to_owned()));
    let yesterday = with_header(signed, "authorization", |value| value.replace("/20240307/", "/20240306/"));
    assert_eq!(judged(signed, &yesterday, 0).unwrap_err(), Denial::BadDate("x-log-date"));
}

#[test]
fn version_1_goes_by_the_date_that_is_in_a_header_of_its_own() {
    let signed = &shared("sls-v1")[0];
    let mut heard = with_header(signed, "date", |_| "Thu, 07 Mar 2024 01:01:01 GMT".to_owned());
    let denial = judged(signed, &heard, 0).unwrap_err();
    assert!(matches!(denial, Denial::Skewed { .. }), "{denial:?}");
    heard.headers.push(("x-log-date".to_owned(), b"Thu, 07 Mar 2024 08:09:05 GMT".to_vec()));
    assert!(judged(signed, &heard, 0).is_ok());
}

#[test]
fn the_method_must_be_one_of_two_and_the_version_of_the_api_said() {
    let signed = &shared("sls-v1")[0];
    let without = |name: &str| judged(signed, &signed.heard.with_header(name, ""), 0).unwrap_err();
    assert_eq!(without("x-log-signaturemethod"), Denial::Missing("x-log-signaturemethod"));
    assert_eq!(without("x-log-apiversion"), Denial::Missing("x-log-apiversion"));
    assert_eq!(without("authorization"), Denial::Missing("a signature"));
    let other = with_header(signed, "x-log-signaturemethod", |_| "hmac-md5".to_owned());
    let expected = Denial::Malformed("x-log-signaturemethod is hmac-sha1 or hmac-sha256");
    assert_eq!(judged(signed, &other, 0).unwrap_err(), expected);
    // The other hash makes another signature.
    let other = with_header(signed, "x-log-signaturemethod", |_| "hmac-sha256".to_owned());
    assert_eq!(judged(signed, &other, 0).unwrap_err(), Denial::Mismatch);
}

#[test]
fn a_signed_header_that_comes_twice_and_a_second_signature_are_refused() {
    for file in FILES {
        let signed = &shared(file)[0];
        for (name, expected) in [
            ("x-log-apiversion", Denial::Uncovered("x-log-apiversion".to_owned())),
            ("authorization", Denial::Malformed("the request carries two signatures")),
        ] {
            let mut heard = signed.heard.clone();
            heard.headers.push((name.to_owned(), b"0.6.0".to_vec()));
            assert_eq!(judged(signed, &heard, 0).unwrap_err(), expected, "{file}");
        }
    }
}
