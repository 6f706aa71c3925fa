//! Listeners that stand for one endpoint: the names they answer to, and how tenants are named under them.

use crate::kit::{Answer, Caller, ECS, Judge, Kit, OSS, Proxy, REGIONS, Reply, Upstream, get, with_body};

async fn call(proxy: &Proxy, request: String) -> Answer {
    let mut caller = Caller::connect(proxy.forward()).await;
    caller.send(request).await;
    caller.answer().await
}

async fn pinned(endpoint: &str) -> (Upstream, Proxy) {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let listen = format!("[[listen]]\naddress = \"127.0.0.1:0\"\nendpoint = \"{endpoint}\"\n");
    let proxy = Kit::new().listen(&listen).before(&upstream).await;
    (upstream, proxy)
}

#[tokio::test]
async fn path_style_toward_oss_moves_the_bucket_into_the_host() {
    let (upstream, proxy) = pinned("oss.cn-hangzhou").await;
    let judge = Judge::new().await;
    let port = proxy.forward().port();
    let own = format!("127.0.0.1:{port}");
    let service = "oss-cn-hangzhou.aliyuncs.com";
    // Host and target that are asked, host and target that arrive.
    let rows = [
        (own.clone(), "/bkt1/dir/a%20b?x=1", OSS, "/dir/a%20b?x=1"),
        (own.clone(), "/bkt1/", OSS, "/"),
        (own.clone(), "/bkt1", OSS, "/"),
        (own.clone(), "/bkt1?prefix=a", OSS, "/?prefix=a"),
        (own.clone(), "/bkt1//k", OSS, "//k"),
        (own.clone(), "/", service, "/"),
        (format!("localhost:{port}"), "/bkt1/k", OSS, "/k"),
        (format!("bkt1.localhost:{port}"), "/bkt1/k", OSS, "/bkt1/k"),
        (format!("BKT1.127.0.0.1:{port}"), "/k", OSS, "/k"),
        (OSS.to_owned(), "/k", OSS, "/k"),
        (service.to_owned(), "/", service, "/"),
    ];
    assert!(rows.len() >= 11);
    for (host, target, expected_host, expected_target) in rows {
        let answer = call(&proxy, get(&host, target)).await;
        assert_eq!(answer.status, 200, "{host} {target}: {answer:?}");
        let seen = upstream.last();
        assert_eq!(
            (seen.header("host").as_deref(), seen.target().as_str()),
            (Some(expected_host), expected_target),
            "{host} {target}"
        );
        assert_eq!(judge.scheme(&seen).await, Ok("OSS4-HMAC-SHA256"), "{host} {target}");
    }
    let answer = call(&proxy, with_body("PUT", &own, "/bkt1/k", "", "hello")).await;
    assert_eq!((answer.status, upstream.last().body), (200, b"hello".to_vec()));
}

#[tokio::test]
async fn a_bucket_that_is_not_listed_is_refused_however_it_is_named() {
    let (upstream, proxy) = pinned("oss.cn-hangzhou").await;
    let port = proxy.forward().port();
    for (host, target) in [
        (format!("127.0.0.1:{port}"), "/evil/k"),
        (format!("127.0.0.1:{port}"), "/evil"),
        (format!("127.0.0.1:{port}"), "/bkt1x/k"),
        (format!("evil.localhost:{port}"), "/k"),
        ("evil.oss-cn-hangzhou.aliyuncs.com".to_owned(), "/k"),
    ] {
        let answer = call(&proxy, get(&host, target)).await;
        assert_eq!(answer.verdict(), (403, "host_not_allowed".to_owned()), "{host} {target}: {answer:?}");
        assert!(answer.text().starts_with("<?xml"), "{answer:?}");
    }
    // What cannot be a bucket's name at all never gets into a host.
    for target in [
        "/bkt1%2fx/k",
        "/evil.test/k",
        "/evil.test%23/k",
        "/bkt1@evil/k",
        "/../bkt1/k",
        "/%62kt1/k",
        "/BKT1:443/k",
    ] {
        let answer = call(&proxy, get(&format!("127.0.0.1:{port}"), target)).await;
        assert!(matches!(answer.status, 400 | 403), "{target}: {answer:?}");
    }
    assert_eq!(upstream.log().connections, 0);
}

#[tokio::test]
async fn a_listener_pinned_to_one_bucket_takes_its_paths_as_they_are() {
    let (upstream, proxy) = pinned(OSS).await;
    let port = proxy.forward().port();
    for host in [format!("127.0.0.1:{port}"), OSS.to_owned()] {
        let answer = call(&proxy, get(&host, "/bkt1/k")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let seen = upstream.last();
        assert_eq!((seen.header("host").as_deref(), seen.target().as_str()), (Some(OSS), "/bkt1/k"));
    }
    let answer = call(&proxy, get("other.oss-cn-hangzhou.aliyuncs.com", "/k")).await;
    assert_eq!(answer.verdict(), (421, "bad_authority".to_owned()));
}

#[tokio::test]
async fn an_absolute_target_is_taken_by_its_host() {
    let (upstream, proxy) = pinned("ecs.cn-hangzhou").await;
    let own = format!("127.0.0.1:{}", proxy.forward().port());
    for host in [own.as_str(), ECS] {
        let answer = call(&proxy, get(host, &format!("http://{host}{REGIONS}"))).await;
        assert_eq!((answer.status, upstream.last().target().as_str()), (200, REGIONS), "{answer:?}");
    }
    let answer =
        call(&proxy, get("ecs.cn-beijing.aliyuncs.com", "http://ecs.cn-beijing.aliyuncs.com/")).await;
    assert_eq!(answer.verdict(), (421, "bad_authority".to_owned()));
}
