//! The browser comes back, and so do others. On real sockets.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;

const STATE: &str = "the-state";

/// Sends a request as a browser would, and reads the answer to its end.
async fn get(port: u16, head: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(format!("{head}\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

fn back(port: u16, query: &str) -> String {
    format!("GET /cli/callback?{query} HTTP/1.1\r\nHost: 127.0.0.1:{port}")
}

async fn waiting() -> (u16, tokio::task::JoinHandle<Callback>) {
    let loopback = Loopback::bind([0]).await.unwrap();
    let port = loopback.port();
    (port, tokio::spawn(loopback.callback(Zeroizing::new(STATE.to_owned()))))
}

#[tokio::test]
async fn the_browser_brings_the_code_and_is_told_how_it_ended() {
    for (is_logged_in, shown) in [(true, "You are logged in."), (false, "The login failed.")] {
        let (port, waiting) = waiting().await;
        let browser =
            tokio::spawn(async move { get(port, &back(port, "code=a%2Fb-1&state=the-state")).await });
        let callback = waiting.await.unwrap();
        assert_eq!(callback.code.as_deref().map(String::as_str), Some("a/b-1"));
        assert!(!format!("{callback:?}").contains("a/b-1"));
        assert!(!browser.is_finished(), "the page waits for the tokens");
        callback.finish(is_logged_in).await;
        let answer = browser.await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains(shown), "{answer}");
        for header in ["cache-control: no-store", "default-src 'none'", "referrer-policy: no-referrer"] {
            assert!(answer.contains(header), "{answer}");
        }
        assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err(), "nobody listens any more");
    }
}

#[tokio::test]
async fn a_no_of_the_site_comes_with_the_state_too() {
    let (port, waiting) = waiting().await;
    let query = "error=access_denied&error_description=no&state=the-state";
    let browser = tokio::spawn(async move { get(port, &back(port, query)).await });
    let callback = waiting.await.unwrap();
    assert!(callback.code.is_none());
    callback.finish(false).await;
    assert!(browser.await.unwrap().contains("The login failed."));
}

#[tokio::test]
async fn whoever_is_not_the_browser_that_was_sent_changes_nothing() {
    let (port, waiting) = waiting().await;
    let host = format!("Host: 127.0.0.1:{port}");
    for head in [
        back(port, "code=x&state=another"),
        back(port, "code=x&state=the-stat"),
        back(port, "code=x&state=the-state&state=the-state"),
        back(port, "code=x&code=y&state=the-state"),
        back(port, "code=&state=the-state"),
        back(port, "code=a%0d%0ab&state=the-state"),
        back(port, "code=x&error=y&state=the-state"),
        back(port, "code=x"),
        back(port, "state=the-state"),
        "GET /cli/callback HTTP/1.1\r\nHost: 127.0.0.1".to_owned(),
        format!("GET /favicon.ico HTTP/1.1\r\n{host}"),
        format!("POST /cli/callback?code=x&state=the-state HTTP/1.1\r\n{host}\r\nContent-Length: 0"),
        "GET /cli/callback?code=x&state=the-state HTTP/1.1\r\nHost: rebound.example.com".to_owned(),
        format!("GET /cli/callback?code=x&state=the-state HTTP/1.1\r\nHost: localhost:{port}"),
    ] {
        let answer = get(port, &head).await;
        assert!(answer.starts_with("HTTP/1.1 40"), "{head}: {answer}");
        assert!(!waiting.is_finished(), "{head}");
    }
    let browser = tokio::spawn(async move { get(port, &back(port, "code=right&state=the-state")).await });
    let callback = waiting.await.unwrap();
    assert_eq!(callback.code.as_deref().map(String::as_str), Some("right"));
    callback.finish(true).await;
    assert!(browser.await.unwrap().contains("You are logged in."));
}

#[tokio::test]
async fn silent_connections_keep_nobody_out() {
    let (port, waiting) = waiting().await;
    let mut silent = Vec::new();
    for _ in 0..8 {
        silent.push(TcpStream::connect(("127.0.0.1", port)).await.unwrap());
    }
    let browser = tokio::spawn(async move { get(port, &back(port, "code=x&state=the-state")).await });
    waiting.await.unwrap().finish(true).await;
    assert!(browser.await.unwrap().contains("You are logged in."));
}

#[tokio::test]
async fn the_first_free_port_is_taken_and_only_of_this_machine() {
    let first = Loopback::bind([0]).await.unwrap();
    let next = Loopback::bind([0]).await.unwrap();
    let (taken, free) = (first.port(), next.port());
    drop(next);
    assert_eq!(Loopback::bind([taken, free]).await.unwrap().port(), free);
    assert!(Loopback::bind([taken]).await.is_err());
    assert_eq!(PORTS, 12_345..=12_349);
}
