//! `countersign credential`: each form, and whom it asks first.

use std::process::Output;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;

use crate::kit::place::Place;
use crate::kit::program::countersign;
use crate::kit::sandboxed::Sandboxed;
use crate::kit::{KEY_ID, Proxy, SECRET, TOKEN};

/// Runs it in a place with this environment, and the tests' triple if it may have one.
async fn credential(
    place: &Place,
    arguments: &[&str],
    more: &[(&str, &str)],
    has_key: bool,
) -> (i32, String, String) {
    let mut command = countersign(place, &[&["credential"], arguments].concat());
    if !has_key {
        command.env_clear();
    }
    let Output { status, stdout, stderr } = command.envs(more.iter().copied()).output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

async fn printed(arguments: &[&str]) -> String {
    let (code, out, err) = credential(&Place::new(), arguments, &[], true).await;
    assert_eq!((code, err.as_str()), (0, ""));
    out
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn it_prints_what_programs_read() {
    // Of a triple in the environment nobody says when it ends.
    let external =
        json!({"mode": "StsToken", "access_key_id": KEY_ID, "access_key_secret": SECRET, "sts_token": TOKEN});
    assert_eq!(read(&printed(&[]).await), external, "what an SDK reads is what it prints if nothing is said");
    assert_eq!(read(&printed(&["--format", "external"]).await), external);
    let oss = json!({"AccessKeyId": KEY_ID, "AccessKeySecret": SECRET, "SecurityToken": TOKEN});
    assert_eq!(read(&printed(&["--format", "oss"]).await), oss);
    let mut uri = oss;
    uri["Code"] = "Success".into();
    assert_eq!(read(&printed(&["--format", "uri"]).await), uri);
    let env = format!(
        "export ALIBABA_CLOUD_ACCESS_KEY_ID='{KEY_ID}'\nexport ALIBABA_CLOUD_ACCESS_KEY_SECRET='{SECRET}'\n\
         export ALIBABA_CLOUD_SECURITY_TOKEN='{TOKEN}'\n"
    );
    assert_eq!(printed(&["--format", "env", "--show-secret"]).await, env);
}

#[tokio::test]
async fn what_is_wrong_is_said_with_its_exit_code_and_nothing_is_printed() {
    for (arguments, more, code, word) in [
        (&["--role", "defautl"][..], &[][..], 64, "did you mean \"default\"?"),
        (&["--format", "yaml"], &[], 64, "yaml"),
        (&["--config", "none.toml"], &[], 78, "there is no such file"),
        (&[], &[("COUNTERSIGN_DEPTH", "1")], 78, "wait for itself"),
    ] {
        let (found, out, err) = credential(&Place::new(), arguments, more, true).await;
        assert_eq!((found, out.as_str(), err.contains(word)), (code, "", true), "{arguments:?}: {err}");
    }
    let (code, out, err) = credential(&Place::new(), &[], &[], false).await;
    assert_eq!((code, out.as_str(), err.contains("has no source of credentials")), (1, "", true), "{err}");
}

/// A sidecar that hands out its role's credential at `v.sock`, with `more` of what it is told.
async fn desk(sandboxed: &Sandboxed, more: &str) -> Proxy {
    let socket =
        format!("[[vend]]\nkind = \"process\"\naddress = \"unix:countersign-vend.sock\"\n{more}\n[role.dev]");
    sandboxed.kit().settings(&socket).start().await
}

#[tokio::test]
async fn a_countersign_that_runs_is_asked_first_by_the_settings_or_in_the_users_own_directory() {
    let sandboxed = Sandboxed::start().await;
    let proxy = desk(&sandboxed, "").await;
    let directory = proxy.place.path().display().to_string();
    let runtime = ("XDG_RUNTIME_DIR", directory.as_str());
    for (place, more) in [(&proxy.place, &[][..]), (&Place::new(), &[runtime])] {
        // A key of its own would be another.
        let (code, out, err) = credential(place, &[], more, true).await;
        let handed = read(&out);
        assert_eq!((code, err.as_str(), handed["mode"].as_str()), (0, "", Some("StsToken")));
        assert!(
            handed["access_key_id"].as_str().unwrap().starts_with("STS.N"),
            "{}",
            handed["access_key_id"]
        );
        assert_eq!(handed["expiration"].as_str().map(str::len), Some(20));
    }
    assert_eq!(sandboxed.sts_calls("AssumeRoleWithOIDC"), 1, "whoever is asked first has asked already");

    // Another role is not handed out there.
    let (code, out, _) = credential(&proxy.place, &["--role", "dev"], &[runtime], true).await;
    assert_eq!((code, read(&out)["access_key_id"].as_str()), (0, Some(KEY_ID)));

    let Proxy { sidecar, place, .. } = proxy;
    sidecar.drain(std::time::Duration::from_secs(5)).await;
    let (code, out, _) = credential(&place, &[], &[], true).await;
    assert_eq!((code, read(&out)["access_key_id"].as_str()), (0, Some(KEY_ID)), "nobody is there any more");
}

#[tokio::test]
async fn who_is_refused_there_is_told_so_and_fetches_nothing() {
    let sandboxed = Sandboxed::start().await;
    let other = rustix::process::geteuid().as_raw() + 1;
    let proxy = desk(&sandboxed, &format!("uids = [{other}]")).await;
    let (code, out, err) = credential(&proxy.place, &[], &[], true).await;
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("countersign-vend.sock") && err.contains("`uids`"), "{err}");
}

#[tokio::test]
async fn what_is_over_when_it_is_handed_over_is_not_printed() {
    let place = Place::new();
    let listener = UnixListener::bind(place.path().join("countersign-vend.sock")).unwrap();
    let directory = place.path().display().to_string();
    for (expiration, is_printed) in [("2020-01-01T00:00:00Z", false), ("2100-01-01T00:00:00Z", true)] {
        let body = json!({
            "Code": "Success", "AccessKeyId": "STS.N", "AccessKeySecret": SECRET, "SecurityToken": TOKEN,
            "Expiration": expiration,
        });
        let body = body.to_string();
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let answering = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            // Nobody has written anything back before the head has come.
            let mut head = [0; 1_024];
            assert!(stream.read(&mut head).await.unwrap() > 0);
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
        };
        let runtime = [("XDG_RUNTIME_DIR", directory.as_str())];
        let empty = Place::new();
        let asking = credential(&empty, &[], &runtime, true);
        let ((), (code, out, err)) = tokio::join!(answering, asking);
        // What is printed holds the secret, and is not shown by a test that fails.
        assert_eq!((code, out.contains("STS.N")), if is_printed { (0, true) } else { (1, false) });
        assert_eq!(err.contains("is over"), !is_printed, "{err}");
    }
}
