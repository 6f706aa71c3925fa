//! Whole explanations: what differs, and what it is put down to.

use super::*;

const CANONICAL: &str = "PUT\n/bucket/a%20b\nx-oss-a=1\ncontent-type:text/plain\nhost:h.example\nx-oss-date:20240307T023032Z\n\
    x-oss-security-token:CAISsecret\n\nhost\nUNSIGNED-PAYLOAD";

fn texts<'a>(canonical_request: &'a str, string_to_sign: &'a str) -> Texts<'a> {
    Texts { canonical_request: canonical_request.as_bytes(), string_to_sign: string_to_sign.as_bytes() }
}

fn cause(from: &str, to: &str) -> Cause {
    let theirs = CANONICAL.replacen(from, to, 1);
    assert_ne!(theirs, CANONICAL, "{from} is in it");
    explain(texts(CANONICAL, "ours"), texts(&theirs, "theirs")).cause
}

#[test]
fn a_change_is_put_down_to_what_makes_it() {
    let name = |name: &str| name.to_owned();
    assert_eq!(cause("PUT", "POST"), Cause::Method);
    assert_eq!(cause("a%20b", "a+b"), Cause::Path);
    assert_eq!(cause("a%20b", "a%2520b"), Cause::Encoding);
    assert_eq!(cause("/bucket/a%20b", "/bucket/c"), Cause::Path);
    assert_eq!(cause("x-oss-a=1", "x-oss-a=2"), Cause::Parameter(name("x-oss-a")));
    assert_eq!(cause("x-oss-a=1", "x-oss-a=%31"), Cause::Encoding);
    assert_eq!(cause("x-oss-a=1", "x-oss-a=1&b=2"), Cause::Parameter(name("b")));
    assert_eq!(cause("text/plain", "text/plain; charset=utf-8"), Cause::HeaderChanged(name("content-type")));
    assert_eq!(cause("content-type:text/plain\n", ""), Cause::HeaderLost(name("content-type")));
    assert_eq!(cause("host:", "content-md5:abc\nhost:"), Cause::HeaderAdded(name("content-md5")));
    assert_eq!(cause("h.example", "other.example"), Cause::Host);
    assert_eq!(cause("T023032Z", "T023033Z"), Cause::Clock);
}

#[test]
fn a_scope_tells_day_and_region_apart() {
    let of = |theirs: &str| {
        let ours = "OSS4-HMAC-SHA256\n20240307T023032Z\n20240307/cn-hangzhou/oss/aliyun_v4_request\nabc";
        explain(texts("", ours), texts("", theirs)).cause
    };
    assert_eq!(
        of("OSS4-HMAC-SHA256\n20240307T023032Z\n20240307/cn-beijing/oss/aliyun_v4_request\nabc"),
        Cause::Region
    );
    assert_eq!(
        of("OSS4-HMAC-SHA256\n20240307T023032Z\n20240308/cn-hangzhou/oss/aliyun_v4_request\nabc"),
        Cause::Clock
    );
}

#[test]
fn where_only_hashes_differ_that_is_said() {
    let (ours, theirs) = (format!("ACS3-HMAC-SHA256\n{:064}", 1), format!("ACS3-HMAC-SHA256\n{:064}", 2));
    assert_eq!(explain(texts(CANONICAL, &ours), texts("", &theirs)).cause, Cause::Untold);
}

#[test]
fn the_same_text_means_another_secret() {
    let explanation = explain(texts(CANONICAL, "a"), texts(CANONICAL, "a"));
    assert_eq!(explanation.cause, Cause::Secret);
    assert!(!explanation.to_string().contains('\n'), "there is nothing to show: {explanation}");
    // An application gets the answer with its tokens masked.
    let masked = texts("", "x-acs-security-token:****");
    let ours = texts("", "x-acs-security-token:CAISsecret");
    assert_eq!(explain(ours, masked).cause, Cause::SecretOrToken);
}

#[test]
fn what_is_shown_marks_both_sides_and_holds_no_token() {
    let theirs = CANONICAL.replace("text/plain", "text/html");
    let shown = explain(texts(CANONICAL, ""), texts(&theirs, "")).to_string();
    let expected = "likely cause: the header content-type was changed after the signature was made, by something between here and the cloud\n\
        canonical request: - ours, + the cloud's\n  PUT\n  /bucket/a%20b\n  x-oss-a=1\n- content-type:text/plain\n+ content-type:text/html\n  host:h.example\n  \
        x-oss-date:20240307T023032Z\n  x-oss-security-token:[security-token]\n  \n  host\n  UNSIGNED-PAYLOAD";
    assert_eq!(shown, expected);
}

#[test]
fn the_differences_alone_are_one_line() {
    let theirs = CANONICAL.replace("text/plain", "text/\"html\"");
    let differences = explain(texts(CANONICAL, ""), texts(&theirs, "")).differences();
    assert_eq!(differences, r#"-"content-type:text/plain" +"content-type:text/\"html\"""#);
    assert_eq!(explain(texts(CANONICAL, "a"), texts(CANONICAL, "a")).differences(), "");
}
