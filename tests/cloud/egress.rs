//! What a name server says is judged before anything is dialled: nothing signed goes where no endpoint is.

use std::io::ErrorKind;
use std::net::TcpListener;

use crate::kit::{ECS, Kit, Names, REGIONS, get, witness};

/// Never answers: it is for documentation (RFC 5737). Also where packets to it go nowhere, this is the end of waiting.
const NOWHERE: &str = "192.0.2.1";
const SHORT: &str = "[upstream]\nconnect_timeout = \"100ms\"";

fn blocked() -> (u16, String) {
    (502, "egress_blocked".to_owned())
}

#[tokio::test]
async fn a_name_that_leads_to_where_no_endpoint_is_is_not_dialled() {
    for answer in [
        "127.0.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "0.0.0.0",
        "100.100.100.200",
        "::ffff:100.100.100.200",
        "169.254.169.254",
        "fe80::1",
        "224.0.0.1",
        "127.0.0.1 100.100.100.200",
    ] {
        let names = Names::answering(&[answer]);
        let proxy = Kit::new().resolver(names.clone()).start().await;
        assert_eq!(proxy.get(ECS, REGIONS).await.verdict(), blocked(), "{answer}");
        assert_eq!(names.asked(), [ECS], "{answer}");
    }
}

#[tokio::test]
async fn not_a_packet_goes_to_an_address_that_is_blocked() {
    let (listener, port) = deaf();
    let dialled = |host: &str| Kit::new().connect_to(&format!("https://{host}:{port}"));
    let names = Names::answering(&["127.0.0.1"]);
    let proxy = dialled("private.example").resolver(names.clone()).start().await;
    for _ in 0..2 {
        assert_eq!(proxy.get(ECS, REGIONS).await.verdict(), blocked());
    }
    assert_eq!(names.asked(), ["private.example"; 2]);
    let warning = format!("not dialled: this is this machine itself host={ECS} address=127.0.0.1:{port}");
    assert_eq!(witness::log().matches(&warning).count(), 1, "told, and not for each request");
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    // It is the name server that is not believed: the operator may write the very same address.
    let proxy = dialled("127.0.0.1").resolver(names).settings(SHORT).start().await;
    assert_eq!(proxy.get(ECS, REGIONS).await.verdict(), (502, "upstream_tls".to_owned()));
    listener.accept().unwrap();
}

#[tokio::test]
async fn localhost_is_what_it_is_whatever_a_name_server_says() {
    let (_listener, port) = deaf();
    let names = Names::answering(&[NOWHERE]);
    let url = format!("https://localhost:{port}");
    let proxy = Kit::new().connect_to(&url).resolver(names.clone()).settings(SHORT).start().await;
    assert_eq!(proxy.get(ECS, REGIONS).await.verdict(), (502, "upstream_tls".to_owned()));
    assert!(names.asked().is_empty());
}

#[tokio::test]
async fn a_name_is_looked_up_for_each_connection_and_judged_each_time() {
    let names = Names::answering(&[NOWHERE, "127.0.0.1", "127.0.0.1 192.0.2.1", "::1 192.0.2.2", "::1"]);
    let proxy = Kit::new().resolver(names.clone()).settings(SHORT).start().await;
    let mut caller = proxy.caller().await;
    for code in [
        "upstream_unreachable",
        "egress_blocked",
        "upstream_unreachable",
        "upstream_unreachable",
        "egress_blocked",
    ] {
        caller.send(get(ECS, REGIONS)).await;
        assert_eq!(caller.answer().await.verdict(), (502, code.to_owned()));
    }
    assert_eq!(names.asked(), [ECS; 5]);
}

#[tokio::test]
async fn countersigns_own_calls_go_nowhere_else_either() {
    let (listener, port) = deaf();
    let names = Names::answering(&["127.0.0.1"]);
    let kit = Kit::without_credentials().connect_to(&format!("https://private.example:{port}"));
    let token = kit.place.write("token", "a.b.c");
    let proxy = kit
        .variable("ALIBABA_CLOUD_ROLE_ARN", "acs:ram::1000000000000001:role/app")
        .variable("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "acs:ram::1000000000000001:oidc-provider/rrsa")
        .variable("ALIBABA_CLOUD_OIDC_TOKEN_FILE", &token.display().to_string())
        .resolver(names.clone())
        .start()
        .await;
    let answer = proxy.get(ECS, REGIONS).await;
    assert_eq!(answer.verdict(), (503, "credentials_unavailable".to_owned()));
    assert!(names.asked().contains(&"private.example".to_owned()));
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
}

/// A listener that says nothing, but tells whether somebody came.
fn deaf() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}
