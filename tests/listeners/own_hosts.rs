//! Hosts of the operator's own, on both kinds of listener: they lead where `[hosts]` says, and nobody else's does.

use crate::kit::sandboxed::Sandboxed;
use crate::kit::{Answer, Caller, KEY_ID, Kit, Names, Proxy, Reply, TOKEN, Upstream, get};

const API: &str = "api.example.com";
const HOOK: &str = "f-abc.cn-hangzhou.fcapp.run";

/// A forward listener and two that are pinned, with the hosts that `[hosts]` names.
fn settings(kit: Kit) -> Kit {
    kit.place.write("partner.json", r#"{"app_key":"203112345","app_secret":"canary-app-secret"}"#);
    kit.place
        .write("speech.json", r#"{"access_key_id":"LTAIspeech","access_key_secret":"canary-speech-secret"}"#);
    let listener = |more: &str| format!("[[listen]]\naddress = \"127.0.0.1:0\"\n{more}");
    let pinned = |host: &str| listener(&format!("endpoint = \"{host}\"\n"));
    kit.listen(&format!("{}{}{}", listener(""), pinned("API.example.com"), pinned(HOOK))).settings(&format!(
        "[keys.partner]\nfile = \"partner.json\"\n[keys.speech]\nfile = \"speech.json\"\n\
         [hosts]\n\"{API}\" = {{ product = \"apigateway\", keys = \"partner\" }}\n\"{HOOK}\" = {{ product = \"fc-trigger\" }}\n\
         \"speech.example.com\" = {{ product = \"dataplus\", keys = \"speech\" }}"
    ))
}

async fn before(upstream: &Upstream) -> Proxy {
    let url = format!("http://{}", upstream.address);
    let hosts = [API, HOOK, "speech.example.com"].map(|host| format!("\"{host}\" = \"{url}\"\n")).concat();
    settings(Kit::new()).settings(&format!("[connect_to]\n{hosts}")).start().await
}

async fn ask(proxy: &Proxy, listener: usize, host: &str) -> Answer {
    let mut caller = Caller::connect(proxy.sidecar.addresses[listener].unwrap()).await;
    caller.send(get(host, "/")).await;
    caller.answer().await
}

/// It is found, and signed with what its product takes. Whether the signature holds is the schemes' own tests' matter.
fn is_found(answer: &Answer, upstream: &Upstream, host: &str) {
    assert_eq!(answer.status, 200, "{host}: {answer:?}");
    let seen = upstream.last();
    let host = host.trim_end_matches(":443").to_lowercase();
    assert_eq!(seen.header("host"), Some(host.clone()));
    let proof = match host.as_str() {
        API => {
            assert_eq!((seen.header("authorization"), seen.header("x-ca-signature").is_some()), (None, true));
            seen.header("x-ca-key")
        }
        _ => seen.header("authorization"),
    };
    let expected = match host.as_str() {
        API => "203112345".to_owned(),
        HOOK => {
            format!("ACS3-HMAC-SHA256 Credential={KEY_ID},SignedHeaders=x-acs-date;x-acs-security-token,")
        }
        _ => "Dataplus LTAIspeech:".to_owned(),
    };
    assert!(proof.as_ref().is_some_and(|proof| proof.starts_with(&expected)), "{host}: {proof:?}");
    let is_role = seen.lower().contains(&TOKEN.to_lowercase());
    assert_eq!(is_role, host == HOOK, "only a trigger gets the role's token: {}", seen.lower());
    assert!(
        !seen.lower().contains("canary-app") && !seen.lower().contains("canary-speech"),
        "{}",
        seen.lower()
    );
}

#[tokio::test]
async fn a_forward_listener_takes_an_own_host_by_its_whole_name_alone() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = before(&upstream).await;
    for host in [API, "API.Example.com", "api.example.com:443", API, "speech.example.com", HOOK] {
        is_found(&ask(&proxy, 0, host).await, &upstream, host);
    }
    upstream.forget();
    for host in ["example.com", "a.api.example.com", "api.example.com.evil.test", "api-example.com"] {
        let answer = ask(&proxy, 0, host).await;
        assert_eq!(answer.verdict(), (403, "host_not_allowed".to_owned()), "{host}: {answer:?}");
        assert!(answer.text().contains("[hosts]"), "{}", answer.text());
    }
    assert_eq!(upstream.requests().len(), 0);
}

#[tokio::test]
async fn a_pinned_listener_leads_to_an_own_host_and_to_no_other() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = before(&upstream).await;
    for (listener, host) in [(1, API), (2, HOOK)] {
        let own = proxy.sidecar.addresses[listener].unwrap().to_string();
        is_found(&ask(&proxy, listener, host).await, &upstream, host);
        is_found(&ask(&proxy, listener, &own).await, &upstream, host);
        let other = ask(&proxy, listener, "speech.example.com").await;
        assert_eq!(other.verdict(), (421, "bad_authority".to_owned()), "{other:?}");
    }
}

#[tokio::test]
async fn a_host_of_such_a_product_that_is_not_named_is_refused_with_the_way_to_name_it() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = before(&upstream).await;
    for (host, code, product) in [
        ("other.cn-hangzhou.fcapp.run", "never_sign_host", "fc-trigger"),
        ("other-cn-hangzhou.alicloudapi.com", "never_sign_host", "apigateway"),
        ("dtplus-cn-shanghai.data.aliyuncs.com", "host_not_allowed", "dataplus"),
    ] {
        let answer = ask(&proxy, 0, host).await;
        assert_eq!(answer.verdict(), (403, code.to_owned()), "{host}: {answer:?}");
        let text = answer.text();
        assert!(text.contains("[hosts]") && text.contains(product), "{text}");
    }
    // What is nobody's to name is not said to be.
    for host in ["a.alb.aliyuncs.com", "www.example.com.w.kunlunar.com"] {
        let answer = ask(&proxy, 0, host).await;
        assert_eq!(answer.verdict(), (403, "never_sign_host".to_owned()), "{host}");
        assert!(!answer.text().contains("[hosts]"), "{}", answer.text());
    }
}

#[tokio::test]
async fn keys_that_are_not_there_or_not_theirs_are_told_and_the_roles_never_stand_in() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let url = format!("http://{}", upstream.address);
    let kit = settings(Kit::new()).settings(&format!("[connect_to]\n\"{API}\" = \"{url}\"\n"));
    kit.place.write("partner.json", r#"{"api_key":"sk-canary"}"#);
    let proxy = kit.start().await;
    let answer = ask(&proxy, 0, API).await;
    assert_eq!(answer.verdict(), (503, "credentials_refused".to_owned()), "{answer:?}");
    assert!(answer.text().contains("app_key") && !answer.text().contains("canary"), "{}", answer.text());
    assert_eq!(upstream.requests().len(), 0);
}

/// The judgement of addresses is no other than for hosts of the table.
#[tokio::test]
async fn an_own_host_whose_name_leads_to_this_machine_is_not_dialled() {
    let names = Names::answering(&["127.0.0.1"]);
    let proxy = settings(Kit::new()).resolver(names.clone()).start().await;
    let answer = ask(&proxy, 0, API).await;
    assert_eq!(answer.verdict(), (502, "egress_blocked".to_owned()), "{answer:?}");
    assert_eq!(names.asked(), [API]);
}

#[tokio::test]
async fn the_sandbox_plays_own_hosts_for_the_keys_that_it_knows() {
    let cloud = Sandboxed::start().await;
    cloud.sandbox.own_host(API, "apigateway");
    cloud.sandbox.own_host("speech.example.com", "dataplus");
    let proxy = settings(cloud.kit()).start().await;
    let stranger = ask(&proxy, 1, API).await;
    assert_eq!(stranger.status, 400, "{stranger:?}");
    cloud.sandbox.admit_app("203112345", "canary-app-secret");
    cloud.sandbox.admit("LTAIspeech", "canary-speech-secret", None);
    for (listener, host) in [(0, API), (1, API), (0, HOOK), (2, HOOK), (0, "speech.example.com")] {
        let answer = ask(&proxy, listener, host).await;
        assert_eq!(answer.status, 200, "{host}: {answer:?}");
        assert!(answer.text().contains(host), "{}", answer.text());
    }
    let schemes: Vec<_> = cloud.sandbox.verdicts().iter().rev().take(5).rev().map(|one| one.scheme).collect();
    let (gateway, trigger) = (Some("CA-HMAC-SHA256"), Some("FC3-HMAC-SHA256"));
    assert_eq!(schemes, [gateway, gateway, trigger, trigger, Some("DATAPLUS-HMAC-SHA1")]);
}
