//! The cloud rejects a credential that lives: one forced refresh, and no storm.

use super::*;

const TRIPLE: [(&str, &str); 3] = [
    ("ALIBABA_CLOUD_ACCESS_KEY_ID", "STS.FAKE"),
    ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "canary-secret"),
    ("ALIBABA_CLOUD_SECURITY_TOKEN", "canary-token"),
];

#[tokio::test(start_paused = true)]
async fn two_hundred_rejections_of_one_generation_make_one_refresh() {
    let stage = Stage::new();
    let cell = stage.open();
    let old = cell.wait().await.unwrap().generation();
    let clock = Arc::clone(&stage.clock);
    stage.cloud.play(move |_| grant(&clock, 3_600).after(Duration::from_millis(300)));

    let mut renewing = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let cell = Arc::clone(&cell);
        renewing.spawn(async move { cell.renew(old).await.map(|credential| credential.generation()) });
    }
    let newer: Vec<_> = renewing.join_all().await;

    assert!(newer.iter().all(|generation| generation.is_some_and(|newer| newer > old)), "{newer:?}");
    assert_eq!((newer.len(), stage.cloud.count()), (200, 2));
    assert!(cell.renew(old).await.is_some(), "who comes late is given the newer one");
    assert_eq!(stage.cloud.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_cloud_that_rejects_everything_causes_six_refreshes_a_minute_at_most() {
    let stage = Stage::new();
    let cell = stage.open();
    cell.wait().await.unwrap();
    for tenth in 1..=600 {
        stage.until(f64::from(tenth) / 10.0).await;
        let live = cell.live(&stage.clock.now()).unwrap();
        cell.renew(live.generation()).await;
    }
    let forced = stage.cloud.count() - 1;
    assert!((5..=6).contains(&forced), "{forced} forced refreshes in a minute");
}

#[tokio::test(start_paused = true)]
async fn a_rejected_credential_is_served_to_its_end_when_sts_fails() {
    let stage = Stage::new();
    let (clock, mut calls) = (Arc::clone(&stage.clock), 0);
    stage.cloud.play(move |_| {
        calls += 1;
        if calls == 1 { grant(&clock, 900) } else { Reply::refusal(503, "ServiceUnavailable") }
    });
    let cell = stage.open();
    let old = cell.wait().await.unwrap().generation();
    assert!(cell.renew(old).await.is_none());
    assert!(stage.clock.elapsed() < Duration::from_millis(100), "told as soon as the attempt failed");
    stage.until(869.0).await;
    assert!(cell.renew(old).await.is_none());
    assert_eq!(cell.live(&stage.clock.now()).unwrap().generation(), old);
    stage.until(871.0).await;
    assert!(cell.live(&stage.clock.now()).is_none());
}

#[tokio::test(start_paused = true)]
async fn the_same_key_again_is_a_failure() {
    let stage = Stage::new();
    let clock = Arc::clone(&stage.clock);
    stage.cloud.play(move |_| {
        let now = i64::try_from(clock.now().wall.as_secs()).unwrap();
        Reply::answer(200, credential_json("app", "STS.same", now + 900))
    });
    let cell = stage.open();
    let old = cell.wait().await.unwrap().generation();
    assert!(cell.renew(old).await.is_none());
    assert_eq!(cell.status(&stage.clock.now()).failure.unwrap().code(), "same_key");
    assert_eq!(cell.live(&stage.clock.now()).unwrap().generation(), old);
}

#[tokio::test(start_paused = true)]
async fn a_triple_of_unknown_life_is_served_until_it_is_refused_twice() {
    let stage = Stage::with_variables(&TRIPLE);
    let cell = stage.open();
    let only = cell.wait().await.unwrap().generation();
    stage.until(100_000.0).await;
    assert!(cell.live(&stage.clock.now()).is_some(), "nobody said when it ends");

    assert!(cell.renew(only).await.is_none(), "the environment has no other");
    stage.until(100_005.0).await;
    assert!(cell.renew(only).await.is_none());
    assert!(cell.live(&stage.clock.now()).is_some(), "one wrong answer takes nothing away");

    stage.until(100_011.0).await;
    assert!(cell.renew(only).await.is_none());
    assert!(cell.live(&stage.clock.now()).is_none(), "the second time it is true");
    let refusal = cell.wait().await.unwrap_err();
    assert_eq!(refusal.code(), "credentials_refused");
    assert!(!refusal.to_string().contains("canary"), "{refusal}");
    assert_eq!(stage.ear.heard("not used any more"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_long_lived_key_is_never_taken_away() {
    let stage = Stage::with_variables(&TRIPLE[..2]);
    let cell = stage.open();
    let only = cell.wait().await.unwrap().generation();
    for minute in 1..10 {
        stage.until(f64::from(minute) * 60.0).await;
        assert!(cell.renew(only).await.is_none());
    }
    assert_eq!(cell.live(&stage.clock.now()).unwrap().generation(), only);
}
