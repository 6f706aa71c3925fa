//! Roles whose credentials are handed on: replaced early, kept in plain text, and waited for as long as their clients do.

use super::*;

fn vended() -> RoleConfig {
    RoleConfig { is_vended: true, ..RoleConfig::default() }
}

#[tokio::test(start_paused = true)]
async fn a_vended_credential_is_replaced_while_sdks_still_find_it_fresh() {
    // Life, and what an SDK wants to be left of it: 15 minutes, half an hour, an hour.
    for (life, wanted) in [(3_600_i64, 1_860), (7_200, 3_600), (43_200, 3_600)] {
        let mut stage = Stage::new();
        stage.role(
            "default",
            RoleConfig { duration: Some(Duration::from_secs(life.unsigned_abs())), ..vended() },
        );
        let clock = Arc::clone(&stage.clock);
        stage.cloud.play(move |_| grant(&clock, life));
        let cell = stage.open();
        for minute in 0..2_000 {
            stage.until(f64::from(minute) * 60.0).await;
            let ends = cell.wait().await.unwrap().life().unwrap().expires_at();
            let left = (ends - stage.clock.now().wall).as_secs();
            assert!(left >= wanted, "L={life}: {left} s left in minute {minute}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn only_a_vended_credential_keeps_its_text() {
    let mut stage = Stage::new();
    stage.role("vended", RoleConfig { duration: Some(Duration::from_secs(900)), ..vended() });
    let credentials = stage.try_open().unwrap();
    let cell = |name: &str| Arc::clone(credentials.cell(&RoleName::new(name)).unwrap());

    let (plain, kept) = (cell("default").wait().await.unwrap(), cell("vended").wait().await.unwrap());

    assert!(plain.triple().is_none());
    let triple = kept.triple().unwrap();
    assert_eq!(triple.access_key_id, kept.access_key().unwrap().id());
    assert_eq!(triple.access_key_secret.expose(), b"canary-secret");
    assert_eq!(triple.security_token.unwrap().expose(), "canary-token+/=");
    assert!(!format!("{triple:?} {kept:?}").contains("canary"));
}

#[tokio::test(start_paused = true)]
async fn a_cell_that_a_vended_role_shares_is_a_vended_one() {
    let mut stage = Stage::new();
    stage.role("vended", vended());
    let credentials = stage.try_open().unwrap();
    let (plain, vended) = (RoleName::new("default"), RoleName::new("vended"));
    assert!(Arc::ptr_eq(credentials.cell(&plain).unwrap(), credentials.cell(&vended).unwrap()));
    assert!(credentials.cell(&plain).unwrap().wait().await.unwrap().triple().is_some());
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_earlier_is_refused_earlier() {
    let stage = Stage::new();
    let clock = Arc::clone(&stage.clock);
    stage.cloud.play(move |_| grant(&clock, 900).after(Duration::from_secs(2)));
    let cell = stage.open();
    let refusal = cell.wait_at_most(Duration::from_millis(800)).await.unwrap_err();
    let waited = stage.clock.elapsed();
    assert!((Duration::from_millis(795)..=Duration::from_millis(805)).contains(&waited), "{waited:?}");
    assert_eq!(refusal.code(), "credentials_unavailable");
    cell.wait_at_most(Duration::from_millis(800)).await.unwrap_err();
    assert!(stage.clock.elapsed() - waited < Duration::from_millis(5), "counted from the first attempt");
    cell.wait_at_most(Duration::from_secs(4)).await.unwrap();
}
