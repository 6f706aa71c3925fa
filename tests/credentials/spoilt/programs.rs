//! Programs that print a credential: `process_command`, and the aliyun CLI's mode External.

use super::*;
use crate::kit::{SECRET, TOKEN};

const ID: &str = "STS.printed";

/// What it is to print.
fn right() -> String {
    format!(
        r#"{{"mode":"StsToken","access_key_id":"{ID}","access_key_secret":"{SECRET}","sts_token":"{TOKEN}","expiration":"2099-01-01T00:00:00Z"}}"#
    )
}

fn print(text: &str) -> String {
    format!("cat <<'END'\n{text}\nEND\n")
}

/// What the script does instead, and what is told of it.
fn wrong() -> Vec<(&'static str, String, Told)> {
    let right = right();
    let lacks = |part: &str| print(&right.replace(&format!("\"{part}\""), "\"other\""));
    let no_json = (REFUSED, "it did not print one JSON object of texts; run it by hand");
    vec![
        ("html", print("<html><title>502 Bad Gateway</title></html>"), no_json),
        ("truncated", print(&right[..right.len() / 2]), no_json),
        ("empty", ":".to_owned(), no_json),
        ("a list", print(&format!("[{right}]")), no_json),
        ("nested", "head -c 65536 /dev/zero | tr '\\0' '['".to_owned(), no_json),
        ("mistyped", print(&right.replace(&format!("\"{ID}\""), "42")), no_json),
        (
            "64 KiB and 1",
            format!("{}head -c 65537 /dev/zero | tr '\\0' ' '", print(&right)),
            (REFUSED, "it printed more than 64 KiB; only the one JSON object may go to stdout"),
        ),
        (
            "no secret",
            lacks("access_key_secret"),
            (REFUSED, "lacks \\\"access_key_secret\\\"; mend the program"),
        ),
        ("no token", lacks("sts_token"), (REFUSED, "lacks \\\"sts_token\\\"; mend the program")),
        ("blank", print(&right.replace(SECRET, "")), (REFUSED, "lacks \\\"access_key_secret\\\"; mend")),
        ("no mode", lacks("mode"), (REFUSED, "lacks \\\"mode\\\"; it must be")),
        (
            "another mode",
            print(&right.replace("StsToken", "RamRoleArn")),
            (REFUSED, "a \\\"mode\\\" other than \\\"AK\\\" and \\\"StsToken\\\"; no other is taken"),
        ),
        (
            "expired",
            print(&right.replace("2099", "2024")),
            (REFUSED, "the credential that it printed had expired; log in where it gets it from"),
        ),
        (
            "line break",
            print(&right.replace(TOKEN, &format!("{TOKEN}\\r\\nX-Injected: 1"))),
            (
                REFUSED,
                "is malformed: \\\"sts_token\\\" has characters or a length that none has; mend the program",
            ),
        ),
        (
            "a failure",
            format!("echo {SECRET} >&2; {} exit 7", print(&right)),
            (REFUSED, "it ended with status 7 and 18 bytes on stderr, which are not shown; run it by hand"),
        ),
        ("a signal", "kill -9 $$".to_owned(), (REFUSED, "a signal ended it and 0 bytes on stderr")),
        (
            "a hang",
            "exec sleep 1000".to_owned(),
            (UNAVAILABLE, "it did not end within 60 s and was ended; run it"),
        ),
    ]
}

/// Lets tokio's time jump; what runs in other processes goes by the machine's.
async fn jump(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

/// A proxy whose role comes from the script, by the settings or by a profile of the CLI.
async fn start(sandboxed: &Sandboxed, is_profile: bool, script: &str) -> Proxy {
    let kit = sandboxed.bare();
    let script = kit.place.write("print.sh", &format!("touch started\n{script}")).display().to_string();
    let directory = kit.place.path().display().to_string();
    let command = format!("/bin/sh -c 'cd {directory}; . {script}'");
    let settings = if is_profile {
        let profile = serde_json::json!({"name": "p", "mode": "External", "process_command": command});
        let file = serde_json::json!({"current": "p", "profiles": [profile]}).to_string();
        format!("source = \"cli\"\nconfig_file = {:?}", kit.place.write("config.json", &file))
    } else {
        format!("source = \"process\"\nprocess_command = \"{command}\"")
    };
    kit.settings(&format!("[role.default]\n{settings}")).start().await
}

async fn soon_told(what: &str, proxy: &Proxy, is_expected: impl Fn(&Answer) -> bool) -> Answer {
    for _ in 0..1_000 {
        let answer = proxy.get(ECS, REGIONS).await;
        if is_expected(&answer) {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what}: {:?}", proxy.get(ECS, REGIONS).await)
}

async fn each_script(is_profile: bool) {
    let rows = wrong();
    assert!(rows.len() >= 10);
    for (what, script, told) in rows {
        let sandboxed = Sandboxed::under(Moved::with_timers()).await;
        sandboxed.sandbox.admit(ID, SECRET, Some(TOKEN));
        let proxy = start(&sandboxed, is_profile, &script).await;
        let has_begun = || proxy.place.path().join("started").exists();
        while !has_begun() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        if what == "a hang" {
            jump(61).await;
        }
        let answer = soon_told(what, &proxy, |answer| answer.text().contains(told.1)).await;
        assert_eq!(answer.verdict(), (503, told.0.to_owned()), "{what}: {answer:?}");
        let text = answer.text();
        assert!(text.contains("process_command \\\"/bin/sh\\\"") && text.contains("; "), "{what}: {text}");
        assert!(!text.contains("X-Injected") && !text.contains(ID), "{what}: {text}");
        assert!(sandboxed.sandbox.verdicts().is_empty(), "{what}: something was signed");
        proxy.place.write("print.sh", &print(&right()));
        // A program that failed is run again within a minute and a fifth.
        jump(73).await;
        soon_told(what, &proxy, |answer| answer.status == 200).await;
    }
    assert!(!witness::log().contains("X-Injected"));
}

#[tokio::test]
async fn a_program_that_prints_what_is_no_credential_is_told() {
    each_script(false).await;
}

#[tokio::test]
async fn an_external_program_of_the_cli_that_prints_what_is_no_credential_is_told() {
    each_script(true).await;
}
