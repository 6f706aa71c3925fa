//! Logs over the network, in both versions of the signature.

mod errors;

use serde_json::{Value, json};

use crate::sandbox::date;
use crate::sandbox::digest::{md5, sha256_hex};
use crate::sandbox::encode::{hex, hex_decoded};
use crate::sandbox::heard::Heard;
use crate::sandbox::lz4;
use crate::sandbox::protobuf::{Message, Writer};
use crate::sandbox::tests::client::{Key, Read, Visit, request, signed_with};

const REGION: &str = "cn-hangzhou.log.aliyuncs.com";
const HOST: &str = "shop.cn-hangzhou.log.aliyuncs.com";
const PUT: (&str, &str) = ("POST", "/logstores/access/shards/0");

/// 2024-03-07T08:09:05Z, the standing clock's.
const NOW: i64 = 1_709_798_945;

/// A call signed as version 1, with these headers besides.
fn version_1(
    visit: &Visit,
    host: &str,
    (method, target): (&str, &str),
    body: &[u8],
    more: &[(&str, &str)],
) -> Heard {
    let mut heard = unsigned(host, (method, target), body, more);
    heard.headers.push(("date".to_owned(), date::gmt(visit.now()).into_bytes()));
    heard.headers.push(("x-log-signaturemethod".to_owned(), b"hmac-sha1".to_vec()));
    if !body.is_empty() {
        heard.headers.push(("content-md5".to_owned(), hex(&md5(body)).to_uppercase().into_bytes()));
    }
    let key = visit.user();
    signed_with(heard, &format!("LOG {}:", key.id), &key)
}

/// The same as version 4.
fn version_4(visit: &Visit, key: &Key, host: &str, (method, target): (&str, &str), body: &[u8]) -> Heard {
    let mut heard = unsigned(host, (method, target), body, &[]);
    let stamp = date::iso(visit.now()).replace(['-', ':'], "");
    heard.headers.push(("x-log-date".to_owned(), stamp.clone().into_bytes()));
    heard.headers.push(("x-log-content-sha256".to_owned(), sha256_hex(body).into_bytes()));
    if let Some(token) = &key.token {
        heard.headers.push(("x-acs-security-token".to_owned(), token.clone().into_bytes()));
    }
    let scope = format!("{}/{}/cn-hangzhou/sls/aliyun_v4_request", key.id, &stamp[..8]);
    signed_with(heard, &format!("SLS4-HMAC-SHA256 Credential={scope},Signature="), key)
}

fn unsigned(host: &str, (method, target): (&str, &str), body: &[u8], more: &[(&str, &str)]) -> Heard {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut heard = request(method, host, path, query);
    heard.body = body.to_vec();
    let size = body.len().to_string();
    let usual =
        [("x-log-apiversion", "0.6.0"), ("x-log-bodyrawsize", &*size), ("content-type", "application/json")];
    let is_other = |name: &str| !more.iter().any(|(known, _)| *known == name);
    for (name, value) in usual.iter().filter(|(name, _)| is_other(name)).chain(more) {
        heard.headers.push(((*name).to_owned(), value.as_bytes().to_vec()));
    }
    heard
}

async fn sent(visit: &Visit, call: (&str, &str), body: &str) -> Read {
    visit.send(&version_1(visit, HOST, call, body.as_bytes(), &[])).await
}

async fn with_logstore() -> Visit {
    let visit = Visit::new().await;
    for (target, body) in [
        ("/", r#"{"projectName":"shop","description":"of 测试"}"#),
        ("/logstores", r#"{"logstoreName":"access","ttl":30,"shardCount":2}"#),
        ("/logstores/access/index", r#"{"line":{"token":[","]}}"#),
    ] {
        let made = sent(&visit, ("POST", target), body).await;
        // Nothing is said, and no type: Node's SDK would read JSON.
        let told = (made.status.as_u16(), made.text(), made.header("content-type").to_owned());
        assert_eq!(told, (200, String::new(), String::new()));
    }
    visit
}

/// A log group of these logs, each a time and a message.
fn group(logs: &[(i64, &str)]) -> Vec<u8> {
    let pair = |name: &str, value: &str| {
        Writer::default().bytes(1, name.as_bytes()).bytes(2, value.as_bytes()).finish()
    };
    let log = |(time, message): &(i64, &str)| {
        Writer::default().number(1, time.unsigned_abs()).bytes(2, &pair("message", message)).finish()
    };
    let logs = logs.iter().fold(Writer::default(), |group, one| group.bytes(1, &log(one)));
    logs.bytes(3, b"orders").bytes(4, b"10.0.0.1").bytes(6, &pair("host", "web-1")).finish()
}

/// Logs put, packed as the headers say.
async fn put(visit: &Visit, call: (&str, &str), body: &[u8], more: &[(&str, &str)]) -> Read {
    let more = [&[("content-type", "application/x-protobuf")], more].concat();
    visit.send(&version_1(visit, HOST, call, body, &more)).await
}

fn verdict(answer: &Read) -> (u16, String) {
    let told = answer.json();
    assert!(!told["errorMessage"].as_str().unwrap().is_empty());
    assert_eq!(answer.header("x-log-requestid").len(), 24);
    (answer.status.as_u16(), told["errorCode"].as_str().unwrap().to_owned())
}

async fn cursor(visit: &Visit, from: &str) -> String {
    let told = sent(visit, ("GET", &format!("/logstores/access/shards/0?type=cursor&from={from}")), "").await;
    told.json()["cursor"].as_str().unwrap_or_else(|| panic!("{}", told.text())).replace('=', "%3D")
}

#[tokio::test]
async fn projects_and_logstores_are_made_shown_listed_changed_and_deleted() {
    let visit = with_logstore().await;
    let shown = sent(&visit, ("GET", "/"), "").await.json();
    assert_eq!(
        (&shown["projectName"], &shown["region"], &shown["description"]),
        (&"shop".into(), &"cn-hangzhou".into(), &"of 测试".into())
    );
    let listed = visit
        .send(&version_1(&visit, REGION, ("GET", "/?offset=0&size=10&projectName=sh"), b"", &[]))
        .await
        .json();
    assert_eq!((&listed["total"], &listed["projects"][0]["projectName"]), (&1.into(), &"shop".into()));
    let listed = sent(&visit, ("GET", "/logstores?logstoreName=&offset=&size="), "").await.json();
    assert_eq!(listed, json!({ "count": 1, "total": 1, "logstores": ["access"] }));
    assert_eq!(sent(&visit, ("PUT", "/logstores/access"), r#"{"ttl":7,"shardCount":9}"#).await.status, 200);
    let shown = sent(&visit, ("GET", "/logstores/access"), "").await.json();
    assert_eq!(
        (&shown["ttl"], &shown["shardCount"], &shown["createTime"]),
        (&7.into(), &2.into(), &NOW.into())
    );
    let shards = sent(&visit, ("GET", "/logstores/access/shards"), "").await.json();
    assert_eq!((&shards[1]["shardID"], &shards[1]["status"]), (&1.into(), &"readwrite".into()));
    assert_eq!(shards[0]["exclusiveEndKey"], shards[1]["inclusiveBeginKey"]);
    assert_eq!(sent(&visit, ("GET", "/logstores/access/index"), "").await.json()["index_mode"], "v2");
    assert_eq!(sent(&visit, ("DELETE", "/logstores/access"), "").await.status, 200);
    assert_eq!(sent(&visit, ("DELETE", "/"), r#"{"projectName":"shop"}"#).await.status, 200);
    assert_eq!(verdict(&sent(&visit, ("GET", "/logstores"), "").await), (404, "ProjectNotExist".into()));
}

#[tokio::test]
async fn what_is_put_packed_or_not_is_pulled_as_it_was() {
    let visit = with_logstore().await;
    let (first, second) = (group(&[(NOW, "one")]), group(&[(NOW, "two"), (NOW, "three")]));
    let size = second.len().to_string();
    assert_eq!(put(&visit, PUT, &first, &[]).await.status, 200);
    let packed = lz4::packed(&second);
    let more = [("x-log-compresstype", "lz4"), ("x-log-bodyrawsize", &*size)];
    visit.clock.advance(10);
    assert_eq!(put(&visit, PUT, &packed, &more).await.status, 200);

    let behind = cursor(&visit, &(NOW + 1).to_string()).await;
    let begin = cursor(&visit, "begin").await;
    let pull = |cursor: &str, count: usize| {
        format!("/logstores/access/shards/0?type=log&cursor={cursor}&count={count}")
    };
    let all = sent(&visit, ("GET", &pull(&begin, 10)), "").await;
    assert_eq!((all.header("x-log-count"), all.header("x-log-compresstype")), ("2", ""));
    let list = Message::read(&all.body).unwrap();
    assert_eq!(list.all(1).collect::<Vec<_>>(), [&first, &second]);
    let one = sent(&visit, ("GET", &pull(&begin, 1)), "").await;
    assert_eq!(
        (one.header("x-log-count"), one.header("x-log-cursor").replace('=', "%3D")),
        ("1", behind.clone())
    );
    // Packed where that is asked for.
    let asked = version_1(&visit, HOST, ("GET", &pull(&behind, 10)), b"", &[("accept-encoding", "lz4")]);
    let rest = visit.send(&asked).await;
    assert_eq!((rest.header("x-log-compresstype"), rest.header("x-log-count")), ("lz4", "1"));
    let plain = lz4::unpacked(&rest.body, rest.header("x-log-bodyrawsize").parse().unwrap()).unwrap();
    assert_eq!(Message::read(&plain).unwrap().bytes(1), Some(second.as_slice()));
    // Nothing lies behind the end.
    let end = cursor(&visit, "end").await;
    let nothing = sent(&visit, ("GET", &pull(&end, 10)), "").await;
    let told = (nothing.header("x-log-bodyrawsize"), nothing.header("x-log-count"), nothing.body.len());
    assert_eq!(told, ("0", "0", 0));
    let limited = format!("{}&end_cursor={behind}", pull(&begin, 10));
    assert_eq!(sent(&visit, ("GET", &limited), "").await.header("x-log-count"), "1");
    let time = format!("/logstores/access/shards/0?type=cursor_time&cursor={behind}");
    assert_eq!(sent(&visit, ("GET", &time), "").await.json()["cursor_time"], NOW + 10);
    assert_eq!(verdict(&sent(&visit, ("GET", &pull("Nw", 1)), "").await), (400, "InvalidCursor".into()));
}

#[tokio::test]
async fn a_group_of_an_official_sdk_is_read_in_each_packing() {
    // A `LogGroup` of aliyun-log-python-sdk 0.9.52 with three logs; packed by Python's lz4 4.4.5, and by its zlib.
    let visit = with_logstore().await;
    for (at, (packing, body)) in [("", PLAIN), ("lz4", LZ4), ("deflate", DEFLATED)].into_iter().enumerate() {
        let body = hex_decoded(body).unwrap();
        let more = [("x-log-bodyrawsize", "138"), ("x-log-compresstype", packing)];
        let more = if packing.is_empty() { &more[..1] } else { &more };
        let told = put(&visit, ("POST", "/logstores/access/shards/lb"), &body, more).await;
        assert_eq!(told.status, 200, "{}", told.text());
        let target = format!("/logstores/access?type=log&from={NOW}&to={}&query=path:list", NOW + 1);
        let found = sent(&visit, ("GET", &target), "").await.json();
        assert_eq!(found.as_array().unwrap().len(), 3 * (at + 1), "{packing}");
        assert_eq!(
            (&found[at]["path"], &found[at]["__tag__:host"]),
            (&"/orders/list".into(), &"web-1".into())
        );
    }
}

const PLAIN: &str = "0a2108a1eca5af0612140a0470617468120c2f6f72646572732f6c69737425070000000a2108a1eca5af0612140a0470\
    617468120c2f6f72646572732f6c69737425070000000a2108a1eca5af0612140a0470617468120c2f6f72646572732f\
    6c69737425070000001a066f7264657273220831302e302e302e31320d0a04686f737412057765622d31";
const LZ4: &str = "ff140a2108a1eca5af0612140a0470617468120c2f6f72646572732f6c6973742507000000230033221a065800f00a22\
    0831302e302e302e31320d0a04686f737412057765622d31";
const DEFLATED: &str = "789ce352e458f866e97a3621112e9682c4920c211efdfca294d4a262fd9ccce21255760606062eaa2891628388287118\
    1ae881a0a1112f174b467e7189106b796a92ae2100b3e525de";

#[tokio::test]
async fn a_key_decides_between_shards() {
    let visit = with_logstore().await;
    for (key, shard) in [("00000000000000000000000000000000", 0), ("80000000000000000000000000000000", 1)] {
        let route = format!("/logstores/access/shards/route?key={key}");
        assert_eq!(put(&visit, ("POST", &route), &group(&[(NOW, key)]), &[]).await.status, 200);
        let target = format!("/logstores/access/shards/{shard}?type=log&cursor=MA%3D%3D&count=1");
        let pulled = sent(&visit, ("GET", &target), "").await;
        assert!(pulled.text().contains(key), "{}", pulled.text());
    }
    let other = put(&visit, ("POST", "/logstores/access/shards/route?key=x"), &group(&[]), &[]).await;
    assert_eq!(verdict(&other), (400, "InvalidHashKey".into()));
}

#[tokio::test]
async fn logs_are_searched_by_time_and_words_in_the_query_and_in_the_body() {
    let visit = with_logstore().await;
    put(&visit, PUT, &group(&[(NOW - 50, "level=error late order"), (NOW - 100, "level=info order")]), &[])
        .await;
    // The end of a time does not belong to it, unless there is nothing else.
    put(&visit, PUT, &group(&[(NOW, "at the end")]), &[]).await;
    let target = format!("/logstores/access?type=log&from={NOW}&to={NOW}");
    assert_eq!(sent(&visit, ("GET", &target), "").await.json()[0]["message"], "at the end");
    let search = |more: &str| format!("/logstores/access?type=log&from={}&to={NOW}{more}", NOW - 100);
    let messages = |told: &Value| {
        let all = told.as_array().unwrap().iter();
        all.map(|log| log["message"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let told = sent(&visit, ("GET", &search("")), "").await;
    assert_eq!((told.header("x-log-progress"), told.header("x-log-count")), ("Complete", "2"));
    let told = told.json();
    assert_eq!(messages(&told), ["level=info order", "level=error late order"]);
    let log = json!({
        "__time__": (NOW - 100).to_string(), "__source__": "10.0.0.1", "__topic__": "orders",
        "__tag__:host": "web-1", "message": "level=info order",
    });
    assert_eq!(told[0], log);
    for (more, count) in [
        ("&query=error", 1),
        ("&query=message:order%20not%20late", 1),
        ("&query=*&reverse=true&line=1", 1),
        ("&query=*&offset=2", 0),
        ("&topic=orders", 2),
        ("&topic=other", 0),
    ] {
        let told = sent(&visit, ("GET", &search(more)), "").await;
        assert_eq!(told.json().as_array().unwrap().len(), count, "{more}: {}", told.text());
    }
    let body =
        json!({ "from": NOW - 50, "to": NOW, "query": "order", "line": 100, "offset": 0, "reverse": false });
    let heard = version_1(
        &visit,
        HOST,
        ("POST", "/logstores/access/logs"),
        body.to_string().as_bytes(),
        &[("accept-encoding", "lz4")],
    );
    let told = visit.send(&heard).await;
    let plain = lz4::unpacked(&told.body, told.header("x-log-bodyrawsize").parse().unwrap()).unwrap();
    let told: Value = serde_json::from_slice(&plain).unwrap();
    assert_eq!((&told["meta"]["progress"], &told["meta"]["count"]), (&"Complete".into(), &1.into()));
    assert_eq!(messages(&told["data"]), ["level=error late order"]);

    let histogram = search("").replace("type=log", "type=histogram");
    let told = sent(&visit, ("GET", &histogram), "").await.json();
    let counts: Vec<i64> =
        told.as_array().unwrap().iter().map(|part| part["count"].as_i64().unwrap()).collect();
    assert_eq!((counts.len(), counts[0], counts[25], counts.iter().sum()), (50, 1, 1, 2));
}

#[tokio::test]
async fn a_consumer_group_deals_out_shards_and_remembers_how_far_it_is() {
    let visit = with_logstore().await;
    let groups = "/logstores/access/consumergroups";
    let order = r#"{"consumerGroup":"g","timeout":60,"order":false}"#;
    assert_eq!(sent(&visit, ("POST", groups), order).await.status, 200);
    assert_eq!(
        verdict(&sent(&visit, ("POST", groups), order).await),
        (400, "ConsumerGroupAlreadyExist".into())
    );
    let one = format!("{groups}/g");
    assert_eq!(sent(&visit, ("PUT", &one), r#"{"order":true}"#).await.status, 200);
    let listed = sent(&visit, ("GET", groups), "").await.json();
    assert_eq!(listed, json!([{ "name": "g", "timeout": 60, "order": true }]));
    let beat = |consumer: &str| format!("{one}?type=heartbeat&consumer={consumer}");
    assert_eq!(sent(&visit, ("POST", &beat("a")), "[]").await.json(), json!([0, 1]));
    assert_eq!(sent(&visit, ("POST", &beat("b")), "[]").await.json(), json!([]));
    let empty = sent(&visit, ("GET", &format!("{one}?shard=0")), "").await.json();
    assert_eq!((&empty[0]["checkpoint"], empty.as_array().unwrap().len()), (&"".into(), 1));
    let put = |consumer: &str, forced: &str| {
        format!("{one}?type=checkpoint&consumer={consumer}&forceSuccess={forced}")
    };
    let checkpoint = r#"{"shard":0,"checkpoint":"MQ=="}"#;
    let refused = sent(&visit, ("POST", &put("b", "False")), checkpoint).await;
    assert_eq!(verdict(&refused), (400, "ConsumerNotMatch".into()));
    let refused = sent(&visit, ("POST", &put("c", "False")), checkpoint).await;
    assert_eq!(verdict(&refused), (400, "ConsumerNotExsit".into()));
    for call in [put("a", "False"), put("c", "True")] {
        assert_eq!(sent(&visit, ("POST", &call), checkpoint).await.status, 200, "{call}");
    }
    let all = sent(&visit, ("GET", &one), "").await.json();
    let told = json!({ "shard": 0, "checkpoint": "MQ==", "consumer": "c", "updateTime": NOW * 1_000_000 });
    assert_eq!((&all[0], all.as_array().unwrap().len()), (&told, 2));
    assert_eq!(sent(&visit, ("DELETE", &one), "").await.status, 200);
    assert_eq!(verdict(&sent(&visit, ("GET", &one), "").await), (404, "ConsumerGroupNotExist".into()));
}

#[tokio::test]
async fn version_4_opens_the_same_with_a_token_and_at_the_accelerated_host() {
    let visit = with_logstore().await;
    let key = visit.role_key(&[]).await;
    for host in [HOST, "shop.cn-hangzhou-intranet.log.aliyuncs.com", "shop.log-global.aliyuncs.com"] {
        let told = visit.send(&version_4(&visit, &key, host, ("GET", "/logstores"), b"")).await;
        assert_eq!(told.json()["total"], 1, "{host}: {}", told.text());
    }
    let elsewhere = "shop.cn-beijing.log.aliyuncs.com";
    let mut misled = version_4(&visit, &key, HOST, ("GET", "/logstores"), b"");
    misled.headers[0].1 = elsewhere.as_bytes().to_vec();
    let misled = visit.send(&misled).await;
    assert_eq!(verdict(&misled), (401, "SignatureNotMatch".into()));
    // Version 1 signs no host, and there is no such project there.
    let misled = visit.send(&version_1(&visit, elsewhere, ("GET", "/logstores"), b"", &[])).await;
    assert_eq!(verdict(&misled), (404, "ProjectNotExist".into()));
    visit.sandbox.faults().expire_after(Some(std::time::Duration::from_secs(1)));
    visit.clock.advance(1);
    let over = visit.send(&version_4(&visit, &key, HOST, ("GET", "/logstores"), b"")).await;
    assert_eq!(verdict(&over), (401, "SecurityTokenExpired".into()));
}
