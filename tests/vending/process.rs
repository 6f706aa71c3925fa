//! The unix socket for `countersign credential`: who may ask is the kernel's word.

use countersign::clock::SystemClock;
use countersign::names::RoleName;
use countersign::vend::{Unasked, ask};

use super::{Desk, credential, message};
use crate::kit::{Answer, Caller, request};

impl Desk {
    async fn ask_socket(&self, request: &str) -> Answer {
        let mut caller = Caller::connect_unix(&self.proxy.place.path().join("v.sock")).await;
        caller.send(request).await;
        caller.answer().await
    }
}

fn vend(more: &str) -> String {
    format!("kind = \"process\"\naddress = \"unix:v.sock\"\n{more}")
}

#[tokio::test]
async fn the_user_that_countersign_runs_as_is_handed_the_role_that_it_names() {
    let desk = Desk::open(&vend("")).await;
    credential(&desk.ask_socket(&request("GET", "localhost", "/v1/creds/default", "")).await);
    assert_eq!(desk.mode("v.sock"), 0o660);
    for target in ["/v1/creds", "/v1/creds/dev", "/v1/creds/default/"] {
        assert_eq!(desk.ask_socket(&request("GET", "localhost", target, "")).await.status, 404, "{target}");
    }
    let page = request("GET", "localhost", "/v1/creds/default", "Origin: http://a.test\r\n");
    assert_eq!(desk.ask_socket(&page).await.status, 403);
    assert_eq!(desk.ask_socket(&request("POST", "localhost", "/v1/creds/default", "")).await.status, 405);
    assert_eq!(desk.counted("process").await, [1.0, 5.0, 0.0]);
}

#[tokio::test]
async fn nobody_else_is_whatever_they_ask_for() {
    let own = rustix::process::geteuid().as_raw();
    let desk = Desk::open(&vend(&format!("uids = [{}]", own + 1))).await;
    assert_eq!(desk.mode("v.sock"), 0o666, "whoever is listed can connect, whatever their group");
    for target in ["/v1/creds/default", "/"] {
        let answer = desk.ask_socket(&request("GET", "localhost", target, "")).await;
        assert_eq!((answer.status, message(&answer).contains("uids")), (403, true), "{target}");
    }
    let listed = Desk::open(&vend(&format!("uids = [{}, {own}]", own + 1))).await;
    credential(&listed.ask_socket(&request("GET", "localhost", "/v1/creds/default", "")).await);
}

#[tokio::test]
async fn a_strangers_socket_is_not_believed() {
    let desk = Desk::open(&vend("")).await;
    let (socket, role) = (desk.proxy.place.path().join("v.sock"), RoleName::new("default"));
    let own = rustix::process::geteuid().as_raw();
    let error = ask(&socket, &role, Some(&[own + 1]), &SystemClock).await.unwrap_err().to_string();
    assert!(error.contains("is not believed"), "{error}");
    assert_eq!(desk.counted("process").await, [0.0; 3], "it was not even asked");
    for owners in [Some(&[own + 1, own][..]), None] {
        ask(&socket, &role, owners, &SystemClock).await.unwrap();
    }
    assert!(matches!(ask(&socket, &RoleName::new("dev"), None, &SystemClock).await, Err(Unasked::Absent)));
}

#[tokio::test]
async fn the_socket_goes_with_the_process() {
    let desk = Desk::open(&vend("")).await;
    let socket = desk.proxy.place.path().join("v.sock");
    assert!(socket.exists());
    desk.proxy.sidecar.drain(std::time::Duration::from_secs(5)).await;
    assert!(!socket.exists());
}
