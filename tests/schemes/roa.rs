//! ROA version 1: what an older SDK signed by path, and products that take nothing else.

use crate::kit::{Judge, KEY_ID, Kit, Reply, TOKEN, Upstream, request, with_body};

const CS: &str = "cs.cn-hangzhou.aliyuncs.com";
const ROA: &str = "ROA1-HMAC-SHA1";
/// What an SDK adds with a dummy key.
const DUMMY: &str = "Authorization: acs dummy:rw6/StqxRbHW64PWulkoDgscXlg=\r\nDate: Thu, 21 Mar 2024 10:06:16 GMT\r\n\
     x-acs-signature-method: HMAC-SHA1\r\nx-acs-signature-version: 1.0\r\nx-acs-signature-nonce: stale\r\n\
     x-acs-accesskey-id: dummy\r\nx-acs-security-token: dummy\r\nAccept: application/json\r\n";

async fn started() -> (Upstream, crate::kit::Proxy, Judge) {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let everything = format!("[connect_to]\n\"*\" = \"http://{}\"\n", upstream.address);
    let proxy = Kit::new().settings(&everything).start().await;
    (upstream, proxy, Judge::new().await)
}

#[tokio::test]
async fn what_an_sdk_signed_by_path_leaves_signed_the_same_way_with_our_key() {
    let (upstream, proxy, judge) = started().await;
    let named = format!("{DUMMY}x-acs-action: DescribeClusters\r\nx-acs-version: 2015-12-15\r\n");
    let json = format!("{named}Content-Type: application/json\r\nContent-MD5: mZFLkyvTelC5g8XnyQrpOw==\r\n");
    for call in [
        request("GET", CS, "/clusters?name=a+b&z=1&e=&RegionId=cn-hangzhou", &named),
        request("DELETE", CS, "/clusters/c%2F1?x=%E4%B8%AD", &named),
        with_body("POST", CS, "/clusters", &json, "{}"),
        // Named by its path alone, as some SDKs leave it.
        request("GET", CS, "/clusters", DUMMY),
    ] {
        let answer = proxy.call(&call).await;
        assert_eq!(answer.status, 200, "{call}{answer:?}");
        let seen = upstream.last();
        assert_eq!(judge.scheme(&seen).await, Ok(ROA), "{call}");
        for (header, value) in [
            ("x-acs-accesskey-id", KEY_ID),
            ("x-acs-security-token", TOKEN),
            ("x-acs-version", "2015-12-15"),
            ("x-acs-action", "DescribeClusters"),
        ] {
            assert_eq!(seen.header(header).as_deref(), Some(value), "{call}");
        }
        assert!(!seen.lower().contains("dummy") && !seen.lower().contains("stale"), "{call}");
        assert_eq!(seen.header("content-md5").is_some(), call.contains("Content-MD5"), "{call}");
    }
}

#[tokio::test]
async fn a_product_that_takes_nothing_else_gets_it_for_an_unsigned_call() {
    let (upstream, proxy, judge) = started().await;
    let call =
        request("GET", "codeup.aliyuncs.com", "/api/v3/projects?Page=1", "x-acs-action: ListProjects\r\n");
    assert_eq!(proxy.call(&call).await.status, 200);
    let seen = upstream.last();
    assert_eq!(judge.scheme(&seen).await, Ok(ROA));
    assert_eq!(seen.header("x-acs-version").as_deref(), Some("2020-04-14"));
    // A data plane that lists the same scheme has rules of its own.
    let host = "1000000000000001.eventbridge.cn-hangzhou.aliyuncs.com";
    let answer = proxy.call(request("POST", host, "/openapi/putEvents", "x-acs-action: PutEvents\r\n")).await;
    assert_eq!(answer.status, 403, "{answer:?}");
}
