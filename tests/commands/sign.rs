//! `countersign sign`: it prints what `run` would send, and refuses what `run` would refuse.

use std::process::{Command, Output};

use crate::kit::place::Place;
use crate::kit::{KEY_ID, Kit, Reply, SECRET, Upstream, request, with_body};

/// Runs it in an empty directory, with this environment and no other.
fn sign(arguments: &[&str], environment: &[(&str, &str)]) -> (i32, String, String) {
    let place = Place::new();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .arg("sign")
        .args(arguments)
        .env_clear()
        .envs(environment.iter().copied())
        .current_dir(place.path())
        .output()
        .unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

const KEY: [(&str, &str); 2] =
    [("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET)];

/// Host, target, header and body of what is asked, and the code with which `run` refuses it.
const REFUSED: [(&str, &str, &str, &str, &str); 13] = [
    ("sts.cn-hangzhou.aliyuncs.com", "/?Action=AssumeRole", "", "", "operation_denied"),
    ("sts.cn-hangzhou.aliyuncs.com", "/", "", "Action=assumerole", "operation_denied"),
    ("ram.aliyuncs.com", "/", "x-acs-action: CreateAccessKey", "", "operation_denied"),
    ("ecs.cn-hangzhou.aliyuncs.com", "/a/../b", "x-acs-action: A", "", "bad_path"),
    ("ecs.cn-hangzhou.aliyuncs.com", "/%2e", "x-acs-action: A", "", "bad_path"),
    ("ecs.cn-hangzhou.aliyuncs.com", "/?Action=A&B=100%", "", "", "bad_path"),
    ("bkt1.oss-cn-hangzhou.aliyuncs.com", "/a{b}", "", "", "bad_path"),
    ("ecs.cn-hangzhou.aliyuncs.com", "/?Action=A", "x-oss-meta-a: \u{fc}", "", "bad_header"),
    ("ecs.cn-hangzhou.aliyuncs.com", "/?Action=A", "Origin: http://page.test", "", "browser_request"),
    ("ecs.cn-hangzhou.aliyuncs.com", "/?Action=A&Action=B", "", "", "ambiguous_operation"),
    ("ecs.cn-hangzhou.aliyuncs.com", "/", "", "", "operation_unknown"),
    ("ecs.cn-hangzhou.aliyuncs.com", "/?Action=DescribeInstance", "", "", "operation_unknown"),
    ("bkt1.oss-cn-hangzhou.aliyuncs.com", "/k?OSSAccessKeyId=A", "", "", "presigned_url"),
];

#[tokio::test]
async fn what_run_refuses_is_not_signed() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = Kit::new().before(&upstream).await;
    for (host, target, header, body, code) in REFUSED {
        let name = format!("{host}{target} {header} {body}");
        let mut headers = if header.is_empty() { String::new() } else { format!("{header}\r\n") };
        let mut arguments = vec!["-X", "GET", "-H", header];
        if header.is_empty() {
            arguments.truncate(2);
        }
        let asked = if body.is_empty() {
            request("GET", host, target, &headers)
        } else {
            arguments = vec!["--data", body];
            headers.push_str("Content-Type: application/x-www-form-urlencoded\r\n");
            with_body("POST", host, target, &headers, body)
        };
        let answer = proxy.call(asked).await;
        assert_eq!(answer.code(), code, "{name}: {answer:?}");

        let url = format!("https://{host}{target}");
        arguments.push(&url);
        let (status, printed, said) = sign(&arguments, &KEY);
        assert_eq!((status, printed.as_str()), (1, ""), "{name}: {said}");
        // Both say the same of it.
        let text = answer.text().replace("&apos;", "'").replace("&quot;", "\"");
        let sentence = said.trim_end().split(['.', ':', ';']).next().unwrap();
        assert!(!sentence.is_empty() && text.contains(sentence), "{name}: {said}\n{text}");
    }
    assert_eq!(upstream.log().connections, 0);
}

#[test]
fn a_call_that_a_customers_function_would_read_is_not_signed() {
    let url = "https://123456.cn-hangzhou.fc.aliyuncs.com/2016-08-15//proxy/service/function/";
    let (status, printed, said) = sign(&["-H", "x-acs-action: InvokeFunction", url], &KEY);
    assert_eq!((status, printed.as_str()), (1, ""));
    assert!(said.contains("runs a function"), "{said}");
}

#[test]
fn what_needs_no_signature_needs_no_credential() {
    let url = "https://sts.cn-hangzhou.aliyuncs.com/?Action=AssumeRoleWithOIDC&OIDCToken=t";
    let (status, printed, said) = sign(&[url], &[]);
    assert_eq!(status, 0, "{said}");
    let line = "GET /?Action=AssumeRoleWithOIDC&OIDCToken=t&Version=2015-04-01 HTTP/1.1\r\n";
    assert!(printed.starts_with(line) && !printed.contains("Authorization"), "{printed}");

    let (status, printed, _) = sign(&["https://ecs.cn-hangzhou.aliyuncs.com/?Action=DescribeRegions"], &[]);
    assert_eq!((status, printed.as_str()), (1, ""));
}

#[test]
fn what_run_would_send_is_printed() {
    let url = "https://ecs.cn-hangzhou.aliyuncs.com/?Action=DescribeRegions";
    let (status, printed, said) = sign(&[url], &KEY);
    assert_eq!(status, 0, "{said}");
    let authorization = format!("Authorization: ACS3-HMAC-SHA256 Credential={KEY_ID},SignedHeaders=");
    assert!(printed.contains(&authorization) && !printed.contains(SECRET), "{printed}");
}

#[test]
fn a_role_or_an_address_that_is_none_is_told_with_what_to_write() {
    let place = Place::new();
    let settings = place.write("settings.toml", "[role.app]\n[role.audit]\n").display().to_string();
    let url = "https://ecs.cn-hangzhou.aliyuncs.com/?Action=DescribeRegions";
    for (arguments, expected) in [
        (
            vec!["--config", &settings, "--role", "ap", url],
            "--role \"ap\": there is no such role; did you mean \"app\"? the roles are app, audit, default",
        ),
        (
            vec!["--config", &settings, "--role", "other", url],
            "--role \"other\": there is no such role; the roles are app, audit, default",
        ),
        (vec!["ftp://ecs.aliyuncs.com/"], "the address must begin with https:// or http://"),
        (
            vec!["https://ecs.aliyuncs.com/?Action=Describe Regions"],
            "the address holds a space or a line end; write %20 for a space",
        ),
    ] {
        let (status, printed, said) = sign(&arguments, &KEY);
        assert_eq!((status, printed.as_str(), said.trim_end()), (64, "", expected));
    }
    let (status, _, said) = sign(&["http://ecs.cn-hangzhou.aliyuncs.com/?Action=DescribeRegions"], &KEY);
    assert_eq!(status, 0, "{said}");
}

#[test]
fn whoever_signs_need_not_be_able_to_write_access_lines() {
    let place = Place::new();
    let text = "[log]\naccess = \"/nonexistent/a.log\"\n";
    let settings = place.write("settings.toml", text).display().to_string();
    let url = "https://ecs.cn-hangzhou.aliyuncs.com/?Action=DescribeRegions";
    let (status, _, said) = sign(&["--config", &settings, url], &KEY);
    assert_eq!(status, 0, "{said}");
}

#[test]
fn an_explanation_shows_what_was_signed_and_never_the_token() {
    let token = "CanaryToken7hBw3+/x=";
    let environment = [KEY[0], KEY[1], ("ALIBABA_CLOUD_SECURITY_TOKEN", token)];
    let unreserved = ["CanaryToken7hBw3", SECRET];
    let reproducible = ["--date", "2026-01-31T12:00:00Z", "--nonce", "n-1", "--explain"];
    for (more, url, expected) in [
        (
            &[][..],
            "https://ecs.cn-hangzhou.aliyuncs.com/?Action=DescribeRegions",
            &["ACS3-HMAC-SHA256", "x-acs-security-token:[security-token]", "x-acs-signature-nonce:n-1"][..],
        ),
        (
            &["--data", "Action=DescribeRegions"],
            "https://ecs.cn-hangzhou.aliyuncs.com/",
            &["POST&%2F&", "SecurityToken%3D[security-token]%26", "SecurityToken=[security-token]&"],
        ),
        (
            &[],
            "https://bkt1.oss-cn-hangzhou.aliyuncs.com/k",
            &["x-oss-security-token:[security-token]", "20260131/cn-hangzhou/oss/aliyun_v4_request"],
        ),
    ] {
        let arguments: Vec<&str> = reproducible.iter().chain(more).copied().chain([url]).collect();
        let (status, printed, said) = sign(&arguments, &environment);
        assert_eq!(status, 0, "{said}");
        for text in ["# scheme\n", "# string to sign\n", "# signed request, without its security token\n"] {
            assert!(printed.contains(text), "{text} is not in\n{printed}");
        }
        for text in expected {
            assert!(printed.contains(text), "{text} is not in\n{printed}");
        }
        for secret in unreserved {
            assert!(!printed.contains(secret), "{secret} is in\n{printed}");
        }
    }
    // Without --explain it is the request as it would be sent.
    let (_, printed, _) = sign(&["https://bkt1.oss-cn-hangzhou.aliyuncs.com/k"], &environment);
    assert!(printed.contains(token), "{printed}");
}
