//! The metadata server: tokens, the role's name, and what goes wrong there.

use super::super::ecs::EcsTerms;
use super::super::resolve::{Definition, Given};
use super::matrix::{self, Right};
use super::*;

const TOKEN: &str = "/latest/api/token";
const ROLES: &str = "/latest/meta-data/ram/security-credentials/";
const ANSWERED_TOKEN: &str = include_str!("data/imds_token.txt");
/// An hour after the clock of these tests begins.
const BODY: &str = r#"{
  "AccessKeyId" : "STS.NFAKE0001",
  "AccessKeySecret" : "canary-secret",
  "Expiration" : "2027-01-15T09:00:00Z",
  "SecurityToken" : "canary-token+/=",
  "LastUpdated" : "2027-01-15T03:00:00Z",
  "Code" : "Success"
}"#;

fn role(role: Option<&str>, v1: Option<bool>) -> RoleConfig {
    let source = SourceConfig::Ecs { role: role.map(Into::into), v1 };
    RoleConfig { source, ..RoleConfig::default() }
}

fn stage() -> Stage {
    let mut stage = Stage::with_variables(&[]);
    stage.role("default", role(None, None));
    stage
}

/// What a server answers that has the role `FakeEcsRole` and knows only what it gave out.
pub(super) fn server(seen: &Seen) -> Reply {
    let has_token = seen.header("x-aliyun-ecs-metadata-token") == Some(ANSWERED_TOKEN.trim());
    match (seen.method, seen.target.as_str()) {
        (Method::Put, TOKEN) if seen.header("x-aliyun-ecs-metadata-token-ttl-seconds") == Some("21600") => {
            Reply::answer(200, ANSWERED_TOKEN)
        }
        (Method::Get, _) if !has_token => Reply::answer(403, ""),
        (Method::Get, ROLES) => Reply::answer(200, "FakeEcsRole\n"),
        (Method::Get, target) if target == format!("{ROLES}FakeEcsRole") => Reply::answer(200, BODY),
        _ => Reply::answer(404, include_str!("data/imds_404.html")),
    }
}

fn targets(stage: &Stage) -> Vec<String> {
    let short = |seen: Seen| seen.target.replace(ROLES, "roles/").replace(TOKEN, "token");
    stage.cloud.calls().into_iter().map(short).collect()
}

#[tokio::test(start_paused = true)]
async fn a_token_is_fetched_first_then_the_roles_name_then_its_credential() {
    let stage = stage();
    stage.cloud.play(server);
    let cell = stage.open();
    let credential = cell.wait().await.unwrap();
    let key = credential.access_key().unwrap();
    assert_eq!(key.id().as_str(), "STS.NFAKE0001");
    assert_eq!(key.security_token().map(|token| token.expose()), Some("canary-token+/="));
    assert_eq!(credential.life().unwrap().length(), Duration::from_secs(3_600));
    assert_eq!(targets(&stage), ["token", "roles/", "roles/FakeEcsRole"]);
    assert!(stage.cloud.calls().iter().all(|seen| seen.host == "100.100.100.200"));
    assert_eq!(cell.source_name(), "ecs");
}

#[tokio::test(start_paused = true)]
async fn token_and_name_are_remembered_and_the_token_is_renewed_at_four_fifths_of_its_life() {
    let stage = stage();
    stage.cloud.play(server);
    let _cell = stage.open();
    // Stale from 42 minutes on; the same answer again and again, so every 4 to 6 minutes.
    stage.until(3_500.0).await;
    let asked = targets(&stage);
    assert!(asked.len() >= 5 && asked[3..].iter().all(|target| target == "roles/FakeEcsRole"), "{asked:?}");

    let clock = Arc::clone(&stage.clock);
    stage.cloud.play(move |seen| {
        let end = i64::try_from(clock.now().wall.as_secs()).unwrap() + 3_600;
        let end = String::from_utf8(iso(end).to_vec()).unwrap();
        match seen.target.ends_with("FakeEcsRole") {
            true => Reply::answer(200, BODY.replace("2027-01-15T09:00:00Z", &end)),
            false => server(seen),
        }
    });
    stage.until(17_200.0).await;
    assert_eq!(targets(&stage).iter().filter(|target| *target == "token").count(), 1);
    stage.until(21_000.0).await;
    let tokens = stage.cloud.calls().into_iter().filter(|seen| seen.target == TOKEN).collect::<Vec<_>>();
    assert_eq!(tokens.len(), 2);
    assert!(tokens[1].at >= Duration::from_secs(17_280), "{:?}", tokens[1].at);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_not_taken_is_replaced_once() {
    for (accepted, expected) in [
        ("new", &["token", "roles/", "token", "roles/", "roles/FakeEcsRole"][..]),
        ("none", &["token", "roles/", "token", "roles/"]),
    ] {
        let stage = stage();
        let mut given = 0;
        stage.cloud.play(move |seen| match seen.target.as_str() {
            TOKEN => {
                given += 1;
                Reply::answer(200, ["old", "new"][(given - 1).min(1)])
            }
            _ if seen.header("x-aliyun-ecs-metadata-token") != Some(accepted) => {
                Reply::answer(401, include_str!("data/imds_401.html"))
            }
            ROLES => Reply::answer(200, "FakeEcsRole"),
            _ => Reply::answer(200, BODY),
        });
        let cell = stage.open();
        stage.until(1.0).await;
        assert_eq!(targets(&stage), expected);
        let status = cell.status(&stage.clock.now());
        assert_eq!(status.live.is_some(), accepted == "new");
        if let Some(failure) = status.failure {
            assert_eq!(failure.class(), Class::Permanent);
            assert!(failure.to_string().contains("401; check who answers"), "{failure}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_configured_name_is_not_asked_for() {
    for (configured, variable) in [(Some("FakeEcsRole"), Some("Other")), (None, Some("FakeEcsRole"))] {
        let variables: Vec<_> =
            variable.map(|name| ("ALIBABA_CLOUD_ECS_METADATA", name)).into_iter().collect();
        let mut stage = Stage::with_variables(&variables);
        stage.role("default", role(configured, None));
        stage.cloud.play(server);
        stage.open().wait().await.unwrap();
        assert_eq!(targets(&stage), ["token", "roles/FakeEcsRole"]);
    }
}

#[tokio::test(start_paused = true)]
async fn another_role_that_was_attached_is_found_when_the_old_one_is_gone() {
    let stage = stage();
    let clock = Arc::clone(&stage.clock);
    stage.cloud.play(move |seen| {
        let has_moved = clock.elapsed() > Duration::from_secs(60);
        let name = if has_moved { "NewRole" } else { "FakeEcsRole" };
        match seen.target.strip_prefix(ROLES) {
            None => server(seen),
            Some("") => Reply::answer(200, name),
            Some(asked) if asked == name && has_moved => {
                Reply::answer(200, BODY.replace("0001", "0002").replace("T09", "T10"))
            }
            Some(asked) if asked == name => Reply::answer(200, BODY),
            Some(_) => Reply::answer(404, ""),
        }
    });
    let cell = stage.open();
    cell.wait().await.unwrap();
    stage.until(2_900.0).await;
    assert_eq!(targets(&stage)[3..], ["roles/FakeEcsRole", "roles/", "roles/NewRole"]);
    let credential = cell.live(&stage.clock.now()).unwrap();
    assert_eq!(credential.access_key().unwrap().id().as_str(), "STS.NFAKE0002");
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_no_role_is_never_used_as_a_path() {
    for list in ["roleA\nroleB\n", "<html>", "", "\n", "../../x", "..", "a/b", "a%2fb", "a b", "r\u{f6}le"] {
        let stage = stage();
        stage.cloud.play(move |seen| match seen.target.as_str() {
            ROLES => Reply::answer(200, list),
            _ => server(seen),
        });
        let cell = stage.open();
        stage.until(0.1).await;
        assert_eq!(targets(&stage), ["token", "roles/"], "{list:?}");
        let failure = cell.status(&stage.clock.now()).failure.unwrap();
        assert_eq!(failure.code(), "malformed_credential", "{list:?}");
        assert!(failure.to_string().contains("the role's name"), "{failure}");
    }
    // A configured name is asked for whatever the list says.
    let mut stage = stage();
    stage.role("default", role(Some("FakeEcsRole"), None));
    stage.cloud.play(|seen| if seen.target == ROLES { Reply::answer(200, "a\nb") } else { server(seen) });
    assert!(stage.open().wait().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn without_a_token_nothing_is_asked_unless_version_1_is_allowed() {
    const NAME: &str = "ALIBABA_CLOUD_IMDSV1_DISABLED";
    for (setting, variable, allowed) in [
        (None, None, false),
        (None, Some("true"), false),
        (None, Some("false"), true),
        (None, Some("FALSE"), true),
        (Some(true), None, true),
        (Some(true), Some("true"), true),
        (Some(false), Some("false"), false),
    ] {
        for (status, says) in [
            (400, "gives no tokens; allow version 1"),
            (403, "switch the instance's access to metadata on"),
            (404, "gives no tokens; allow version 1"),
            (405, "gives no tokens; allow version 1"),
        ] {
            let variables: Vec<_> = variable.map(|value| (NAME, value)).into_iter().collect();
            let mut stage = Stage::with_variables(&variables);
            stage.role("default", role(None, setting));
            stage.cloud.play(move |seen| match (seen.target.as_str(), seen.headers.is_empty()) {
                (TOKEN, _) => Reply::answer(status, ""),
                (ROLES, true) => Reply::answer(200, "FakeEcsRole"),
                (_, true) => Reply::answer(200, BODY),
                (_, false) => Reply::answer(500, "version 1 has no headers"),
            });
            let cell = stage.open();
            stage.until(0.1).await;
            let status_now = cell.status(&stage.clock.now());
            assert_eq!(status_now.live.is_some(), allowed, "{setting:?} {variable:?} {status}");
            if let Some(failure) = status_now.failure {
                assert_eq!(failure.class(), Class::Permanent);
                assert!(failure.to_string().contains(says), "{failure}");
                // A 403 may be another's fault: once more, and not for ever.
                assert_eq!(targets(&stage), ["token", "token"][..1 + usize::from(status == 403)]);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_server_says_no_with_is_told_apart() {
    for (target, status, body, says) in [
        (ROLES, 404, include_str!("data/imds_404.html"), "answered 404; attach a RAM role to this instance"),
        (ROLES, 403, "", "answered 403; switch the instance's access to metadata on"),
        ("FakeEcsRole", 404, "", "answered 404; name the RAM role that is attached"),
        (
            "FakeEcsRole",
            200,
            include_str!("data/imds_failed.json"),
            "answered 200 with AssumeRoleUnauthorized; check the RAM role's trust policy",
        ),
    ] {
        let stage = stage();
        stage.cloud.play(move |seen| match seen.target.ends_with(target) {
            true => Reply::answer(status, body),
            false => server(seen),
        });
        let refusal = stage.open().wait().await.unwrap_err();
        assert_eq!(refusal.code(), "credentials_refused");
        assert!(refusal.to_string().contains(says), "{refusal}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_fetch_is_let_down_three_times_and_each_try_takes_at_most_two_seconds() {
    for (reply, seconds) in [
        (Reply::silent as fn() -> Reply, 6.0),
        (Reply::black_hole, 3.0),
        (|| Reply::answer(502, "<html>"), 0.0),
    ] {
        let stage = stage();
        stage.cloud.play(move |_| reply());
        let cell = stage.open();
        stage.until(seconds + 0.4).await;
        assert_eq!(cell.status(&stage.clock.now()).failed, 1, "after {seconds} s");
        assert_eq!(targets(&stage), ["token", "token", "token"]);
    }
    // One lost answer costs nothing but its time.
    let stage = stage();
    let mut count = 0;
    stage.cloud.play(move |seen| {
        count += 1;
        if count == 2 { Reply::silent() } else { server(seen) }
    });
    let cell = stage.open();
    assert!(cell.wait().await.is_ok());
    assert_eq!(cell.status(&stage.clock.now()).failed, 0);
}

#[tokio::test(start_paused = true)]
async fn whatever_is_wrong_there_is_told_with_what_to_do() {
    let right = Right {
        body: BODY,
        needed: "AccessKeySecret",
        token: "canary-token+/=",
        end: Some("2027-01-15T09:00:00Z"),
    };
    let others = |seen: &Seen| (!seen.target.ends_with("FakeEcsRole")).then(|| server(seen));
    matrix::run(&right, stage, others).await;
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_none_is_never_sent() {
    for token in ["", "a\r\nX-Evil: 1", "a b", "t\u{f6}ken"] {
        let stage = stage();
        stage.cloud.play(move |_| Reply::answer(200, token));
        let cell = stage.open();
        stage.until(0.1).await;
        let failure = cell.status(&stage.clock.now()).failure.unwrap();
        assert!(failure.to_string().contains("malformed: the token"), "{failure}");
        assert_eq!(targets(&stage), ["token"]);
    }
}

fn define(variables: &[(&'static str, &str)]) -> Result<Definition, BadRole> {
    let mut stage = Stage::with_variables(variables);
    stage.role("default", role(None, None));
    let pairs = stage.variables.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    let variables = Variables::from_pairs(pairs);
    Given { roles: &stage.roles, variables: &variables, table: &Table, presence: Err("") }
        .definition(&RoleName::new("default"))
}

#[tokio::test]
async fn the_variables_that_other_clients_read_are_read_and_judged() {
    let terms = |place, role: Option<&str>| {
        Ok(Definition::Ecs(EcsTerms { place, role: role.map(Into::into), allows_v1: false }))
    };
    let name = RoleName::new("default");
    let bad = |variable| Err(BadRole::BadVariable(name.clone(), variable));
    let (role, place) = ("ALIBABA_CLOUD_ECS_METADATA", "ALIBABA_CLOUD_IMDS_ENDPOINT");
    let local = Place::parse("http://127.0.0.1:8080").unwrap().0;
    let own = Place::parse("http://127.0.0.1:9110").unwrap().0;
    assert_eq!(define(&[]), terms(Place::metadata(), None));
    assert_eq!(define(&[(role, "app")]), terms(Place::metadata(), Some("app")));
    assert_eq!(define(&[(role, "../x")]), bad(role));
    assert_eq!(define(&[(role, "..")]), bad(role));
    assert_eq!(define(&[(place, "http://127.0.0.1:8080/")]), terms(local, None));
    assert_eq!(define(&[(place, "http://127.0.0.1:8080/x")]), bad(place));
    assert_eq!(define(&[(place, "127.0.0.1:8080")]), bad(place));
    assert_eq!(
        define(&[(place, "http://127.0.0.1:9110")]),
        Err(BadRole::OwnListener(name.clone(), own, Some(place)))
    );
}

#[tokio::test(start_paused = true)]
async fn the_default_chain_asks_it_only_on_a_machine_that_says_so_and_never_before_a_uri() {
    const ASKS: (&str, &str) = ("ALIBABA_CLOUD_ECS_METADATA", "FakeEcsRole");
    const URI: (&str, &str) = ("ALIBABA_CLOUD_CREDENTIALS_URI", "http://127.0.0.1:9120/c");
    for (firmware, variables, expected) in [
        ("Alibaba Cloud ECS\n", &[][..], "ecs"),
        ("QEMU\n", &[], "none"),
        ("QEMU\n", &[ASKS], "ecs"),
        ("QEMU\n", &[ASKS, URI], "ecs"),
        ("Alibaba Cloud ECS\n", &[URI], "uri"),
        ("Alibaba Cloud ECS\n", &[("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")], "none"),
    ] {
        let mut stage = Stage::with_variables(variables);
        stage.role("default", RoleConfig::default());
        let dmi = stage.token.0.join("dmi");
        std::fs::create_dir(&dmi).unwrap();
        std::fs::write(dmi.join("product_name"), firmware).unwrap();
        stage.cloud.play(|seen| if seen.target == "/c" { Reply::answer(200, BODY) } else { server(seen) });
        let cell = stage.open();
        stage.until(1.0).await;
        match expected {
            "none" => assert_eq!(stage.cloud.count(), 0, "{firmware} {variables:?}"),
            _ => {
                assert_eq!((cell.wait().await.is_ok(), cell.source_name()), (true, expected), "{variables:?}")
            }
        }
    }
}
