//! MaxCompute over the network: tables by SQL, rows through the tunnel, and what is refused in which words.

use crate::sandbox::Outcome;
use crate::sandbox::date;
use crate::sandbox::element::Element;
use crate::sandbox::encode::{base64_url_decoded, hex_decoded, percent};
use crate::sandbox::heard::Heard;
use crate::sandbox::tests::client::{Key, Read, Visit, request, signed_with};

const SERVICE: &str = "service.cn-hangzhou.maxcompute.aliyun.com";
const TUNNEL: &str = "dt.cn-hangzhou.maxcompute.aliyun.com";
const TABLE: &str = "/projects/p/tables/t";

/// pyodps 0.13.2: three records of bigint, string, double, boolean, decimal and date, the second all NULL.
const STREAM: &str = "080d1205e4b8ad207819000000000000044020012a04312e3530309ab50280c0ff7fe4f9e1f2fcffffffff01\
                      80c0ff7f0008808080808080808080011200200080c0ff7fbf98af9cffffffffff01f0ffff7f06f8ffff7f\
                      8ecc8ae8f9ffffffff01";

/// A call signed with version 2, at so many seconds after now.
fn call(visit: &Visit, key: &Key, host: &str, (method, target): (&str, &str), later: i64) -> Heard {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut heard = request(method, host, path, query);
    heard.headers.push(("date".to_owned(), date::gmt(visit.now() + later).into_bytes()));
    if let Some(token) = &key.token {
        heard.headers.push(("authorization-sts-token".to_owned(), token.as_bytes().to_vec()));
    }
    signed_with(heard, &format!("ODPS {}:", key.id), key)
}

async fn sent(visit: &Visit, host: &str, ask: (&str, &str), body: &[u8]) -> Read {
    let heard = call(visit, &visit.user(), host, ask, 0);
    visit.send(&Heard { body: body.to_vec(), ..heard }).await
}

async fn got(visit: &Visit, target: &str) -> Read {
    sent(visit, SERVICE, ("GET", &format!("/api{target}")), b"").await
}

/// The path of an instance that was submitted.
async fn submitted(visit: &Visit, statement: &str) -> String {
    let job = format!(
        "<?xml version=\"1.0\"?><Instance><Job><Priority>9</Priority><Tasks><SQL><Name>task</Name><Query><![CDATA[{statement}]]>\
         </Query></SQL></Tasks></Job></Instance>"
    );
    let made = sent(visit, SERVICE, ("POST", "/api/projects/p/instances"), job.as_bytes()).await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.text());
    let path = made.header("location").strip_prefix(&format!("https://{SERVICE}/api"));
    path.unwrap_or_else(|| panic!("{}", made.header("location"))).to_owned()
}

/// The status of its task, and its result.
async fn result(visit: &Visit, instance: &str) -> (String, String) {
    let root = Element::read(&got(visit, &format!("{instance}?result")).await.body).unwrap();
    let task = &root.children[0].children[0];
    let text = base64_url_decoded(task.child("Result").unwrap().trim_end_matches('=')).unwrap();
    (task.child("Status").unwrap().to_owned(), String::from_utf8(text).unwrap())
}

async fn with_table() -> Visit {
    let visit = Visit::new().await;
    let statement =
        "CREATE TABLE p.`t` (`a` BIGINT COMMENT 'x', b STRING, c DOUBLE, d BOOLEAN, e DECIMAL, f DATE)";
    let instance = submitted(&visit, statement).await;
    let status = got(&visit, &instance).await.text();
    assert!(status.contains("<Status>Terminated</Status>"), "{status}");
    visit
}

async fn begun(visit: &Visit, what: &str) -> serde_json::Value {
    let begun = sent(visit, TUNNEL, ("POST", &format!("{TABLE}?{what}")), b"").await;
    assert_eq!(begun.status.as_u16(), 200, "{}", begun.text());
    begun.json()
}

/// Uploads the stream as each of these blocks, in this order, and commits.
async fn filled(visit: &Visit, blocks: &[u32], more: &str) {
    let upload = begun(visit, &format!("uploads{more}")).await;
    let session = format!("{TABLE}?uploadid={}", upload["UploadID"].as_str().unwrap());
    for number in blocks {
        let ask = format!("{session}&blockid={number}");
        let put = sent(visit, TUNNEL, ("PUT", &ask), &hex_decoded(STREAM).unwrap()).await;
        assert_eq!(put.status.as_u16(), 200, "{}", put.text());
    }
    let seen = sent(visit, TUNNEL, ("GET", &session), b"").await.json();
    assert_eq!(seen["UploadedBlockList"].as_array().unwrap().len(), blocks.len());
    let done = sent(visit, TUNNEL, ("POST", &session), b"").await;
    assert_eq!(done.json()["Status"], "CLOSED");
    let again = sent(visit, TUNNEL, ("POST", &session), b"").await;
    assert_eq!((again.status.as_u16(), again.code().as_str()), (409, "StatusConflict"));
}

#[tokio::test]
async fn a_table_is_made_described_listed_and_dropped() {
    let visit = with_table().await;
    let root = Element::read(&got(&visit, "/projects/p/tables/T").await.body).unwrap();
    assert_eq!(root.child("Name"), Some("t"));
    let schema: serde_json::Value = serde_json::from_str(root.child("Schema").unwrap()).unwrap();
    assert_eq!(schema["columns"][0]["name"], "a");
    assert_eq!(
        (&schema["columns"][0]["comment"], &schema["columns"][4]["type"]),
        (&"x".into(), &"decimal".into())
    );
    let names = |answer: &Read| -> Vec<String> {
        let root = Element::read(&answer.body).unwrap();
        root.children.iter().filter_map(|child| child.child("Name")).map(str::to_owned).collect()
    };
    submitted(&visit, "create table u (a string)").await;
    let page = got(&visit, "/projects/p/tables?expectmarker=true&maxitems=1").await;
    assert_eq!((names(&page), page.text().contains("<Marker>t</Marker>")), (vec!["t".to_owned()], true));
    let rest = got(&visit, "/projects/p/tables?expectmarker=true&maxitems=1&marker=t").await;
    assert_eq!((names(&rest), rest.text().contains("<Marker></Marker>")), (vec!["u".to_owned()], true));
    submitted(&visit, "DROP TABLE IF EXISTS p.`t`;").await;
    let gone = got(&visit, "/projects/p/tables/t").await;
    assert_eq!((gone.status.as_u16(), gone.code().as_str()), (404, "NoSuchObject"));
}

#[tokio::test]
async fn a_query_runs_before_it_has_ended() {
    let visit = with_table().await;
    let instance = submitted(&visit, "SELECT 1 AS one, 'x'").await;
    let status = async || got(&visit, &instance).await.text();
    assert!(status().await.contains("<Status>Running</Status>"));
    assert!(status().await.contains("<Status>Terminated</Status>"));
    assert_eq!(
        result(&visit, &instance).await,
        ("Success".to_owned(), "\"one\",\"_c1\"\n1,\"x\"\n".to_owned())
    );
    let source = got(&visit, &format!("{instance}?source")).await.text();
    assert!(source.contains("<Query>SELECT 1 AS one, 'x'</Query>"), "{source}");
}

#[tokio::test]
async fn blocks_are_joined_in_the_order_of_their_numbers_and_read_by_stretches() {
    let visit = with_table().await;
    filled(&visit, &[7, 0], "").await;
    let download = begun(&visit, "downloads").await;
    assert_eq!(download["RecordCount"], 6);
    let session = format!("{TABLE}?downloadid={}", download["DownloadID"].as_str().unwrap());
    let read = async |range: &str, more: &str| {
        let range = percent(range.as_bytes());
        sent(&visit, TUNNEL, ("GET", &format!("{session}&data&rowrange={range}{more}")), b"").await
    };
    // The second half is the very stream, but for Python's way with checksums.
    let half = read("(3,3)", "").await.body;
    assert_eq!(half, read("(0,3)", "").await.body);
    assert_eq!(half[..27], hex_decoded(STREAM).unwrap()[..27]);
    assert_eq!(half[..], read("(3,100)", "").await.body[..]);
    let one = read("(0,1)", "&columns=d").await.body;
    assert_eq!(one[..2], [0x08, 1]);
    for range in ["", "3", "(a,1)"] {
        assert_eq!(read(range, "").await.code(), "InvalidRowRange", "{range}");
    }
    assert_eq!(read("(0,1)", "&columns=z").await.code(), "InvalidColumnSpec");
    let instance = submitted(&visit, "SELECT count(*) FROM t").await;
    assert_eq!(result(&visit, &instance).await.1, "\"_c0\"\n6\n");
    // What overwrites takes the place of all that was there.
    filled(&visit, &[0], "&overwrite=true").await;
    assert_eq!(begun(&visit, "downloads").await["RecordCount"], 3);
}

#[tokio::test]
async fn a_result_is_read_through_the_tunnel_like_a_table() {
    let visit = with_table().await;
    filled(&visit, &[0], "").await;
    let instance = submitted(&visit, "SELECT b, a FROM t LIMIT 1").await;
    let ask = format!("{instance}?downloads");
    let begun = sent(&visit, TUNNEL, ("POST", &ask), b"").await.json();
    assert_eq!((&begun["RecordCount"], &begun["Schema"]["columns"][0]["name"]), (&1.into(), &"b".into()));
    let id = begun["DownloadID"].as_str().unwrap();
    let ask = format!("{instance}?data=&downloadid={id}&rowrange=%280%2C1%29");
    let read = sent(&visit, TUNNEL, ("GET", &ask), b"").await.body;
    assert_eq!(read[..9], hex_decoded("0a05e4b8ad2078100d").unwrap());
    // A session answers where it was begun, and nowhere else.
    let elsewhere = format!("{TABLE}?data=&downloadid={id}&rowrange=%280%2C1%29");
    assert_eq!(sent(&visit, TUNNEL, ("GET", &elsewhere), b"").await.code(), "NoSuchDownload");
}

#[tokio::test]
async fn a_broken_block_is_refused_and_nothing_of_it_kept() {
    let visit = with_table().await;
    let upload = begun(&visit, "uploads").await;
    let session = format!("{TABLE}?uploadid={}", upload["UploadID"].as_str().unwrap());
    let mut stream = hex_decoded(STREAM).unwrap();
    stream[3] ^= 1;
    let put = sent(&visit, TUNNEL, ("PUT", &format!("{session}&blockid=0")), &stream).await;
    assert_eq!((put.status.as_u16(), put.code().as_str()), (400, "MalformedDataStream"));
    let put = sent(&visit, TUNNEL, ("PUT", &format!("{session}&blockid=20000")), b"").await;
    assert_eq!(put.code(), "InvalidBlockID");
    assert_eq!(
        sent(&visit, TUNNEL, ("GET", &session), b"").await.json()["UploadedBlockList"],
        serde_json::json!([])
    );
    // Of a table that is another by now, the session is none.
    submitted(&visit, "drop table t").await;
    assert_eq!(sent(&visit, TUNNEL, ("POST", &session), b"").await.code(), "NoSuchTable");
    submitted(&visit, "create table t (a string)").await;
    assert_eq!(sent(&visit, TUNNEL, ("POST", &session), b"").await.code(), "NoSuchUpload");
}

#[tokio::test]
async fn a_failed_statement_says_why_as_its_result() {
    let visit = with_table().await;
    for (statement, complaint) in [
        ("SELECT * FROM missing", "ODPS-0130131:[1,15] Table not found - table p.missing cannot be resolved"),
        ("SELECT z FROM t", "ODPS-0130071:[1,8] Semantic analysis exception - column z cannot be resolved"),
        ("UPSERT", "ODPS-0130161:[1,1] Parse exception - invalid token 'UPSERT'"),
        ("DROP TABLE missing", "ODPS-0130131:[1,12] Table not found - table p.missing cannot be resolved"),
    ] {
        let instance = submitted(&visit, statement).await;
        assert_eq!(result(&visit, &instance).await, ("Failed".to_owned(), format!("FAILED: {complaint}")));
    }
    let instance = submitted(&visit, "create table T (a string)").await;
    assert!(result(&visit, &instance).await.1.contains("already exists"));
    let instance = submitted(&visit, "select * from q.t").await;
    assert!(result(&visit, &instance).await.1.contains("ODPS-0130013"));
}

#[tokio::test]
async fn the_tunnel_is_named_within_the_callers_network() {
    let visit = Visit::new().await;
    for (host, tunnel) in [
        (SERVICE, TUNNEL),
        ("service.cn-hangzhou-vpc.maxcompute.aliyun-inc.com", "dt.cn-hangzhou-vpc.maxcompute.aliyun-inc.com"),
        ("service.odps.aliyun.com", "dt.odps.aliyun.com"),
    ] {
        let named = sent(&visit, host, ("GET", "/api/projects/p/tunnel?service"), b"").await;
        assert_eq!(named.text(), tunnel);
    }
}

#[tokio::test]
async fn each_region_has_its_own_tables() {
    let visit = with_table().await;
    let elsewhere = SERVICE.replace("hangzhou", "beijing");
    let answer = sent(&visit, &elsewhere, ("GET", "/api/projects/p/tables/t"), b"").await;
    assert_eq!(answer.code(), "NoSuchObject");
}

#[tokio::test]
async fn what_is_denied_is_worded_for_the_service_and_for_the_tunnel() {
    let visit = Visit::new().await;
    let (user, role) = (visit.user(), visit.role_key(&[]).await);
    let stranger = Key { id: "LTAI5tNobody".to_owned(), ..user.clone() };
    let wrong = Key { secret: "another".to_owned(), ..user.clone() };
    for host in [SERVICE, TUNNEL] {
        let path = if host == SERVICE { "/api/projects/p" } else { TABLE };
        let denied = async |key: &Key, later: i64| {
            let answer = visit.send(&call(&visit, key, host, ("GET", path), later)).await;
            let is_json = answer.text().starts_with('{');
            assert_eq!(is_json, host == TUNNEL, "{}", answer.text());
            let number = answer.text().split("ODPS-").nth(1).unwrap()[..7].to_owned();
            (answer.status.as_u16(), answer.code(), number)
        };
        let expected = |status: u16, code: &str, number: &str| (status, code.to_owned(), number.to_owned());
        assert_eq!(denied(&stranger, 0).await, expected(401, "InvalidParameter", "0410051"));
        assert_eq!(denied(&wrong, 0).await, expected(401, "SignatureNotMatch", "0410042"));
        assert_eq!(denied(&user, 901).await, expected(400, "RequestTimeTooSkewd", "0410031"));
        let refused = visit.send(&request("GET", host, path, "")).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (401, "AuthorizationRequired"));
        visit.sandbox.faults().expire_after(Some(std::time::Duration::ZERO));
        assert_eq!(denied(&role, 0).await, expected(401, "InvalidParameter", "0410051"));
        visit.sandbox.faults().heal();
    }
    let last = visit.sandbox.verdicts().pop().unwrap();
    assert_eq!(
        (last.product.as_str(), last.outcome),
        ("odps", Outcome::Refused("InvalidParameter".to_owned()))
    );
}
