//! The aliyun CLI, which no registry has: what it was recorded to send is sent to our desks byte for byte, and what they
//! answer has the shape of what it was recorded to take (`tests/data/cli`).

use serde_json::Value;

use super::Desk;
use crate::kit::Answer;
use crate::kit::place::Place;
use crate::kit::program::countersign;

const ALL: &str = include_str!("../data/cli/recorded.jsonl");

/// Request and accepted answer of each step of a mode.
fn recorded(mode: &str) -> Vec<(String, String)> {
    let rows = ALL.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    let steps = rows.filter(|row| row["mode"] == mode);
    steps.map(|row| (text(&row, "request"), text(&row, "answer"))).collect()
}

/// The members of an object and what each holds: a date as ISO 8601 without fractions, one of the words that are looked at,
/// or a text that is not empty.
fn shape(body: &str) -> Vec<(String, &'static str)> {
    let Value::Object(members) = serde_json::from_str(body).unwrap_or_else(|_| panic!("{body}")) else {
        panic!("{body}")
    };
    let kind = |value: &Value| {
        let text = value.as_str().unwrap_or_else(|| panic!("{body}"));
        let dated: String = text.chars().map(|sign| if sign.is_ascii_digit() { '0' } else { sign }).collect();
        match text {
            "" => "nothing",
            "Success" => "Success",
            "StsToken" => "StsToken",
            _ if dated == "0000-00-00T00:00:00Z" => "a date",
            _ if text.starts_with("STS.") => "an id",
            _ => "a text",
        }
    };
    members.iter().map(|(name, value)| (name.clone(), kind(value))).collect()
}

/// Asks with the bytes that were recorded.
async fn asked(desk: &Desk, request: &str, own: &[(&str, &str)]) -> Answer {
    let request = own.iter().fold(request.to_owned(), |request, (mark, text)| request.replace(mark, text));
    assert!(!request.contains('{'), "{request}");
    let answer = desk.ask(&request).await;
    assert_eq!(answer.status, 200, "{request}{answer:?}");
    answer
}

#[tokio::test]
async fn its_credentials_uri_mode_is_answered_as_it_takes_it() {
    let desk = Desk::open("kind = \"uri\"\naddress = \"127.0.0.1:0\"\npath_file = \"uri\"").await;
    let host = desk.address().to_string();
    let uri = desk.proxy.place.read("uri");
    let path = uri.trim_end().strip_prefix(&format!("http://{host}")).unwrap();
    let steps = recorded("CredentialsURI");
    assert_eq!(steps.len(), 1);
    for (request, accepted) in steps {
        let answer = asked(&desk, &request, &[("{HOST}", &host), ("{PATH}", path)]).await;
        assert_eq!(shape(&answer.text()), shape(&accepted));
    }
}

#[tokio::test]
async fn its_ecs_mode_is_answered_as_it_takes_it() {
    let desk = Desk::open("kind = \"metadata\"\naddress = \"127.0.0.1:0\"").await;
    let steps = recorded("EcsRamRole");
    let [(for_token, token), (for_role, accepted)] = steps.as_slice() else { panic!("{}", steps.len()) };
    let given = asked(&desk, for_token, &[]).await.text();
    let is_token = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    assert!(is_token(&given) && is_token(token), "{given:?}");
    let answer = asked(&desk, for_role, &[("{TOKEN}", &given), ("{ROLE}", "countersign")]).await;
    assert_eq!(shape(&answer.text()), shape(accepted));
}

#[tokio::test]
async fn its_external_mode_is_printed_what_it_takes() {
    let desk = Desk::open("kind = \"process\"\naddress = \"unix:countersign-vend.sock\"").await;
    let place: &Place = &desk.proxy.place;
    let output = countersign(place, &["credential", "--format", "external"]).output().await.unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let steps = recorded("External");
    assert_eq!(steps.len(), 1);
    for (_, accepted) in steps {
        assert_eq!(shape(&printed), shape(&accepted));
        assert_eq!(printed.lines().count(), accepted.lines().count(), "one line");
    }
}
