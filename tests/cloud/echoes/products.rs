//! What each product repeats, as it repeats it.

use std::sync::Arc;

use countersign::clock::{Clock, Now, SystemClock};
use countersign::names::Nonce;
use data_encoding::BASE64;
use md5::{Digest, Md5};

use super::{in_xml, is_clean, percent, plain, reply, signature, spaced_hex};
use crate::kit::canary::API_KEY;
use crate::kit::{ECS, KEY_ID, Kit, OSS, REGIONS, Seen, TOKEN, Upstream, request, with_body};

/// OSS's error: a canonical request and a string-to-sign, as text and as bytes.
fn oss_error(seen: &Seen) -> String {
    let canonical = format!(
        "GET\n/bkt1/k?a&b\n\nx-oss-date:20260101T000000Z\nx-oss-security-token:{TOKEN}\n\nhost\nUNSIGNED-PAYLOAD"
    );
    let to_sign = format!("OSS4-HMAC-SHA256\n{KEY_ID}\n{TOKEN}\n&<>");
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>\n  <Code>SignatureDoesNotMatch</Code>\n  \
         <Message>The request signature we calculated does not match.</Message>\n  <RequestId>65F0C1</RequestId>\n  \
         <HostId>{OSS}</HostId>\n  <OSSAccessKeyId>{KEY_ID}</OSSAccessKeyId>\n  \
         <SignatureProvided>{}</SignatureProvided>\n  <StringToSign>{}</StringToSign>\n  \
         <StringToSignBytes>{}</StringToSignBytes>\n  <CanonicalRequest>{}</CanonicalRequest>\n  <EC>0002-00000040</EC>\n</Error>\n",
        signature(seen),
        in_xml(&to_sign),
        spaced_hex(&to_sign),
        in_xml(&canonical)
    )
}

fn element<'a>(xml: &'a str, name: &str) -> &'a str {
    let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("{name} in {xml}"));
    rest.split_once(&format!("</{name}>")).unwrap().0
}

fn is_oss_error(xml: &str, before: &str) {
    assert_eq!(xml.len(), before.len());
    for name in ["Code", "Message", "RequestId", "HostId", "EC"] {
        assert_eq!(element(xml, name), element(before, name));
    }
    assert_eq!(element(xml, "OSSAccessKeyId"), "*".repeat(KEY_ID.len()));
    let hex = element(xml, "StringToSignBytes").replace(' ', "");
    let bytes = data_encoding::HEXUPPER.decode(hex.as_bytes()).unwrap();
    let masks = ["*".repeat(KEY_ID.len()), "*".repeat(TOKEN.len())];
    assert_eq!(
        String::from_utf8(bytes).unwrap(),
        format!("OSS4-HMAC-SHA256\n{}\n{}\n&<>", masks[0], masks[1])
    );
    let canonical = element(xml, "CanonicalRequest");
    assert!(
        canonical.starts_with("GET\n/bkt1/k?a&amp;b\n\nx-oss-date:20260101T000000Z\nx-oss-security-token:*")
    );
    assert!(canonical.ends_with("*\n\nhost\nUNSIGNED-PAYLOAD"), "{canonical}");
}

#[tokio::test]
async fn osss_error_keeps_its_form_and_tells_nothing_in_any_of_its_texts() {
    let headers = "Content-Type: application/xml\r\nx-oss-request-id: 65F0C1\r\nx-oss-ec: 0002-00000040\r\n";
    let upstream = Upstream::start(move |seen, _| reply("403 Forbidden", headers, &oss_error(seen))).await;
    for kit in [Kit::new(), Kit::new().settings("[product.oss]\nscheme = \"oss-v1\"")] {
        let proxy = kit.before(&upstream).await;
        let answer = proxy.get(OSS, "/k?acl").await;
        assert_eq!((answer.status, answer.code().as_str()), (403, ""));
        assert_eq!(answer.header("x-oss-request-id").as_deref(), Some("65F0C1"));
        let seen = upstream.last();
        is_oss_error(&answer.text(), &oss_error(&seen));
        is_clean(&answer, &seen);
    }
}

#[tokio::test]
async fn the_error_of_a_head_is_masked_inside_its_header() {
    let upstream = Upstream::start(|seen, _| {
        let error = BASE64.encode(oss_error(seen).as_bytes());
        reply("403 Forbidden", &format!("x-oss-err: {error}\r\n"), "")
    })
    .await;
    let proxy = Kit::new().before(&upstream).await;
    let mut caller = proxy.caller().await;
    caller.send(request("HEAD", OSS, "/k", "")).await;
    let answer = caller.try_answer(true).await.unwrap();
    let error = BASE64.decode(answer.header("x-oss-err").unwrap().as_bytes()).unwrap();
    let (error, seen) = (String::from_utf8(error).unwrap(), upstream.last());
    is_oss_error(&error, &oss_error(&seen));
    assert!(!error.contains(&signature(&seen)), "{error}");
}

#[tokio::test]
async fn a_string_to_sign_of_rpc_is_masked_where_it_is_encoded_twice_inside_json() {
    let upstream = Upstream::start(|seen, _| {
        let to_sign = format!(
            "GET&%2F&AccessKeyId%3D{KEY_ID}%26Action%3DDescribeRegions%26SecurityToken%3D{}",
            percent(&percent(TOKEN))
        );
        let body = format!(
            "{{\"RequestId\":\"R-1\",\"HostId\":\"{ECS}\",\"Code\":\"SignatureDoesNotMatch\",\"Message\":\"Specified \
             signature is not matched with our calculation. server string to sign is:{to_sign}\",\"You\":\"{} \\u0022\"}}",
            signature(seen).replace('/', "\\/").replace('+', "\\u002b")
        );
        reply("400 Bad Request", "Content-Type: application/json\r\nx-acs-request-id: R-1\r\n", &body)
    })
    .await;
    let proxy = Kit::new().before(&upstream).await;
    let rpc = "AccessKeyId=LTAI5tDummy&Signature=x%3D&SignatureMethod=HMAC-SHA1&SignatureVersion=1.0&SignatureNonce=n\
               &Timestamp=2020-01-01T00%3A00%3A00Z";
    let answer = proxy.get(ECS, &format!("{REGIONS}&{rpc}")).await;
    let error: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(
        (answer.status, &error["Code"], &error["RequestId"]),
        (400, &"SignatureDoesNotMatch".into(), &"R-1".into())
    );
    let message = error["Message"].as_str().unwrap();
    let (_, to_sign) = message.split_once("server string to sign is:").unwrap();
    let mask = "*".repeat(KEY_ID.len());
    let start = format!("GET&%2F&AccessKeyId%3D{mask}%26Action%3DDescribeRegions%26SecurityToken%3D");
    assert_eq!(plain(&plain(to_sign.strip_prefix(&start).unwrap())), "*".repeat(TOKEN.len()));
    let you = error["You"].as_str().unwrap();
    assert!(you.bytes().filter(|byte| *byte == b'*').count() >= 28 && you.ends_with(" \""), "{you}");
    is_clean(&answer, &upstream.last());
}

#[tokio::test]
async fn tablestores_error_is_masked_before_it_is_signed_for_the_caller() {
    use crate::schemes::ots::{INSTANCE, V2, proxy};
    let error = |id: &str, token: &str| {
        let message = format!("The AccessKeyID {id} with {token} is wrong");
        format!("\n\rOTSAuthFailed\x12{}{message}", char::from(u8::try_from(message.len()).unwrap()))
    };
    let md5 = |body: &str| BASE64.encode(&Md5::digest(body));
    let before = error(KEY_ID, TOKEN);
    let (body, stated) = (before.clone(), md5(&before));
    let upstream = Upstream::start(move |seen, _| {
        let text = format!("x-ots-contentmd5:{stated}\nx-ots-requestid:0005\n{}", seen.target());
        let proof = BASE64.encode(&crate::schemes::oss::mac1(crate::kit::SECRET, &text));
        let headers = format!(
            "x-ots-requestid: 0005\r\nx-ots-contentmd5: {stated}\r\nAuthorization: OTS {KEY_ID}:{proof}\r\n"
        );
        reply("403 Forbidden", &headers, &body)
    })
    .await;
    let answer = proxy(&upstream).await.call(with_body("POST", INSTANCE, "/GetRow", V2, "key")).await;
    let masked = error(&"*".repeat(KEY_ID.len()), &"*".repeat(TOKEN.len()));
    assert_eq!((answer.status, answer.text()), (403, masked.clone()));
    let md5 = md5(&masked);
    assert_eq!(answer.header("x-ots-contentmd5"), Some(md5.clone()));
    let text = format!("x-ots-contentmd5:{md5}\nx-ots-requestid:0005\n/GetRow");
    let proof = BASE64.encode(&crate::schemes::oss::mac1("dummy", &text));
    assert_eq!(answer.header("authorization"), Some(format!("OTS dummy:{proof}")));
    is_clean(&answer, &upstream.last());
}

#[tokio::test]
async fn a_body_that_tablestores_md5_did_not_hold_for_is_not_made_to_look_whole() {
    use crate::schemes::ots::{INSTANCE, V2, proxy};
    let upstream = Upstream::start(|_, _| {
        reply("403 Forbidden", "x-ots-contentmd5: RLr/gSYYyIMfXcdAAAAAAA==\r\n", &format!("\n\x15{KEY_ID}"))
    })
    .await;
    let answer = proxy(&upstream).await.call(with_body("POST", INSTANCE, "/GetRow", V2, "key")).await;
    assert_eq!(answer.header("x-ots-contentmd5").as_deref(), Some("RLr/gSYYyIMfXcdAAAAAAA=="));
    assert_eq!(answer.text(), format!("\n\x15{}", "*".repeat(KEY_ID.len())));
}

#[tokio::test]
async fn the_key_of_model_studio_is_masked_whole_and_cut() {
    let host = "dashscope.aliyuncs.com";
    let upstream = Upstream::start(move |_, _| {
        let body =
            format!("{{\"code\":\"InvalidApiKey\",\"message\":\"{API_KEY}, or {}…\"}}", &API_KEY[..17]);
        reply("401 Unauthorized", &format!("x-you-sent: Bearer {API_KEY}\r\n"), &body)
    })
    .await;
    let row = format!("[connect_to]\n\"{host}\" = \"http://{}\"", upstream.address);
    let proxy = Kit::new().variable("DASHSCOPE_API_KEY", API_KEY).settings(&row).start().await;
    let answer = proxy.call(with_body("POST", host, "/api/v1/x", "", "{}")).await;
    let mask = "*".repeat(API_KEY.len());
    assert_eq!(answer.header("x-you-sent"), Some(format!("Bearer {mask}")));
    let expected = format!("{{\"code\":\"InvalidApiKey\",\"message\":\"{mask}, or {}…\"}}", &mask[..17]);
    assert_eq!((answer.status, answer.text()), (401, expected));
}

#[tokio::test]
async fn a_gateways_message_and_its_number_are_masked_in_the_header() {
    let host = "api.example.com";
    let upstream = Upstream::start(|seen, _| {
        let headers = format!(
            "X-Ca-Error-Message: Invalid Signature, Server StringToSign:`GET##x-ca-key:203712345#/`, {}\r\n",
            signature(seen)
        );
        reply("400 Bad Request", &headers, r#"{"appKey":203712345,"x":1}"#)
    })
    .await;
    let kit = Kit::new();
    kit.place.write("partner.json", r#"{"app_key":"203712345","app_secret":"canary-app-secret"}"#);
    let settings = format!(
        "[keys.partner]\nfile = \"partner.json\"\n[hosts]\n\"{host}\" = {{ product = \"apigateway\", keys = \"partner\" }}\n\
         [connect_to]\n\"{host}\" = \"http://{}\"",
        upstream.address
    );
    let answer = kit.settings(&settings).start().await.get(host, "/").await;
    let message = answer.header("x-ca-error-message").unwrap();
    assert!(
        message.starts_with("Invalid Signature, Server StringToSign:`GET##x-ca-key:111111111#/`, ***"),
        "{message}"
    );
    assert_eq!(answer.text(), r#"{"appKey":111111111,"x":1}"#);
    is_clean(&answer, &upstream.last());
}

/// A clock that stands still: what is signed twice is signed alike.
#[derive(Debug)]
struct Still(Now);

impl Clock for Still {
    fn now(&self) -> Now {
        self.0
    }

    fn nonce(&self) -> Nonce {
        Nonce::from_bytes([7; 16])
    }
}

#[tokio::test]
async fn the_signature_and_the_policy_of_a_form_are_masked() {
    let upstream = Upstream::start(|_, index| {
        let body = format!("<Error><Code>SignatureDoesNotMatch</Code>{index}</Error>");
        reply("403 Forbidden", "", &body)
    })
    .await;
    let part = |name: &str, value: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let form = part("key", "k") + &part("file", "x") + "--b--\r\n";
    let post = with_body("POST", OSS, "/", "Content-Type: multipart/form-data; boundary=b\r\n", &form);
    for settings in ["", "[product.oss]\nscheme = \"oss-v1\""] {
        upstream.forget();
        let clock = Arc::new(Still(SystemClock.now()));
        let first =
            Kit::new().settings(settings).clock(Arc::clone(&clock) as Arc<dyn Clock>).before(&upstream).await;
        assert_eq!(first.call(&post).await.status, 403);
        upstream.until("the form", |log| log.requests.first().is_some_and(|seen| seen.is_whole)).await;
        let sent = String::from_utf8(upstream.last().body).unwrap();
        // The second is signed like the first, and its answer repeats what that sent.
        let echoing = sent.clone();
        let echo = Upstream::start(move |_, _| reply("403 Forbidden", "", &echoing)).await;
        let answer = Kit::new().settings(settings).clock(clock).before(&echo).await.call(&post).await;
        let value = |text: &str, name: &str| {
            let at = text.find(&format!("name=\"{name}\"")).unwrap_or_else(|| panic!("{name} in {text}"));
            text[at..].split("\r\n").nth(2).unwrap().to_owned()
        };
        let names = if settings.is_empty() {
            ["x-oss-signature", "x-oss-security-token", "x-oss-credential"]
        } else {
            ["Signature", "x-oss-security-token", "OSSAccessKeyId"]
        };
        assert_eq!(answer.body.len(), sent.len());
        let masked = answer.text();
        for name in names {
            let (before, after) = (value(&sent, name), value(&masked, name));
            assert!(after.starts_with(&"*".repeat(16)) && after != before, "{name}: {before} is {after}");
        }
        if settings.is_empty() {
            let policy = BASE64.decode(value(&masked, "policy").as_bytes()).unwrap();
            let policy: serde_json::Value = serde_json::from_slice(&policy).unwrap();
            assert!(policy.to_string().contains(&"*".repeat(TOKEN.len())), "{policy}");
        }
    }
}

#[tokio::test]
async fn where_a_redirection_leads_to_tells_no_signature() {
    let upstream = Upstream::start(|seen, _| {
        let query = format!("AccessKeyId={KEY_ID}&Signature={}", percent(&signature(seen)));
        let headers = format!("Location: http://other.example.com/a?x=1&{query}&y=2\r\n");
        reply("302 Found", &headers, &format!("<a href=\"/?{query}\">"))
    })
    .await;
    let proxy = Kit::new().before(&upstream).await;
    let answer = proxy.get(OSS, "/k").await;
    let location = answer.header("location").unwrap();
    let start =
        format!("http://other.example.com/a?x=1&AccessKeyId={}&Signature=*", "*".repeat(KEY_ID.len()));
    assert!(location.starts_with(&start) && location.ends_with("&y=2"), "{location}");
    is_clean(&answer, &upstream.last());
}

#[tokio::test]
async fn what_the_cloud_gives_out_as_its_requests_id_is_in_no_line_if_it_is_ours() {
    let upstream = Upstream::start(|seen, _| {
        let headers = format!("x-acs-request-id: {KEY_ID}\r\nx-a: {}\r\n", signature(seen));
        reply(&format!("403 no {TOKEN}"), &headers, "")
    })
    .await;
    let proxy = Kit::new().access().before(&upstream).await;
    let answer = proxy.get(ECS, REGIONS).await;
    assert!(answer.head.starts_with("HTTP/1.1 403 no ****"), "{answer:?}");
    is_clean(&answer, &upstream.last());
    let lines = format!("{:?}", proxy.access_lines(1).await);
    assert!(lines.contains("403") && !lines.contains("TestsKeyId4Canary"), "{lines}");
}

#[tokio::test]
async fn a_request_that_carries_nothing_of_ours_has_its_error_as_it_is() {
    let upstream = Upstream::start(|_, _| reply("403 Forbidden", "", KEY_ID)).await;
    let proxy = Kit::new().before(&upstream).await;
    let target = "/?Action=AssumeRoleWithOIDC&Version=2015-04-01&OIDCToken=x";
    let answer = proxy.get("sts.aliyuncs.com", target).await;
    assert_eq!((answer.status, answer.text().as_str()), (403, KEY_ID));
}

#[tokio::test]
async fn an_answer_that_is_no_error_is_passed_on_byte_for_byte() {
    let upstream = Upstream::start(|_, _| reply("200 OK", &format!("x-a: {KEY_ID}\r\n"), KEY_ID)).await;
    let answer = Kit::new().before(&upstream).await.get(OSS, "/k").await;
    assert_eq!((answer.text().as_str(), answer.header("x-a").as_deref()), (KEY_ID, Some(KEY_ID)));
}
