//! Function Compute, API Gateway and Dataplus, against what their SDKs and samples signed.

use super::*;

/// With the hosts of the real Function Compute.
fn all(file: &str) -> Vec<Signed> {
    let mut all = shared(file);
    for signed in &mut all {
        for (_, value) in signed.heard.headers.iter_mut().filter(|(name, _)| name == "host") {
            *value = text(value.clone()).replace(".example.test", ".aliyuncs.com").into_bytes();
        }
        // One SDK signs the query of every call, as is done for a customer's own name.
        if signed.name.contains("gateway-fc") {
            let (_, host) = signed.heard.headers.iter_mut().find(|(name, _)| name == "host").unwrap();
            *host = b"a.cn-hangzhou.fcapp.run".to_vec();
        }
    }
    all
}

#[test]
fn what_was_signed_for_functions_gateways_and_dataplus_is_let_in() {
    let mut count = 0;
    for signed in ["fc1", "ca", "dataplus", "dataplus-nopath"].into_iter().flat_map(all) {
        let_in(&signed, [-SKEW_ALLOWED - 2, SKEW_ALLOWED + 1]);
        count += 1;
    }
    assert!(count >= 51, "{count}");
}

#[test]
fn no_byte_of_a_function_call_can_change_but_its_body() {
    let lines = ["content-md5", "content-type", "date", "authorization", "path"];
    let covered = |name: &str| lines.contains(&name) || name.starts_with("x-fc-");
    // The query is covered at triggers alone.
    let is_covered = |signed: &&Signed| {
        let host = signed.heard.header("host").unwrap();
        signed.heard.query.is_empty() || signed.heard.path.contains("/proxy/") || host.ends_with(".run")
    };
    let all = all("fc1");
    let count: usize = all.iter().filter(is_covered).map(|signed| change_each_byte(signed, &covered)).sum();
    assert!(count >= 3_500, "{count}");
}

#[test]
fn no_byte_of_a_gateways_call_can_change() {
    let mut count = 0;
    for signed in shared("ca") {
        // There the form and the query name the same parameters, and the form's values are signed.
        if signed.heard.is_form() && !signed.heard.query.is_empty() {
            continue;
        }
        let lines = ["accept", "content-md5", "content-type", "date", "path"];
        let covers_body = signed.heard.is_form() || signed.heard.header("content-md5").is_some();
        let covered =
            |name: &str| lines.contains(&name) || name.starts_with("x-ca-") || name == "body" && covers_body;
        count += change_each_byte(&signed, &covered);
    }
    assert!(count >= 2_000, "{count}");
}

#[test]
fn no_byte_of_a_dataplus_call_can_change() {
    let lines = ["accept", "content-type", "date", "authorization", "path", "body"];
    let covered = |name: &str| lines.contains(&name);
    let count: usize = shared("dataplus").iter().map(|signed| change_each_byte(signed, &covered)).sum();
    assert!(count >= 1_300, "{count}");
}

#[test]
fn a_gateways_stage_must_be_signed() {
    let signed = &shared("ca")[0];
    let mut heard = signed.heard.clone();
    for (_, value) in heard.headers.iter_mut().filter(|(name, _)| name == "x-ca-signature-headers") {
        *value = b"x-ca-key,x-ca-nonce,x-ca-timestamp".to_vec();
    }
    assert_eq!(judged(signed, &heard, 0).unwrap_err(), Denial::Uncovered("x-ca-stage".to_owned()));
}

/// A call of an HTTP trigger as the documentation's samples sign it, worked out with OpenSSL.
fn of_trigger() -> Signed {
    signed(&serde_json::json!({
        "name": "trigger",
        "method": "GET",
        "path": "/list",
        "query": "to=9&from=1",
        "headers": [
            ["host", "list.cn-hangzhou.fcapp.run"],
            ["x-acs-date", "2026-01-31T12:00:00Z"],
            ["authorization", "ACS3-HMAC-SHA256 Credential=testid,SignedHeaders=x-acs-date,\
                Signature=b5d7047e3d580f5ea47b4deb8398cd09d1d91ae564741117de2c1c57ccfdb333"],
        ],
        "access_key_id": "testid",
        "secret": "testsecret",
        "moment": 1_769_860_800,
    }))
}

#[test]
fn a_trigger_takes_acs3_over_no_payload_with_its_token_signed() {
    let mut signed = of_trigger();
    signed.heard.body = b"not covered".to_vec();
    let claim = judged(&signed, &signed.heard, 0).unwrap();
    let expected = "GET\n/list\nfrom=1&to=9\nx-acs-date:2026-01-31T12:00:00Z\n\nx-acs-date\n";
    assert_eq!(claim.canonical_request.as_deref(), Some(expected));
    let covered = |name: &str| matches!(name, "path" | "x-acs-date" | "authorization");
    assert!(change_each_byte(&signed, &covered) >= 150);
    let mut heard = signed.heard.clone();
    heard.headers.push(("x-acs-security-token".to_owned(), b"left behind".to_vec()));
    let expected = Denial::Uncovered("x-acs-security-token".to_owned());
    assert_eq!(judged(&signed, &heard, 0).unwrap_err(), expected);
}
