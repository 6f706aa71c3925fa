//! MaxCompute: its two versions, its two hosts behind one listener, and answers that lead back, checked by a second reading.

use super::oss::{base64, mac1, mac256};
use crate::kit::clock::unix_seconds;
use crate::kit::{
    Caller, KEY_ID, Kit, Moved, Proxy, Reply, SECRET, Seen, Sts, TOKEN, Upstream, date, get, request,
    with_body,
};

const SERVICE: &str = "service.cn-hangzhou.maxcompute.aliyun.com";
const TUNNEL: &str = "dt.cn-hangzhou.maxcompute.aliyun.com";
const CENTRAL: &str = "service.odps.aliyun.com";
const V2: &str = "Authorization: ODPS dummy:c2ln\r\nDate: Wed, 01 Jan 2020 00:00:00 GMT\r\n\
    authorization-sts-token: dummy\r\nx-pyodps-token-timestamp: 1\r\nx-odps-user-agent: dumm/1\r\n";
const V4: &str = "Authorization: ODPS dummy/20200101/cn-dummy/odps/aliyun_v4_request:c2ln\r\n\
    Date: Wed, 01 Jan 2020 00:00:00 GMT\r\nauthorization-sts-token: dummy\r\n";

/// A forward listener, and one pinned to the service.
async fn proxy(upstream: &Upstream) -> Proxy {
    before(Kit::new(), upstream).await
}

async fn before(kit: Kit, upstream: &Upstream) -> Proxy {
    let url = format!("http://{}", upstream.address);
    let listen = "[[listen]]\naddress = \"127.0.0.1:0\"\n\
        [[listen]]\naddress = \"127.0.0.1:0\"\nendpoint = \"odps.cn-hangzhou\"\n";
    // They go on with the table that was begun.
    let rows = [SERVICE, TUNNEL, CENTRAL].map(|host| format!("\"{host}\" = \"{url}\"\n")).concat();
    kit.listen(listen).connect_to(&url).settings(&rows).start().await
}

async fn to_pinned(proxy: &Proxy, request: String) -> crate::kit::Answer {
    let mut caller = Caller::connect(proxy.pinned()).await;
    caller.send(request).await;
    caller.answer().await
}

/// Whether the signature holds over `resource` and `own` lines, whichever version it is of.
fn holds(seen: &Seen, own: &str, resource: &str) -> bool {
    let header = |name: &str| seen.header(name).unwrap_or_default();
    let (md5, content_type, date) = (header("content-md5"), header("content-type"), header("date"));
    let text = format!("{}\n{md5}\n{content_type}\n{date}\n{own}{resource}", seen.method());
    assert_eq!(header("authorization-sts-token"), TOKEN);
    assert_eq!(seen.header("x-pyodps-token-timestamp"), None);
    assert!(!date.contains("2020"), "{date}");
    let authorization = header("authorization");
    let (key_id, signature) = authorization.strip_prefix("ODPS ").unwrap().split_once(':').unwrap();
    let Some((id, scope)) = key_id.split_once('/') else {
        return key_id == KEY_ID && signature == base64(&mac1(SECRET, &text));
    };
    assert!(id == KEY_ID && scope.ends_with("/cn-hangzhou/odps/aliyun_v4_request"), "{authorization}");
    let mut key = format!("aliyun_v4{SECRET}").into_bytes();
    for part in scope.split('/') {
        key = mac256(&key, part);
    }
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(&key).unwrap();
    mac.update(text.as_bytes());
    signature == base64(&mac.finalize().into_bytes())
}

#[tokio::test]
async fn either_version_is_kept_and_what_nobody_signed_leaves_as_version_2() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = proxy(&upstream).await;
    let own = "x-odps-comment:a b\nx-odps-foo:b c\nx-odps-user-agent:vec/1\n";
    for (proof, is_v4) in [("", false), (V2, false), (V4, true)] {
        let proof = proof.replace("x-odps-user-agent: dumm/1\r\n", "");
        let headers = format!(
            "{proof}X-Odps-Comment: a b\r\nx-odps-user-agent: vec/1\r\nContent-Type: a/b\r\nContent-MD5: eB5e\r\n"
        );
        for (host, target, resource) in [
            (
                SERVICE,
                "/api/projects/project_1/x%20y?b&x-odps-foo=b+c&a=%2f",
                "/projects/project_1/x y?a=/&b&x-odps-foo=b c",
            ),
            (
                TUNNEL,
                "/projects/project_1/tables/t?x-odps-foo=b%20c&uploads=",
                "/projects/project_1/tables/t?uploads&x-odps-foo=b c",
            ),
        ] {
            let answer = proxy.call(with_body("POST", host, target, &headers, "body")).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            let seen = upstream.last();
            assert_eq!((seen.target().as_str(), seen.header("host").as_deref()), (target, Some(host)));
            assert_eq!(seen.header("authorization").unwrap().contains("/odps/"), is_v4);
            assert!(holds(&seen, own, resource), "{}", seen.lower());
            assert!(!seen.lower().contains("dummy") && seen.body == b"body", "{}", seen.lower());
        }
    }
    // A long body in chunks is not held.
    let chunked =
        request("PUT", TUNNEL, "/projects/project_1/tables/t?uploadid=1", "Transfer-Encoding: chunked\r\n")
            + "4\r\nrows\r\n0\r\n\r\n";
    assert_eq!(proxy.call(chunked).await.status, 200);
    let seen = upstream.last();
    assert_eq!(seen.header("transfer-encoding").as_deref(), Some("chunked"));
    assert!(holds(&seen, "", "/projects/project_1/tables/t?uploadid=1"), "{}", seen.lower());
}

#[tokio::test]
async fn a_project_that_nobody_listed_and_a_second_identity_are_refused_as_maxcompute_spells_errors() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = proxy(&upstream).await;
    let mine = "/api/projects/project_1";
    for (host, target, headers, status, code) in [
        (SERVICE, "/api/projects/theirs/tables", "", 403, "host_not_allowed"),
        (SERVICE, "/api/projects/project_1?curr_project=theirs", "", 403, "host_not_allowed"),
        (SERVICE, "/api/%70rojects//theirs", "", 403, "host_not_allowed"),
        (SERVICE, "/api/projects/project_1%2F..%2Ftheirs", "", 400, "bad_path"),
        (TUNNEL, "/projects/theirs/tables/t?downloads", "", 403, "host_not_allowed"),
        (SERVICE, mine, "application-authentication: account_provider:aliyun\r\n", 501, "scheme_unavailable"),
        (SERVICE, mine, "sts-authentication: x\r\n", 501, "scheme_unavailable"),
        (SERVICE, mine, "x-odps-bearer-token: x\r\n", 501, "scheme_unavailable"),
        (SERVICE, mine, "x-odps-a: 1\r\nX-Odps-A: 1\r\n", 400, "duplicate_field"),
        (SERVICE, mine, "x_odps_bearer_token: 1\r\n", 400, "underscore_header"),
        (CENTRAL, mine, V4, 501, "scheme_unavailable"),
    ] {
        let answer = proxy.call(request("GET", host, target, headers)).await;
        assert_eq!(answer.status, status, "{host} {target} {headers}: {answer:?}");
        assert_eq!(answer.header("x-countersign-error").as_deref(), Some(code), "{host} {target} {headers}");
        assert!(answer.text().contains("<Error><Code>Countersign."), "{answer:?}");
        assert!(answer.header("x-odps-request-id").is_some(), "{answer:?}");
    }
    assert!(upstream.requests().is_empty());
    for (target, headers) in [("/api/projects", ""), (mine, V2), ("/api/tenants", "")] {
        assert_eq!(proxy.call(request("GET", CENTRAL, target, headers)).await.status, 200, "{target}");
    }
}

#[tokio::test]
async fn a_pinned_listener_sends_each_path_to_the_host_that_answers_under_it() {
    let upstream = Upstream::start(|_, _| Reply::ok()).await;
    let proxy = proxy(&upstream).await;
    let own = format!("127.0.0.1:{}", proxy.pinned().port());
    for (target, host, resource) in [
        ("/api/projects/project_1", SERVICE, "/projects/project_1"),
        ("/api", SERVICE, ""),
        ("/projects/project_1/tables/t?downloads", TUNNEL, "/projects/project_1/tables/t?downloads"),
        ("/apia/projects/project_1", TUNNEL, "/apia/projects/project_1"),
        ("/api/storage/v1/projects/project_1", TUNNEL, "/api/storage/v1/projects/project_1"),
        ("/", TUNNEL, "/"),
    ] {
        let answer = to_pinned(&proxy, get(&own, target)).await;
        assert_eq!(answer.status, 200, "{target}: {answer:?}");
        let seen = upstream.last();
        assert_eq!((seen.target().as_str(), seen.header("host").as_deref()), (target, Some(host)));
        assert!(holds(&seen, "", resource), "{}", seen.lower());
    }
    let theirs = to_pinned(&proxy, get(&own, "/projects/theirs/tables/t")).await;
    assert_eq!(theirs.status, 403, "{theirs:?}");
}

#[tokio::test]
async fn the_answer_that_names_the_tunnel_leads_back_to_the_listener_that_was_asked() {
    let discovery = "/api/projects/project_1/tunnel?service&quotaName=q";
    for (head, body, is_rewritten) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 36", TUNNEL, true),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked",
            "24\r\ndt.cn-hangzhou.maxcompute.aliyun.com\r\n0\r\n\r\n",
            true,
        ),
        ("HTTP/1.1 200 OK\r\nContent-Length: 38", "dt.cn-shanghai.maxcompute.aliyun.com:8", true),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9", "<Error> x", false),
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 36", TUNNEL, false),
    ] {
        let text = format!("{head}\r\n\r\n{body}");
        let upstream = Upstream::start(move |_, _| Reply::new(&text)).await;
        let proxy = proxy(&upstream).await;
        for own in
            [format!("127.0.0.1:{}", proxy.pinned().port()), format!("localhost:{}", proxy.pinned().port())]
        {
            let answer =
                to_pinned(&proxy, request("GET", &own, discovery, "Accept-Encoding: gzip\r\n")).await;
            assert_eq!(answer.text() == own, is_rewritten, "{head}: {answer:?}");
            assert_eq!(upstream.last().header("accept-encoding"), None);
            // Other calls are answered as they are.
            let other = request("GET", &own, "/api/projects/project_1/tunnel", "Accept-Encoding: gzip\r\n");
            let answer = to_pinned(&proxy, other).await;
            assert_ne!(answer.text(), own, "{head}");
            assert_eq!(upstream.last().header("accept-encoding").as_deref(), Some("gzip"));
        }
        // By the cloud's own names, on a listener of either kind, the cloud's answer is right.
        for address in [proxy.forward(), proxy.pinned()] {
            let mut caller = Caller::connect(address).await;
            caller.send(get(SERVICE, discovery)).await;
            assert!(!caller.answer().await.text().contains("127.0.0.1"), "{head}");
        }
    }
}

#[tokio::test]
async fn a_location_on_a_host_that_this_listener_reaches_leads_back_to_it() {
    let upstream = Upstream::start(|seen, _| {
        let location = seen.header("x-odps-location").unwrap();
        Reply::new(format!("HTTP/1.1 201 Created\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"))
    })
    .await;
    let proxy = proxy(&upstream).await;
    let own = format!("127.0.0.1:{}", proxy.pinned().port());
    let path = "/api/projects/project_1/instances/i";
    let pinned = [
        (format!("https://{SERVICE}{path}?a#b"), format!("http://{own}{path}?a#b")),
        (format!("HTTP://{}:80{path}", SERVICE.to_uppercase()), format!("http://{own}{path}")),
        (format!("https://{TUNNEL}:443/projects/project_1"), format!("http://{own}/projects/project_1")),
        // There, this listener would ask the other host.
        (format!("https://{TUNNEL}{path}"), format!("https://{TUNNEL}{path}")),
        (format!("https://{CENTRAL}{path}"), format!("https://{CENTRAL}{path}")),
        (format!("https://{SERVICE}.evil.com{path}"), format!("https://{SERVICE}.evil.com{path}")),
        (format!("https://x@{SERVICE}{path}"), format!("https://x@{SERVICE}{path}")),
        (format!("ftp://{SERVICE}{path}"), format!("ftp://{SERVICE}{path}")),
        (path.to_owned(), path.to_owned()),
    ];
    for (sent, expected) in pinned {
        let post = with_body(
            "POST",
            &own,
            "/api/projects/project_1/instances",
            &format!("x-odps-location: {sent}\r\n"),
            "x",
        );
        assert_eq!(to_pinned(&proxy, post).await.header("location"), Some(expected), "{sent}");
    }
    for (sent, expected) in [
        (format!("https://{SERVICE}{path}"), format!("http://{SERVICE}{path}")),
        (format!("https://{TUNNEL}/x"), format!("https://{TUNNEL}/x")),
    ] {
        let post = with_body(
            "POST",
            SERVICE,
            "/api/projects/project_1/instances",
            &format!("x-odps-location: {sent}\r\n"),
            "x",
        );
        assert_eq!(proxy.call(post).await.header("location"), Some(expected), "{sent}");
    }
}

#[tokio::test]
async fn access_lines_name_what_is_done_to_what() {
    let upstream = Upstream::start(|_, _| {
        Reply::new("HTTP/1.1 200 OK\r\nx-odps-request-id: 65E9\r\nContent-Length: 0\r\n\r\n")
    })
    .await;
    let proxy = before(Kit::new().access(), &upstream).await;
    let project = "/projects/project_1";
    let calls = [
        ("GET", SERVICE, "/api/projects".to_owned(), "ListProjects"),
        ("GET", SERVICE, format!("/api{project}"), "GetProject"),
        ("POST", SERVICE, format!("/api{project}/instances"), "CreateInstance"),
        ("GET", SERVICE, format!("/api{project}/instances/i?instancestatus"), "GetInstance"),
        ("GET", SERVICE, format!("/api{project}/tables?expectmarker=true"), "ListTables"),
        ("DELETE", SERVICE, format!("/api{project}/functions/f"), "DeleteFunction"),
        ("GET", SERVICE, format!("/api{project}/tunnel?service"), "GetTunnelEndpoint"),
        ("POST", TUNNEL, format!("{project}/tables/t?uploads"), "CreateUpload"),
        ("PUT", TUNNEL, format!("{project}/tables/t?uploadid=1&blockid=0"), "UploadBlock"),
        ("POST", TUNNEL, format!("{project}/tables/t?uploadid=1"), "CompleteUpload"),
        ("POST", TUNNEL, format!("{project}/tables/t?downloads"), "CreateDownload"),
        ("GET", TUNNEL, format!("{project}/tables/t?downloadid=1&data"), "DownloadData"),
        ("GET", SERVICE, format!("/api{project}/whatever/x"), ""),
    ];
    for (method, host, target, _) in &calls {
        let answer = match *method {
            "GET" | "DELETE" => proxy.call(request(method, host, target, "")).await,
            _ => proxy.call(with_body(method, host, target, "", "x")).await,
        };
        assert_eq!(answer.status, 200, "{target}");
    }
    let lines = proxy.access_lines(calls.len()).await;
    let actions: Vec<_> = lines.iter().map(|line| line["action"].as_str().unwrap_or_default()).collect();
    assert_eq!(actions, calls.map(|(_, _, _, action)| action));
    assert!(lines.iter().all(|line| line["product"] == "odps" && line["request_id"] == "65E9"), "{lines:?}");
}

/// What MaxCompute answers: XML at `service.*`, JSON at a tunnel.
fn complaint(seen: &Seen, code: &str, message: &str) -> Reply {
    let body = if seen.header("host").unwrap() == TUNNEL {
        format!("{{\"Code\":\"{code}\",\"Message\":\"{message}\"}}")
    } else {
        format!(
            "<?xml version=\"1.0\"?>\n<Error>\n\t<Code>{code}</Code>\n\t<Message>{message}</Message>\n</Error>"
        )
    };
    let (now, length) = (date::http(unix_seconds()), body.len());
    Reply::new(format!("HTTP/1.1 401 Unauthorized\r\nDate: {now}\r\nContent-Length: {length}\r\n\r\n{body}"))
}

#[tokio::test]
async fn a_wrong_clock_is_corrected_by_maxcomputes_and_the_request_sent_again() {
    for target in [(SERVICE, "/api/projects/project_1"), (TUNNEL, "/projects/project_1/tables/t?downloads")] {
        let upstream = Upstream::start(|seen, _| {
            let stamp = seen.header("date").unwrap();
            // The SDKs know the code in the spelling of MaxCompute, which has a letter less.
            let message = "ODPS-0410031:Authentication request expired - max_interval_date:900000";
            let is_near = (-900..900).any(|off| date::http(unix_seconds() + off) == stamp);
            if is_near { Reply::ok() } else { complaint(seen, "RequestTimeTooSkewd", message) }
        })
        .await;
        let proxy = before(Kit::new().clock(Moved::wrong_by(7_200)), &upstream).await;
        assert_eq!(proxy.get(target.0, target.1).await.status, 200, "{target:?}");
        assert_eq!(upstream.requests().len(), 2, "{target:?}");
    }
}

#[tokio::test]
async fn a_credential_that_maxcompute_does_not_take_is_fetched_anew_and_the_request_sent_again() {
    for (message, calls) in [
        ("ODPS-0410051:Invalid credentials - accessKeyId not found", 2),
        // The same code, of something else.
        ("ODPS-0420061:Invalid parameter in HTTP request", 1),
    ] {
        for target in
            [(SERVICE, "/api/projects/project_1"), (TUNNEL, "/projects/project_1/tables/t?downloads")]
        {
            let sts = Sts::default();
            let granting = sts.clone();
            let upstream = Upstream::start(move |seen, _| {
                if Sts::is_asked(seen) {
                    return granting.grant();
                }
                let is_first = seen.lower().contains("token0");
                if is_first { complaint(seen, "InvalidParameter", message) } else { Reply::ok() }
            })
            .await;
            let proxy = before(Kit::new().assuming(), &upstream).await;
            let answer = proxy.get(target.0, target.1).await;
            assert_eq!((answer.status == 200, sts.calls()), (calls == 2, calls), "{target:?}: {answer:?}");
        }
    }
}

#[test]
fn the_worked_example_of_the_page_is_what_is_printed() {
    let url = "https://service.cn-hangzhou.maxcompute.aliyun.com/api/projects/my_project/tables?maxitems=10&expectmarker";
    let (text, proof) = super::page::example("MaxCompute", url);
    assert_eq!(proof, format!("Authorization: ODPS testid:{}", base64(&mac1("testsecret", &text))));
}
