//! A signature that the cloud does not take: the log says why it was most likely, with both texts' difference, and tells no
//! secret. That none is in any line is `kit::witness`'s matter.

use std::time::Duration;

use data_encoding::BASE64;

use crate::kit::clock::unix_seconds;
use crate::kit::{ECS, KEY_ID, Kit, Moved, OSS, Proxy, REGIONS, Reply, Seen, Upstream, date, request};
use crate::kit::{get, with_body, witness};

/// What a caller with a dummy key sends, so that it leaves with RPC version 1.
const RPC: &str = "AccessKeyId=LTAI5tDummy&Signature=x%3D&SignatureMethod=HMAC-SHA1&SignatureVersion=1.0&SignatureNonce=n\
                   &Timestamp=2020-01-01T00%3A00%3A00Z&RegionId=cn-hangzhou";

/// The one line of the log with this request id, which each test has to itself.
fn line(id: &str) -> String {
    let lines = lines(id);
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines.into_iter().next().unwrap()
}

fn lines(id: &str) -> Vec<String> {
    let log = witness::log();
    let named =
        |line: &&str| line.contains("did not take a signature") && line.contains(&format!("\"{id}\""));
    log.lines().filter(named).map(str::to_owned).collect()
}

/// OpenAPI's string-to-sign of RPC version 1, of the parameters as they arrived.
fn rpc_string(seen: &Seen) -> String {
    let target = seen.target();
    let mut pieces: Vec<&str> =
        target[2..].split('&').filter(|piece| !piece.starts_with("Signature=")).collect();
    pieces.sort_unstable();
    let encoded: String = pieces
        .join("&")
        .bytes()
        .map(|byte| match byte {
            _ if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect();
    format!("GET&%2F&{encoded}")
}

fn rpc_error(id: &str, string: &str) -> Reply {
    let body = format!(
        "{{\"RequestId\":\"{id}\",\"Code\":\"SignatureDoesNotMatch\",\"Message\":\"Specified signature is not matched with \
         our calculation. server string to sign is:{string}\"}}"
    );
    Reply::new(format!(
        "HTTP/1.1 400 Bad Request\r\nx-acs-request-id: {id}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ))
}

async fn rpc(id: &'static str, changed: fn(String) -> String) -> String {
    let upstream = Upstream::start(move |seen, _| rpc_error(id, &changed(rpc_string(seen)))).await;
    let proxy = Kit::new().before(&upstream).await;
    assert_eq!(proxy.get(ECS, &format!("{REGIONS}&{RPC}")).await.status, 400);
    line(id)
}

#[tokio::test]
async fn the_cause_is_told_by_where_the_clouds_text_differs() {
    let same = rpc("MISMATCH-SAME", |text| text).await;
    assert!(
        same.contains(" WARN ") && same.contains("cause=\"both signed the same text, so the secrets differ"),
        "{same}"
    );
    assert!(!same.contains("diff="), "{same}");
    for part in [
        "code=\"SignatureDoesNotMatch\"",
        "product=\"ecs\"",
        "region=\"cn-hangzhou\"",
        "scheme=\"RPC1-HMAC-SHA1\"",
        "role=default",
    ] {
        assert!(same.contains(part), "{part} in {same}");
    }
    let parameter = rpc("MISMATCH-REGION", |text| text.replace("cn-hangzhou", "cn-beijing")).await;
    assert!(parameter.contains("cause=\"the parameter RegionId differs"), "{parameter}");
    let diff = r#"diff="-\"RegionId=cn-hangzhou\" +\"RegionId=cn-beijing\"""#;
    assert!(parameter.contains(diff), "{parameter}");
    let clock = rpc("MISMATCH-CLOCK", |text| text.replace("Timestamp%3D20", "Timestamp%3D19")).await;
    assert!(clock.contains("cause=\"the date is another"), "{clock}");
}

#[tokio::test]
async fn a_key_or_a_token_in_the_difference_is_masked() {
    // The cloud repeats it under a name that no list of names knows.
    let told =
        rpc("MISMATCH-TOLD", |text| text.replace("RegionId%3Dcn-hangzhou", &format!("RegionId%3D{KEY_ID}")))
            .await;
    assert!(told.contains("diff=") && told.contains("RegionId=*****") && !told.contains(KEY_ID), "{told}");
}

#[tokio::test]
async fn what_a_heads_error_says_is_read_out_of_its_header() {
    let upstream = Upstream::start(|seen, _| {
        let canonical = format!("HEAD\n/bkt1/other\n\nx-oss-content-sha256:UNSIGNED-PAYLOAD\nx-oss-date:{}\n", seen.header("x-oss-date").unwrap());
        let error = format!(
            "<Error><Code>SignatureDoesNotMatch</Code><StringToSign>x</StringToSign><CanonicalRequest>{canonical}</CanonicalRequest></Error>"
        );
        let error = BASE64.encode(error.as_bytes());
        Reply::new(format!(
            "HTTP/1.1 403 Forbidden\r\nx-oss-request-id: MISMATCH-HEAD\r\nx-oss-err: {error}\r\nContent-Length: 9\r\n\r\n"
        ))
    })
    .await;
    let proxy = Kit::new().before(&upstream).await;
    let mut caller = proxy.caller().await;
    caller.send(request("HEAD", OSS, "/k", "")).await;
    assert_eq!(caller.try_answer(true).await.unwrap().status, 403);
    let line = line("MISMATCH-HEAD");
    assert!(
        line.contains("cause=\"the path is another")
            && line.contains("-\\\"/bkt1/k\\\" +\\\"/bkt1/other\\\""),
        "{line}"
    );
}

#[tokio::test]
async fn where_the_cloud_tells_no_text_the_clocks_tell_as_much_as_they_can() {
    use crate::schemes::ots::{INSTANCE, V2, proxy};
    for (id, off, cause) in [
        ("MISMATCH-OTS", 0, "the cloud does not say what it signed"),
        ("MISMATCH-OTS-OFF", -600, "the clock: the request was dated "),
    ] {
        let upstream = Upstream::start(move |_, _| {
            let body = "\n\rOTSAuthFailed\x12\x12Signature mismatch";
            let date = date::http(unix_seconds() + off);
            Reply::new(format!(
                "HTTP/1.1 403 Forbidden\r\nx-ots-requestid: {id}\r\nDate: {date}\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            ))
        })
        .await;
        let answer = proxy(&upstream).await.call(with_body("POST", INSTANCE, "/GetRow", V2, "key")).await;
        assert_eq!(answer.status, 403);
        let line = line(id);
        assert!(
            line.contains("code=\"OTSAuthFailed\"") && line.contains(&format!("cause=\"{cause}")),
            "{line}"
        );
    }
}

/// Asks once, and says how many lines there are.
async fn count(proxy: &Proxy, id: &str) -> usize {
    assert_eq!(proxy.get(ECS, &format!("{REGIONS}&{RPC}")).await.status, 400);
    lines(id).len()
}

#[tokio::test]
async fn a_line_is_written_every_ten_seconds_and_says_how_many_were_not() {
    let id = "MISMATCH-SELDOM";
    let upstream = Upstream::start(move |seen, _| rpc_error(id, &rpc_string(seen))).await;
    let clock = Moved::new();
    let proxy = Kit::new().clock(clock.clone()).before(&upstream).await;
    for _ in 0..3 {
        assert_eq!(count(&proxy, id).await, 1);
    }
    clock.pass(Duration::from_secs(10));
    assert_eq!(count(&proxy, id).await, 2);
    let lines = lines(id);
    assert!(!lines[0].contains("more=") && lines[1].contains("more=2"), "{lines:?}");
}

#[tokio::test]
async fn an_error_of_another_kind_is_not_told() {
    let upstream = Upstream::start(|_, _| {
        let body = r#"{"Code":"Forbidden.RAM","Message":"x"}"#;
        Reply::new(format!(
            "HTTP/1.1 403 Forbidden\r\nx-acs-request-id: MISMATCH-NONE\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ))
    })
    .await;
    let proxy = Kit::new().before(&upstream).await;
    assert_eq!(proxy.call(get(ECS, REGIONS)).await.status, 403);
    assert_eq!(lines("MISMATCH-NONE"), Vec::<String>::new());
}

#[tokio::test]
async fn of_a_gateways_errors_only_one_of_a_signature_is_told() {
    let host = "api.example.com";
    for (id, message, count) in [
        ("GATEWAY-SIGNATURE", "Invalid Signature, Server StringToSign:`GET#/`", 1),
        ("GATEWAY-QUOTA", "Quota Exhausted", 0),
    ] {
        let upstream = Upstream::start(move |_, _| {
            Reply::new(format!(
                "HTTP/1.1 400 Bad Request\r\nX-Ca-Error-Message: {message}\r\nX-Ca-Request-Id: {id}\r\nContent-Length: 14\r\n\r\n\
                 {{\"Code\":\"Any\"}}"
            ))
        })
        .await;
        let kit = Kit::new();
        kit.place.write("partner.json", r#"{"app_key":"203712345","app_secret":"canary-app-secret"}"#);
        let settings = format!(
            "[keys.partner]\nfile = \"partner.json\"\n[hosts]\n\"{host}\" = {{ product = \"apigateway\", keys = \"partner\" }}\n\
             [connect_to]\n\"{host}\" = \"http://{}\"",
            upstream.address
        );
        assert_eq!(kit.settings(&settings).start().await.get(host, "/").await.status, 400);
        assert_eq!(lines(id).len(), count, "{id}");
    }
}
