//! Functions over the network, signed with ACS3 and with version 1.

use crate::sandbox::date;
use crate::sandbox::heard::Heard;
use crate::sandbox::tests::client::{Visit, request, signed_with};

const HOST: &str = "fcv3.cn-hangzhou.aliyuncs.com";
const ACCOUNT: &str = "1234567890.cn-hangzhou.fc.aliyuncs.com";
const FUNCTIONS: &str = "/2023-03-30/functions";

fn version_1(visit: &Visit, method: &str, path: &str, query: &str) -> Heard {
    let mut heard = request(method, ACCOUNT, path, query);
    heard.headers.push(("date".to_owned(), date::gmt(visit.now()).into_bytes()));
    signed_with(heard, &format!("FC {}:", visit.user().id), &visit.user())
}

#[tokio::test]
async fn a_function_is_made_shown_called_listed_and_deleted() {
    let visit = Visit::new().await;
    let key = visit.user();
    let order = r#"{"functionName":"orders","runtime":"python3.10","handler":"index.handler","code":{"zipFile":"UEs="}}"#;
    let made = visit.acs3_json(&key, ("POST", HOST, FUNCTIONS), "CreateFunction", order).await;
    assert_eq!((made.status.as_u16(), &made.json()["state"]), (201, &"Active".into()), "{}", made.text());
    assert_eq!(made.json()["code"], serde_json::Value::Null);
    let again = visit.acs3_json(&key, ("POST", HOST, FUNCTIONS), "CreateFunction", order).await;
    assert_eq!((again.status.as_u16(), again.code().as_str()), (409, "FunctionAlreadyExists"));
    let path = format!("{FUNCTIONS}/orders");
    let shown = visit.acs3(&key, ("GET", HOST, &path), "GetFunction").await;
    assert_eq!(shown.json()["handler"], "index.handler");
    let listed = visit.acs3(&key, ("GET", HOST, FUNCTIONS), "ListFunctions").await;
    assert_eq!(listed.json()["functions"][0]["functionName"], "orders");
    let call = format!("{path}/invocations");
    let told = visit.acs3_json(&key, ("POST", HOST, &call), "InvokeFunction", "{\"测\":1}").await;
    assert_eq!((told.status.as_u16(), told.text().as_str()), (200, "{\"测\":1}"));
    assert!(told.header("x-fc-request-id").starts_with("1-"));
    // Another region has none of them.
    let other = ("GET", "fcv3.cn-beijing.aliyuncs.com", path.as_str());
    let missing = visit.acs3(&key, other, "GetFunction").await;
    assert_eq!((missing.status.as_u16(), missing.code().as_str()), (404, "FunctionNotFound"));
    assert_eq!(visit.acs3(&key, ("DELETE", HOST, &path), "DeleteFunction").await.status, 204);
    let gone = visit.acs3(&key, ("POST", HOST, &call), "InvokeFunction").await;
    assert_eq!((gone.status.as_u16(), gone.code().as_str()), (404, "FunctionNotFound"));
}

#[tokio::test]
async fn version_1_opens_an_accounts_triggers_and_says_what_is_wrong_in_its_own_words() {
    let visit = Visit::new().await;
    let path = "/2016-08-15/proxy/orders/list/a%20b";
    let told = visit.send(&version_1(&visit, "GET", path, "q=1&q=2")).await;
    assert_eq!((told.status.as_u16(), &told.json()["path"]), (200, &path.into()), "{}", told.text());
    let mut spoilt = version_1(&visit, "GET", path, "q=1");
    spoilt.query = "q=2".to_owned();
    let mut unknown = version_1(&visit, "GET", path, "");
    unknown.headers.retain(|(name, _)| name != "authorization");
    let missing = visit.send(&unknown).await;
    unknown.headers.push(("authorization".to_owned(), b"FC nobody:c2ln".to_vec()));
    for (answer, status, code) in [
        (visit.send(&spoilt).await, 403, "SignatureNotMatch"),
        (visit.send(&unknown).await, 403, "InvalidAccessKeyID"),
        (missing, 400, "MissingRequiredHeader"),
        (visit.send(&version_1(&visit, "GET", "/2016-08-15/services", "")).await, 400, "PathNotSupported"),
    ] {
        assert_eq!((answer.status.as_u16(), &answer.json()["ErrorCode"]), (status, &code.into()));
    }
}
