//! Keys: what they may be, and deleting many.

use super::super::client::{Visit, request};
use super::{DEMO, all, call, get, md5, one, put, refusal};
use crate::sandbox::heard::Heard;

async fn delete(visit: &Visit, query: &str, list: &str) -> super::super::client::Read {
    call(visit, ("POST", "", query), &[("content-md5", &md5(list.as_bytes()))], list.as_bytes()).await
}

#[tokio::test]
async fn many_objects_are_deleted_at_once() {
    let visit = Visit::new().await;
    for key in ["a&b<c>", "中//%2F+ ", "stays"] {
        put(&visit, key, b"x").await;
    }
    let list = "<?xml version=\"1.0\"?><Delete><Quiet>false</Quiet><Object><Key>a&amp;b&lt;c&gt;</Key></Object>\
                <Object><Key>中//%2F+ </Key></Object><Object><Key>never was\u{7f}&#10;</Key></Object></Delete>";
    let answer = delete(&visit, "delete&encoding-type=url", list).await;
    assert_eq!((answer.status.as_u16(), one(&answer, "EncodingType")), (200, "url".to_owned()));
    assert_eq!(all(&answer, "Key"), ["a%26b%3Cc%3E", "%E4%B8%AD%2F%2F%252F%2B%20", "never%20was%7F%0A"]);
    assert_eq!(all(&call(&visit, ("GET", "", ""), &[], b"").await, "Key"), ["stays"]);
    let answer = delete(&visit, "delete", "<Delete><Object><Key>a&amp;b</Key></Object></Delete>").await;
    assert_eq!(all(&answer, "Key"), ["a&amp;b"]);
}

#[tokio::test]
async fn a_quiet_deletion_says_nothing() {
    let visit = Visit::new().await;
    put(&visit, "k", b"x").await;
    let list = "<Delete><Quiet>true</Quiet><Object><Key>k</Key></Object></Delete>";
    let answer = delete(&visit, "delete", list).await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (200, 0));
    assert_eq!(get(&visit, "k").await.code(), "NoSuchKey");
}

#[tokio::test]
async fn a_list_that_is_none_deletes_nothing() {
    let visit = Visit::new().await;
    put(&visit, "k", b"x").await;
    let good = "<Delete><Object><Key>k</Key></Object></Delete>";
    let named = |count| "<Object><Key>k</Key></Object>".repeat(count);
    for list in [
        "",
        "<Delete></Delete>",
        "<Delete><Object></Object></Delete>",
        "<Delete><Object><Key>k</Key></Object>",
        "<Other><Object><Key>k</Key></Object></Other>",
        &format!("<Delete>{}</Delete>", named(1_001)),
    ] {
        let answer = delete(&visit, "delete", list).await;
        assert_eq!(refusal(&answer), (400, "MalformedXML".to_owned()), "{:.60}", list);
    }
    let unsummed = call(&visit, ("POST", "", "delete"), &[], good.as_bytes()).await;
    assert_eq!(
        (refusal(&unsummed), unsummed.header("x-oss-ec")),
        ((400, "MissingArgument".into()), "0016-00000606")
    );
    let wrong = call(&visit, ("POST", "", "delete"), &[("content-md5", &md5(b""))], good.as_bytes()).await;
    assert_eq!(refusal(&wrong), (400, "InvalidDigest".to_owned()));
    assert_eq!(get(&visit, "k").await.text(), "x");
    assert_eq!(delete(&visit, "delete", &format!("<Delete>{}</Delete>", named(1_000))).await.status, 200);
}

#[tokio::test]
async fn a_key_may_be_1023_bytes_of_anything_that_does_not_begin_with_a_slash() {
    let visit = Visit::new().await;
    let longest = format!("{}{}", "中".repeat(340), "abc");
    assert_eq!(longest.len(), 1_023);
    let keys =
        ["a//b", "a/", "a%2Fb", "a/b", "+", " ", "?&=#", "a/./b", "a/../b", "..", "é", "\u{1}\n", &longest];
    for (number, key) in keys.iter().enumerate() {
        put(&visit, key, number.to_string().as_bytes()).await;
    }
    for (number, key) in keys.iter().enumerate() {
        assert_eq!(get(&visit, key).await.text(), number.to_string(), "{key}");
    }
    let listed = all(&call(&visit, ("GET", "", "encoding-type=url"), &[], b"").await, "Key");
    assert_eq!(listed.len(), keys.len());
    for key in ["/a", "\\a", "//", &format!("{longest}d")] {
        let answer = call(&visit, ("PUT", key, ""), &[], b"x").await;
        assert_eq!(refusal(&answer), (400, "InvalidObjectName".to_owned()), "{key}");
    }
    let not_text = Heard { body: b"x".to_vec(), ..request("PUT", DEMO, "/%ff", "") };
    assert_eq!(visit.oss(&visit.user(), not_text).await.code(), "InvalidObjectName");
}
