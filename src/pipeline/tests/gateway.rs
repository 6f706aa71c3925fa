//! APIs behind API Gateway.

use super::*;

const HOST: (&str, &str) = ("apigateway", "weather.example.com");
const DUMMY: &str = "x-ca-key: dummy\r\nx-ca-signature: dummy\r\nx-ca-timestamp: 1577836800000\r\nx-ca-nonce: dummy\r\n\
    x-ca-signature-method: HmacSHA1\r\nx-ca-stage: PRE\r\nAuthorization: APPCODE dummy\r\n";

/// The string-to-sign of what left, but for its parameters: those of `names` are the signed headers.
fn text(sent: &Sent, method: &str, names: &[&str], resource: &str) -> String {
    let header = |name: &str| sent.header(name);
    let lines: String = names.iter().map(|name| format!("{name}:{}\n", header(name))).collect();
    let four = ["accept", "content-md5", "content-type", "date"].map(|name| header(name) + "\n").concat();
    format!("{method}\n{four}{lines}{resource}")
}

/// Whether the signature holds over that text.
fn holds(sent: &Sent, method: &str, names: &[&str], resource: &str) -> bool {
    let text = text(sent, method, names, resource);
    assert_eq!(sent.text, text);
    assert_eq!(sent.header("x-ca-signature-headers"), names.join(","));
    assert_eq!((sent.header("x-ca-key").as_str(), sent.header("x-ca-nonce").as_str()), (ID, "n-1"));
    assert_eq!(sent.header("x-ca-timestamp"), format!("{NOW}000"));
    assert_eq!(
        (sent.header("authorization"), sent.header("x-ca-signature-method")),
        (String::new(), String::new())
    );
    sent.header("x-ca-signature") == base64(&mac256(&text))
}

const OWN: [&str; 3] = ["x-ca-key", "x-ca-nonce", "x-ca-timestamp"];
const STAGED: [&str; 4] = ["x-ca-key", "x-ca-nonce", "x-ca-stage", "x-ca-timestamp"];

#[test]
fn a_call_is_signed_whether_the_caller_signed_or_not() {
    let leaves = |headers: &str, names: &[&str], caller: Option<Scheme>| {
        let sent = sent(HOST, "GET /a%20b?b=2&a=1%20x&e=&E", headers, "", false).unwrap();
        assert!(holds(&sent, "GET", names, "/a%20b?E&a=1 x&b=2&e"), "{}", sent.head);
        assert_eq!((sent.plan.call.caller_scheme, sent.plan.body), (caller, BodyPlan::Empty));
        // What is not said, others might say differently.
        assert_eq!(sent.header("accept"), "*/*");
    };
    leaves("", &OWN, None);
    leaves(DUMMY, &STAGED, Some(Scheme::ApiGateway));
    leaves("Authorization: APPCODE dummy\r\n", &OWN, None);
    let sent = sent(HOST, "GET /", "Accept: a/b\r\nDate: x\r\nContent-MD5: y\r\n", "", false).unwrap();
    assert!(holds(&sent, "GET", &OWN, "/"), "{}", sent.head);
}

#[test]
fn the_headers_that_the_caller_listed_are_signed_and_no_others() {
    let headers = format!(
        "{DUMMY}x-ca-signature-headers: X-Tenant, x-ca-key,missing,accept,host,authorization,connection\r\n\
         X-Tenant:  t 1 \r\nx-other: o\r\nAccept: a/b\r\n"
    );
    let sent = sent(HOST, "GET /", &headers, "", false).unwrap();
    let names = ["host", "x-ca-key", "x-ca-nonce", "x-ca-stage", "x-ca-timestamp", "x-tenant"];
    assert!(holds(&sent, "GET", &names, "/"), "{}", sent.head);
    assert_eq!(sent.header("x-other"), "o");
}

#[test]
fn a_form_is_held_and_its_fields_win_and_every_other_body_streams() {
    let form = "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n";
    for headers in [form.to_owned(), format!("{DUMMY}{form}")] {
        let names: &[&str] = if headers == form { &OWN } else { &STAGED };
        let body = "b=2+x&a=1&a=9&e=&Signature=s&AccessKeyId=k";
        let sent = sent(HOST, "POST /p?c=3&a=0&c=4&a=7", &headers, body, false).unwrap();
        assert!(holds(&sent, "POST", names, "/p?AccessKeyId=k&Signature=s&a=1&b=2 x&c=3&e"), "{}", sent.head);
        assert_eq!(sent.plan.body, BodyPlan::Hold);
    }
    let json = "Content-Type: application/json\r\nContent-MD5: 3X9yuY62HEzijB20b7/FRw==\r\n";
    let sent = sent(HOST, "POST /p?a=1", json, "{\"a=b\": 1}", false).unwrap();
    assert!(holds(&sent, "POST", &OWN, "/p?a=1"), "{}", sent.head);
    assert_eq!(sent.plan.body, BodyPlan::Stream);
}

#[test]
fn a_header_that_comes_twice_and_a_credential_with_a_token_are_refused() {
    for twice in [
        "x-ca-stage: a\r\nX-Ca-Stage: a\r\n",
        "Accept: a\r\nAccept: a\r\n",
        "Date: a\r\nDate: b\r\n",
        "x-ca-signature-headers: x-a\r\nx-a: 1\r\nX-A: 1\r\n",
        "x-ca-signature-headers: a\r\nx-ca-signature-headers: b\r\n",
    ] {
        let refused = sent(HOST, "GET /", twice, "", false);
        assert!(matches!(refused, Err(Stopped::Refused(Code::DuplicateField))), "{twice}");
    }
    for name in ["x_ca_nonce", "x-ca_signature-headers", "x_ca_key"] {
        let refused = sent(HOST, "GET /", &format!("{name}: 1\r\n"), "", false);
        assert!(matches!(refused, Err(Stopped::Refused(Code::UnderscoreHeader))), "{name}");
    }
    assert!(sent(HOST, "GET /", "x-a: 1\r\nX-A: 2\r\n", "", false).is_ok());
    let with_token = sent(HOST, "GET /", "", "", true);
    assert!(matches!(with_token, Err(Stopped::Unsignable(Unsignable::Token))));
}

#[test]
fn the_vectors_come_out_signed_with_a_dummy_key() {
    for vector in vectors(include_str!("../../../tests/vectors/ca.jsonl")) {
        let part = |at: usize| vector["request"][at].as_str().unwrap();
        let mut headers = String::new();
        let mut expected = vector["string_to_sign"].as_str().unwrap().to_owned();
        for pair in vector["headers"].as_array().unwrap() {
            headers.push_str(&format!("{}: {}\r\n", pair[0].as_str().unwrap(), pair[1].as_str().unwrap()));
        }
        for pair in vector["adds"]["headers"].as_array().unwrap() {
            let (name, value) = (pair[0].as_str().unwrap(), pair[1].as_str().unwrap());
            let ours = match name {
                "x-ca-key" => ID.to_owned(),
                "x-ca-nonce" => "n-1".to_owned(),
                "x-ca-timestamp" => format!("{NOW}000"),
                _ => String::new(),
            };
            expected = expected.replace(&format!("{name}:{value}\n"), &format!("{name}:{ours}\n"));
            let dummy = if name == "x-ca-signature-headers" { value } else { "dummy" };
            headers.push_str(&format!("{name}: {dummy}\r\n"));
        }
        let body = vector["body"]["utf8"].as_str().unwrap_or_default();
        let line = format!("{} {}", part(0), part(2));
        let sent = sent(HOST, &line, &headers, body, false).unwrap();
        assert_eq!(sent.text, expected, "{}", vector["name"]);
        assert_eq!(sent.header("x-ca-signature"), base64(&mac256(&expected)), "{}", vector["name"]);
        assert_eq!(sent.header("x-ca-signature-headers"), vector["signed_headers"].as_str().unwrap());
    }
}

#[test]
fn the_worked_example_of_the_page_is_what_is_signed() {
    let (text, signature) = documented("API Gateway");
    let sent = sent(HOST, "GET /weather?city=Berlin&days=", "", "", false).unwrap();
    assert_eq!((sent.text.as_str(), sent.header("x-ca-signature").as_str()), (text, signature));
}
