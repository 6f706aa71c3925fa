//! By CloudSSO: a code that is confirmed, an account that is chosen, a session that ends.

use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use countersign::sandbox::{CloudSso, Counterpart};
use rustix::process::{Pid, Signal, kill_process};

use super::*;
use crate::kit::terminal::Terminal;

async fn portal(stage: &Stage, room: CloudSso) -> (Counterpart<CloudSso>, String) {
    let portal = stage.sandbox.cloud_sso(listener().await, room.interval(1)).unwrap();
    let url = portal.url("/start/login");
    (portal, url)
}

/// Confirms the code on the page that the command names.
async fn confirm(running: &mut Running, decision: &str) {
    let page = running.line("http://").await;
    let code = running.line("must show this code").await;
    let code = code.rsplit(' ').next().unwrap();
    assert!(page.ends_with(&format!("?user_code={code}")), "{page} {code}");
    assert_eq!(visit(&page).await.status, 200);
    let (page, _) = page.split_once('?').unwrap();
    assert_eq!(submit(page, &format!("user_code={code}&decision={decision}")).await.status, 200);
}

#[tokio::test]
async fn a_human_logs_in_and_requests_are_signed_as_the_account_that_was_the_only_one() {
    let stage = Stage::new().await;
    stage.settings(DIRECTORY);
    let (portal, url) = portal(&stage, CloudSso::default()).await;
    let proxy = stage.proxy().await;
    let refused = call(&proxy).await;
    assert_eq!(refused.status, 503);
    assert!(refused.text().contains("countersign login --role default"), "{}", refused.text());

    let mut running = stage.login(&["--cloudsso", &url, "--store", "file", "--no-browser"]);
    confirm(&mut running, "approve").await;
    let (status, printed, said) = running.ended().await;
    assert_eq!(status, 0, "{said}");
    assert!(
        printed.starts_with("Logged in: role `default` by CloudSSO (account 1000000000000001,"),
        "{printed}"
    );
    assert!(printed.ends_with("kept in a file.\n"), "{printed}");
    let file = std::fs::metadata(stage.place.path().join("logins/default.login.json")).unwrap();
    assert_eq!(file.mode() & 0o777, 0o600);
    let token = stage.kept()["access_token"].as_str().unwrap().to_owned();
    assert!(!printed.contains(&token) && !said.contains(&token));

    // No restart: it looks each second.
    soon("a credential", async {
        while call(&proxy).await.status != 200 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;

    // The portal ends the session, and only a new proxy asks.
    portal.room().log_everybody_out();
    let late = stage.proxy().await;
    let refused = call(&late).await;
    assert_eq!(refused.status, 503);
    assert!(refused.text().contains("run `countersign login --role default`"), "{}", refused.text());

    // As the last time, in the same place.
    let mut running = stage.login(&["--no-browser"]);
    confirm(&mut running, "approve").await;
    assert_eq!(running.ended().await.0, 0);
    assert_ne!(stage.kept()["access_token"].as_str(), Some(token.as_str()));

    let (status, printed, _) = stage.ended(&["logout"]).await;
    assert_eq!((status, printed.as_str()), (0, "Logged out: the login of role `default` is forgotten.\n"));
    let (status, printed, _) = stage.ended(&["logout"]).await;
    assert_eq!((status, printed.as_str()), (0, "Nobody was logged in for role `default`.\n"));
    let (status, _, said) = stage.ended(&["login", "--store", "file"]).await;
    assert!(status == 64 && said.contains("nobody has logged in"), "{said}");
}

#[tokio::test]
async fn of_several_accounts_the_one_that_is_asked_for_is_taken() {
    let stage = Stage::new().await;
    stage.settings(DIRECTORY);
    let room = CloudSso::default()
        .account("1000000000000001", "one", &[("ac-1", "Admin"), ("ac-2", "Read")])
        .account("1000000000000002", "two\u{1b}[2J", &[("ac-3", "Admin")])
        .pages_of(1);
    let (_portal, url) = portal(&stage, room).await;
    let base = ["--cloudsso", &url, "--store", "file", "--no-browser"];

    // Nobody is there to be asked: both are listed, without what would do something to a terminal.
    let mut running = stage.login(&base);
    confirm(&mut running, "approve").await;
    let (status, _, said) = running.ended().await;
    assert_eq!(status, 64, "{said}");
    let listed = "--account with one of:\n  1000000000000001 (one)\n  1000000000000002 (two[2J)";
    assert!(said.contains(listed), "{said}");

    for (more, configuration) in [
        (&["--account", "1000000000000001", "--access-configuration", "Read"][..], "ac-2"),
        (&["--account", "1000000000000002"][..], "ac-3"),
    ] {
        let mut running = stage.login(&[&base[..], more].concat());
        confirm(&mut running, "approve").await;
        let (status, _, said) = running.ended().await;
        assert_eq!(status, 0, "{said}");
        assert_eq!(stage.kept()["access_configuration"].as_str(), Some(configuration));
    }
}

#[tokio::test]
async fn a_human_at_a_terminal_is_asked_which_and_can_still_give_up() {
    let stage = Stage::new().await;
    stage.settings(DIRECTORY);
    let room = CloudSso::default().account("1000000000000001", "one", &[("ac-1", "Admin")]).account(
        "1000000000000002",
        "two",
        &[("ac-2", "Admin")],
    );
    let (_portal, url) = portal(&stage, room).await;
    let arguments = ["login", "--cloudsso", &url, "--store", "file", "--no-browser"];
    for gives_up in [true, false] {
        let mut terminal = Terminal::open();
        let mut command = countersign(&stage.place, &arguments);
        command.stdin(terminal.stdio()).stdout(Stdio::null()).stderr(terminal.stdio());
        let mut child = command.spawn().unwrap();
        drop(command);
        terminal.until("Waiting for the browser").await;
        let seen = terminal.text();
        let url = seen.split_whitespace().find(|word| word.contains("?user_code=")).unwrap();
        let (page, query) = url.split_once('?').unwrap();
        assert_eq!(submit(page, &format!("{query}&decision=approve")).await.status, 200);
        terminal.until("[1-2]: ").await;
        assert!(terminal.text().contains("  1  1000000000000001 (one)\r\n  2  1000000000000002 (two)\r\n"));
        if gives_up {
            let id = i32::try_from(child.id().unwrap()).unwrap();
            kill_process(Pid::from_raw(id).unwrap(), Signal::TERM).unwrap();
            assert!(!soon("the end", child.wait()).await.unwrap().success());
            assert!(!stage.place.path().join("logins/default.login.json").exists());
        } else {
            terminal.types("7\n2\n");
            let said = terminal.end().await;
            assert_eq!(soon("the end", child.wait()).await.unwrap().code(), Some(0), "{said}");
            assert_eq!(stage.kept()["access_configuration"].as_str(), Some("ac-2"));
        }
    }
}

#[tokio::test]
async fn a_no_in_the_browser_leaves_the_login_before_it() {
    let stage = Stage::new().await;
    stage.settings(DIRECTORY);
    let (_portal, url) = portal(&stage, CloudSso::default()).await;
    let arguments = ["--cloudsso", &url, "--store", "file", "--no-browser"];
    let mut running = stage.login(&arguments);
    confirm(&mut running, "approve").await;
    assert_eq!(running.ended().await.0, 0);
    let before = stage.kept();
    let mut running = stage.login(&arguments);
    confirm(&mut running, "deny").await;
    let (status, printed, said) = running.ended().await;
    assert_eq!((status, printed.as_str()), (1, ""), "{said}");
    assert_eq!(stage.kept(), before);
}

#[tokio::test]
async fn who_gives_up_is_let_go_at_once() {
    let stage = Stage::new().await;
    stage.settings(DIRECTORY);
    let (_portal, url) = portal(&stage, CloudSso::default()).await;
    let mut running = stage.login(&["--cloudsso", &url, "--store", "file", "--no-browser"]);
    running.line("Waiting for the browser").await;
    let id = i32::try_from(running.child.id().unwrap()).unwrap();
    kill_process(Pid::from_raw(id).unwrap(), Signal::TERM).unwrap();
    soon("the end", running.child.wait()).await.unwrap();
    assert!(!stage.place.path().join("logins/default.login.json").exists());
}

#[tokio::test]
async fn what_is_wrong_is_told_before_anybody_goes_to_a_browser() {
    let stage = Stage::new().await;
    stage.settings(DIRECTORY);
    for (arguments, status, expected) in [
        (&["--cloudsso", "https://x.example/"][..], 1, "--store file"),
        (&["--cloudsso", "x.example", "--store", "file"], 64, "this is no sign-in URL"),
        (&["--cloudsso", "https://a.example/", "--oauth", "cn"], 64, "cannot be used with"),
        (&["--oauth", "us", "--store", "file"], 64, "possible values: cn, intl"),
        (&["--oauth", "cn", "--account", "1", "--store", "file"], 64, "are CloudSSO's"),
        (&["--role", "other", "--oauth", "cn", "--store", "file"], 64, "there is no such role"),
        (&["--saml", "/nowhere", "--store", "file"], 1, "/nowhere: it cannot be read"),
        (&["--cloudsso", "http://192.0.2.1/", "--store", "file"], 64, "outside of the private networks"),
    ] {
        // A build with a keyring finds none here.
        let (ended, printed, said) = stage.ended(&[&["login", "--no-browser"], arguments].concat()).await;
        assert_eq!((ended, printed.as_str()), (status, ""), "{arguments:?}: {said}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
}
