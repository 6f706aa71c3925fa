//! Which operation a request names, with what it was signed, and what of that may stand twice.

use super::*;

#[test]
fn a_signed_url_of_oss_is_refused_by_every_mark() {
    for mark in [
        "x-oss-signature=0",
        "x-oss-signature-version=OSS2",
        "OSSAccessKeyId=d",
        "X-Amz-Algorithm=a",
        "X-Oss-Signature-Version=v",
        "x-amz-algorithm=a",
        "X-Amz-Signature=0",
        "AWSAccessKeyId=d",
    ] {
        let refusal = planned(&format!("GET /key?{mark}"), BUCKET, "", "", false).unwrap_err();
        assert_eq!(refusal.code, Code::PresignedUrl, "{mark}");
    }
    assert!(planned("GET /key?Signature=mine", BUCKET, "", "", false).is_ok());
}

#[test]
fn a_call_may_be_sent_twice_if_it_only_reads_or_every_client_token_says_something() {
    let may = |line: &str, host, body: &str| {
        let headers = if body.is_empty() { "" } else { FORM };
        planned(line, host, headers, body, false).unwrap().call.may_be_sent_twice
    };
    for query in ["Action=DescribeRegions", "Action=Get&Version=1", "Action=RunInstances&ClientToken=c-1"] {
        assert!(may(&format!("GET /?{query}"), ECS, ""), "{query}");
    }
    for query in [
        "Action=RunInstances",
        "Action=Getter&Version=1",
        "Action=RunInstances&ClientToken",
        "Action=RunInstances&ClientToken=",
        "Action=RunInstances&clienttoken=c-1",
        "Action=RunInstances&ClientToken=c-1&ClientToken=",
        "Action=RunInstances&ClientToken=&ClientToken=c-1",
    ] {
        assert!(!may(&format!("GET /?{query}"), ECS, ""), "{query}");
    }
    assert!(may("POST /", ECS, "Action=RunInstances&ClientToken=c-1"));
    assert!(!may("POST /", ECS, "Action=RunInstances&ClientToken="));
    assert!(!may("POST /?ClientToken=", ECS, "Action=RunInstances&ClientToken=c-1"));
    assert!(may("GET /key", BUCKET, "") && may("HEAD /key", BUCKET, "") && !may("DELETE /key", BUCKET, ""));
}

/// A product with calls by path.
const CS: &str = "cs.cn-hangzhou.aliyuncs.com";

#[test]
fn an_operation_in_another_letter_case_is_no_operation() {
    let refused = |line: &str, host, headers: &str, body: &str| {
        planned(line, host, headers, body, false).map_err(|refusal| refusal.code).err()
    };
    let ambiguous = Some(Code::AmbiguousOperation);
    for name in ["action", "ACTION", "%61ction", "actio%4e", "version", "VERSION"] {
        for query in [
            format!("{name}=AssumeRole"),
            format!("{name}=AssumeRole&{SIGNED}"),
            format!("Action=DescribeRegions&{name}=DescribeRegions"),
            format!("{name}&Action=DescribeRegions&{SIGNED}"),
        ] {
            assert_eq!(refused(&format!("GET /?{query}"), STS, "", ""), ambiguous, "{query}");
            assert_eq!(refused("POST /", STS, FORM, &query), ambiguous, "{query}");
            assert_eq!(
                refused(&format!("POST /?{query}"), STS, &format!("{ACTION}{FORM}"), "a=b"),
                ambiguous
            );
        }
        // A signature of RPC makes a path no other call.
        assert_eq!(refused(&format!("GET /x?{name}=A&{SIGNED}"), STS, ACTION, ""), ambiguous, "{name}");
        // On a resource path the name is the product's own, and so it is in what is no form.
        assert_eq!(refused(&format!("GET /x?{name}=A"), CS, ACTION, ""), None, "{name}");
        assert_eq!(refused("POST /", ECS, ACTION, &format!("{name}=A")), None, "{name}");
    }
    assert_eq!(refused("GET /?Action=DescribeRegions&Actions=a&Versions=b&Actio=c", ECS, "", ""), None);
}

/// `@alicloud/pop-core` signs a name whose first letter it made a capital, and leaves the header as it was given.
#[test]
fn beside_a_signed_parameter_the_header_may_have_a_small_first_letter() {
    let of = |line: String, header: &str, upgrades_rpc: bool| {
        planned(&line, ECS, &format!("x-acs-action: {header}\r\n"), "", upgrades_rpc)
            .map(|plan| (plan.call.action.unwrap().as_str().to_owned(), plan.call.scheme.unwrap()))
            .map_err(|refusal| refusal.code)
    };
    let signed = |name: &str| format!("GET /?Action={name}&Version=2014-05-26&{SIGNED}");
    let meant = || "DescribeRegions".to_owned();
    assert_eq!(of(signed("DescribeRegions"), "describeRegions", false), Ok((meant(), Scheme::RpcV1)));
    // ACS3 would sign the header, whose spelling is not the operation's.
    assert_eq!(of(signed("DescribeRegions"), "describeRegions", true), Ok((meant(), Scheme::RpcV1)));
    assert_eq!(of(signed("DescribeRegions"), "DescribeRegions", true), Ok((meant(), Scheme::Acs3)));
    let ambiguous = Err(Code::AmbiguousOperation);
    for (name, header) in [
        ("DescribeRegions", "describeregions"),
        ("DescribeRegions", "describeRegion"),
        ("describeRegions", "DescribeRegions"),
        ("DescribeRegions", "eescribeRegions"),
        ("DescribeRegions&Action=DescribeZones", "describeRegions"),
        ("DescribeRegions&Action=describeRegions", "describeRegions"),
    ] {
        assert_eq!(of(signed(name), header, false), ambiguous, "{name} {header}");
    }
    let unsigned = "GET /?Action=DescribeRegions&Version=2014-05-26".to_owned();
    assert_eq!(of(unsigned, "describeRegions", false), ambiguous);
}

#[test]
fn a_call_with_an_rpc_signature_names_its_operation_whatever_its_path() {
    let planned = |line: &str, headers: &str, body: &str| {
        planned(line, CS, headers, body, false).map_err(|refusal| refusal.code)
    };
    let named = |line: &str, headers: &str, body: &str| {
        planned(line, headers, body).map(|plan| plan.call.action.map(|action| action.as_str().to_owned()))
    };
    let assume = || Ok(Some("AssumeRole".to_owned()));
    assert_eq!(named(&format!("GET /x?Action=AssumeRole&{SIGNED}"), "", ""), assume());
    assert_eq!(named("POST /x", FORM, &format!("Action=AssumeRole&{SIGNED}")), assume());
    assert_eq!(
        named(&format!("GET /x?Action=AssumeRole&{SIGNED}"), ACTION, ""),
        Err(Code::AmbiguousOperation)
    );
    for line in [format!("GET /?{SIGNED}"), format!("GET /?{SIGNED}&A=1"), format!("GET /x?{SIGNED}")] {
        assert_eq!(named(&line, "", ""), Err(Code::OperationUnknown), "{line}");
    }
    assert_eq!(named("POST /", FORM, SIGNED), Err(Code::OperationUnknown));
    assert!(planned(&format!("GET /?{SIGNED}"), ACTION, "").is_ok());
}

#[test]
fn a_parameter_that_is_a_proof_stands_once_and_in_one_letter_case() {
    let refused = |host, target: &str, query: &str| {
        planned(&format!("GET {target}{query}"), host, "", "", false).err().map(|refusal| refusal.code)
    };
    let rpc = ["AccessKeyId", "Signature", "SignatureNonce", "SecurityToken", "BearerToken"];
    let oss = [
        "OSSAccessKeyId",
        "Signature",
        "security-token",
        "SecurityToken",
        "x-oss-credential",
        "x-oss-signature",
        "x-oss-security-token",
    ];
    let (rpc, oss) = (rpc.map(|name| (ECS, "/?Action=A&", name)), oss.map(|name| (BUCKET, "/key?", name)));
    for (host, target, name) in rpc.into_iter().chain(oss) {
        let mut other = name.to_ascii_uppercase();
        if other == name {
            other.make_ascii_lowercase();
        }
        for query in [format!("{name}=1&{name}=2"), format!("{name}=1&{name}"), format!("{other}=1")] {
            assert_eq!(refused(host, target, &query), Some(Code::DuplicateField), "{query}");
        }
        assert_ne!(
            refused(host, target, &format!("{name}=1&{name}=%31")),
            Some(Code::DuplicateField),
            "{name}"
        );
    }
}

#[test]
fn of_headers_that_are_replaced_only_dates_may_differ() {
    let twice = |name: &str| {
        let headers = format!("{name}: a\r\nx-other: c\r\n{name}: b\r\n");
        planned("GET /?Action=DescribeZones", ECS, &headers, "", false).err().map(|refusal| refusal.code)
    };
    assert_eq!((twice("x-acs-date"), twice("Date"), twice("accept")), (None, None, None));
    for name in
        ["x-acs-signature-nonce", "x-acs-region-id", "content-type", "authorization", "x-oss-security-token"]
    {
        assert_eq!(twice(name), Some(Code::DuplicateField), "{name}");
    }
}

#[test]
fn with_what_a_caller_signed_is_read_off_its_authorization() {
    let scheme = |host, authorization: &str| {
        let headers = format!("Authorization: {authorization}\r\n");
        planned("GET /?Action=DescribeZones", host, &headers, "", false).map(|plan| plan.call.caller_scheme)
    };
    for (authorization, expected) in [
        ("OSS4-HMAC-SHA256 Credential=d", Some(Scheme::OssV4)),
        ("OSS d:0", Some(Scheme::OssV1)),
        ("OSS2 AccessKeyId:d", Some(Scheme::OssV1)),
        ("AWS d:0", Some(Scheme::S3)),
        ("AWS4-HMAC-SHA256 Credential=d", Some(Scheme::S3)),
        ("OSS3 d", None),
        ("Bearer d", None),
    ] {
        assert_eq!(scheme(BUCKET, authorization).unwrap(), expected, "{authorization}");
    }
    for (authorization, expected) in [
        ("ACS3-HMAC-SHA256 Credential=d", Some(Scheme::Acs3)),
        ("ACS3-RSA-SHA256 Credential=d", Some(Scheme::Acs3)),
        ("acs d:0", Some(Scheme::RoaV1)),
        ("Bearer d", None),
    ] {
        assert_eq!(scheme(ECS, authorization).unwrap(), expected, "{authorization}");
    }
    for (authorization, expected) in [
        (
            "ACS4-HMAC-SHA256 Credential=d/20200101/center/Ecs/aliyun_v4_request,SignedHeaders=",
            Ok(Scheme::Acs4),
        ),
        ("ACS4-HMAC-SM3 Credential=d/20200101/center/Ecs/aliyun_v4_request", Ok(Scheme::Acs4)),
        ("ACS4-HMAC-SHA256 Credential=d", Err(Code::BadHeader)),
        ("CLOUD4-HMAC-SHA256 Credential=d", Err(Code::SchemeUnavailable)),
    ] {
        let found = scheme(ECS, authorization).map(Option::unwrap).map_err(|refusal| refusal.code);
        assert_eq!(found, expected, "{authorization}");
    }
}

#[test]
fn a_data_plane_that_lists_an_openapi_scheme_is_refused_for_what_it_is() {
    let events = crate::endpoint::products().find(|product| product.code == "eventbridge-data").unwrap();
    let refusal = family::of_product(events).unwrap_err();
    assert_eq!(refusal.code, Code::SchemeUnavailable);
    assert!(format!("{refusal:?}").contains("events"), "{refusal:?}");
}
