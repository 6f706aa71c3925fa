//! What customers run behind API Gateway, Dataplus and Function Compute's HTTP triggers: here it tells what reached it.

use serde_json::{Map, Value, json};

use super::admission::Admission;
use super::answer::{Answer, set, text};
use super::cloud::Cloud;
use super::encode::base64;
use super::error::Error;
use super::fc;
use super::heard::Heard;
use super::place::Place;
use super::verify::{Claim, Denial};

/// Headers that a proof is made of: they are not told, since who asks is not who signed.
const PROOF: [&str; 6] = [
    "authorization",
    "x-acs-security-token",
    "x-ca-key",
    "x-ca-signature",
    "x-fc-security-token",
    "x-acs-accesskey-id",
];

/// Answers a request to a host that a customer's own code stands behind.
pub(crate) fn answer(cloud: &Cloud, place: &Place, heard: &Heard) -> Answer {
    let request_id = cloud.request_id();
    let words = match place.product.as_str() {
        "apigateway" => gateway_words,
        "dataplus" => dataplus_words,
        _ => fc::words,
    };
    let admission = Admission::of(cloud, place, heard, words);
    let mut answer = match &admission.caller {
        Ok(_) => reflection(heard),
        Err(error) => refusal(error, place, &request_id),
    };
    match place.product.as_str() {
        "apigateway" => set(&mut answer, "x-ca-request-id", &request_id),
        "fc-trigger" => set(&mut answer, "x-fc-request-id", &request_id),
        _ => {}
    }
    admission.note(cloud, place, &heard.method, answer.status().as_u16());
    answer
}

/// What arrived, as JSON: method, path, query, headers and body. A body that is no text is told in base64.
pub(crate) fn reflection(heard: &Heard) -> Answer {
    let mut headers = Map::new();
    for (name, value) in heard.headers.iter().filter(|(name, _)| !PROOF.contains(&name.as_str())) {
        headers.insert(name.clone(), json!(String::from_utf8_lossy(value)));
    }
    let (body, is_base64) = match std::str::from_utf8(&heard.body) {
        Ok(body) => (body.to_owned(), false),
        Err(_) => (base64(&heard.body), true),
    };
    let told = json!({
        "method": heard.method,
        "path": heard.path,
        "query": heard.query,
        "headers": Value::Object(headers),
        "body": body,
        "isBase64Encoded": is_base64,
    });
    text(200, "application/json; charset=utf-8", told.to_string())
}

fn refusal(error: &Error, place: &Place, request_id: &str) -> Answer {
    match place.product.as_str() {
        // API Gateway says it in headers, where a line's end is `#`.
        "apigateway" => {
            let mut answer = text(error.status, "text/plain; charset=utf-8", String::new());
            set(&mut answer, "x-ca-error-code", &error.code);
            set(&mut answer, "x-ca-error-message", &error.message.replace('\n', "#"));
            answer
        }
        // In which form Dataplus does is published nowhere.
        "dataplus" => {
            let told = json!({ "code": error.code, "message": error.message, "requestId": request_id });
            text(error.status, "application/json", told.to_string())
        }
        _ => fc::refusal(error, request_id, true),
    }
}

/// From "Error codes for API Gateway instances of the VPC type", as far as it names them.
fn gateway_words(denial: &Denial, claim: Option<&Claim>) -> Error {
    let fixed = |status, code: &str, message: &str| Error::new(status, code, message);
    match denial {
        Denial::Missing("Authorization") => {
            fixed(400, "A400MA", "Need authorization, `X-Ca-Key` or `Authorization: APPCODE ...` is required")
        }
        Denial::Missing(name) => fixed(400, "I400MH", &format!("Header `{name}` is Required")),
        Denial::BadDate(name) => fixed(400, "I400HD", &format!("Invalid Header `{name}` it is no date")),
        Denial::Malformed(why) => fixed(400, "I400HD", &format!("Invalid Header `X-Ca-Signature` {why}")),
        Denial::Uncovered(name) => {
            fixed(400, "I400HD", &format!("Invalid Header `{name}` it is not signed once"))
        }
        Denial::BodyHash => fixed(400, "I400I5", "Invalid Content-MD5"),
        Denial::UnknownKey => fixed(400, "A400IK", "Invalid AppKey"),
        Denial::Skewed { .. } => fixed(403, "S403TE", "X-Ca-Timestamp is expired"),
        Denial::NonceUsed => fixed(403, "S403NU", "Nonce Used"),
        _ => {
            let text = claim.map(|claim| String::from_utf8_lossy(&claim.string_to_sign)).unwrap_or_default();
            fixed(403, "A403IS", &format!("Invalid Signature, Server StringToSign:`{text}`"))
        }
    }
}

/// No document tells the codes of Dataplus: these are those of the products beside it.
fn dataplus_words(denial: &Denial, claim: Option<&Claim>) -> Error {
    match denial {
        Denial::UnknownKey | Denial::TokenMissing => {
            Error::new(403, "InvalidAccessKeyId", "The AccessKeyId is not found.")
        }
        Denial::Skewed { .. } => Error::new(403, "RequestTimeTooSkewed", "The Date is too far away."),
        Denial::Mismatch => {
            let text = claim.map(|claim| String::from_utf8_lossy(&claim.string_to_sign)).unwrap_or_default();
            let message = format!("Specified signature is not matched. server string to sign is:{text}");
            Error::new(403, "SignatureDoesNotMatch", &message)
        }
        _ => Error::new(400, "InvalidAuthorization", "Authorization and Date must be as Dataplus has them."),
    }
}

#[cfg(test)]
mod tests {
    use crate::sandbox::date;
    use crate::sandbox::heard::Heard;
    use crate::sandbox::tests::client::{Key, Visit, request, signed_with, with_signature};

    fn app() -> Key {
        Key { id: "24000001".to_owned(), secret: "app-secret".to_owned(), token: None }
    }

    fn gateway(visit: &Visit, host: &str, key: &Key) -> Heard {
        let mut heard = request("POST", host, "/weather", "city=Z%C3%BCrich&days=");
        heard.body = "{\"测\":1}".as_bytes().to_vec();
        let stamp = (visit.now() * 1_000).to_string();
        for (name, value) in [
            ("x-ca-key", key.id.as_str()),
            ("x-ca-timestamp", &stamp),
            ("x-ca-signature-headers", "x-ca-key,x-ca-timestamp"),
            ("accept", "*/*"),
        ] {
            heard.headers.push((name.to_owned(), value.as_bytes().to_vec()));
        }
        with_signature(heard, "x-ca-signature", key)
    }

    #[tokio::test]
    async fn a_gateway_takes_its_apps_keys_and_no_others_at_its_names_and_those_it_was_told() {
        let visit = Visit::new().await;
        visit.sandbox.admit_app("24000001", "app-secret");
        visit.sandbox.own_host("api.example.com", "apigateway");
        for host in ["a-cn-hangzhou.alicloudapi.com", "api.example.com"] {
            let answer = visit.send(&gateway(&visit, host, &app())).await;
            assert_eq!(answer.status, 200, "{host}: {answer:?}");
            let told = answer.json();
            assert_eq!((&told["method"], &told["path"]), (&"POST".into(), &"/weather".into()));
            assert_eq!(
                (&told["query"], &told["body"]),
                (&"city=Z%C3%BCrich&days=".into(), &"{\"测\":1}".into())
            );
            assert_eq!(told["headers"]["x-ca-signature"], serde_json::Value::Null);
            let mut spoilt = gateway(&visit, host, &app());
            spoilt.query.push('7');
            let answer = visit.send(&spoilt).await;
            assert_eq!((answer.status.as_u16(), answer.header("x-ca-error-code")), (403, "A403IS"));
            let message = String::from_utf8_lossy(answer.headers["x-ca-error-message"].as_bytes());
            assert!(message.contains("POST#*/*####x-ca-key:24000001#x-ca-timestamp:"), "{message}");
            assert!(message.ends_with("#/weather?city=Zürich&days=7`"), "{message}");
            // A key of RAM is none of an app, nor the other way round.
            let answer = visit.send(&gateway(&visit, host, &visit.user())).await;
            assert_eq!((answer.status.as_u16(), answer.header("x-ca-error-code")), (400, "A400IK"));
        }
        assert_eq!(
            visit.oss(&app(), request("GET", "oss-cn-hangzhou.aliyuncs.com", "/", "")).await.status,
            403
        );
    }

    #[tokio::test]
    async fn dataplus_takes_a_users_key() {
        let visit = Visit::new().await;
        let mut heard = request("POST", "dtplus-cn-shanghai.data.aliyuncs.com", "/face/detect", "");
        heard.body = vec![0xff, 0x00];
        for (name, value) in [("accept", "application/json"), ("content-type", "application/json")] {
            heard.headers.push((name.to_owned(), value.as_bytes().to_vec()));
        }
        heard.headers.push(("date".to_owned(), date::gmt(visit.now()).into_bytes()));
        let signed = signed_with(heard, &format!("Dataplus {}:", visit.user().id), &visit.user());
        let told = visit.send(&signed).await.json();
        assert_eq!((&told["body"], &told["isBase64Encoded"]), (&"/wA=".into(), &true.into()));
        let answer = visit.send(&Heard { body: b"other".to_vec(), ..signed }).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (403, &"SignatureDoesNotMatch".into()));
    }

    #[tokio::test]
    async fn a_trigger_echoes_and_keeps_the_token_to_itself() {
        let visit = Visit::new().await;
        let key = visit.role_key(&[]).await;
        let mut heard = request("PUT", "list.cn-hangzhou.fcapp.run", "/a$b", "q=1");
        heard.headers.push(("x-acs-date".to_owned(), date::iso(visit.now()).into_bytes()));
        let token = key.token.clone().unwrap();
        heard.headers.push(("x-acs-security-token".to_owned(), token.clone().into_bytes()));
        let lead = format!(
            "ACS3-HMAC-SHA256 Credential={},SignedHeaders=x-acs-date;x-acs-security-token,Signature=",
            key.id
        );
        let signed = signed_with(heard, &lead, &key);
        let answer = visit.send(&signed).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["path"]), (200, &"/a$b".into()), "{answer:?}");
        assert!(!answer.text().contains(&token));
        let answer = visit.send(&Heard { query: "q=2".to_owned(), ..signed }).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["ErrorCode"]), (403, &"SignatureNotMatch".into()));
    }
}
