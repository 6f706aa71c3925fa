//! What is refused, and whose answers are signed.

use super::*;
use crate::sandbox::Outcome;

async fn denied(visit: &Visit, heard: &Heard) -> (u16, String, String) {
    let answer = visit.send(heard).await;
    assert_eq!(answer.header("authorization"), "", "nothing is signed for who is not believed");
    refusal(&answer)
}

fn failed(message: &str) -> (u16, String, String) {
    (403, "OTSAuthFailed".to_owned(), message.to_owned())
}

#[tokio::test]
async fn whoever_is_not_believed_is_told_so_in_the_words_of_tablestore() {
    let visit = with_table().await;
    let (user, list) = (visit.user(), (HOST, "ListTable"));
    let unknown = Key { id: "LTAInobody".to_owned(), ..user.clone() };
    let heard = call(&visit, &unknown, list, Vec::new(), 0);
    assert_eq!(denied(&visit, &heard).await, failed("The AccessKeyID does not exist."));
    let other = Key { secret: "another".to_owned(), ..user.clone() };
    let heard = call(&visit, &other, list, Vec::new(), 0);
    assert_eq!(denied(&visit, &heard).await, failed("Signature mismatch."));
    let heard = call(&visit, &user, list, Vec::new(), -901);
    let stamp = date::iso_milliseconds(visit.now() - 901);
    let expected = failed(&format!("Mismatch between system time and x-ots-date: {stamp}."));
    assert_eq!(denied(&visit, &heard).await, expected);
    let heard = Heard { body: b"other".to_vec(), ..call(&visit, &user, list, Vec::new(), 0) };
    let expected = failed("Mismatch between MD5 value of request body and x-ots-contentmd5 in header.");
    assert_eq!(denied(&visit, &heard).await, expected);
    let role = visit.role_key(&[]).await;
    let untold = Key { token: None, ..role.clone() };
    let heard = call(&visit, &untold, list, Vec::new(), 0);
    assert_eq!(denied(&visit, &heard).await, failed("The AccessKeyID does not exist."));
    let heard = call(&visit, &role, list, Vec::new(), 0);
    assert_eq!(visit.send(&heard).await.status.as_u16(), 200);
    let unsigned = request("POST", HOST, "/ListTable", "");
    assert_eq!(denied(&visit, &unsigned).await.1, "OTSParameterInvalid");
}

#[tokio::test]
async fn an_answer_to_version_4_is_signed_with_the_key_of_its_day_and_region() {
    let visit = with_table().await;
    let (user, body) = (visit.user(), Writer::default().text(1, "t").finish());
    let mut heard = call(&visit, &user, (HOST, "DescribeTable"), body, 0);
    heard.headers.retain(|(name, _)| name != "x-ots-signature");
    let day = date::iso(visit.now()).replace('-', "")[..8].to_owned();
    for (name, value) in [("x-ots-signdate", day.as_str()), ("x-ots-signregion", "cn-hangzhou")] {
        heard.headers.push((name.to_owned(), value.as_bytes().to_vec()));
    }
    let heard = with_signature(heard, "x-ots-signaturev4", &user);
    let answer = visit.send(&heard).await;
    let recipe = Recipe::OtsV4 { day, region: "cn-hangzhou".to_owned() };
    assert_eq!(answer.status.as_u16(), 200);
    assert_eq!(answer.header("authorization"), proof(&visit, &answer, &recipe, "/DescribeTable"));
}

#[tokio::test]
async fn what_is_no_call_is_refused_and_written_down() {
    let visit = with_table().await;
    let unknown = sent(&visit, "HelloWorld", Writer::default()).await;
    let expected =
        (400, "OTSUnsupportOperation".to_owned(), "Unsupported operation: 'HelloWorld'.".to_owned());
    assert_eq!(refusal(&unknown), expected);
    let broken = Writer::default().bytes(1, b"\xff");
    assert_eq!(refused(&visit, "GetRow", broken).await, (400, "OTSParameterInvalid".to_owned()));
    let missing = Writer::default().text(1, "nowhere").bytes(2, &bytes(&row("x", 1, &[]))).number(5, 1);
    assert_eq!(refused(&visit, "GetRow", missing).await, (404, "OTSObjectNotExist".to_owned()));
    let verdicts = visit.sandbox.verdicts();
    let last = verdicts.last().unwrap();
    assert_eq!((last.action.as_str(), last.status, &last.outcome), ("GetRow", 404, &Outcome::Verified));
}

#[tokio::test]
async fn a_row_that_cannot_be_is_refused() {
    let visit = with_table().await;
    let invalid = (400, "OTSParameterInvalid".to_owned());
    let mut damaged = bytes(&row("x", 1, &[("c", text("1"))]));
    *damaged.last_mut().unwrap() ^= 1;
    let condition = Writer::default().number(1, 0);
    let order = Writer::default().text(1, "t").bytes(2, &damaged).message(3, &condition);
    assert_eq!(refused(&visit, "PutRow", order).await, invalid);
    for wrong in [
        row("x", 1, &[("1c", text("1"))]),
        row("x", 1, &[("c", Value::Most)]),
        row("x", 1, &[("c", Value::Binary(vec![0; 2 * 1024 * 1024 + 1]))]),
        row(&"x".repeat(1_025), 1, &[]),
    ] {
        assert_eq!(refused(&visit, "PutRow", change(&wrong, 0)).await, invalid);
    }
    assert_eq!(refused(&visit, "UpdateRow", change(&row("x", 1, &[]), 0)).await, invalid, "nothing to do");
    let far = Cell { stamp: Some((visit.now() + 86_401) * 1_000), ..Cell::new("c", text("1"), None) };
    let far = Row { cells: vec![far], ..row("x", 1, &[]) };
    assert_eq!(refused(&visit, "PutRow", change(&far, 0)).await, invalid);
    let cells = |names: [(&str, Value); 2]| names.map(|(name, value)| Cell::new(name, value, None)).to_vec();
    for (cells, message) in [
        (cells([("a", text("x")), ("c", Value::Integer(1))]), "Validate PK name fail. Input: c, Meta: b."),
        (
            cells([("a", text("x")), ("b", text("1"))]),
            "Validate PK type fail. Input: STRING[b], Meta: INTEGER.",
        ),
        (
            cells([("a", text("x")), ("b", text("1"))])[..1].to_vec(),
            "Validate PK size fail. Input: 1, Meta: 2.",
        ),
    ] {
        let wrong = Row { key: cells, cells: Vec::new() };
        let answer = sent(&visit, "PutRow", change(&wrong, 0)).await;
        assert_eq!(refusal(&answer), (400, "OTSInvalidPK".to_owned(), message.to_owned()));
    }
    let unversioned = Writer::default().text(1, "t").bytes(2, &bytes(&row("x", 1, &[])));
    assert_eq!(refused(&visit, "GetRow", unversioned).await, invalid);
}
