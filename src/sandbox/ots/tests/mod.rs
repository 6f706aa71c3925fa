//! Tablestore over the network: what a caller sends and is answered, and who signed it.

mod batches;
mod errors;
mod ranges;
mod rows;
mod tables;

use super::message::Message;
use super::plain_buffer::{self, Cell, Row};
use super::value::Value;
use crate::sandbox::date;
use crate::sandbox::digest::md5;
use crate::sandbox::encode::base64;
use crate::sandbox::heard::Heard;
use crate::sandbox::protobuf::Writer;
use crate::sandbox::tests::client::{Key, Read, Visit, request, with_signature};
use crate::sandbox::verify::{Recipe, answer_signature};

const HOST: &str = "lab.cn-hangzhou.ots.aliyuncs.com";

/// A signed call of version 2, at so many seconds after now.
fn call(visit: &Visit, key: &Key, (host, action): (&str, &str), body: Vec<u8>, later: i64) -> Heard {
    let mut heard = request("POST", host, &format!("/{action}"), "");
    let (digest, stamp) = (base64(&md5(&body)), date::iso_milliseconds(visit.now() + later));
    let own = [
        ("x-ots-apiversion", "2015-12-31"),
        ("x-ots-instancename", "lab"),
        ("x-ots-accesskeyid", key.id.as_str()),
        ("x-ots-date", &stamp),
        ("x-ots-contentmd5", &digest),
    ];
    let token = key.token.as_deref().map(|token| ("x-ots-ststoken", token));
    for (name, value) in own.into_iter().chain(token) {
        heard.headers.push((name.to_owned(), value.as_bytes().to_vec()));
    }
    with_signature(Heard { body, ..heard }, "x-ots-signature", key)
}

/// What the sandbox's user is answered; and it is signed for that user.
async fn sent(visit: &Visit, action: &str, message: Writer) -> Read {
    let heard = call(visit, &visit.user(), (HOST, action), message.finish(), 0);
    let answer = visit.send(&heard).await;
    assert_eq!(answer.header("authorization"), proof(visit, &answer, &Recipe::Roa, &heard.path));
    assert_eq!(answer.header("x-ots-contentmd5"), base64(&md5(&answer.body)));
    answer
}

/// The signature that an answer must bear.
fn proof(visit: &Visit, answer: &Read, recipe: &Recipe, path: &str) -> String {
    let names = ["x-ots-contentmd5", "x-ots-contenttype", "x-ots-date", "x-ots-requestid"];
    let own = names.map(|name| (name, answer.header(name)));
    let user = visit.user();
    format!("OTS {}:{}", user.id, answer_signature(recipe, &user.secret, &own, path))
}

/// The same where it must succeed.
async fn done(visit: &Visit, action: &str, message: Writer) -> Vec<u8> {
    let answer = sent(visit, action, message).await;
    assert_eq!(answer.status.as_u16(), 200, "{action}: {:?}", refusal(&answer));
    answer.body.to_vec()
}

/// The status, code and message of a refusal.
fn refusal(answer: &Read) -> (u16, String, String) {
    let error = Message::read(&answer.body).unwrap();
    let text = |tag| error.text(tag).unwrap_or_default().to_owned();
    (answer.status.as_u16(), text(1), text(2))
}

async fn refused(visit: &Visit, action: &str, message: Writer) -> (u16, String) {
    let (status, code, _) = refusal(&sent(visit, action, message).await);
    (status, code)
}

/// A table of a text and a number, its options as given: life, versions.
fn new_table(name: &str, life: i64, versions: u64) -> Writer {
    let column = |name: &str, kind| Writer::default().text(1, name).number(2, kind);
    let meta = Writer::default().text(1, name).message(2, &column("a", 2)).message(2, &column("b", 1));
    let unit = Writer::default().number(1, 0).number(2, 0);
    let options = Writer::default().number(1, life.cast_unsigned()).number(2, versions);
    Writer::default().message(1, &meta).message(2, &Writer::default().message(1, &unit)).message(3, &options)
}

/// With a table `t` that keeps two versions.
async fn with_table() -> Visit {
    let visit = Visit::new().await;
    done(&visit, "CreateTable", new_table("t", -1, 2)).await;
    visit
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn key(a: Value, b: Value) -> Vec<Cell> {
    vec![Cell::new("a", a, None), Cell::new("b", b, None)]
}

fn row(a: &str, b: i64, cells: &[(&str, Value)]) -> Row {
    let cells = cells.iter().map(|(name, value)| Cell::new(name, value.clone(), None)).collect();
    Row { key: key(text(a), Value::Integer(b)), cells }
}

fn bytes(row: &Row) -> Vec<u8> {
    plain_buffer::write([row])
}

/// A change of a row of `t` under a condition: 0 any, 1 it is there, 2 it is not.
fn change(row: &Row, existence: u64) -> Writer {
    let condition = Writer::default().number(1, existence);
    Writer::default().text(1, "t").bytes(2, &bytes(row)).message(3, &condition)
}

async fn put(visit: &Visit, row: &Row) {
    done(visit, "PutRow", change(row, 0)).await;
}

/// Reads one row of `t` with so many versions; each cell as its name, value and stamp.
async fn got(visit: &Visit, a: &str, b: i64, versions: u64) -> Option<Vec<(String, Value, i64)>> {
    let asked = Writer::default().text(1, "t").bytes(2, &bytes(&row(a, b, &[]))).number(5, versions);
    let answer = done(visit, "GetRow", asked).await;
    let shown = Message::read(&answer).unwrap().required(2).unwrap().to_vec();
    (!shown.is_empty()).then(|| cells(&plain_buffer::read(&shown).unwrap()))
}

fn cells(row: &Row) -> Vec<(String, Value, i64)> {
    row.cells
        .iter()
        .map(|cell| (cell.name.clone(), cell.value.clone().unwrap(), cell.stamp.unwrap()))
        .collect()
}
