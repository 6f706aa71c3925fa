//! Topics over the network: groups, tags, and a consumer that waits.

use crate::sandbox::date;
use crate::sandbox::element::Element;
use crate::sandbox::heard::Heard;
use crate::sandbox::tests::client::{Read, Visit, request, signed_with};

const HOST: &str = "1234567890123456.mqrest.cn-hangzhou.aliyuncs.com";

fn call(visit: &Visit, method: &str, query: &str, body: &str) -> Heard {
    let mut heard = request(method, HOST, "/topics/t/messages", query);
    heard.body = body.as_bytes().to_vec();
    heard.headers.push(("date".to_owned(), date::gmt(visit.now()).into_bytes()));
    heard.headers.push(("x-mq-version".to_owned(), b"2015-06-06".to_vec()));
    signed_with(heard, &format!("MQ {}:", visit.user().id), &visit.user())
}

async fn published(visit: &Visit, body: &str, more: &str) -> String {
    let document = format!("<Message><MessageBody>{body}</MessageBody>{more}</Message>");
    let answer = visit.send(&call(visit, "POST", "ns=MQ_INST_1", &document)).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    Element::read(&answer.body).unwrap().child("MessageId").unwrap().to_owned()
}

/// What a group is handed: ids and handles.
async fn consumed(visit: &Visit, group: &str, more: &str) -> Vec<(String, String)> {
    let query = format!("consumer={group}&ns=MQ_INST_1&numOfMessages=16{more}");
    messages(&visit.send(&call(visit, "GET", &query, "")).await)
}

fn messages(answer: &Read) -> Vec<(String, String)> {
    let root = Element::read(&answer.body).unwrap();
    if answer.status == 404 {
        assert_eq!(root.child("Code"), Some("MessageNotExist"));
        return Vec::new();
    }
    let child = |one: &Element, name: &str| one.child(name).unwrap().to_owned();
    root.children.iter().map(|one| (child(one, "MessageId"), child(one, "ReceiptHandle"))).collect()
}

async fn acknowledged(visit: &Visit, group: &str, handle: &str) -> Read {
    let document = format!("<ReceiptHandles><ReceiptHandle>{handle}</ReceiptHandle></ReceiptHandles>");
    visit.send(&call(visit, "DELETE", &format!("consumer={group}&ns=MQ_INST_1"), &document)).await
}

#[tokio::test]
async fn each_group_is_handed_each_message_until_it_acknowledges_it() {
    let visit = Visit::new().await;
    let id = published(&visit, "a &lt;b&gt; 测试", "<Properties>KEYS:k|</Properties>").await;
    let first = consumed(&visit, "GID_1", "").await;
    assert_eq!(first[0].0, id);
    assert_eq!(consumed(&visit, "GID_1", "").await, []);
    assert_eq!(consumed(&visit, "GID_2", "").await[0].0, id);
    // Five minutes without an acknowledgement.
    visit.clock.advance(300);
    let again = consumed(&visit, "GID_1", "").await;
    assert_eq!((again.len(), &again[0].0), (1, &id));
    let late = acknowledged(&visit, "GID_1", &first[0].1).await;
    assert_eq!(late.status, 404);
    assert!(late.text().contains("<ErrorCode>ReceiptHandleError</ErrorCode>"), "{}", late.text());
    assert_eq!(acknowledged(&visit, "GID_1", &again[0].1).await.status, 204);
    visit.clock.advance(300);
    assert_eq!(consumed(&visit, "GID_1", "").await, []);
    // Kept for three days.
    visit.clock.advance(259_200);
    assert_eq!(consumed(&visit, "GID_2", "").await, []);
    assert_eq!(consumed(&visit, "GID_3", "").await, []);
}

#[tokio::test]
async fn a_group_is_handed_the_tags_it_wants_and_late_messages_late() {
    let visit = Visit::new().await;
    let red = published(&visit, "1", "<MessageTag>red</MessageTag>").await;
    published(&visit, "2", "<MessageTag>blue</MessageTag>").await;
    let green = published(&visit, "3", "<MessageTag>green</MessageTag>").await;
    let ids = |handed: Vec<(String, String)>| handed.into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    assert_eq!(ids(consumed(&visit, "GID_1", "&tag=red%7C%7Cgreen").await), [red, green]);
    let at = (visit.now() + 20) * 1_000;
    let late = published(&visit, "4", &format!("<Properties>__STARTDELIVERTIME:{at}|</Properties>")).await;
    assert_eq!(consumed(&visit, "GID_1", "").await, []);
    visit.clock.advance(20);
    assert_eq!(ids(consumed(&visit, "GID_1", "").await), [late]);
}

#[tokio::test]
async fn a_consumer_waits_for_a_message() {
    let visit = Visit::new().await;
    let waiting = call(&visit, "GET", "consumer=GID_1&ns=MQ_INST_1&waitseconds=30", "");
    let mut waiting = Box::pin(visit.send(&waiting));
    // Another group is answered meanwhile.
    tokio::select! {
        biased;
        early = &mut waiting => panic!("it did not wait: {}", early.text()),
        none = consumed(&visit, "GID_2", "") => assert_eq!(none, []),
    }
    let (handed, id) = tokio::join!(waiting, published(&visit, "late", ""));
    assert_eq!(messages(&handed)[0].0, id);
}

#[tokio::test]
async fn what_is_wrong_is_said_in_the_words_of_rocketmq() {
    let visit = Visit::new().await;
    let mut spoilt = call(&visit, "GET", "consumer=GID_1", "");
    spoilt.query.push('2');
    for (heard, status, code) in [
        (spoilt, 403, "SignatureDoesNotMatch"),
        (call(&visit, "GET", "", ""), 400, "InvalidArgument"),
        (call(&visit, "GET", "consumer=GID_1&trans=pop", ""), 400, "InvalidRequestURL"),
        (call(&visit, "POST", "", "<Message/>"), 400, "MalformedXML"),
    ] {
        let answer = visit.send(&heard).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code));
        assert!(answer.text().contains("xmlns=\"http://mq.aliyuncs.com/doc/v1/\""), "{}", answer.text());
        assert!(answer.text().contains(answer.header("x-mq-request-id")));
    }
}

#[tokio::test]
async fn messages_and_groups_end_where_the_memory_for_them_does() {
    let visit = Visit::new().await;
    let large = format!("<Message><MessageBody>{}</MessageBody></Message>", "x".repeat(3 * 1024 * 1024));
    let mut answers = Vec::new();
    for _ in 0..22 {
        answers.push(visit.send(&call(&visit, "POST", "", &large)).await.status.as_u16());
    }
    // A group would hold them once more.
    let full = visit.send(&call(&visit, "GET", "consumer=GID_1", "")).await;
    assert_eq!((answers[20], answers[21], full.code().as_str()), (201, 503, "ServiceUnavailable"));
}
