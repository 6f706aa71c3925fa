//! By OAuth: the browser comes back to this machine, and the tokens are renewed for as long as the site takes them.

use std::time::Duration;

use countersign::sandbox::{Counterpart, OAuth};

use super::*;

async fn site(stage: &Stage, room: OAuth) -> Counterpart<OAuth> {
    let site = stage.sandbox.oauth(listener().await, room).unwrap();
    let url = site.url("");
    stage.settings(&format!("{DIRECTORY}oauth_url = \"{url}\"\noauth_sign_in_url = \"{url}\"\n"));
    site
}

const LOGIN: [&str; 5] = ["--oauth", "cn", "--store", "file", "--no-browser"];

/// Agrees on the page that the command names. Where the site sends the browser.
async fn agree(running: &mut Running, decision: &str) -> String {
    let page = running.line("http://").await;
    let shown = visit(&page).await;
    assert_eq!(shown.status, 200, "{}", shown.text());
    let (page, query) = page.split_once('?').unwrap();
    let sent = submit(page, &format!("{query}&decision={decision}")).await;
    assert_eq!(sent.status, 302, "{}", sent.text());
    sent.header("location").unwrap()
}

async fn log_in(stage: &Stage) {
    let mut running = stage.login(&LOGIN);
    let back = agree(&mut running, "approve").await;
    assert!(back.starts_with("http://127.0.0.1:1234"), "{back}");
    let page = visit(&back).await;
    assert!(page.status == 200 && page.text().contains("You are logged in."), "{}", page.text());
    let (status, printed, said) = running.ended().await;
    assert_eq!(status, 0, "{said}");
    assert_eq!(printed, "Logged in: role `default` by OAuth (site cn), kept in a file.\n");
    for token in ["access_token", "refresh_token"] {
        assert!(!said.contains(stage.kept()[token].as_str().unwrap()));
    }
}

#[tokio::test]
async fn a_human_agrees_and_requests_are_signed() {
    let stage = Stage::new().await;
    let _site = site(&stage, OAuth::default()).await;
    log_in(&stage).await;
    let proxy = stage.proxy().await;
    let answer = call(&proxy).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn two_proxies_renew_tokens_by_turns_and_neither_logs_the_other_out() {
    let stage = Stage::new().await;
    // So short that each use renews them.
    let room = OAuth::default().lasting(Duration::from_secs(60), Duration::from_secs(3_600));
    let site = site(&stage, room).await;
    log_in(&stage).await;
    let before = stage.kept();
    let mut proxies = Vec::new();
    for _ in 0..3 {
        proxies.push(stage.proxy().await);
    }
    for proxy in &proxies {
        let answer = call(proxy).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    assert_ne!(stage.kept()["refresh_token"], before["refresh_token"], "a token is good for one use");
    site.room().log_everybody_out();
    let late = stage.proxy().await;
    let refused = call(&late).await;
    assert_eq!(refused.status, 503);
    assert!(refused.text().contains("run `countersign login --role default`"), "{}", refused.text());
}

#[tokio::test]
async fn a_no_and_a_stranger_s_code_log_nobody_in() {
    let stage = Stage::new().await;
    let _site = site(&stage, OAuth::default()).await;
    let mut running = stage.login(&LOGIN);
    let back = agree(&mut running, "deny").await;
    // A page that guesses the port has no state.
    let (there, _) = back.split_once('?').unwrap();
    assert_eq!(visit(&format!("{there}?code=theirs&state=guessed")).await.status, 400);
    let page = visit(&back).await;
    assert!(page.text().contains("The login failed."), "{}", page.text());
    let (status, printed, said) = running.ended().await;
    assert_eq!((status, printed.as_str()), (1, ""), "{said}");
    assert!(said.contains("refused in the browser"), "{said}");
    assert!(!stage.place.path().join("logins/default.login.json").exists());
}
