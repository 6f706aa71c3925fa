//! HTTP triggers of Function Compute on an operator's own names.

use sha2::{Digest, Sha256};

use super::*;

const HOST: (&str, &str) = ("fc-trigger", "orders.example.com");
const ACS3: &str = "Authorization: ACS3-HMAC-SHA256 Credential=dummy,SignedHeaders=x-acs-date,Signature=00\r\n\
    x-acs-date: 2020-01-01T00:00:00.123Z\r\nx-acs-security-token: dummy\r\nx-acs-signature-nonce: dummy\r\n\
    x-acs-content-sha256: dummy\r\n";

/// Whether the triggers' form of ACS3 holds, with path and query signed as given.
fn is_trigger(sent: &Sent, method: &str, path: &str, query: &str) -> bool {
    let has_token = sent.headers().contains_key("x-acs-security-token");
    let (lines, names) = if has_token {
        (format!("x-acs-security-token:{TOKEN}\n"), "x-acs-date;x-acs-security-token")
    } else {
        (String::new(), "x-acs-date")
    };
    let canonical = format!("{method}\n{path}\n{query}\nx-acs-date:2026-01-31T12:00:00Z\n{lines}\n{names}\n");
    let text = format!("ACS3-HMAC-SHA256\n{}", hexadecimal(&Sha256::digest(canonical.as_bytes())));
    assert_eq!((sent.canonical.as_str(), sent.text.as_str()), (&*canonical, &*text));
    for name in ["x-acs-content-sha256", "x-acs-signature-nonce", "x-acs-accesskey-id", "x-acs-action"] {
        assert_eq!(sent.header(name), "", "{name}");
    }
    assert_eq!(sent.header("x-acs-date"), "2026-01-31T12:00:00Z");
    let signature = hexadecimal(&mac256(&text));
    sent.header("authorization")
        == format!("ACS3-HMAC-SHA256 Credential={ID},SignedHeaders={names},Signature={signature}")
}

#[test]
fn acs3_covers_the_date_and_the_token_and_no_body() {
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    for headers in [String::new(), ACS3.to_owned(), format!("{ACS3}{form}"), form.to_owned()] {
        for has_token in [true, false] {
            let line = "POST /a$b/c%20d/$?b=2&a=x+y&e";
            let sent = sent(HOST, line, &headers, "a=b&Signature=x", has_token).unwrap();
            assert!(is_trigger(&sent, "POST", "/a%24b/c%20d/%24", "a=x%20y&b=2&e="), "{}", sent.head);
            assert_eq!(sent.plan.body, BodyPlan::Stream);
            assert_eq!(sent.plan.call.scheme, Some(Scheme::FcTrigger));
            // What goes out is what came, and is kept apart from what is signed.
            assert!(sent.head.starts_with("POST /a$b/c%20d/$?b=2&a=x+y&e HTTP/1.1\r\n"), "{}", sent.head);
        }
    }
}

#[test]
fn a_callers_version_1_stays_and_covers_the_query_whatever_the_path() {
    let dummy = "Authorization: FC dummy:c2ln\r\nDate: Wed, 01 Jan 2020 00:00:00 GMT\r\nx-fc-security-token: dummy\r\n";
    for (line, rest) in [("GET /a%20b?z=1&a=2", "/a b\na=2\nz=1"), ("GET /a", "/a\n")] {
        let sent = sent(HOST, line, &format!("{dummy}X-Fc-Log-Type: Tail\r\n"), "", true).unwrap();
        let text = format!(
            "GET\n\n\nSat, 31 Jan 2026 12:00:00 GMT\nx-fc-log-type:Tail\nx-fc-security-token:{TOKEN}\n{rest}"
        );
        assert_eq!(sent.text, text);
        assert_eq!(sent.header("authorization"), format!("FC {ID}:{}", base64(&mac256(&text))));
    }
}

#[test]
fn a_callers_roa_signature_stays() {
    let dummy = "Authorization: acs dummy:c2ln\r\nDate: Wed, 01 Jan 2020 00:00:00 GMT\r\nAccept: a/b\r\n\
        x-acs-signature-nonce: dummy\r\nx-acs-accesskey-id: dummy\r\n";
    let body = "Content-Type: c/d\r\n";
    let sent = sent(HOST, "PUT /a%20b?z=1&a", &format!("{dummy}{body}"), "x", true).unwrap();
    let text = format!(
        "PUT\na/b\n\nc/d\nSat, 31 Jan 2026 12:00:00 GMT\nx-acs-accesskey-id:{ID}\nx-acs-security-token:{TOKEN}\n\
         x-acs-signature-method:HMAC-SHA1\nx-acs-signature-nonce:n-1\nx-acs-signature-version:1.0\n/a b?a&z=1"
    );
    assert_eq!(sent.text, text);
    assert_eq!(sent.header("authorization"), format!("acs {ID}:{}", base64(&mac1(&text))));
    assert_eq!((sent.plan.body, sent.plan.adds_action), (BodyPlan::Stream, false));
}

#[test]
fn what_readers_read_differently_is_refused() {
    let refused = |headers: &str| match sent(HOST, "GET /a", headers, "", true) {
        Err(Stopped::Refused(code)) => Some(code),
        _ => None,
    };
    assert_eq!(refused("x-fc-a: 1\r\nX-Fc-A: 1\r\n"), Some(Code::DuplicateField));
    assert_eq!(refused("Authorization: acs d:x\r\nAccept: a\r\nAccept: a\r\n"), Some(Code::DuplicateField));
    assert_eq!(refused("x_acs_date: 1\r\n"), Some(Code::UnderscoreHeader));
}

#[test]
fn the_vectors_of_custom_domains_come_out_signed_with_a_dummy_key() {
    let vectors = vectors(include_str!("../../../tests/vectors/fc1.jsonl"));
    let is_own = |vector: &&serde_json::Value| {
        !vector["request"][1].as_str().unwrap().ends_with(".fc.aliyuncs.com") && vector["key"] == "static"
    };
    let mut seen = 0;
    for vector in vectors.iter().filter(is_own) {
        let part = |at: usize| vector["request"][at].as_str().unwrap();
        let mut headers =
            "Authorization: FC dummy:c2ln\r\nDate: Wed, 01 Jan 2020 00:00:00 GMT\r\n".to_owned();
        for pair in vector["headers"].as_array().unwrap().iter().filter(|pair| pair[0] != "host") {
            headers.push_str(&format!("{}: {}\r\n", pair[0].as_str().unwrap(), pair[1].as_str().unwrap()));
        }
        let body = vector["body"]["utf8"].as_str().unwrap_or_default();
        let line = format!("{} {}", part(0), part(2));
        let sent = sent((HOST.0, part(1)), &line, &headers, body, false).unwrap();
        let date = vector["adds"]["headers"][0][1].as_str().unwrap();
        let text = sent.text.replace("Sat, 31 Jan 2026 12:00:00 GMT", date);
        assert_eq!(text, vector["string_to_sign"].as_str().unwrap(), "{}", vector["name"]);
        seen += 1;
    }
    assert_eq!(seen, 3);
}

#[test]
fn the_worked_example_of_the_page_is_what_is_signed() {
    let (text, signature) = documented("HTTP triggers on your own names");
    let sent = sent(HOST, "GET /list?to=9&from=1", "", "", false).unwrap();
    assert!(is_trigger(&sent, "GET", "/list", "from=1&to=9"), "{}", sent.head);
    assert_eq!(sent.canonical, text);
    assert!(sent.header("authorization").ends_with(&format!("Signature={signature}")), "{}", sent.head);
}
