//! Which source a role has, and what it sends to STS.

use crate::kit::sandboxed::Sandboxed;
use crate::kit::{ECS, Gate, KEY_ID, Kit, REGIONS, Reply, Step, Sts, Upstream};

const OIDC_TOKEN: &str = "eyJoZWFk.Y2FuYXJ5LW9pZGM.c2lnbmF0dXJl";

/// STS, and a product that says ok.
async fn granting() -> (Upstream, Sts) {
    let sts = Sts::default();
    let granting = sts.clone();
    let upstream = Upstream::start(move |seen, _| match () {
        () if Sts::is_asked_whose(seen) => Sts::a_users(),
        () if Sts::is_asked(seen) => granting.grant(),
        () => Reply::ok(),
    })
    .await;
    (upstream, sts)
}

#[tokio::test]
async fn an_oidc_token_goes_into_the_body_of_one_unsigned_call_and_nowhere_else() {
    let (upstream, sts) = granting().await;
    let kit = Kit::without_credentials().with_oidc_token(&format!("{OIDC_TOKEN}\n"));
    let proxy = kit.before(&upstream).await;
    assert_eq!(proxy.get(ECS, REGIONS).await.status, 200);
    let seen = upstream.requests();
    let asked: Vec<_> = seen.iter().filter(|seen| Sts::is_asked(seen)).collect();
    let [asked] = asked.as_slice() else { panic!("{} calls", asked.len()) };
    assert_eq!((sts.calls(), asked.method().as_str()), (1, "POST"));
    assert_eq!(asked.parameter("OIDCToken").as_deref(), Some(OIDC_TOKEN));
    assert_eq!(asked.parameter("RoleSessionName").as_deref(), Some("session"));
    assert!(!String::from_utf8_lossy(&asked.head).contains(OIDC_TOKEN));
    assert!(asked.header("authorization").is_none() && asked.parameter("Signature").is_none());
    assert!(seen.iter().filter(|seen| !Sts::is_asked(seen)).all(|seen| !seen.lower().contains("y2fuyxj5")));
    assert!(upstream.last().header("authorization").unwrap().contains("Credential=STS.n0,"));
}

#[tokio::test]
async fn a_thousand_first_requests_ask_sts_once() {
    let sts = Sts::default();
    let (granting, gate) = (sts.clone(), Gate::new());
    let waits = gate.clone();
    let upstream = Upstream::start(move |seen, _| {
        if Sts::is_asked(seen) { granting.grant().after(Step::Wait(waits.clone())) } else { Reply::ok() }
    })
    .await;
    // All of them connect to the cloud at once, and the system's queue of connections may be shorter than that.
    let patient = "[upstream]\nconnect_timeout = \"20s\"";
    let kit = Kit::without_credentials().with_oidc_token(OIDC_TOKEN).settings(patient);
    let proxy = std::sync::Arc::new(kit.before(&upstream).await);
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..1000 {
        let proxy = proxy.clone();
        calls.spawn(async move { proxy.get(ECS, REGIONS).await.verdict() });
    }
    upstream.until("the call to STS", |log| log.requests.len() == 1).await;
    // All of them wait, and none has asked on its own.
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    gate.open();
    let mut verdicts = calls.join_all().await;
    verdicts.retain(|(status, _)| *status != 200);
    assert_eq!(verdicts, []);
    assert_eq!(sts.calls(), 1);
}

#[tokio::test]
async fn the_automatic_order_is_a_triple_then_oidc_then_a_key() {
    let key = ["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"];
    let token = "ALIBABA_CLOUD_SECURITY_TOKEN";
    // What is set, and who signs. `STS.n0` is what STS granted for the OIDC token.
    let rows = [
        ("a triple and OIDC", vec![key[0], key[1], token], true, Some(KEY_ID)),
        ("a triple", vec![key[0], key[1], token], false, Some(KEY_ID)),
        ("a key and OIDC", vec![key[0], key[1]], true, Some("STS.n0")),
        ("OIDC", vec![], true, Some("STS.n0")),
        ("a key", vec![key[0], key[1]], false, Some(KEY_ID)),
        ("half a key", vec![key[0]], false, None),
        ("half a key and OIDC", vec![key[0]], true, Some("STS.n0")),
        ("a token alone", vec![token], false, None),
        ("nothing", vec![], false, None),
    ];
    assert!(rows.len() >= 9);
    for (name, variables, has_oidc, expected) in rows {
        let (upstream, sts) = granting().await;
        let mut kit = Kit::without_credentials();
        for variable in variables {
            kit = kit.variable(variable, KEY_ID);
        }
        if has_oidc {
            kit = kit.with_oidc_token(OIDC_TOKEN);
        }
        let proxy = kit.before(&upstream).await;
        let answer = proxy.get(ECS, REGIONS).await;
        match expected {
            Some(id) => {
                assert_eq!(answer.status, 200, "{name}: {answer:?}");
                let authorization = upstream.last().header("authorization").unwrap();
                assert!(authorization.contains(&format!("Credential={id},")), "{name}: {authorization}");
                assert_eq!(sts.calls(), usize::from(id == "STS.n0"), "{name}");
            }
            None => {
                assert_eq!(answer.verdict(), (503, "no_credentials".to_owned()), "{name}");
                assert!(answer.header("retry-after").is_none(), "{name}");
                assert_eq!(upstream.log().connections, 0, "{name}");
            }
        }
    }
}

#[tokio::test]
async fn a_key_of_the_account_itself_signs_nothing_but_the_question_whose_it_is() {
    let sandboxed = Sandboxed::start().await;
    for (key, expected) in [
        (sandboxed.sandbox.root_access_key(), (503, "credentials_refused".to_owned())),
        (sandboxed.sandbox.access_key(), (200, String::new())),
    ] {
        let kit = sandboxed
            .bare()
            .variable("ALIBABA_CLOUD_ACCESS_KEY_ID", &key.0)
            .variable("ALIBABA_CLOUD_ACCESS_KEY_SECRET", &key.1);
        let proxy = kit.start().await;
        let before = sandboxed.sandbox.verdicts().len();
        let answers = [proxy.get(ECS, REGIONS).await, proxy.get(ECS, REGIONS).await];
        for answer in &answers {
            let code = answer.header("x-countersign-error").unwrap_or_default();
            assert_eq!((answer.status, code.to_owned()), expected, "{answer:?}");
            assert!(answer.status == 200 || answer.text().contains("use a RAM role"), "{answer:?}");
        }
        let verdicts = sandboxed.sandbox.verdicts();
        let actions: Vec<_> = verdicts[before..].iter().map(|verdict| verdict.action.as_str()).collect();
        let calls = if expected.0 == 200 { 2 } else { 0 };
        let asked = ["GetCallerIdentity"].into_iter().chain(std::iter::repeat_n("DescribeRegions", calls));
        assert_eq!(actions, asked.collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_key_of_the_environment_assumes_a_role_and_its_own_requests_are_verified_too() {
    let sandboxed = Sandboxed::start().await;
    let (id, secret) = sandboxed.sandbox.access_key();
    let kit = sandboxed
        .bare()
        .variable("ALIBABA_CLOUD_ACCESS_KEY_ID", &id)
        .variable("ALIBABA_CLOUD_ACCESS_KEY_SECRET", &secret)
        .assuming();
    let proxy = kit.start().await;
    let answer = proxy.get(ECS, REGIONS).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let verdicts = sandboxed.sandbox.verdicts();
    let signed: Vec<_> = verdicts
        .iter()
        .map(|verdict| (verdict.action.as_str(), verdict.access_key_id.as_deref().unwrap()))
        .collect();
    assert!(matches!(signed[..], [("AssumeRole", with), ("DescribeRegions", _)] if with == id), "{signed:?}");
    assert!(signed[1].1.starts_with("STS."), "{signed:?}");
    assert!(verdicts.iter().all(|verdict| verdict.status == 200), "{verdicts:?}");
}

#[tokio::test]
async fn a_role_from_a_role_is_a_chain_of_signed_calls_and_each_listener_has_its_own() {
    let sandboxed = Sandboxed::start().await;
    let kit = sandboxed
        .kit()
        .listen("[[listen]]\naddress = \"127.0.0.1:0\"\n[[listen]]\naddress = \"127.0.0.1:0\"\nrole = \"reader\"\n")
        .settings(
            "[role.reader]\nsource = \"role:default\"\n\
             assume = [{ role_arn = \"acs:ram::2000000000000002:role/reader\", external_id = \"x-1\" }]",
        );
    let proxy = kit.start().await;
    for address in [proxy.forward(), proxy.pinned()] {
        let mut caller = crate::kit::Caller::connect(address).await;
        caller
            .send(crate::kit::get("sts.cn-hangzhou.aliyuncs.com", "/?Action=GetCallerIdentity&Format=JSON"))
            .await;
        let answer = caller.answer().await.text();
        let role = if address == proxy.forward() {
            "1000000000000001:assumed-role/app/"
        } else {
            "assumed-role/reader/"
        };
        assert!(answer.contains(role), "{answer}");
    }
    assert_eq!(sandboxed.sts_calls("AssumeRoleWithOIDC"), 1);
    assert_eq!(sandboxed.sts_calls("AssumeRole"), 1);
}

#[tokio::test]
async fn a_role_that_is_assumed_from_nothing_is_told_what_is_missing_below() {
    let (upstream, _) = granting().await;
    let role = "[role.default]\nassume = [{ role_arn = \"acs:ram::1000000000000001:role/app\" }]";
    let proxy = Kit::without_credentials().settings(role).before(&upstream).await;
    let answer = proxy.get(ECS, REGIONS).await;
    assert_eq!(answer.verdict(), (503, "no_credentials".to_owned()));
    let text = answer.text();
    assert_eq!(text.matches("role `default`").count(), 1, "{text}");
    assert!(text.contains("has no source of credentials"), "{text}");
}
