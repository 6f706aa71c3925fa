//! `countersign presign`: a URL that works without the proxy, and what is wrong with an address told before a credential is
//! asked for.

use std::process::{Command, Output};

use crate::kit::place::Place;
use crate::kit::{KEY_ID, SECRET, TOKEN};

/// Runs it in an empty directory, with this environment and no other.
fn countersign(arguments: &[&str], environment: &[(&str, &str)]) -> (i32, String, String) {
    let place = Place::new();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(arguments)
        .env_clear()
        .envs(environment.iter().copied())
        .current_dir(place.path())
        .output()
        .unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

const DOCUMENTED: [(&str, &str); 2] =
    [("ALIBABA_CLOUD_ACCESS_KEY_ID", "testid"), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "testsecret")];
const URL: &str = "https://bkt1.oss-cn-hangzhou.aliyuncs.com/dir/a%20b?x-oss-process=image%2Fresize";

/// The page's commands that begin with `start`, each with the first line of the block behind it.
fn examples(start: &str) -> Vec<(Vec<String>, Vec<String>)> {
    let page = include_str!("../../docs/signing.md");
    let mut found = Vec::new();
    let mut rest = page;
    while let Some((_, after)) = rest.split_once(start) {
        let (command, after) = after.split_once('\n').unwrap();
        let command = format!("{start}{command}");
        let arguments = command.split(' ').skip(1).map(|word| word.trim_matches('\'').to_owned()).collect();
        let (_, block) = after.split_once("```\n").unwrap().1.split_once("```\n").unwrap();
        let (block, _) = block.split_once("\n```").unwrap();
        found.push((arguments, block.lines().map(str::to_owned).collect()));
        rest = after;
    }
    found
}

#[test]
fn the_examples_of_the_documentation_come_out_as_they_stand_there() {
    for (start, expected) in [
        ("countersign presign --", 1),
        ("countersign sign --explain --date 2026-01-31T12:00:00Z https", 3),
        ("countersign sign --explain --date 2026-01-31T12:00:00Z --nonce n-1 -H", 1),
    ] {
        let examples = examples(start);
        assert_eq!(examples.len(), expected, "{start}");
        for (arguments, lines) in examples {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let (status, printed, said) = countersign(&arguments, &DOCUMENTED);
            assert_eq!(status, 0, "{said}");
            for line in lines {
                assert!(printed.contains(&line), "{line} is not in\n{printed}");
            }
        }
    }
}

#[test]
fn a_url_names_who_signed_it_and_keeps_what_was_asked_for() {
    let environment = [
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET),
        ("ALIBABA_CLOUD_SECURITY_TOKEN", TOKEN),
    ];
    let (status, printed, said) =
        countersign(&["presign", "--expires", "7d", "-X", "PUT", URL], &environment);
    assert_eq!((status, said.as_str()), (0, ""));
    assert!(printed.starts_with(&format!("{URL}&x-oss-signature-version=OSS4-HMAC-SHA256&")), "{printed}");
    for part in ["&x-oss-expires=604800&", "&x-oss-security-token=CanaryToken7hBw3%2B%2Fx%3D&"] {
        assert!(printed.contains(part), "{part} is not in {printed}");
    }
    assert!(!printed.contains(SECRET));
    let signature = |more: &[&str]| {
        let mut arguments = vec!["presign", "--date", "2026-01-31T12:00:00Z"];
        arguments.extend(more);
        arguments.push(URL);
        let (status, printed, said) = countersign(&arguments, &environment);
        assert_eq!(status, 0, "{said}");
        printed.split_once("&x-oss-signature=").unwrap().1.to_owned()
    };
    // What is signed: the method, and those headers that whoever uses it must send.
    let plain = signature(&[]);
    assert_ne!(plain, signature(&["-X", "HEAD"]));
    assert_ne!(plain, signature(&["-H", "Content-Type: text/plain"]));
    assert_ne!(plain, signature(&["-H", "x-oss-meta-a: b"]));
    assert_eq!(plain, signature(&["-H", "Accept: text/plain"]));
}

#[test]
fn what_cannot_be_made_a_url_of_is_told_with_what_to_write() {
    for (arguments, expected) in [
        (&["--expires", "8d", URL][..], "--expires \"8d\" is not a time from 1s to 7d, such as 15m"),
        (&["ftp://a/"], "the address must begin with https:// or http://"),
        (
            &["https://oss-cn-hangzhou.aliyuncs.com/"],
            "the host names no bucket; use BUCKET.oss-REGION.aliyuncs.com",
        ),
        (
            &["https://bkt1.oss-accelerate.aliyuncs.com/k"],
            "the host names no region, and the signature must; use BUCKET.oss-REGION.aliyuncs.com",
        ),
        (
            &["https://ecs.cn-hangzhou.aliyuncs.com/"],
            "`ecs` takes no URL that carries its own signature; OSS does",
        ),
        (
            &["https://bkt1.oss-cn-hangzhou.aliyuncs.com/k?OSSAccessKeyId=a"],
            "the address carries a signature already, or a parameter that only one has",
        ),
        (&["--role", "app", URL], "--role \"app\": there is no such role; the roles are default"),
    ] {
        let all: Vec<&str> = ["presign"].iter().chain(arguments).copied().collect();
        let (status, printed, said) = countersign(&all, &DOCUMENTED);
        assert_eq!((status, printed.as_str(), said.trim_end()), (64, "", expected));
    }
    let (status, printed, said) = countersign(&["presign", URL], &[]);
    assert_eq!((status, printed.as_str()), (1, ""), "{said}");
}
