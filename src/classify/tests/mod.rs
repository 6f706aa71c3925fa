//! What requests are taken for, and as what they leave: a request, and the plan that is made of it.

mod meant;
mod operation;

use super::Family;
use super::strip::{keeps_header, keeps_parameter, owned_parameters};
use super::*;
use crate::endpoint::{Tenants, by_path, reverse};
use crate::names::Scheme;
use crate::refusal::{Code, Refusal};
use crate::wire::{Field, Head, HeadLimits, Parameter, parameters};

const ECS: &str = "ecs.cn-hangzhou.aliyuncs.com";
const STS: &str = "sts.cn-hangzhou.aliyuncs.com";
const BUCKET: &str = "bucket.oss-cn-hangzhou.aliyuncs.com";
const HASH: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// The plan of a request, given as its first line, its further headers and its body. `upgrades_rpc`: as in [`Shape`].
fn planned(line: &str, host: &str, headers: &str, body: &str, upgrades_rpc: bool) -> Result<Plan, Refusal> {
    let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    let mut head = Head::new();
    head.buffer().extend(format!("{line} HTTP/1.1\r\nHost: {host}\r\n{headers}{length}\r\n").bytes());
    assert_eq!(head.parse(&HeadLimits { head: 8192, headers: 64, uri: 8192 }), Ok(true));
    let target = target(head.target())?;
    let endpoint = by_path(reverse(host, &Tenants::any()).unwrap(), target.path);
    let family = family_of(&endpoint, &head, target.path)?;
    let is_form = family.reads_forms() && has_form(&head);
    let (query, form): (Vec<_>, Vec<_>) =
        (parameters(target.query).collect(), parameters(body.as_bytes()).collect());
    let read = if is_form { FormRead::Fields(&form) } else { FormRead::None };
    let asked = asked(&head, &query, read, family, target.is_root())?;
    let shape = Shape {
        head: &head,
        target,
        query: &query,
        endpoint: &endpoint,
        is_form,
        is_form_unread: false,
        upgrades_rpc,
        oss_v1: false,
    };
    let plan = plan(&asked, &shape)?;
    settle(&plan, endpoint.product())?;
    Ok(plan)
}

const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";
const ACTION: &str = "x-acs-action: DescribeRegions\r\n";
const SIGNED: &str = "AccessKeyId=d&Signature=x";

#[test]
fn what_servers_read_differently_is_not_signed_as_roa_version_1() {
    let refused = |headers: &str| {
        let headers = format!("Authorization: acs d:x\r\nx-acs-action: DescribeClusters\r\n{headers}");
        let plan = planned("GET /clusters", "cs.cn-hangzhou.aliyuncs.com", &headers, "", false);
        plan.map(|plan| plan.call.scheme).map_err(|refusal| refusal.code)
    };
    assert_eq!(
        refused("x-acs-a: a b\r\nAccept: a\tb\r\nx-own: a\tb\r\nx-own: c\r\n"),
        Ok(Some(Scheme::RoaV1))
    );
    assert_eq!(refused("x-acs-a: a\tb\r\n"), Err(Code::BadHeader));
    for twice in
        ["Accept: a\r\naccept: b\r\n", "Content-MD5: a\r\nContent-MD5: a\r\n", "x-acs-a: a\r\nX-Acs-A: a\r\n"]
    {
        assert_eq!(refused(twice), Err(Code::DuplicateField), "{twice}");
    }
}

#[test]
fn an_unsigned_call_leaves_as_acs3_unless_a_form_names_it() {
    let leaves = |line: &str, headers: &str, body: &str| {
        let plan = planned(line, ECS, headers, body, true).unwrap();
        (plan.call.scheme, plan.body, plan.adds_action, plan.adds_version)
    };
    let (acs3, rpc) = (Some(Scheme::Acs3), Some(Scheme::RpcV1));
    assert_eq!(leaves("GET /?Action=DescribeRegions", "", ""), (acs3, BodyPlan::Empty, true, true));
    assert_eq!(leaves("POST /", &format!("{ACTION}{FORM}"), "A=1"), (acs3, BodyPlan::Hold, false, true));
    assert_eq!(leaves("POST /", FORM, "Action=DescribeRegions"), (rpc, BodyPlan::Hold, false, true));
    assert_eq!(
        leaves("POST /?Version=2014-05-26", FORM, "Action=DescribeRegions"),
        (rpc, BodyPlan::Hold, false, false)
    );
}

#[test]
fn a_signed_call_keeps_its_scheme_and_gains_nothing() {
    for (line, headers, body) in [
        (format!("GET /?{SIGNED}&Action=DescribeRegions"), String::new(), String::new()),
        (format!("GET /?{SIGNED}"), ACTION.to_owned(), String::new()),
        // Everything in the form, as one SDK does; the operation in a header alone must not make it look unsigned.
        ("POST /".to_owned(), format!("{ACTION}{FORM}"), SIGNED.to_owned()),
    ] {
        let plan = planned(&line, ECS, &headers, &body, false).unwrap();
        assert_eq!(
            (plan.call.caller_scheme, plan.call.scheme),
            (Some(Scheme::RpcV1), Some(Scheme::RpcV1)),
            "{line}"
        );
        assert!(!plan.adds_action && !plan.adds_version, "{line}");
    }
}

#[test]
fn an_upgrade_needs_the_setting_and_a_call_that_no_form_names() {
    let leaves = |line: &str, headers: &str, body: &str, upgrades_rpc: bool| {
        planned(line, ECS, headers, body, upgrades_rpc).unwrap().call.scheme
    };
    let call = format!("GET /?{SIGNED}&Action=DescribeRegions&Version=2014-05-26");
    assert_eq!(leaves(&call, "", "", true), Some(Scheme::Acs3));
    assert_eq!(leaves(&call, "", "", false), Some(Scheme::RpcV1));
    assert_eq!(leaves(&format!("GET /?{SIGNED}&Action=DescribeRegions"), "", "", true), Some(Scheme::RpcV1));
    let form = "Action=DescribeRegions&Version=2014-05-26";
    assert_eq!(leaves(&format!("POST /?{SIGNED}"), FORM, form, true), Some(Scheme::RpcV1));
}

#[test]
fn a_body_streams_if_the_caller_hashed_it_with_sha256() {
    let body = |headers: &str| planned("POST /?Action=RunCommand", ECS, headers, "{}", false).unwrap().body;
    let hash = |text: &str| format!("x-acs-content-sha256: {text}\r\n");
    assert_eq!(body(&hash(HASH)), BodyPlan::StreamHashed);
    let acs3 = "Authorization: ACS3-HMAC-SHA256 Credential=d,SignedHeaders=host,Signature=0\r\n";
    assert_eq!(body(&format!("{acs3}{}", hash(HASH))), BodyPlan::StreamHashed);
    for other in [
        "",
        &hash(&HASH.to_uppercase()),
        &hash(&HASH[1..]),
        &hash(&HASH.replace('e', "g")),
        &format!("{}{}", acs3.replace("SHA256", "SM3"), hash(HASH)),
    ] {
        assert_eq!(body(other), BodyPlan::Hold, "{other}");
    }
    assert_eq!(planned("PUT /key", BUCKET, "", "data", false).unwrap().body, BodyPlan::Stream);
}

#[test]
fn only_sts_takes_a_call_that_proves_itself() {
    let scheme = |host, action| {
        planned(&format!("GET /?Action={action}&Version=1"), host, "", "", false).unwrap().call.scheme
    };
    assert_eq!(scheme(STS, "AssumeRoleWithOIDC"), None);
    assert_eq!(scheme(STS, "AssumeRoleWithSAML"), None);
    assert_eq!(scheme(STS, "GetCallerIdentity"), Some(Scheme::Acs3));
    assert_eq!(scheme(ECS, "AssumeRoleWithOIDC"), Some(Scheme::Acs3));
    let plan = planned("GET /", STS, "x-acs-action: AssumeRoleWithOIDC\r\n", "", false).unwrap();
    assert_eq!((plan.call.scheme, plan.adds_action, plan.adds_version), (None, true, true));
}

#[test]
fn a_schemes_parameters_go_where_they_are_its_own() {
    let kept = |caller, scheme, is_rpc_path, query: &'static str| {
        let owned = owned_parameters((caller, caller == Some(Scheme::RpcV1)), scheme, is_rpc_path);
        parameters(query.as_bytes()).filter(|one: &Parameter<'_>| keeps_parameter(one, owned)).count()
    };
    let (acs3, rpc, oss) = (Some(Scheme::Acs3), Some(Scheme::RpcV1), Some(Scheme::OssV4));
    let all = "AccessKeyId=&Signature=&SignatureMethod=&SignatureVersion=&SignatureType=&SignatureNonce=&Timestamp=\
               &SecurityToken=&BearerToken=";
    for (caller, scheme) in [(rpc, rpc), (rpc, acs3), (None, rpc), (None, acs3)] {
        assert_eq!(kept(caller, scheme, true, all), 0, "{caller:?} to {scheme:?}");
    }
    // A resource path's parameters are the product's own, and so are those of a request that ACS3 signed.
    assert_eq!((kept(None, acs3, false, all), kept(acs3, acs3, true, all)), (9, 9));
    assert_eq!(kept(acs3, acs3, true, "SignatureType=BEARERTOKEN&SignatureType=OTHER"), 1);
    // What carries its own proof keeps date and nonce.
    assert_eq!(kept(None, None, true, all), 2);
    let signed_url = "OSSAccessKeyId=&Signature=&security-token=&SecurityToken=&x-oss-signature-version=&x-oss-credential=\
                      &x-oss-date=&x-oss-expires=&x-oss-signature=&x-oss-security-token=&x-oss-additional-headers=\
                      &x-oss-access-key-id=";
    assert_eq!(
        (kept(oss, oss, false, signed_url), kept(oss, oss, false, "x-oss-process=a&Expires=b")),
        (0, 2)
    );
}

#[test]
fn every_header_of_the_strip_lists_goes() {
    let goes = |name: &'static str, family| !keeps_header(Field::new(name, b""), family, false);
    for name in [
        "authorization",
        "x-acs-security-token",
        "x-acs-accesskey-id",
        "x-acs-bearer-token",
        "x-acs-zero-trust-idtoken",
        "x-acs-credentials-provider",
        "x-acs-signature-type",
        "x-oss-security-token",
        "security-token",
        "authorization-sts-token",
        "x-odps-bearer-token",
        "x-datahub-security-token",
        "x-fc-security-token",
        "x-ots-ststoken",
        "x-ots-accesskeyid",
        "x-ots-signature",
        "x-ca-key",
        "x-ca-signature",
        "x-amz-security-token",
        "forwarded",
        "via",
        "x-real-ip",
        "x-forwarded-proto",
        "x-original-url",
        "x-rewrite-url",
        "x-host",
        "x-original-host",
        "x-acs-source-ip",
        "x-acs-secure-transport",
        "x-countersign-error",
        "te",
        "content-length",
        "expect",
    ] {
        assert!(
            [Family::Rpc, Family::Acs3, Family::Oss].into_iter().all(|family| goes(name, family)),
            "{name}"
        );
    }
    for name in [
        "x-acs-date",
        "x-acs-signature-nonce",
        "x-acs-signature-method",
        "x-acs-signature-version",
        "x-acs-content-sha256",
        "x-acs-content-sm3",
    ] {
        assert!(goes(name, Family::Acs3) && !goes(name, Family::Rpc) && !goes(name, Family::Oss), "{name}");
    }
    for name in
        ["date", "x-oss-date", "x-oss-content-sha256", "x-oss-signature-version", "x-amz-content-sha256"]
    {
        assert!(goes(name, Family::Oss) && !goes(name, Family::Acs3), "{name}");
    }
    assert!(keeps_header(Field::new("x-own", b""), Family::Acs3, false));
    assert!(!keeps_header(Field::new("x-own", b""), Family::Acs3, true));
}

#[test]
fn a_form_is_one_in_any_letter_case_and_charset() {
    assert!(is_form_type(b"Application/X-WWW-Form-Urlencoded; charset=UTF-8"));
    assert!(
        !is_form_type(b"application/json") && !is_form_type(b"application/x-www-form") && !is_form_type(b"")
    );
}

#[test]
fn the_plain_operations_of_oss_have_names_and_sub_resources_none() {
    let named = |line: &str, host| {
        planned(line, host, "", "", false).unwrap().call.action.map(|action| action.as_str().to_owned())
    };
    let service = "oss-cn-hangzhou.aliyuncs.com";
    let listing = "prefix&marker&max-keys&delimiter&encoding-type&list-type&start-after&continuation-token";
    for (line, host, name) in [
        (&*format!("GET /?{listing}&fetch-owner=true"), BUCKET, Some("ListObjects")),
        ("GET /?acl", BUCKET, None),
        ("GET /?prefix=a", service, Some("ListBuckets")),
        ("GET /?region", service, None),
        ("GET /key", BUCKET, Some("GetObject")),
        ("GET /key?acl", BUCKET, None),
        ("GET /key?OSSAccessKeyId=d&Expires=1&Signature=s", BUCKET, Some("GetObject")),
        ("GET /key?acl&OSSAccessKeyId=d&Expires=1&Signature=s", BUCKET, None),
        (
            "GET /?prefix=a&X-Amz-Algorithm=a&X-Amz-Credential=c&X-Amz-Date=d&X-Amz-Expires=1&X-Amz-SignedHeaders=h&X-Amz-Signature=s",
            BUCKET,
            Some("ListObjects"),
        ),
        ("HEAD /key", BUCKET, Some("HeadObject")),
        ("PUT /key", BUCKET, Some("PutObject")),
        ("DELETE /key", BUCKET, Some("DeleteObject")),
        ("PUT /", BUCKET, Some("PutBucket")),
        ("DELETE /", BUCKET, Some("DeleteBucket")),
        ("HEAD /", BUCKET, None),
        ("PUT /key", service, None),
        ("PUT /", service, None),
    ] {
        assert_eq!(named(line, host).as_deref(), name, "{line} to {host}");
    }
}
