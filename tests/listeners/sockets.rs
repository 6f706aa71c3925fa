//! Unix sockets, and ports that several workers share.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;

use countersign::sidecar::StartError;

use crate::kit::{Caller, ECS, Kit, OSS, REGIONS, Reply, Upstream, get, request};

/// A listener on a unix socket in the kit's own place.
fn on_socket(kit: Kit, more: &str) -> Kit {
    let path = kit.place.path().join("app.sock").display().to_string();
    kit.listen(&format!("[[listen]]\naddress = \"unix:{path}\"\n{more}\n"))
}

#[tokio::test]
async fn a_unix_socket_is_for_owner_and_group_and_goes_with_the_process() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = on_socket(Kit::new(), "").before(&upstream).await;
    let path = proxy.place.path().join("app.sock");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
    let mut caller = Caller::connect_unix(&path).await;
    for _ in 0..2 {
        caller.send(get(ECS, REGIONS)).await;
        assert_eq!(caller.answer().await.status, 200);
    }
    for own in ["localhost", ""] {
        let mut caller = Caller::connect_unix(&path).await;
        caller.send(get(own, REGIONS)).await;
        assert_eq!(caller.answer().await.verdict(), (400, "no_endpoint".to_owned()), "{own:?}");
    }
    let (is_clean, _place) = proxy.drain().await;
    assert!(is_clean || path.exists(), "the callers above are idle");
    assert!(!path.exists());
}

#[tokio::test]
async fn a_pinned_unix_socket_is_called_localhost_or_nothing() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = on_socket(Kit::new(), "endpoint = \"ecs.cn-hangzhou\"").before(&upstream).await;
    let path = proxy.place.path().join("app.sock");
    for host in ["localhost", "LOCALHOST", "", ECS] {
        let mut caller = Caller::connect_unix(&path).await;
        caller.send(get(host, REGIONS)).await;
        assert_eq!(caller.answer().await.status, 200, "{host:?}");
        assert_eq!(upstream.last().header("host").as_deref(), Some(ECS));
    }
    let mut caller = Caller::connect_unix(&path).await;
    caller.send(get("evil.test", REGIONS)).await;
    assert_eq!(caller.answer().await.verdict(), (421, "bad_authority".to_owned()));
}

#[tokio::test]
async fn a_tenant_on_a_unix_socket_stands_before_localhost_and_not_before_nothing() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = on_socket(Kit::new(), "endpoint = \"oss.cn-hangzhou\"").before(&upstream).await;
    let path = proxy.place.path().join("app.sock");
    for (host, verdict) in [
        ("bkt1.", (400, "bad_authority")),
        ("other.", (400, "bad_authority")),
        (".", (400, "bad_authority")),
        ("bkt1.localhost.", (400, "bad_authority")),
        ("other.localhost", (403, "host_not_allowed")),
        ("bkt1.localhost", (200, "")),
    ] {
        upstream.forget();
        let mut caller = Caller::connect_unix(&path).await;
        caller.send(get(host, "/k")).await;
        let answer = caller.answer().await;
        assert_eq!(answer.verdict(), (verdict.0, verdict.1.to_owned()), "{host}: {answer:?}");
        assert_eq!(upstream.requests().len(), usize::from(verdict.0 == 200), "{host}");
    }
    assert_eq!(upstream.last().header("host").as_deref(), Some(OSS));
}

#[tokio::test]
async fn a_socket_that_nobody_listens_on_is_replaced_and_anything_else_left_alone() {
    let kit = on_socket(Kit::new(), "");
    let path = kit.place.path().join("app.sock");
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists(), "left over");
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let _proxy = kit.before(&upstream).await;
    let mut caller = Caller::connect_unix(&path).await;
    caller.send(get(ECS, REGIONS)).await;
    assert_eq!(caller.answer().await.status, 200);
    drop(caller);

    // The one that serves now is not to be replaced.
    let listen = format!("[[listen]]\naddress = \"unix:{}\"\n", path.display());
    let error = Kit::new().listen(&listen).try_start().await.err().expect("it is taken");
    assert!(matches!(error, StartError::Bind(_)), "{error}");
    assert!(error.to_string().contains("another process does"), "{error}");
    let mut caller = Caller::connect_unix(&path).await;
    caller.send(get(ECS, REGIONS)).await;
    assert_eq!(caller.answer().await.status, 200);

    let kit = on_socket(Kit::new(), "");
    let path = kit.place.write("app.sock", "precious");
    let error = kit.try_start().await.err().expect("a file is in its place");
    assert!(matches!(error, StartError::Bind(_)) && error.to_string().contains("no socket"), "{error}");
    drop(path);
}

#[tokio::test]
async fn a_socket_in_a_directory_where_others_may_replace_it_is_refused() {
    let kit = on_socket(Kit::new(), "");
    let settings = std::fs::Permissions::from_mode(0o777);
    let open = kit.place.path().join("open");
    std::fs::create_dir(&open).unwrap();
    std::fs::set_permissions(&open, settings).unwrap();
    let kit = kit.listen(&format!("[[listen]]\naddress = \"unix:{}/app.sock\"\n", open.display()));
    let error = kit.try_start().await.err().expect("anybody may write there");
    assert!(error.to_string().contains("writable for others"), "{error}");
}

#[tokio::test]
async fn an_address_that_is_taken_is_said_to_be() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    for workers in [1, 2] {
        let listen = format!("[[listen]]\naddress = \"{address}\"\n");
        let kit = Kit::new().top(&format!("workers = {workers}")).listen(&listen);
        let error = kit.try_start().await.err().expect("it is taken");
        assert!(matches!(error, StartError::Bind(_)), "{error}");
        assert!(error.to_string().contains(&address.to_string()), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_workers_share_a_port_and_a_socket_and_count_together() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let kit = Kit::new().top("workers = 3");
    let socket = kit.place.path().join("app.sock");
    let listen = format!(
        "[[listen]]\naddress = \"127.0.0.1:0\"\n[[listen]]\naddress = \"unix:{}\"\n",
        socket.display()
    );
    let proxy = kit.listen(&listen).before(&upstream).await;
    for _ in 0..60 {
        assert_eq!(proxy.call(request("GET", ECS, REGIONS, "Connection: close\r\n")).await.status, 200);
    }
    for _ in 0..20 {
        let mut caller = Caller::connect_unix(&socket).await;
        caller.send(get(ECS, REGIONS)).await;
        assert_eq!(caller.answer().await.status, 200);
    }
    // Each worker keeps a connection of its own, and two where a call came before the last was put away.
    let connections = upstream.log().connections;
    assert!((2..=6).contains(&connections), "{connections} connections");
    assert_eq!(proxy.metric("countersign_request_seconds_count").await, 80.0);
    assert_eq!(
        proxy.metric("countersign_credential_refresh_total{role=\"default\",outcome=\"fetched\"}").await,
        1.0
    );
    let (is_clean, _place) = proxy.drain().await;
    assert_eq!((is_clean, socket.exists()), (true, false));
}
