//! CloudSSO's access token, and an assertion's triple.

use super::*;

#[tokio::test(start_paused = true)]
async fn an_account_s_triple_is_asked_for_as_official_clients_ask() {
    let (stage, _) = stage(Some(&cloud_sso(NOW + 28_800)));
    stage.cloud.play(|_| Reply::answer(200, granted_by_cloud_sso("STS.Sso1", NOW + 3_600)));
    let credential = stage.open().wait().await.unwrap();
    assert_eq!(id_of(&credential), "STS.Sso1");
    assert_eq!(credential.access_key().unwrap().security_token().unwrap().expose(), "canary-token");
    let seen = &stage.cloud.calls()[0];
    assert_eq!(
        (seen.host.as_str(), seen.target.as_str(), seen.method),
        ("signin-cn-shanghai.alibabacloudsso.com", "/cloud-credentials", Method::Post)
    );
    for (name, value) in [
        ("authorization", "Bearer canary-access"),
        ("content-type", "application/json"),
        ("accept", "application/json"),
    ] {
        assert_eq!(seen.header(name), Some(value));
    }
    let body: serde_json::Value = serde_json::from_str(&seen.body).unwrap();
    let expected =
        serde_json::json!({"AccountId": "1000000000000001", "AccessConfigurationId": "ac-00fake0001"});
    assert_eq!(body, expected);
}

#[tokio::test(start_paused = true)]
async fn the_end_is_reckoned_by_the_answer_s_own_clock() {
    let (stage, _) = stage(Some(&cloud_sso(NOW + 28_800)));
    // Our clock is ten minutes behind.
    stage.cloud.play(|_| {
        Reply::answer(200, granted_by_cloud_sso("STS.Sso1", NOW + 1_500))
            .with(|answer| answer.date = Some(http_date(NOW + 600)))
    });
    let credential = stage.open().wait().await.unwrap();
    assert_eq!(credential.life().unwrap().expires_at().as_secs(), WALL + 900);
}

#[tokio::test(start_paused = true)]
async fn an_assertion_s_triple_is_served_until_it_ends_and_nobody_is_asked() {
    let (stage, _) = stage(Some(&saml(NOW + 3_600)));
    let cell = stage.open();
    let credential = cell.wait().await.unwrap();
    assert_eq!((id_of(&credential), credential.role().unwrap().as_str()), ("STS.Saml1".to_owned(), ROLE));
    stage.until(3_500.0).await;
    assert!(cell.live(&stage.clock.now()).is_some());
    stage.until(3_600.0).await;
    assert!(cell.live(&stage.clock.now()).is_none());
    let refusal = cell.wait().await.unwrap_err();
    assert_eq!(refusal.code(), "login_required");
    assert!(refusal.to_string().contains("countersign login --role default --saml FILE"), "{refusal}");
    assert_eq!(stage.cloud.count(), 0);
}
