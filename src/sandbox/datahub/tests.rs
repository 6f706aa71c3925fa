//! DataHub over the network: records put and got by cursors, and what is refused.

use serde_json::{Value as Json, json};

use crate::sandbox::Outcome;
use crate::sandbox::crc32c::Crc32c;
use crate::sandbox::date;
use crate::sandbox::encode::hex_decoded;
use crate::sandbox::heard::Heard;
use crate::sandbox::protobuf::{Message, Writer};
use crate::sandbox::tests::client::{Key, Read, Visit, request, signed_with};

const HOST: &str = "dh-cn-hangzhou.aliyuncs.com";
const TOPIC: &str = "/projects/lab/topics/t";
const SHARD: &str = "/projects/lab/topics/t/shards/0";

/// A signed call, at so many seconds after now, with further headers.
fn call(
    visit: &Visit,
    key: &Key,
    (method, host, path): (&str, &str, &str),
    more: &[(&str, &str)],
    later: i64,
) -> Heard {
    let mut heard = request(method, host, path, "");
    let stamp = date::gmt(visit.now() + later);
    let own = [("date", stamp.as_str()), ("x-datahub-client-version", "1.1")];
    let token = key.token.as_deref().map(|token| ("x-datahub-security-token", token));
    for (name, value) in own.into_iter().chain(token).chain(more.iter().copied()) {
        heard.headers.push((name.to_owned(), value.as_bytes().to_vec()));
    }
    signed_with(heard, &format!("DATAHUB {}:", key.id), key)
}

async fn sent(visit: &Visit, method: &str, path: &str, body: Json) -> Read {
    let heard = call(visit, &visit.user(), (method, HOST, path), &[("content-type", "application/json")], 0);
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    visit.send(&Heard { body, ..heard }).await
}

fn refusal(answer: &Read) -> (u16, String) {
    (answer.status.as_u16(), answer.json()["ErrorCode"].as_str().unwrap_or_default().to_owned())
}

/// With a topic of a number that must be there and a text.
async fn with_topic(shards: u32) -> Visit {
    let visit = Visit::new().await;
    let fields = json!({"fields": [
        {"name": "a", "type": "BIGINT", "notnull": true},
        {"name": "b", "type": "STRING", "notnull": false},
    ]});
    let order = json!({
        "Action": "create", "ShardCount": shards, "Lifecycle": 7, "RecordType": "TUPLE",
        "RecordSchema": fields.to_string(), "Comment": "中",
    });
    assert_eq!(sent(&visit, "POST", "/projects/lab", json!({"Comment": "c"})).await.status.as_u16(), 201);
    let made = sent(&visit, "POST", TOPIC, order.clone()).await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.text());
    assert_eq!(refusal(&sent(&visit, "POST", TOPIC, order).await), (400, "TopicAlreadyExist".to_owned()));
    visit
}

async fn put(visit: &Visit, records: Json) -> Json {
    let put =
        sent(visit, "POST", &format!("{TOPIC}/shards"), json!({"Action": "pub", "Records": records})).await;
    assert_eq!(put.status.as_u16(), 200, "{}", put.text());
    put.json()
}

async fn cursor(visit: &Visit, more: Json) -> Read {
    let mut order = json!({"Action": "cursor"});
    order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    sent(visit, "POST", SHARD, order).await
}

async fn got(visit: &Visit, path: &str, cursor: &Json, limit: u32) -> Read {
    sent(visit, "POST", path, json!({"Action": "sub", "Cursor": cursor, "Limit": limit})).await
}

#[tokio::test]
async fn records_come_back_in_their_order_page_by_page() {
    let visit = with_topic(1).await;
    let record = |number: u32| json!({"Data": [number.to_string(), null], "Attributes": {"k": "v"}});
    let done = put(&visit, (0..5).map(record).collect()).await;
    assert_eq!(done["FailedRecordCount"], 0);
    let oldest = cursor(&visit, json!({"Type": "OLDEST"})).await.json();
    let page = got(&visit, SHARD, &oldest["Cursor"], 3).await.json();
    assert_eq!(
        (&page["RecordCount"], &page["StartSeq"], &page["LatestSeq"]),
        (&3.into(), &0.into(), &4.into())
    );
    assert_eq!(page["Records"][2]["Data"], json!(["2", null]));
    assert_eq!(page["Records"][2]["Attributes"], json!({"k": "v"}));
    let rest = got(&visit, SHARD, &page["NextCursor"], 3).await.json();
    assert_eq!((&rest["RecordCount"], &rest["StartSeq"]), (&2.into(), &3.into()));
    assert_eq!(page["Records"][2]["NextCursor"], rest["Records"][0]["Cursor"]);
    let end = got(&visit, SHARD, &rest["NextCursor"], 3).await.json();
    assert_eq!((&end["RecordCount"], &end["NextCursor"]), (&0.into(), &rest["NextCursor"]));
}

#[tokio::test]
async fn a_cursor_is_had_by_place_and_by_time() {
    let visit = with_topic(1).await;
    put(&visit, json!([{"Data": ["1", "a"]}])).await;
    visit.clock.advance(10);
    put(&visit, json!([{"Data": ["2", "b"]}])).await;
    let now = visit.now() * 1_000;
    for (asked, sequence, at) in [
        (json!({"Type": "OLDEST"}), 0, now - 10_000),
        (json!({"Type": "LATEST"}), 1, now),
        (json!({"Type": "SEQUENCE", "Sequence": 1}), 1, now),
        (json!({"Type": "SYSTEM_TIME", "SystemTime": now - 9_999}), 1, now),
    ] {
        let found = cursor(&visit, asked.clone()).await.json();
        assert_eq!((&found["Sequence"], &found["RecordTime"]), (&sequence.into(), &at.into()), "{asked}");
    }
    for asked in
        [json!({"Type": "SEQUENCE", "Sequence": 3}), json!({"Type": "SYSTEM_TIME", "SystemTime": now + 1})]
    {
        assert_eq!(refusal(&cursor(&visit, asked).await), (400, "SeekOutOfRange".to_owned()));
    }
    assert_eq!(
        refusal(&cursor(&visit, json!({"Type": "NEWEST"})).await),
        (400, "InvalidParameter".to_owned())
    );
}

#[tokio::test]
async fn a_record_goes_to_the_shard_that_it_names_or_that_its_key_lies_in() {
    let visit = with_topic(2).await;
    let half = "80".to_owned() + &"00".repeat(15);
    let records = json!([
        {"Data": ["0", null], "ShardId": "1"},
        {"Data": ["1", null], "HashKey": "00".repeat(16)},
        {"Data": ["2", null], "HashKey": half},
        // MD5: 0cc175b9… and 92eb5ffe…
        {"Data": ["3", null], "PartitionKey": "a"},
        {"Data": ["4", null], "PartitionKey": "b"},
    ]);
    assert_eq!(put(&visit, records).await["FailedRecordCount"], 0);
    for (shard, expected) in [("0", json!(["1", "3"])), ("1", json!(["0", "2", "4"]))] {
        let path = format!("{TOPIC}/shards/{shard}");
        let oldest = sent(&visit, "POST", &path, json!({"Action": "cursor", "Type": "OLDEST"})).await.json();
        let page = got(&visit, &path, &oldest["Cursor"], 10).await.json();
        let ids: Vec<&Json> = page["Records"].as_array().unwrap().iter().map(|one| &one["Data"][0]).collect();
        assert_eq!(json!(ids), expected);
        // A cursor is its shard's own.
        let other = format!("{TOPIC}/shards/{}", if shard == "0" { "1" } else { "0" });
        let refused = got(&visit, &other, &oldest["Cursor"], 10).await;
        assert_eq!(refusal(&refused), (400, "InvalidCursor".to_owned()));
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_record_fails_that_one_alone() {
    let visit = with_topic(1).await;
    let records = json!([
        {"Data": ["1", null]},
        {"Data": [null, "x"]},
        {"Data": ["1", null], "ShardId": "7"},
        {"Data": "AA=="},
    ]);
    let done = put(&visit, records).await;
    let failed: Vec<_> = done["FailedRecords"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["Index"], &one["ErrorCode"]))
        .collect();
    let expected = json!([[1, "MalformedRecord"], [2, "NoSuchShard"], [3, "MalformedRecord"]]);
    assert_eq!((json!(failed), &done["FailedRecordCount"]), (expected, &3.into()));
}

#[tokio::test]
async fn a_body_that_was_packed_is_unpacked() {
    let visit = with_topic(1).await;
    // Python's lz4 4.4.5, of one record with sixty letters.
    let packed = hex_decoded("ff207b22416374696f6e223a2022707562222c20225265636f726473223a205b7b2244617461223a205b2231222c202278010028f006225d2c202253686172644964223a202230227d5d7d").unwrap();
    for (length, status) in [("127", 200), ("1", 400), ("", 400), ("99999999999", 400)] {
        let more = [("content-encoding", "lz4"), ("x-datahub-content-raw-size", length)];
        let heard = call(&visit, &visit.user(), ("POST", HOST, &format!("{TOPIC}/shards")), &more, 0);
        let answer = visit.send(&Heard { body: packed.clone(), ..heard }).await;
        assert_eq!(answer.status.as_u16(), status, "{length}: {}", answer.text());
    }
    let oldest = cursor(&visit, json!({"Type": "OLDEST"})).await.json();
    let page = got(&visit, SHARD, &oldest["Cursor"], 9).await.json();
    assert_eq!(page["Records"][0]["Data"], json!(["1", "x".repeat(60)]));
    let batch =
        call(&visit, &visit.user(), ("POST", HOST, SHARD), &[("content-type", "application/x-binary")], 0);
    assert_eq!(visit.send(&batch).await.status.as_u16(), 501);
}

/// A frame that is sent to a path.
async fn framed(visit: &Visit, path: &str, action: &str, body: Vec<u8>) -> Read {
    let more = [("content-type", "application/x-protobuf"), ("x-datahub-request-action", action)];
    visit.send(&Heard { body, ..call(visit, &visit.user(), ("POST", HOST, path), &more, 0) }).await
}

#[tokio::test]
async fn a_frame_says_what_json_says_both_ways() {
    let visit = with_topic(1).await;
    // pydatahub 2.29: two records with their fields, a shard, an attribute, a key; and a third for a shard that is not there.
    let records = "4448554249c678650000003c0a1b0a013042080a060a016b1201764a0c0a030a01370a050a03e4b8ad0a0c1a01704a070a030a01380a000a0f0a\
                   01354a0a0a030a01390a030a0178";
    let records = hex_decoded(records).unwrap();
    let put = framed(&visit, &format!("{TOPIC}/shards"), "pub", records.clone()).await;
    assert_eq!(put.header("content-type"), "application/x-protobuf");
    let message = Message::read(&put.body[12..]).unwrap();
    let failed = Message::read(message.bytes(2).unwrap()).unwrap();
    assert_eq!((message.number(1), failed.number(1)), (Some(1), Some(2)));
    assert_eq!(failed.bytes(2).unwrap(), b"NoSuchShard");
    let oldest =
        cursor(&visit, json!({"Type": "OLDEST"})).await.json()["Cursor"].as_str().unwrap().to_owned();
    let page = got(&visit, SHARD, &json!(oldest), 9).await.json();
    let kept: Vec<_> = page["Records"].as_array().unwrap().iter().map(|one| &one["Data"]).collect();
    assert_eq!(json!(kept), json!([["7", "\u{4e2d}"], ["8", null]]));
    assert_eq!(page["Records"][0]["Attributes"], json!({"k": "v"}));
    // The same page as a frame: each record's data is what was put, byte for byte.
    let ask = Writer::default().text(1, &oldest).number(2, 9).finish();
    let got = framed(&visit, SHARD, "sub", in_frame(&ask)).await;
    assert_eq!(got.body[..], in_frame(&got.body[12..]));
    let answer = Message::read(&got.body[12..]).unwrap();
    let entries: Vec<_> = answer.all(4).map(|entry| Message::read(entry).unwrap()).collect();
    let fields: Vec<_> = entries.iter().map(|entry| entry.bytes(9).unwrap()).collect();
    assert_eq!(fields, [b"\n\x03\n\x017\n\x05\n\x03\xe4\xb8\xad".as_slice(), b"\n\x03\n\x018\n\0"]);
    assert_eq!((answer.number(2), entries[1].number(6)), (Some(2), Some(1)));
    // To one shard by its path, whatever the records say.
    assert_eq!(framed(&visit, SHARD, "pub", records.clone()).await.status.as_u16(), 200);
    for at in 0..records.len() {
        let mut other = records.clone();
        other[at] ^= 1;
        let refused = framed(&visit, &format!("{TOPIC}/shards"), "pub", other).await;
        assert_eq!(refusal(&refused), (400, "InvalidParameter".to_owned()), "byte {at}");
    }
    let missing = framed(&visit, "/projects/lab/topics/missing/shards", "pub", records).await;
    assert_eq!(refusal(&missing), (404, "NoSuchTopic".to_owned()));
}

fn in_frame(message: &[u8]) -> Vec<u8> {
    let mut sum = Crc32c::default();
    sum.update(message);
    let length = u32::try_from(message.len()).unwrap();
    [b"DHUB", &sum.value().to_be_bytes()[..], &length.to_be_bytes(), message].concat()
}

#[tokio::test]
async fn a_blob_in_a_frame_is_its_bytes() {
    let visit = with_topic(1).await;
    let order = json!({"Action": "create", "ShardCount": 1, "Lifecycle": 1, "RecordType": "BLOB"});
    let topic = "/projects/lab/topics/blobs";
    assert_eq!(sent(&visit, "POST", topic, order).await.status.as_u16(), 201);
    let body = hex_decoded("44485542c16f86f90000000a0a084a060a040a0200ff").unwrap();
    assert_eq!(framed(&visit, &format!("{topic}/shards"), "pub", body).await.status.as_u16(), 200);
    let shard = format!("{topic}/shards/0");
    let oldest = sent(&visit, "POST", &shard, json!({"Action": "cursor", "Type": "OLDEST"})).await.json();
    let page = got(&visit, &shard, &oldest["Cursor"], 1).await.json();
    assert_eq!(page["Records"][0]["Data"], "AP8=");
    let ask = Writer::default().text(1, oldest["Cursor"].as_str().unwrap()).finish();
    let answer = framed(&visit, &shard, "sub", in_frame(&ask)).await;
    let answer = Message::read(&answer.body[12..]).unwrap();
    let entry = Message::read(answer.bytes(4).unwrap()).unwrap();
    assert_eq!(entry.bytes(9).unwrap(), b"\n\x04\n\x02\0\xff");
}

#[tokio::test]
async fn a_project_with_topics_stays_and_what_is_gone_is_not_found() {
    let visit = with_topic(1).await;
    let oldest = cursor(&visit, json!({"Type": "OLDEST"})).await.json();
    assert_eq!(
        refusal(&sent(&visit, "DELETE", "/projects/lab", Json::Null).await),
        (403, "OperationDenied".to_owned())
    );
    assert_eq!(
        sent(&visit, "GET", "/projects/lab/topics", Json::Null).await.json()["TopicNames"],
        json!(["t"])
    );
    let changed = sent(&visit, "PUT", TOPIC, json!({"Lifecycle": 3, "Comment": "new"})).await;
    assert_eq!(changed.status.as_u16(), 200);
    let found = sent(&visit, "GET", TOPIC, Json::Null).await.json();
    assert_eq!((&found["Lifecycle"], &found["Comment"]), (&3.into(), &"new".into()));
    assert_eq!(sent(&visit, "DELETE", TOPIC, Json::Null).await.status.as_u16(), 200);
    assert_eq!(refusal(&got(&visit, SHARD, &oldest["Cursor"], 1).await), (404, "NoSuchTopic".to_owned()));
    assert_eq!(sent(&visit, "DELETE", "/projects/lab", Json::Null).await.status.as_u16(), 200);
    assert_eq!(
        refusal(&sent(&visit, "GET", "/projects/lab", Json::Null).await),
        (404, "NoSuchProject".to_owned())
    );
    // The regions know nothing of each other.
    sent(&visit, "POST", "/projects/lab", json!({})).await;
    let far = call(&visit, &visit.user(), ("GET", "dh-cn-beijing.aliyuncs.com", "/projects/lab"), &[], 0);
    assert_eq!(refusal(&visit.send(&far).await), (404, "NoSuchProject".to_owned()));
}

#[tokio::test]
async fn comments_and_schemas_have_an_end_each_and_together() {
    let visit = with_topic(1).await;
    let too_long = "c".repeat(1_025);
    for (method, path) in [("POST", "/projects/more"), ("PUT", "/projects/lab"), ("PUT", TOPIC)] {
        let refused = sent(&visit, method, path, json!({"Comment": too_long})).await;
        assert_eq!(refusal(&refused), (400, "InvalidParameter".to_owned()), "{method} {path}");
    }
    // What is refused changes nothing.
    sent(&visit, "PUT", TOPIC, json!({"Lifecycle": 3, "Comment": too_long})).await;
    assert_eq!(sent(&visit, "GET", TOPIC, Json::Null).await.json()["Lifecycle"], 7);
    let order = |name: usize, comment: &str| {
        let fields = json!({"fields": [{"name": "a".repeat(name), "type": "STRING"}]});
        json!({
            "Action": "create", "ShardCount": 1, "Lifecycle": 1, "RecordType": "TUPLE",
            "RecordSchema": fields.to_string(), "Comment": comment,
        })
    };
    for order in [order(1, &too_long), order(256 * 1024, "")] {
        let refused = sent(&visit, "POST", "/projects/lab/topics/u", order).await;
        assert_eq!(refusal(&refused), (400, "InvalidParameter".to_owned()));
    }
    // 64 MiB are 256 of the longest, but each has a comment besides, and one topic is there.
    let (mut kept, order) = (0, order(256 * 1024 - 64, &"c".repeat(1_024)));
    let full = loop {
        let made = sent(&visit, "POST", &format!("/projects/lab/topics/u{kept}"), order.clone()).await;
        if made.status.as_u16() != 201 {
            break made;
        }
        kept += 1;
    };
    assert_eq!((refusal(&full), kept), ((400, "LimitExceeded".to_owned()), 255));
    // What is gone makes room.
    assert_eq!(sent(&visit, "DELETE", "/projects/lab/topics/u0", Json::Null).await.status.as_u16(), 200);
    assert_eq!(sent(&visit, "POST", "/projects/lab/topics/u0", order).await.status.as_u16(), 201);
}

#[tokio::test]
async fn whatever_is_wrong_with_a_signature_is_unauthorized() {
    let visit = Visit::new().await;
    let (user, role) = (visit.user(), visit.role_key(&[]).await);
    let denied = async |key: &Key, later: i64, why: &str| {
        let answer = visit.send(&call(&visit, key, ("GET", HOST, "/projects"), &[], later)).await;
        assert_eq!(refusal(&answer), (401, "Unauthorized".to_owned()));
        assert!(answer.json()["ErrorMessage"].as_str().unwrap().contains(why), "{}", answer.text());
        assert_eq!(answer.header("x-datahub-request-id").len(), 32);
    };
    denied(&Key { id: "LTAI5tNobody".to_owned(), ..user.clone() }, 0, "not found").await;
    denied(&Key { secret: "another".to_owned(), ..user.clone() }, 0, "does not match").await;
    denied(&user, -901, "expired").await;
    denied(&Key { token: None, ..role.clone() }, 0, "not found").await;
    visit.sandbox.faults().expire_after(Some(std::time::Duration::ZERO));
    denied(&role, 0, "token has expired").await;
    assert_eq!(visit.send(&request("GET", HOST, "/projects", "")).await.status.as_u16(), 401);
    let last = visit.sandbox.verdicts().pop().unwrap();
    assert_eq!(
        (last.product.as_str(), last.outcome),
        ("datahub-data", Outcome::Refused("Unauthorized".to_owned()))
    );
}
