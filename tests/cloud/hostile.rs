//! Rows 85 to 89, and more of what an answer can be beside an answer.

use crate::kit::{Ended, Kit, OSS, Proxy, Reply, Seen, Step, Upstream, get, request};

/// Answers by the path.
fn script(seen: &Seen, _: usize) -> Reply {
    let close = |bytes: &str| Reply::new(bytes).then(Step::Close);
    let ok = "HTTP/1.1 200 OK\r\n";
    match seen.target().as_str() {
        "/short" => close("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nab"),
        "/short-reset" => Reply::new("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nab").then(Step::Reset),
        "/chunk-short" => close("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"),
        "/no-last-chunk" => close("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"),
        "/bad-chunk" => Reply::new("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\nzz\r\n"),
        "/both" => Reply::new(format!(
            "{ok}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        )),
        "/two-lengths" => Reply::new(format!("{ok}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc")),
        "/bad-length" => Reply::new(format!("{ok}Content-Length: +3\r\n\r\nabc")),
        "/gzip" => Reply::new(format!("{ok}Transfer-Encoding: gzip\r\n\r\nabc")),
        "/101" => {
            Reply::new("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nbytes")
        }
        "/099" => Reply::new("HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n"),
        "/999" => Reply::new("HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n"),
        "/hundreds" => {
            Reply::new("HTTP/1.1 100 Continue\r\n\r\n".repeat(5000) + ok + "Content-Length: 2\r\n\r\nok")
        }
        "/eleven" => Reply::new(
            "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n".repeat(11) + ok + "Content-Length: 2\r\n\r\nok",
        ),
        "/ten" => Reply::new(
            "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n".repeat(10) + ok + "Content-Length: 2\r\n\r\nok",
        ),
        "/bare-lf" => Reply::new("HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\nok"),
        "/bare-end" => Reply::new(format!("{ok}Content-Length: 2\r\n\nok")),
        "/empty-line" => Reply::new("\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
        "/html" => close("<html>hello</html>\r\n\r\n"),
        "/garbage" => close("\x01\x02\x03\r\n\r\n"),
        "/half-head" => close("HTTP/1.1 200 OK\r\nContent-Le"),
        "/large-head" => Reply::new(format!("{ok}X: {}\r\n\r\n", "a".repeat(70_000))),
        "/many-headers" => Reply::new(format!("{ok}{}\r\n", "X: 1\r\n".repeat(300))),
        "/http2" => close("HTTP/2 200\r\n\r\n"),
        "/poison" => {
            Reply::new(format!("{ok}Content-Length: 2\r\n\r\nok{ok}Content-Length: 6\r\n\r\nPOISON"))
        }
        "/poison-204" => {
            Reply::new(format!("HTTP/1.1 204 No Content\r\n\r\n{ok}Content-Length: 6\r\n\r\nPOISON"))
        }
        "/close-204" => {
            Reply::new("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").then(Step::AwaitEnd)
        }
        "/307" => Reply::new(
            "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 2\r\n\r\nno",
        ),
        _ => Reply::body("fine"),
    }
}

async fn proxy() -> (Upstream, Proxy) {
    let upstream = Upstream::start(script).await;
    let proxy = Kit::new().before(&upstream).await;
    (upstream, proxy)
}

#[tokio::test]
async fn an_answer_that_is_cut_short_never_looks_whole() {
    let (upstream, proxy) = proxy().await;
    let rows = ["/short", "/short-reset", "/chunk-short", "/no-last-chunk", "/bad-chunk"];
    for path in rows {
        upstream.forget();
        let answer = proxy.get(OSS, path).await;
        assert_eq!((answer.status, answer.cut), (200, Some(Ended::Reset)), "{path}: {answer:?}");
        assert_eq!(upstream.requests().len(), 1, "{path}: not sent again");
        // Whoever speaks HTTP/1.0 gets no chunks, and must see it by the connection.
        let answer = proxy.call(get(OSS, path).replacen("HTTP/1.1", "HTTP/1.0", 1)).await;
        assert_eq!(answer.cut, Some(Ended::Reset), "1.0 {path}: {answer:?}");
    }
    assert_eq!(proxy.metric("countersign_refusals_total{code=\"upstream_truncated\"}").await, 10.0);
}

#[tokio::test]
async fn an_answer_that_ends_with_the_connection_is_whole_only_if_that_ends_in_the_orderly_way() {
    let script = |seen: &Seen, _: usize| {
        let half = Reply::new("HTTP/1.1 200 OK\r\n\r\nhalf of it");
        half.then(if seen.target() == "/reset" { Step::Reset } else { Step::Close })
    };
    let upstream = Upstream::start(script).await;
    let plain = Kit::new().before(&upstream).await;
    let (polite, rude) =
        (Kit::new().before_tls(&upstream, true).await, Kit::new().before_tls(&upstream, false).await);
    for (name, proxy, path, cut) in [
        ("closed", &plain, "/", None),
        ("reset", &plain, "/reset", Some(Ended::Reset)),
        ("closed over TLS", &polite, "/", None),
        ("closed over TLS without a word", &rude, "/", Some(Ended::Reset)),
    ] {
        for version in ["HTTP/1.1", "HTTP/1.0"] {
            let answer = proxy.call(get(OSS, path).replacen("HTTP/1.1", version, 1)).await;
            assert_eq!((answer.status, answer.cut), (200, cut), "{name}, {version}: {answer:?}");
            assert!(cut.is_some() || answer.text() == "half of it", "{name}, {version}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_two_readers_would_read_otherwise_is_not_passed_on() {
    let (upstream, proxy) = proxy().await;
    let rows = [
        "/both",
        "/two-lengths",
        "/bad-length",
        "/gzip",
        "/101",
        "/099",
        "/999",
        "/hundreds",
        "/eleven",
        "/html",
        "/garbage",
        "/bare-lf",
        "/bare-end",
        "/empty-line",
        "/half-head",
        "/large-head",
        "/many-headers",
        "/http2",
    ];
    assert!(rows.len() >= 15);
    for path in rows {
        upstream.forget();
        let mut caller = proxy.caller().await;
        caller.send(get(OSS, path)).await;
        let answer = caller.answer().await;
        assert_eq!(answer.verdict(), (502, "upstream_protocol".to_owned()), "{path}: {answer:?}");
        assert_eq!(upstream.requests().len(), 1, "{path}: not sent again");
        // Our own refusal is whole, so the caller's connection is as good as before; the cloud's is not used again.
        caller.send(get(OSS, "/")).await;
        assert_eq!(caller.answer().await.text(), "fine", "after {path}");
        assert_ne!(upstream.requests()[0].connection, upstream.last().connection, "{path}");
    }
    assert_eq!(proxy.get(OSS, "/ten").await.text(), "ok");
}

#[tokio::test]
async fn what_comes_behind_an_answer_is_nobodys_answer() {
    let (upstream, proxy) = proxy().await;
    for path in ["/poison", "/poison-204", "/close-204"] {
        upstream.forget();
        let mut caller = proxy.caller().await;
        caller.send(get(OSS, path)).await;
        let first = caller.answer().await;
        assert!(matches!(first.text().as_str(), "ok" | ""), "{path}: {first:?}");
        for _ in 0..2 {
            caller.send(get(OSS, "/")).await;
            assert_eq!(caller.answer().await.text(), "fine", "after {path}");
        }
        let connections: Vec<usize> = upstream.requests().iter().map(|seen| seen.connection).collect();
        assert!(
            connections[0] != connections[1] && connections[1] == connections[2],
            "{path}: {connections:?}"
        );
    }
}

#[tokio::test]
async fn bytes_that_come_while_a_connection_idles_are_nobodys_answer_either() {
    let upstream = Upstream::start(|_, index| {
        let answer = Reply::body(&index.to_string());
        if index > 0 {
            return answer;
        }
        answer
            .then(Step::Send(Vec::new()))
            .then(Step::Wait(STALE.get_or_init(crate::kit::Gate::new).clone()))
            .then(Step::Send(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nPOISON".to_vec()))
    })
    .await;
    let proxy = Kit::new().before(&upstream).await;
    assert_eq!(proxy.get(OSS, "/").await.text(), "0");
    STALE.get().unwrap().open();
    assert_eq!(proxy.get(OSS, "/").await.text(), "1");
}

static STALE: std::sync::OnceLock<crate::kit::Gate> = std::sync::OnceLock::new();

#[tokio::test]
async fn a_redirect_is_an_answer_like_any_other() {
    let (upstream, proxy) = proxy().await;
    let answer = proxy.call(request("POST", OSS, "/307", "Content-Length: 2\r\n") + "hi").await;
    assert_eq!((answer.status, answer.header("location").as_deref()), (307, Some("http://127.0.0.1:1/")));
    assert_eq!(upstream.requests().len(), 1);
}
