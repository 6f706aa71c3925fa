//! What leaves without a signature, and what is refused because none that it takes is made here.

use crate::kit::{Kit, Reply, Upstream, get, request, with_body};

const ICE: &str = "ice.cn-shanghai.aliyuncs.com";
const SEARCH: &str = "elasticsearch.cn-hangzhou.aliyuncs.com";

#[tokio::test]
async fn a_read_that_everybody_may_make_leaves_unsigned_and_needs_no_credential() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let rows = [ICE, SEARCH].map(|host| format!("\"{host}\" = \"http://{}\"\n", upstream.address)).concat();
    let proxy = Kit::without_credentials().settings(&format!("[connect_to]\n{rows}")).start().await;
    let dummy = "Authorization: ACS3-HMAC-SHA256 Credential=d,SignedHeaders=host,Signature=0\r\n\
                 x-acs-security-token: dummy\r\nx-acs-accesskey-id: dummy\r\n";
    for proof in ["", dummy] {
        for action in ["GetPublicMediaInfo", "ListAllPublicMediaTags", "ListPublicMediaBasicInfos"] {
            let answer = proxy.call(request("GET", ICE, &format!("/?Action={action}"), proof)).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            let seen = upstream.last();
            assert!(!seen.lower().contains("dummy"), "{}", seen.lower());
            assert_eq!((seen.header("authorization"), seen.parameter("Signature")), (None, None));
            let version = if proof.is_empty() {
                seen.parameter("Version")
            } else {
                // Its SDK has said so in a header, or not at all: nothing is added to what was signed.
                Some("2020-11-09".to_owned())
            };
            assert_eq!(version.as_deref(), Some("2020-11-09"), "{}", seen.target());
        }
        let path = "/openapi/assist/actions/capacity-plan";
        let json = format!("{proof}Content-Type: application/json\r\n");
        let answer = proxy.call(with_body("POST", SEARCH, path, &json, "{}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let seen = upstream.last();
        assert_eq!((seen.target().as_str(), seen.body.as_slice()), (path, &b"{}"[..]));
        assert_eq!(seen.header("authorization"), None);
        assert_eq!(seen.header("x-acs-action").as_deref(), Some("CapacityPlan"));
        assert_eq!(seen.header("x-acs-version").as_deref(), Some("2017-06-13"));
        assert!(!seen.lower().contains("dummy"), "{}", seen.lower());
    }
    // The same products' other calls do need one.
    let answer = proxy.call(get(ICE, "/?Action=ListMediaBasicInfos")).await;
    assert_eq!(answer.verdict(), (503, "no_credentials".to_owned()));
    let answer = proxy.call(get(SEARCH, "/openapi/instances")).await;
    assert_eq!(answer.verdict(), (503, "no_credentials".to_owned()));
}

#[tokio::test]
async fn what_takes_no_signature_of_ours_is_refused_with_the_reason() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = Kit::new().before(&upstream).await;
    for (host, says) in [
        ("opensearch-cn-hangzhou.aliyuncs.com", "searches"),
        ("metrichub-cms-cn-hangzhou.aliyuncs.com", "PutCustomMetric"),
        ("domain1.api.aliyunpds.com", "tokens of its own users"),
        ("api.aliyunpds.com", "tokens of its own users"),
        ("registry.cn-hangzhou.aliyuncs.com", "GetAuthorizationToken"),
    ] {
        let answer = proxy.call(get(host, "/")).await;
        assert_eq!(answer.verdict(), (501, "scheme_unavailable".to_owned()), "{host}: {answer:?}");
        assert!(answer.text().contains(says), "{host}: {}", answer.text());
    }
    // Its events show every header to whoever owns the bus.
    let answer = proxy.call(get("1000000000000001.eventbridge.cn-hangzhou.aliyuncs.com", "/")).await;
    assert_eq!(answer.verdict(), (403, "never_sign_host".to_owned()));
    let catalog = "Authorization: DLF4-HMAC-SHA256 Credential=d/20260101/cn-hangzhou/DlfNext/aliyun_v4_request,Signature=0\r\n";
    let answer = proxy.call(request("GET", "dlfnext.cn-hangzhou.aliyuncs.com", "/v1/config", catalog)).await;
    assert_eq!(answer.verdict(), (501, "scheme_unavailable".to_owned()), "{answer:?}");
    assert!(answer.text().contains("DLF4-HMAC-SHA256"), "{}", answer.text());
    assert_eq!(upstream.requests().len(), 0);
}
