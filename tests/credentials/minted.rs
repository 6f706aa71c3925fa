//! Short-lived keys of Model Studio: minted from a file's key, sent in its place, and minted anew when the cloud refuses one.

use crate::kit::canary::{API_KEY, MINTED_KEY};
use crate::kit::clock::unix_seconds;
use crate::kit::{Kit, Proxy, Reply, Seen, Upstream, get};

const STUDIO: &str = "dashscope.aliyuncs.com";
const TASK: &str = "/api/v1/tasks/1";

fn is_minting(seen: &Seen) -> bool {
    seen.target().starts_with("/api/v1/tokens")
}

fn bearer(key: &str) -> Option<String> {
    Some(format!("Bearer {key}"))
}

async fn before(upstream: &Upstream) -> Proxy {
    let url = format!("http://{}", upstream.address);
    let kit = Kit::new();
    kit.place.write("studio.json", &format!(r#"{{"api_key":"{API_KEY}"}}"#));
    let tables = format!(
        "\"{STUDIO}\" = \"{url}\"\n[keys.studio]\nfile = \"studio.json\"\nproduct = \"dashscope\"\ntemporary = true"
    );
    kit.connect_to(&url).settings(&tables).start().await
}

/// Mints `…1`, `…2`, and so on; the cloud takes what `takes` says, and refuses any other as it does an unknown key.
async fn cloud(takes: impl Fn(&str) -> bool + Send + Sync + 'static) -> Upstream {
    let minted = std::sync::atomic::AtomicUsize::new(0);
    Upstream::start(move |seen, _| {
        let proof = seen.header("authorization").unwrap_or_default();
        if is_minting(seen) {
            let (count, ends) =
                (minted.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1, unix_seconds() + 1_800);
            return Reply::status(
                "200 OK",
                &format!(r#"{{"token":"{MINTED_KEY}{count}","expires_at":{ends}}}"#),
            );
        }
        match takes(&proof) {
            true => Reply::ok(),
            false => Reply::status(
                "401 Unauthorized",
                r#"{"code":"InvalidApiKey","message":"Invalid API-key provided."}"#,
            ),
        }
    })
    .await
}

#[tokio::test]
async fn a_key_is_minted_once_and_it_alone_is_sent() {
    let upstream = cloud(|_| true).await;
    let proxy = before(&upstream).await;
    for _ in 0..3 {
        assert_eq!(proxy.get(STUDIO, TASK).await.status, 200);
    }
    let (minting, calls): (Vec<_>, Vec<_>) = upstream.requests().into_iter().partition(is_minting);
    assert_eq!(minting.len(), 1);
    assert_eq!(minting[0].target(), "/api/v1/tokens?expire_in_seconds=1800");
    assert_eq!(
        (minting[0].method(), minting[0].header("authorization")),
        ("POST".to_owned(), bearer(API_KEY))
    );
    assert_eq!(calls.len(), 3);
    for call in calls {
        assert_eq!(call.header("authorization"), bearer(&format!("{MINTED_KEY}1")), "{}", call.lower());
        assert!(!call.lower().contains(&API_KEY.to_lowercase()), "{}", call.lower());
    }
}

#[tokio::test]
async fn a_key_that_the_cloud_refuses_is_minted_anew_and_a_read_is_sent_again_with_the_new_one() {
    let upstream = cloud(|proof| !proof.ends_with('1')).await;
    let proxy = before(&upstream).await;
    let answer = proxy.call(get(STUDIO, TASK)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let (minting, calls): (Vec<_>, Vec<_>) = upstream.requests().into_iter().partition(is_minting);
    let proofs = calls.iter().map(|call| call.header("authorization")).collect::<Vec<_>>();
    assert_eq!(proofs, [bearer(&format!("{MINTED_KEY}1")), bearer(&format!("{MINTED_KEY}2"))]);
    assert_eq!(minting.len(), 2);
    // The new one is kept.
    assert_eq!(proxy.get(STUDIO, TASK).await.status, 200);
    assert_eq!(upstream.last().header("authorization"), bearer(&format!("{MINTED_KEY}2")));
    assert_eq!(upstream.requests().iter().filter(|seen| is_minting(seen)).count(), 2);
}
