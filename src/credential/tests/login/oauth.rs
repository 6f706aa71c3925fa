//! OAuth's tokens: kept before they are used, renewed by one process at a time, never lost on the way.

use super::*;

/// Answers as OAuth does, and notes each call between what is done with the shelf.
fn play(stage: &Stage, shelf: &Arc<Shelf>) {
    let done = Arc::clone(&shelf.done);
    let mut number = 0;
    stage.cloud.play(move |seen| {
        done.lock().unwrap().push(seen.target.clone());
        match seen.target.as_str() {
            "/v1/token" => {
                number += 1;
                Reply::answer(200, renewed(number))
            }
            _ => Reply::answer(200, exchanged("STS.OAuth1", NOW + 3_600)),
        }
    });
}

#[tokio::test(start_paused = true)]
async fn an_access_token_that_lives_is_exchanged_as_it_is() {
    for body in [exchanged("STS.OAuth1", NOW + 3_600), pascal(&exchanged("STS.OAuth1", NOW + 3_600))] {
        let (stage, shelf) = stage(Some(&oauth(NOW + 1_201)));
        stage.cloud.play(move |_| Reply::answer(200, body.clone()));
        assert_eq!(id_of(&stage.open().wait().await.unwrap()), "STS.OAuth1");
        let calls = stage.cloud.calls();
        assert_eq!((calls.len(), calls[0].target.as_str(), calls[0].body.as_str()), (1, "/v1/exchange", ""));
        assert_eq!(calls[0].host, "oauth.aliyun.com");
        assert_eq!(calls[0].header("authorization"), Some("Bearer canary-access-0"));
        assert_eq!(calls[0].header("content-type"), Some("application/json"));
        assert!(shelf.done().is_empty(), "nothing was renewed");
    }
}

/// As one of the SDKs expects the names.
fn pascal(body: &str) -> String {
    ["accessKeyId", "accessKeySecret", "securityToken", "expiration", "requestId"].iter().fold(
        body.to_owned(),
        |body, name| {
            let (first, rest) = name.split_at(1);
            body.replace(&format!("\"{name}\""), &format!("\"{}{rest}\"", first.to_uppercase()))
        },
    )
}

#[tokio::test(start_paused = true)]
async fn new_tokens_are_kept_before_they_are_used() {
    let (stage, shelf) = stage(Some(&oauth(NOW + 1_200)));
    play(&stage, &shelf);
    assert_eq!(id_of(&stage.open().wait().await.unwrap()), "STS.OAuth1");
    assert_eq!(shelf.done(), ["locked", "/v1/token", "saved", "/v1/exchange"]);
    let calls = stage.cloud.calls();
    assert_eq!(
        calls[0].body,
        "client_id=4038181954557748008&grant_type=refresh_token&refresh_token=canary-refresh-0"
    );
    assert_eq!(calls[0].header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(calls[1].header("authorization"), Some("Bearer canary-access-1"));
    let kept: serde_json::Value = serde_json::from_str(&shelf.text()).unwrap();
    assert_eq!(
        (kept["refresh_token"].as_str(), kept["access_ends_at"].as_i64()),
        (Some("canary-refresh-1"), Some(NOW + 10_800))
    );
    assert!(!shelf.is_locked.load(Ordering::Relaxed), "the lock is given back");
}

#[tokio::test(start_paused = true)]
async fn tokens_that_another_process_has_renewed_are_used_and_not_renewed_again() {
    let (stage, shelf) = stage(Some(&oauth(NOW + 600)));
    play(&stage, &shelf);
    // It is in the midst of it, and done two seconds later.
    shelf.is_locked.store(true, Ordering::Relaxed);
    let cell = stage.open();
    let other = Arc::clone(&shelf);
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let Session::OAuth(session) = oauth(NOW + 10_800) else { unreachable!() };
        let renewed = OAuthSession { access_token: bearer("canary-access-9"), ..session };
        other.put(Some(&Session::OAuth(renewed)));
        other.is_locked.store(false, Ordering::Relaxed);
    });
    cell.wait().await.unwrap();
    assert_eq!(shelf.done(), ["locked", "/v1/exchange"]);
    assert_eq!(stage.cloud.calls()[0].header("authorization"), Some("Bearer canary-access-9"));
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_not_taken_any_more_is_renewed_once() {
    let (stage, shelf) = stage(Some(&oauth(NOW + 10_000)));
    stage.cloud.play(|seen| match (seen.target.as_str(), seen.header("authorization")) {
        ("/v1/token", _) => Reply::answer(200, renewed(1)),
        (_, Some("Bearer canary-access-1")) => Reply::answer(200, exchanged("STS.OAuth1", NOW + 3_600)),
        _ => Reply::answer(401, r#"{"error":"invalid_token","requestId":"R-1"}"#),
    });
    assert_eq!(id_of(&stage.open().wait().await.unwrap()), "STS.OAuth1");
    assert_eq!((stage.cloud.count(), shelf.done()), (3, vec!["locked".to_owned(), "saved".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn whoever_stops_waiting_for_new_tokens_does_not_lose_them() {
    let (stage, shelf) = stage(Some(&oauth(NOW)));
    stage.cloud.play(|_| Reply::answer(200, renewed(1)).after(Duration::from_secs(3)));
    let cell = stage.open();
    stage.until(1.0).await;
    drop(cell);
    stage.until(4.0).await;
    assert!(shelf.text().contains("canary-refresh-1"), "the old refresh token is of no use any more");
}

#[tokio::test(start_paused = true)]
async fn a_lock_that_nobody_gives_back_is_told_of() {
    let (stage, shelf) = stage(Some(&oauth(NOW)));
    shelf.is_locked.store(true, Ordering::Relaxed);
    let cell = stage.open();
    let _ = cell.wait().await;
    stage.until(9.0).await;
    let refusal = cell.wait().await.unwrap_err();
    assert!(refusal.to_string().contains("another process holds the lock"), "{refusal}");
    assert_eq!(stage.cloud.count(), 0, "no token is used without the lock");
}
