//! Dataplus, in each of its dialects.

use md5::{Digest, Md5};

use super::*;

const DTPLUS: (&str, &str) = ("dataplus", "dtplus-cn-shanghai.data.aliyuncs.com");
const SHUJU: (&str, &str) = ("dataplus", "shujuapi.aliyun.com");
const SPEECH: (&str, &str) = ("dataplus", "nlsapi.aliyun.com");
const DATE: &str = "Sat, 31 Jan 2026 12:00:00 GMT";
const DUMMY: &str = "Authorization: Dataplus dummy:c2ln\r\nDate: Wed, 01 Jan 2020 00:00:00 GMT\r\n";
const JSON: &str = "Accept: application/json\r\nContent-Type: application/json\r\n";

fn md5(text: &str) -> String {
    base64(&Md5::digest(text.as_bytes()))
}

fn holds(sent: &Sent, text: &str) -> bool {
    assert_eq!(sent.text, text);
    assert_eq!((sent.header("date").as_str(), sent.header("content-md5").as_str()), (DATE, ""));
    sent.header("authorization") == format!("Dataplus {ID}:{}", base64(&mac1(text)))
}

#[test]
fn each_gateway_gets_its_own_lines() {
    let target = "/a%20b?z=1&a=%2f";
    let twice = md5(&md5("{}"));
    for (host, path, hash, rest) in [
        (DTPLUS, target, &md5("{}"), format!("\n{target}")),
        (("dataplus", "dtplus-lan-cn-shanghai.data.aliyuncs.com"), target, &md5("{}"), format!("\n{target}")),
        (("dataplus", "data.example.com"), target, &md5("{}"), format!("\n{target}")),
        (SHUJU, target, &md5("{}"), String::new()),
        (SPEECH, "/speak?voice=a", &md5("{}"), String::new()),
        (SPEECH, "/recognize?model=a", &twice, String::new()),
        (SHUJU, "/recognize", &md5("{}"), String::new()),
    ] {
        for headers in [JSON.to_owned(), format!("{DUMMY}{JSON}")] {
            let sent = sent(host, &format!("POST {path}"), &headers, "{}", false).unwrap();
            let text = format!("POST\napplication/json\n{hash}\napplication/json\n{DATE}{rest}");
            assert!(holds(&sent, &text), "{}", sent.head);
            assert_eq!(sent.plan.body, BodyPlan::Hold);
            let caller = (headers != JSON).then_some(Scheme::Dataplus);
            assert_eq!(sent.plan.call.caller_scheme, caller);
        }
    }
    // Nothing is hashed where there is nothing, and nothing is added that the caller did not say.
    let sent = sent(DTPLUS, "GET /re/doRec", "", "", false).unwrap();
    assert!(holds(&sent, &format!("GET\n\n\n\n{DATE}\n/re/doRec")), "{}", sent.head);
    assert_eq!((sent.plan.body, sent.header("accept").as_str()), (BodyPlan::Empty, ""));
}

#[test]
fn a_header_that_comes_twice_and_a_credential_with_a_token_are_refused() {
    for twice in
        ["Accept: a\r\nAccept: a\r\n", "Date: a\r\nDate: a\r\n", "Content-Type: a\r\nContent-Type: a\r\n"]
    {
        let refused = sent(DTPLUS, "GET /", twice, "", false);
        assert!(matches!(refused, Err(Stopped::Refused(Code::DuplicateField))), "{twice}");
    }
    let with_token = sent(DTPLUS, "GET /", JSON, "", true);
    assert!(matches!(with_token, Err(Stopped::Unsignable(Unsignable::Token))));
}

#[test]
fn the_vectors_come_out_signed_with_a_dummy_key() {
    let files = [
        include_str!("../../../tests/vectors/dataplus.jsonl"),
        include_str!("../../../tests/vectors/dataplus-nopath.jsonl"),
    ];
    let mut seen = 0;
    for vector in files.into_iter().flat_map(vectors) {
        let Some(body) = vector.get("body").map_or(Some(""), |body| body["utf8"].as_str()) else { continue };
        let part = |at: usize| vector["request"][at].as_str().unwrap();
        let mut headers = DUMMY.to_owned();
        for pair in vector["headers"].as_array().unwrap() {
            headers.push_str(&format!("{}: {}\r\n", pair[0].as_str().unwrap(), pair[1].as_str().unwrap()));
        }
        let line = format!("{} {}", part(0), part(2));
        let sent = sent(("dataplus", part(1)), &line, &headers, body, false).unwrap();
        let date = vector["adds"]["headers"][0][1].as_str().unwrap();
        let expected = vector["string_to_sign"].as_str().unwrap().replace(date, DATE);
        assert!(holds(&sent, &expected), "{}", vector["name"]);
        seen += 1;
    }
    assert_eq!(seen, 8);
}

#[test]
fn the_worked_example_of_the_page_is_what_is_signed() {
    let (text, signature) = documented("Dataplus");
    let sent = sent(DTPLUS, "POST /face/detect", JSON, "{}", false).unwrap();
    assert_eq!(
        (sent.text.as_str(), sent.header("authorization")),
        (text, format!("Dataplus {ID}:{signature}"))
    );
}
