//! Bodies of errors in every framing and coding: short and long, whole and cut.

use super::{is_clean, reply, signature};
use crate::kit::{Answer, Ended, KEY_ID, Kit, OSS, Proxy, Reply, Seen, Step, TOKEN, Upstream, request};

/// What stands in the place of a text.
fn mask(text: &str) -> String {
    "*".repeat(text.len())
}

/// An error that repeats what it was sent, between so many bytes of nothing in particular.
fn error(seen: &Seen, filling: usize) -> String {
    echo(filling, &[KEY_ID.to_owned(), TOKEN.to_owned(), signature(seen)])
}

fn echo(filling: usize, values: &[String; 3]) -> String {
    let filling = " . ".repeat(filling / 3);
    let [id, token, signature] = values;
    format!("<Error><Code>AccessDenied</Code>{id}{filling}<a>{token}</a>{filling}{signature}</Error>")
}

fn masked(seen: &Seen, filling: usize) -> String {
    echo(filling, &[mask(KEY_ID), mask(TOKEN), mask(&signature(seen))])
}

fn chunked(body: &str, size: usize) -> Vec<u8> {
    let mut out = b"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for chunk in body.as_bytes().chunks(size) {
        out.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        out.extend_from_slice(chunk);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"0\r\n\r\n");
    out
}

async fn ask(proxy: &Proxy, version: &str) -> Answer {
    proxy.call(request("GET", OSS, "/k", "").replace("HTTP/1.1", version)).await
}

#[tokio::test]
async fn a_body_is_masked_in_every_framing_whether_it_is_held_or_not() {
    type Framed = fn(&Seen, usize) -> Reply;
    let framings: [(&str, Framed); 4] = [
        ("a length", |seen, filling| reply("403 Forbidden", "", &error(seen, filling))),
        ("chunks", |seen, filling| Reply::new(chunked(&error(seen, filling), 1_000))),
        ("small chunks", |seen, filling| Reply::new(chunked(&error(seen, filling), 7))),
        ("its connection's end", |seen, filling| {
            Reply::new(format!("HTTP/1.1 403 Forbidden\r\n\r\n{}", error(seen, filling))).then(Step::Farewell)
        }),
    ];
    for (name, framed) in framings {
        for filling in [0, 20_000, 40_000, 200_000] {
            let upstream = Upstream::start(move |seen, _| framed(seen, filling)).await;
            let proxy = Kit::new().before(&upstream).await;
            let mut caller = proxy.caller().await;
            for _ in 0..2 {
                caller.send(request("GET", OSS, "/k", "")).await;
                let answer = caller.answer().await;
                let seen = upstream.last();
                assert_eq!((answer.status, answer.cut), (403, None), "{name}, {filling}");
                assert_eq!(answer.text(), masked(&seen, filling), "{name}, {filling}");
                is_clean(&answer, &seen);
            }
        }
    }
}

#[tokio::test]
async fn a_long_body_is_as_long_as_it_says_and_is_counted() {
    let upstream = Upstream::start(|seen, _| reply("403 Forbidden", "", &error(seen, 100_000))).await;
    let proxy = Kit::new().access().before(&upstream).await;
    let answer = ask(&proxy, "HTTP/1.1").await;
    let length = masked(&upstream.last(), 100_000).len();
    assert_eq!(answer.header("content-length"), Some(length.to_string()));
    let lines = proxy.access_lines(1).await;
    assert_eq!(lines[0]["response_bytes"], length, "{lines:?}");
}

#[tokio::test]
async fn a_body_that_is_cut_is_not_made_to_look_whole() {
    for filling in [0, 100_000] {
        let upstream = Upstream::start(move |seen, _| {
            let body = error(seen, filling);
            let head = format!("HTTP/1.1 403 Forbidden\r\nContent-Length: {}\r\n\r\n", body.len() + 1);
            Reply::new(head + &body).then(Step::Close)
        })
        .await;
        let answer = ask(&Kit::new().before(&upstream).await, "HTTP/1.1").await;
        assert_eq!((answer.status, answer.cut), (403, Some(Ended::Reset)), "{filling}");
        let whole = masked(&upstream.last(), filling);
        assert!(whole.starts_with(&answer.text()), "{filling}");
    }
}

#[tokio::test]
async fn what_ends_with_its_connection_alone_is_not_made_to_look_whole_either() {
    for status in ["403 Forbidden", "500 Oops"] {
        let upstream = Upstream::start(move |_, _| {
            Reply::new(format!("HTTP/1.1 {status}\r\n\r\n{{\"Code\":\"Half")).then(Step::Reset)
        })
        .await;
        let answer = ask(&Kit::new().before(&upstream).await, "HTTP/1.1").await;
        assert_eq!(answer.cut, Some(Ended::Reset), "{status}: {answer:?}");
    }
}

#[tokio::test]
async fn what_stands_beside_chunks_and_in_names_of_headers_does_not_pass() {
    let upstream = Upstream::start(|seen, _| {
        let (head, signature) = ("HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n", signature(seen));
        Reply::new(format!(
            "{head}X-{KEY_ID}-{signature}: 1\r\n\r\n5;e={TOKEN}\r\nhello\r\n0\r\nX-T: {KEY_ID} {signature}\r\n\r\n"
        ))
    })
    .await;
    let proxy = Kit::new().before(&upstream).await;
    let mut caller = proxy.caller().await;
    for _ in 0..2 {
        caller.send(request("GET", OSS, "/k", "")).await;
        let answer = caller.answer().await;
        assert_eq!(
            (answer.status, &*answer.text(), answer.header("content-length")),
            (403, "hello", Some("5".to_owned()))
        );
        is_clean(&answer, &upstream.last());
    }
}

/// A GZIP member of the text.
fn gzip(text: &[u8]) -> Vec<u8> {
    let mut out = b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec();
    out.extend_from_slice(&miniz_oxide::deflate::compress_to_vec(text, 6));
    out.extend_from_slice(b"\0\0\0\0");
    out.extend_from_slice(&u32::try_from(text.len()).unwrap().to_le_bytes());
    out
}

fn coded(coding: &str, body: &[u8]) -> Reply {
    let head = format!(
        "HTTP/1.1 403 Forbidden\r\nx-oss-request-id: R-1\r\nContent-Encoding: {coding}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    Reply::new([head.as_bytes(), body].concat())
}

#[tokio::test]
async fn a_compressed_body_is_masked_and_goes_on_as_it_is_meant() {
    for filling in [0, 20_000] {
        let upstream =
            Upstream::start(move |seen, _| coded("gzip", &gzip(error(seen, filling).as_bytes()))).await;
        let answer = ask(&Kit::new().before(&upstream).await, "HTTP/1.1").await;
        let seen = upstream.last();
        assert_eq!((answer.status, answer.header("content-encoding")), (403, None));
        assert_eq!(answer.text(), masked(&seen, filling));
        is_clean(&answer, &seen);
    }
}

#[tokio::test]
async fn what_cannot_be_searched_is_replaced_by_an_error_of_the_same_status_code_and_id() {
    type Coded = fn(&Seen) -> Reply;
    let rows: [(&str, Coded, &str); 6] = [
        ("too long", |seen| coded("gzip", &gzip(error(seen, 100_000).as_bytes())), "AccessDenied"),
        (
            "too long as it is",
            |seen| {
                // As random as it must be to stay as long as it is.
                let mut number = 1_u64;
                let noise: Vec<u8> = std::iter::repeat_with(|| {
                    number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    (number >> 56) as u8
                })
                .take(70_000)
                .collect();
                let text = [error(seen, 0).as_bytes(), &noise].concat();
                coded("gzip", &gzip(&text))
            },
            "Countersign.ErrorWithheld",
        ),
        (
            "cut",
            |seen| {
                let whole = gzip(error(seen, 0).as_bytes());
                coded("gzip", &whole[..whole.len() - 12])
            },
            "AccessDenied",
        ),
        ("no gzip", |seen| coded("gzip", error(seen, 0).as_bytes()), "Countersign.ErrorWithheld"),
        (
            "two codings",
            |seen| coded("identity\r\nContent-Encoding: gzip", &gzip(error(seen, 0).as_bytes())),
            "Countersign.ErrorWithheld",
        ),
        ("another coding", |seen| coded("br", error(seen, 0).as_bytes()), "Countersign.ErrorWithheld"),
    ];
    for (name, coded, code) in rows {
        let upstream = Upstream::start(move |seen, _| coded(seen)).await;
        let proxy = Kit::new().before(&upstream).await;
        let mut caller = proxy.caller().await;
        for _ in 0..2 {
            caller.send(request("GET", OSS, "/k", "")).await;
            let answer = caller.answer().await;
            let text = answer.text();
            assert_eq!((answer.status, answer.header("content-encoding")), (403, None), "{name}");
            assert_eq!(answer.header("x-oss-request-id").as_deref(), Some("R-1"), "{name}");
            assert_eq!(answer.header("content-type").as_deref(), Some("application/xml"), "{name}");
            let start = format!("<Error><Code>{code}</Code><Message>the text of the cloud");
            assert!(text.contains(&start) && text.contains("<RequestId>R-1</RequestId>"), "{name}: {text}");
            is_clean(&answer, &upstream.last());
        }
    }
}
