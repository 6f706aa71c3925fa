//! Rows 66 to 74: credentials that the caller sent, and which operation is meant, as far as no client is authenticated.

use super::{Row, all_are_refused, bad, row, silent};
use crate::kit::{ECS, OSS, REGIONS, get, request, with_body};

const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";

fn headers(headers: &str) -> String {
    request("GET", ECS, REGIONS, headers)
}

fn form(target: &str, body: &str) -> String {
    with_body("POST", ECS, target, FORM, body)
}

#[tokio::test]
async fn a_credential_that_two_readers_would_see_differently_is_refused() {
    let mut rows: Vec<Row> = [
        "x_acs_security_token: C",
        "X-ACS-Security_Token: C",
        "x_acs_date: D",
        "Security_Token: C",
        "x_acs_action: A",
        "Transfer_Encoding: chunked",
        "X-Acs-Source_Ip: 1",
    ]
    .iter()
    .map(|line| bad(*line, headers(&format!("{line}\r\n")), "underscore_header"))
    .collect();
    for lines in [
        "x-acs-security-token: A\r\nX-Acs-Security-Token: B\r\n",
        "Authorization: A\r\nauthorization: B\r\n",
        "x-acs-signature-nonce: A\r\nx-acs-signature-nonce: B\r\n",
        "Content-Type: a/b\r\nContent-Type: c/d\r\n",
    ] {
        rows.push(bad(lines, headers(lines), "duplicate_field"));
    }
    for more in [
        "&SecurityToken=A&SecurityToken=B",
        "&securitytoken=A",
        "&accesskeyid=A",
        "&SIGNATURE=A",
        "&%73ecurityToken=A",
        "&SignatureNonce=A&SignatureNonce=B",
    ] {
        rows.push(bad(more, get(ECS, &format!("{REGIONS}{more}")), "duplicate_field"));
    }
    rows.push(bad(
        "69 query and form",
        form("/?AccessKeyId=A", "Action=DescribeRegions&AccessKeyId=B"),
        "duplicate_field",
    ));
    rows.push(bad(
        "69 a form's case variant",
        form("/", "Action=DescribeRegions&accessKeyId=B"),
        "duplicate_field",
    ));
    rows.push(bad("OSS case variant", get(OSS, "/k?ossaccesskeyid=A"), "duplicate_field"));
    assert!(rows.len() >= 17);
    let (upstream, proxy) = silent().await;
    all_are_refused(&proxy, &upstream, rows).await;
}

#[tokio::test]
async fn an_operation_that_is_named_twice_or_not_at_all_is_refused() {
    let ambiguous = "ambiguous_operation";
    let mut rows = vec![
        bad("70", form("/?Action=DescribeRegions", "Action=DeleteInstance"), ambiguous),
        bad(
            "70 version",
            form("/?Action=DescribeRegions&Version=2014-05-26", "Version=2015-01-01"),
            ambiguous,
        ),
        bad(
            "73",
            request("GET", ECS, "/?Action=DeleteInstance", "x-acs-action: DescribeRegions\r\n"),
            ambiguous,
        ),
        bad("twice in the query", get(ECS, "/?Action=A&Action=B"), ambiguous),
        bad("71 encoded", get(ECS, "/?Action=DescribeRegions&%41ction=DeleteInstance"), ambiguous),
        bad("twice in a header", headers("x-acs-action: A\r\nx-acs-action: B\r\n"), ambiguous),
        bad("none", get(ECS, "/"), "operation_unknown"),
        bad("empty", get(ECS, "/?Action="), "operation_unknown"),
        bad("no name", get(ECS, "/?Action=a%20b"), "operation_unknown"),
        bad("an empty form", form("/", "a=b"), "operation_unknown"),
    ];
    let host = "sts.cn-hangzhou.aliyuncs.com";
    for target in [
        "/?Action=AssumeRole&Version=2015-04-01",
        "/?Action=Assume%52ole",
        "/?Action=assumerole",
        "/?Action=GenerateSessionAccessKey",
    ] {
        rows.push(row(format!("72 {target}"), get(host, target), 403, "operation_denied"));
    }
    rows.push(row(
        "72 in a header",
        request("GET", host, "/", "x-acs-action: AssumeRole\r\n"),
        403,
        "operation_denied",
    ));
    rows.push(row(
        "72 in a form",
        with_body("POST", host, "/", FORM, "Action=AssumeRole"),
        403,
        "operation_denied",
    ));
    rows.push(row(
        "72 of another product",
        get("ram.aliyuncs.com", "/?Action=CreateAccessKey"),
        403,
        "operation_denied",
    ));
    assert!(rows.len() >= 17);
    let (upstream, proxy) = silent().await;
    all_are_refused(&proxy, &upstream, rows).await;
}

#[tokio::test]
async fn an_operation_that_only_some_readers_would_see_is_refused() {
    let signed = "AccessKeyId=d&Signature=x";
    let host = "sts.cn-hangzhou.aliyuncs.com";
    let mut rows = Vec::new();
    for target in [
        "/?action=AssumeRole".to_owned(),
        format!("/?action=AssumeRole&Version=2015-04-01&{signed}"),
        format!("/?Action=GetCallerIdentity&%61ction=AssumeRole&{signed}"),
        format!("/?Action=GetCallerIdentity&version=2015-04-01&{signed}"),
    ] {
        rows.push(bad(target.clone(), get(host, &target), "ambiguous_operation"));
    }
    let case_in_form = format!("ACTION=AssumeRole&{signed}");
    rows.push(bad("a form", with_body("POST", host, "/", FORM, &case_in_form), "ambiguous_operation"));
    rows.push(bad("signed and none", get(ECS, &format!("/?{signed}")), "operation_unknown"));
    rows.push(bad("signed and none by a path", get(ECS, &format!("/x?{signed}")), "operation_unknown"));
    rows.push(bad("72 by a path", get(host, &format!("/x?Action=AssumeRole&{signed}")), "operation_unknown"));
    assert!(rows.len() >= 8);
    let (upstream, proxy) = silent().await;
    all_are_refused(&proxy, &upstream, rows).await;
}

#[tokio::test]
async fn what_is_not_built_yet_says_so_and_a_presigned_url_is_not_signed_over() {
    let mut rows: Vec<Row> = [
        "/k?x-oss-credential=A&x-oss-signature=S&x-oss-expires=604800&x-oss-signature-version=OSS4-HMAC-SHA256",
        "/k?OSSAccessKeyId=A&Signature=S&Expires=1700000000",
        "/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=S",
        "/k?AWSAccessKeyId=A&Signature=S&Expires=1",
    ]
    .iter()
    .map(|target| bad(format!("74 {target}"), get(OSS, target), "presigned_url"))
    .collect();
    let unavailable = |name: &str, request: String| row(name, request, 501, "scheme_unavailable");
    rows.push(unavailable("CLOUD4", headers("Authorization: CLOUD4-HMAC-SHA256 Credential=A\r\n")));
    let (upstream, proxy) = silent().await;
    for row in rows {
        let answer = proxy.call(&row.request).await;
        assert_eq!(answer.verdict(), (row.verdict.0, row.verdict.1.to_owned()), "{}", row.name);
    }
    assert_eq!(upstream.log().connections, 0);
}

#[tokio::test]
async fn an_operation_in_a_path_that_such_a_product_does_not_have_is_refused() {
    let mut rows = Vec::new();
    for path in ["/x", "//", "/;", "/%20", "/index.html", "/%3f"] {
        for signed in ["", "&AccessKeyId=d&Signature=x"] {
            let target = format!("{path}?Action=AssumeRole&Version=2015-04-01{signed}");
            rows.push(bad(&target, get("sts.cn-hangzhou.aliyuncs.com", &target), "operation_unknown"));
            let target = format!("{path}?Action=AssumeRole{signed}");
            let header =
                "x-acs-action: GetCallerIdentity\r\nAuthorization: ACS3-HMAC-SHA256 Credential=d\r\n";
            let with_header = request("GET", "sts.cn-hangzhou.aliyuncs.com", &target, header);
            rows.push(bad(format!("{target} and a header"), with_header, "operation_unknown"));
        }
    }
    assert!(rows.len() >= 24);
    let (upstream, proxy) = silent().await;
    all_are_refused(&proxy, &upstream, rows).await;
}

#[tokio::test]
async fn what_a_second_proof_left_in_the_query_goes_with_it() {
    let upstream = crate::kit::Upstream::start(|_, _| crate::kit::Reply::ok()).await;
    let proxy = crate::kit::Kit::new().before(&upstream).await;
    let target = "/?Action=DescribeRegions&SecurityToken=CLIENT&AccessKeyId=X&Signature=Y&SignatureNonce=n&Timestamp=t&A=b";
    let header = "Authorization: ACS3-HMAC-SHA256 Credential=d\r\n";
    let answer = proxy.call(request("GET", ECS, target, header)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(upstream.last().target(), "/?Action=DescribeRegions&A=b");
}

#[tokio::test]
async fn a_form_upload_is_known_in_any_letter_case() {
    let kind = "Content-Type: Multipart/Form-Data; boundary=b\r\n";
    let (upstream, proxy) = silent().await;
    let answer = proxy.call(with_body("POST", OSS, "/", kind, "--b--")).await;
    assert_eq!(answer.verdict(), (400, "bad_form".to_owned()));
    assert_eq!(upstream.log().connections, 0);
}

#[tokio::test]
async fn a_bucket_in_the_path_of_a_host_without_one_is_refused() {
    let host = "oss-cn-hangzhou.aliyuncs.com";
    let rows = ["/evil/key", "/bkt1/key", "//evil/key", "/evil/?acl", "/./evil", "/bkt1/../evil/key"]
        .map(|path| row(path, get(host, path), 403, "host_not_allowed"));
    let (upstream, proxy) = silent().await;
    all_are_refused(&proxy, &upstream, rows.into()).await;
}
