//! Queues over the network, and a receiver that waits while others go on.

use crate::sandbox::date;
use crate::sandbox::element::Element;
use crate::sandbox::heard::Heard;
use crate::sandbox::tests::client::{Read, Visit, request, signed_with};

const HOST: &str = "1234567890123456.mns.cn-hangzhou.aliyuncs.com";
const REGION: &str = "cn-hangzhou.mns.aliyuncs.com";
const MESSAGES: &str = "/queues/q/messages";

/// A signed call, of version 2 at an account's host and of version 4 at a region's.
fn call(visit: &Visit, host: &str, (method, target): (&str, &str), body: &str) -> Heard {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut heard = request(method, host, path, query);
    heard.body = body.as_bytes().to_vec();
    let now = visit.now();
    heard.headers.push(("date".to_owned(), date::gmt(now).into_bytes()));
    heard.headers.push(("x-mns-version".to_owned(), b"2015-06-06".to_vec()));
    let key = visit.user();
    let day = date::iso(now).replace('-', "").chars().take(8).collect::<String>();
    let lead = match host {
        REGION => format!(
            "MNS4-HMAC-SHA256 Credential={}/{day}/cn-hangzhou/mns/aliyun_v4_request,Signature=",
            key.id
        ),
        _ => format!("MNS {}:", key.id),
    };
    signed_with(heard, &lead, &key)
}

async fn sent(visit: &Visit, method: &str, target: &str, body: &str) -> Read {
    visit.send(&call(visit, HOST, (method, target), body)).await
}

async fn with_queue(attributes: &str) -> Visit {
    let visit = Visit::new().await;
    let document = format!("<Queue xmlns=\"http://mns.aliyuncs.com/doc/v1/\">{attributes}</Queue>");
    let made = sent(&visit, "PUT", "/queues/q", &document).await;
    assert_eq!((made.status.as_u16(), made.header("location")), (201, &*format!("http://{HOST}/queues/q")));
    visit
}

fn message(body: &str, more: &str) -> String {
    format!("<Message><MessageBody>{body}</MessageBody>{more}</Message>")
}

/// A child's text in an answer.
fn child(answer: &Read, name: &str) -> String {
    let root = Element::read(&answer.body).unwrap_or_else(|| panic!("{}", answer.text()));
    root.child(name).unwrap_or_else(|| panic!("no {name}: {}", answer.text())).to_owned()
}

fn verdict(answer: &Read) -> (u16, String) {
    (answer.status.as_u16(), child(answer, "Code"))
}

#[tokio::test]
async fn a_message_is_sent_received_hidden_for_longer_and_deleted() {
    let visit = with_queue("").await;
    let properties = "<UserProperties><PropertyValue><Name>k</Name><Value>é&amp;</Value><Type>STRING</Type>\
                      </PropertyValue></UserProperties>";
    let told = sent(&visit, "POST", MESSAGES, &message("a &lt;b&gt; 测试", properties)).await;
    assert_eq!(told.status, 201, "{}", told.text());
    assert_eq!(child(&told, "MessageBodyMD5").len(), 32);
    let peeked = sent(&visit, "GET", &format!("{MESSAGES}?peekonly=true"), "").await;
    assert_eq!(child(&peeked, "DequeueCount"), "0");
    let received = sent(&visit, "GET", MESSAGES, "").await;
    assert_eq!(child(&received, "MessageBody"), "a <b> 测试");
    assert_eq!(child(&received, "MessageId"), child(&told, "MessageId"));
    assert_eq!((child(&received, "DequeueCount"), child(&received, "Priority")), ("1".into(), "8".into()));
    assert!(received.text().contains("<Value>é&amp;</Value>"), "{}", received.text());
    let nothing = sent(&visit, "GET", MESSAGES, "").await;
    assert_eq!(verdict(&nothing), (404, "MessageNotExist".to_owned()));

    let handle = child(&received, "ReceiptHandle");
    let target = format!("{MESSAGES}?receiptHandle={handle}&visibilityTimeout=100");
    let changed = sent(&visit, "PUT", &target, "").await;
    let newer = child(&changed, "ReceiptHandle");
    let old = sent(&visit, "DELETE", &format!("{MESSAGES}?ReceiptHandle={handle}"), "").await;
    assert_eq!(verdict(&old), (400, "ReceiptHandleError".to_owned()));
    visit.clock.advance(99);
    assert_eq!(sent(&visit, "GET", MESSAGES, "").await.status, 404);
    let deleted = sent(&visit, "DELETE", &format!("{MESSAGES}?ReceiptHandle={newer}"), "").await;
    assert_eq!((deleted.status.as_u16(), deleted.text().as_str()), (204, ""));
    visit.clock.advance(1);
    assert_eq!(sent(&visit, "GET", MESSAGES, "").await.status, 404);
}

#[tokio::test]
async fn what_is_not_deleted_comes_again_under_another_handle_and_ends_with_its_time() {
    let visit = with_queue(
        "<VisibilityTimeout>10</VisibilityTimeout><MessageRetentionPeriod>60</MessageRetentionPeriod>",
    )
    .await;
    sent(&visit, "POST", MESSAGES, &message("m", "")).await;
    let first = child(&sent(&visit, "GET", MESSAGES, "").await, "ReceiptHandle");
    visit.clock.advance(10);
    let again = sent(&visit, "GET", MESSAGES, "").await;
    assert_eq!(child(&again, "DequeueCount"), "2");
    assert_ne!(child(&again, "ReceiptHandle"), first);
    visit.clock.advance(50);
    assert_eq!(sent(&visit, "GET", MESSAGES, "").await.status, 404);
}

#[tokio::test]
async fn a_batch_is_sent_received_by_urgency_and_deleted_as_far_as_it_can_be() {
    let visit = with_queue("").await;
    let batch = [message("low", "<Priority>16</Priority>"), message("high", "<Priority>1</Priority>")];
    let told = sent(&visit, "POST", MESSAGES, &format!("<Messages>{}</Messages>", batch.concat())).await;
    assert_eq!((told.status.as_u16(), told.text().matches("<MessageId>").count()), (201, 2));
    let received = sent(&visit, "GET", &format!("{MESSAGES}?numOfMessages=16"), "").await;
    let root = Element::read(&received.body).unwrap();
    let bodies: Vec<_> = root.children.iter().map(|one| one.child("MessageBody").unwrap()).collect();
    assert_eq!(bodies, ["high", "low"]);
    let mut handles: Vec<_> = root.children.iter().map(|one| one.child("ReceiptHandle").unwrap()).collect();
    handles.push("8-none");
    let list: String =
        handles.iter().map(|handle| format!("<ReceiptHandle>{handle}</ReceiptHandle>")).collect();
    let document = format!("<ReceiptHandles>{list}</ReceiptHandles>");
    let partly = sent(&visit, "DELETE", MESSAGES, &document).await;
    assert_eq!(partly.status, 404);
    assert!(partly.text().contains("<ReceiptHandle>8-none</ReceiptHandle>"), "{}", partly.text());
    assert_eq!(partly.text().matches("<Error>").count(), 1);
    let attributes = sent(&visit, "GET", "/queues/q", "").await;
    assert_eq!(
        (child(&attributes, "ActiveMessages"), child(&attributes, "InactiveMessages")),
        ("0".into(), "0".into())
    );
}

#[tokio::test]
async fn a_receiver_waits_for_a_message_while_other_calls_go_on() {
    let visit = with_queue("").await;
    let waiting = call(&visit, HOST, ("GET", "/queues/q/messages?waitseconds=30"), "");
    let mut waiting = Box::pin(visit.send(&waiting));
    // Another call is answered meanwhile.
    let attributes = tokio::select! {
        biased;
        early = &mut waiting => panic!("it did not wait: {}", early.text()),
        attributes = sent(&visit, "GET", "/queues/q", "") => attributes,
    };
    assert_eq!(child(&attributes, "ActiveMessages"), "0");
    let late = message("late", "");
    let (received, told) = tokio::join!(waiting, sent(&visit, "POST", MESSAGES, &late));
    assert_eq!(child(&received, "MessageId"), child(&told, "MessageId"));
}

#[tokio::test]
async fn a_receiver_that_waits_is_told_when_its_queue_goes() {
    let visit = with_queue("<PollingWaitSeconds>30</PollingWaitSeconds>").await;
    let waiting = call(&visit, HOST, ("GET", MESSAGES), "");
    let (received, gone) = tokio::join!(visit.send(&waiting), sent(&visit, "DELETE", "/queues/q", ""));
    assert_eq!(gone.status, 204);
    assert_eq!(verdict(&received), (404, "QueueNotExist".to_owned()));
}

#[tokio::test]
async fn queues_are_made_changed_and_listed_in_pages_for_their_account_and_region() {
    let visit = with_queue("<DelaySeconds>5</DelaySeconds>").await;
    assert_eq!(
        sent(&visit, "PUT", "/queues/q", "<Queue><DelaySeconds>5</DelaySeconds></Queue>").await.status,
        204
    );
    let other = sent(&visit, "PUT", "/queues/q", "").await;
    assert_eq!(verdict(&other), (409, "QueueAlreadyExist".to_owned()));
    let change =
        sent(&visit, "PUT", "/queues/q?metaoverride=true", "<Queue><DelaySeconds>7</DelaySeconds></Queue>")
            .await;
    assert_eq!(change.status, 204);
    assert_eq!(child(&sent(&visit, "GET", "/queues/q", "").await, "DelaySeconds"), "7");
    sent(&visit, "PUT", "/queues/r", "").await;
    let mut page = call(&visit, HOST, ("GET", "/queues"), "");
    page.headers.retain(|(name, _)| name != "authorization");
    page.headers.push(("x-mns-ret-number".to_owned(), b"1".to_vec()));
    let page = signed_with(page, &format!("MNS {}:", visit.user().id), &visit.user());
    let page = visit.send(&page).await;
    assert_eq!((page.text().matches("<QueueURL>").count(), child(&page, "NextMarker")), (1, "r".to_owned()));
    // A region's host is the account of the caller, and has none of them.
    let theirs = visit.send(&call(&visit, REGION, ("GET", "/queues"), "")).await;
    assert_eq!(
        (theirs.status.as_u16(), theirs.text().contains("QueueURL")),
        (200, false),
        "{}",
        theirs.text()
    );
    for (target, document, code) in [
        ("/queues/-q", "", "InvalidQueueName"),
        ("/queues/s", "<Queue><DelaySeconds>-1</DelaySeconds></Queue>", "InvalidArgument"),
        ("/queues/s", "<Queue>", "MalformedXML"),
    ] {
        assert_eq!(verdict(&sent(&visit, "PUT", target, document).await), (400, code.to_owned()));
    }
    assert_eq!(verdict(&sent(&visit, "PUT", "/topics/t", "").await), (400, "InvalidRequestURL".to_owned()));
}

#[tokio::test]
async fn what_is_wrong_with_a_signature_is_said_in_the_words_of_mns() {
    let visit = with_queue("").await;
    let right = call(&visit, HOST, ("GET", "/queues/q"), "");
    let with = |name: &str, value: &str| right.with_header(name, value);
    for (heard, status, code) in [
        (with("authorization", ""), 400, "MissingAuthorizationHeader"),
        (with("authorization", "MNS nobody:c2ln"), 403, "InvalidAccessKeyId"),
        (with("authorization", "MQ a:b"), 400, "InvalidAuthorizationHeader"),
        (with("x-mns-version", "2015-06-07"), 403, "SignatureDoesNotMatch"),
        (with("date", ""), 400, "MissingDateHeader"),
        (with("content-md5", "bm90IGl0cyBoYXNo"), 400, "InvalidDegist"),
        (with("date", "Thu, 07 Mar 2024 07:09:05 GMT"), 408, "TimeExpired"),
    ] {
        let answer = visit.send(&heard).await;
        assert_eq!(verdict(&answer), (status, code.to_owned()), "{}", answer.text());
        assert_eq!(child(&answer, "RequestId"), answer.header("x-mns-request-id"));
    }
}

#[tokio::test]
async fn messages_end_where_the_memory_for_them_does() {
    let visit = with_queue("").await;
    let batch = format!("<Messages>{}</Messages>", message(&"x".repeat(65_000), "").repeat(16));
    let mut taken = 0;
    let full = loop {
        let answer = sent(&visit, "POST", MESSAGES, &batch).await;
        if answer.status != 201 {
            break answer;
        }
        taken += 1;
    };
    assert_eq!(verdict(&full), (503, "ServiceUnavailable".to_owned()));
    assert_eq!(taken, 64);
}
