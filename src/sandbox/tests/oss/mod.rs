//! OSS as its clients meet it, one group of calls after the other.

mod append;
mod conditions;
mod copies;
mod keys;
mod multipart;
mod objects;
mod pages;

use super::client::{Read, Visit, request};
use crate::sandbox::encode::{base64, percent_path};
use crate::sandbox::heard::Heard;

const DEMO: &str = "demo.oss-cn-hangzhou.aliyuncs.com";

/// One call on the bucket `demo`, with a key that is still to be encoded.
async fn call(
    visit: &Visit,
    (method, key, query): (&str, &str, &str),
    headers: &[(&str, &str)],
    body: &[u8],
) -> Read {
    let path = format!("/{}", percent_path(key.as_bytes()));
    let mut heard = Heard { body: body.to_vec(), ..request(method, DEMO, &path, query) };
    heard.headers.extend(headers.iter().map(|(n, v)| ((*n).to_owned(), v.as_bytes().to_vec())));
    visit.oss(&visit.user(), heard).await
}

async fn put(visit: &Visit, key: &str, body: &[u8]) -> Read {
    let answer = call(visit, ("PUT", key, ""), &[], body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer
}

async fn get(visit: &Visit, key: &str) -> Read {
    call(visit, ("GET", key, ""), &[], b"").await
}

/// The texts of all elements of a name, in their order.
fn all(answer: &Read, name: &str) -> Vec<String> {
    let (text, opening) = (answer.text(), format!("<{name}>"));
    let parts = text.split(opening.as_str()).skip(1);
    parts.map(|part| part.split('<').next().unwrap().to_owned()).collect()
}

/// The text of the one element of a name.
fn one(answer: &Read, name: &str) -> String {
    let found = all(answer, name);
    assert_eq!(found.len(), 1, "{name} in {}", answer.text());
    found[0].clone()
}

/// Status and code of a refusal.
fn refusal(answer: &Read) -> (u16, String) {
    (answer.status.as_u16(), answer.code())
}

fn md5(bytes: &[u8]) -> String {
    use md5::Digest;
    base64(&md5::Md5::digest(bytes))
}

/// Bytes of which no two stretches are alike.
fn bytes(length: u32) -> Vec<u8> {
    (0..length).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}
