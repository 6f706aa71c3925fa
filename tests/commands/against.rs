//! `countersign sign --explain --against FILE`: what the cloud signed, beside what we sign; and the settings that `sign` signs by.

use std::process::Command;

use crate::kit::place::Place;
use crate::kit::{KEY_ID, SECRET};

const TOKEN: &str = "CanaryToken7hBw3+/x=";

/// Runs `sign --explain` in the place, as a role with a token.
fn explain(place: &Place, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(["sign", "--explain"])
        .args(arguments)
        .env_clear()
        .envs([("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET)])
        .env("ALIBABA_CLOUD_SECURITY_TOKEN", TOKEN)
        .current_dir(place.path())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// The part of an explanation under this title.
fn part<'a>(printed: &'a str, title: &str) -> &'a str {
    let (_, rest) =
        printed.split_once(&format!("# {title}\n")).unwrap_or_else(|| panic!("{title}: {printed}"));
    rest.split("\n\n# ").next().unwrap()
}

const OSS: &str = "https://bkt1.oss-cn-hangzhou.aliyuncs.com/a%20b?acl";
const RPC: &str = "https://ecs.cn-hangzhou.aliyuncs.com/?Action=DescribeRegions&Version=2014-05-26&SignatureVersion=1.0&Signature=x&AccessKeyId=x&SignatureMethod=HMAC-SHA1&SignatureNonce=a&Timestamp=b";

#[test]
fn the_cloud_s_text_is_shown_beside_ours_with_the_likely_cause() {
    let dated = ["--date", "2026-01-31T12:00:00Z", "--nonce", "n-1"];
    for (url, from, to, cause, shown) in [
        (OSS, "/bkt1/a%20b", "/bkt1/a%2520b", "is encoded in another way", "+ /bkt1/a%2520b"),
        (OSS, "20260131T120000Z", "20260131T120100Z", "the date is another", "+ x-oss-date:20260131T120100Z"),
        (
            OSS,
            "/cn-hangzhou/oss/",
            "/cn-beijing/oss/",
            "another region",
            "+ 20260131/cn-beijing/oss/aliyun_v4_request",
        ),
        (OSS, "\u{0}", "", "both signed the same text, so the secrets differ", ""),
        (RPC, "DescribeRegions", "DescribeZones", "the parameter Action differs", "+ Action=DescribeZones"),
    ] {
        let place = Place::new();
        let (status, ours, said) = explain(&place, &[&dated[..], &[url]].concat());
        assert_eq!(status, 0, "{said}");
        let escaped = |text: &str| text.replace(from, to).replace('&', "&amp;").replace('\n', "&#10;");
        let answer = if url == OSS {
            format!(
                "<Error><Code>SignatureDoesNotMatch</Code><StringToSign>{}</StringToSign><CanonicalRequest>{}</CanonicalRequest></Error>",
                escaped(part(&ours, "string to sign")),
                escaped(part(&ours, "canonical request")),
            )
        } else {
            let text = part(&ours, "string to sign").replace(from, to);
            format!(r#"{{"Code":"SignatureDoesNotMatch","Message":"m. server string to sign is:{text}"}}"#)
        };
        let file = place.write("answer", &answer).display().to_string();
        // Date and nonce come from the answer, unless they are what differs.
        let given: &[&str] = if cause == "the date is another" { &dated } else { &[] };
        let (status, printed, said) = explain(&place, &[given, &["--against", &file, url]].concat());
        assert_eq!(status, 0, "{said}");
        let told = part(&printed, "against what the cloud signed");
        assert!(told.starts_with("likely cause: ") && told.contains(cause), "{cause}: {told}");
        assert!(told.contains(shown), "{shown}: {told}");
        assert!(!printed.contains(TOKEN) && !printed.contains("CanaryToken7hBw3"), "{printed}");
    }
}

#[test]
fn an_answer_that_does_not_say_what_was_signed_is_told() {
    let place = Place::new();
    let file = place.write("answer", r#"{"Code":"InvalidAccessKeyId.NotFound"}"#).display().to_string();
    let (status, printed, said) = explain(&place, &["--against", &file, OSS]);
    assert_eq!((status, printed.as_str()), (1, ""));
    assert!(said.contains("it does not say what the cloud signed"), "{said}");
    let (status, _, said) = explain(&place, &["--against", "absent", OSS]);
    assert!(status == 1 && said.contains("absent: No such file"), "{said}");
}

#[test]
fn what_products_leave_as_is_what_the_settings_say() {
    let place = Place::new();
    let text = "[product.ecs]\nrpc = \"acs3\"\n[product.oss]\nscheme = \"oss-v1\"\n";
    let file = place.write("settings.toml", text).display().to_string();
    for (url, expected) in [(RPC, "ACS3-HMAC-SHA256"), (OSS, "OSS1-HMAC-SHA1")] {
        let (status, printed, said) = explain(&place, &["--config", &file, url]);
        assert_eq!(status, 0, "{said}");
        assert_eq!(part(&printed, "scheme"), expected);
    }
}

#[test]
fn an_operators_own_host_is_signed_for_with_the_keys_of_its_row() {
    let place = Place::new();
    place.write("partner.json", r#"{"app_key":"203806728","app_secret":"AppSecretThatOpensNothing"}"#);
    let text = "[hosts]\n\"api.example.com\" = { product = \"apigateway\", keys = \"partner\" }\n[keys.partner]\nfile = \"partner.json\"\n";
    let file = place.write("settings.toml", text).display().to_string();
    let (status, printed, said) = explain(&place, &["--config", &file, "https://api.example.com/v1/orders"]);
    assert_eq!(status, 0, "{said}");
    assert!(printed.to_lowercase().contains("\r\nx-ca-key: 203806728\r\n"), "{printed}");
    assert!(!printed.contains("AppSecretThatOpensNothing") && !printed.contains(KEY_ID), "{printed}");
    let (status, _, said) = explain(&place, &["https://api.example.com/v1/orders"]);
    assert_eq!(status, 1, "without the row it is nobody's: {said}");
}
