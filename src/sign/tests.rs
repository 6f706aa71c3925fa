//! What holds for every input: signing never panics, the order of parameters and headers does not matter, nor does the
//! way in which they are escaped.

use super::*;
use crate::endpoint::{OwnHosts, Tenants, reverse};
use crate::names::Nonce;
use crate::secret::{Secret, SecurityToken};
use crate::wire::Spelling;

/// A small generator of numbers, so that a failure can be run again.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    /// Bytes of any kind, most often those that an encoder or a parser looks at.
    fn bytes(&mut self) -> Vec<u8> {
        const TELLING: &[u8] = b"%%%+&=;:,/?#~ \t\r\n\0aZ09-_.*2fF\xff\xc3\xbc";
        let length = self.below(12);
        (0..length)
            .map(|_| match self.below(4) {
                0 => u8::try_from(self.below(256)).unwrap(),
                _ => TELLING[self.below(TELLING.len())],
            })
            .collect()
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for at in (1..list.len()).rev() {
            list.swap(at, self.below(at + 1));
        }
    }

    fn spelling(&mut self) -> Spelling {
        [Spelling::Form, Spelling::Plain, Spelling::Path][self.below(3)]
    }
}

/// Raw names and values.
type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

fn pairs(numbers: &mut Numbers) -> Pairs {
    let mut pairs: Pairs = (0..numbers.below(8)).map(|_| (numbers.bytes(), numbers.bytes())).collect();
    // A name that comes again, with another value or the same.
    if let Some((name, value)) = pairs.first().cloned() {
        let value = if numbers.below(2) == 0 { value } else { numbers.bytes() };
        pairs.push((name, value));
    }
    pairs
}

fn parameters_of(pairs: &Pairs, spelling: Spelling) -> Vec<Parameter<'_>> {
    pairs.iter().map(|(name, value)| Parameter::spelled(b"raw", name, value, spelling)).collect()
}

/// The texts and signatures of the schemes that sign what a query means, by their own order.
type Proofs = [(Vec<u8>, Vec<u8>); 8];

fn proofs(path: &[u8], query: &[Parameter<'_>], form: &[Parameter<'_>], headers: &[Field<'_>]) -> Proofs {
    let key = Key::absorb(Secret::new("secret".to_owned()));
    let day_key = key.day_key(day(0), "cn-hangzhou", oss::PRODUCT);
    let mut workspace = Workspace::default();
    let s3_key = key.s3_day_key(day(0), "oss-cn-hangzhou");
    let headers = headers.iter();
    let method = "GET";
    let covered =
        acs3::Covered { method: "GET", path, query, headers: headers.clone(), payload_hash: b"UNSIGNED" };
    let acs3 =
        (acs3::signature(covered, &key, &mut workspace).to_vec(), workspace.canonical_request().to_vec());
    let covered = rpc::Covered { method: "GET", query, form, added: &[] };
    let rpc = (rpc::signature(covered, &key, &mut workspace).to_vec(), workspace.string_to_sign().to_vec());
    let covered = oss::Covered {
        method: "GET",
        resource: oss::Resource::Bucket(Some("bucket")),
        path,
        query,
        headers: headers.clone(),
        additional_headers: b"range;;Host; x-other ",
        date: iso_basic(0),
        region: "cn-hangzhou",
        product: oss::PRODUCT,
    };
    let oss =
        (oss::signature(covered, &day_key, &mut workspace).to_vec(), workspace.canonical_request().to_vec());
    let covered = s3::Covered {
        method,
        path,
        query,
        headers: headers.clone(),
        payload_hash: b"UNSIGNED-PAYLOAD",
        date: iso_basic(0),
        region: "oss-cn-hangzhou",
    };
    let s3 =
        (s3::signature(covered, &s3_key, &mut workspace).to_vec(), workspace.canonical_request().to_vec());
    let covered = oss_v1::Covered { method, bucket: Some("bucket"), path, query, headers: headers.clone() };
    let oss_v1 =
        (oss_v1::signature(covered, &key, &mut workspace).to_vec(), workspace.string_to_sign().to_vec());
    let covered = sls::Covered { method, path, query, headers: headers.clone() };
    let sls = sls::signature(covered, &key, &mut workspace).as_bytes().to_vec();
    let sls = (sls, workspace.string_to_sign().to_vec());
    let covered = sls_v4::Covered {
        method,
        path,
        query,
        headers: headers.clone(),
        payload_hash: b"hash",
        date: iso_basic(0),
        region: "cn-hangzhou",
    };
    let sls_v4 = (
        sls_v4::signature(covered, &day_key, &mut workspace).to_vec(),
        workspace.canonical_request().to_vec(),
    );
    let covered = fc::Covered { method, path, query: Some(query), headers };
    let fc = (fc::signature(covered, &key, &mut workspace).to_vec(), workspace.string_to_sign().to_vec());
    [acs3, rpc, oss, s3, oss_v1, sls, sls_v4, fc]
}

/// Every scheme that has a signer.
const SIGNED: [Scheme; 21] = [
    Scheme::Acs3,
    Scheme::Acs4,
    Scheme::RpcV1,
    Scheme::RoaV1,
    Scheme::OssV4,
    Scheme::OssV1,
    Scheme::S3,
    Scheme::SlsV4,
    Scheme::SlsV1,
    Scheme::OtsV4,
    Scheme::OtsV2,
    Scheme::OdpsV4,
    Scheme::OdpsV2,
    Scheme::DataHub,
    Scheme::MnsV4,
    Scheme::MnsV2,
    Scheme::MqHttp,
    Scheme::FcV1,
    Scheme::FcTrigger,
    Scheme::ApiGateway,
    Scheme::Dataplus,
];

/// Of the table, and of an operator's own.
fn endpoints() -> Vec<Endpoint> {
    let tenants = Tenants::any();
    let mut own_hosts = OwnHosts::default();
    let own =
        [("api.example.com", "apigateway"), ("f.example.com", "fc-trigger"), ("d.example.com", "dataplus")];
    own.into_iter().for_each(|(host, product)| own_hosts.add(host, product, None).unwrap());
    [
        "ecs.cn-hangzhou.aliyuncs.com",
        "bucket.oss-cn-hangzhou.aliyuncs.com",
        "sts.aliyuncs.com",
        "service.cn-hangzhou.maxcompute.aliyun.com",
    ]
    .into_iter()
    .map(|host| reverse(host, &tenants).unwrap())
    .chain(own.iter().map(|(host, _)| own_hosts.endpoint(host).unwrap()))
    .collect()
}

#[test]
fn signing_never_panics_whatever_the_bytes() {
    let mut numbers = Numbers(1);
    let endpoints = endpoints();
    let key = Key::absorb(Secret::new(String::new()));
    let (day_key, odps_key) = (key.day_key(*b"20240307", "", ""), key.odps_day_key(*b"20240307", ""));
    let token = Token::new(SecurityToken::new("token".to_owned()).unwrap());
    let (mut signed, mut refused) = ([0; SIGNED.len()], 0);
    for round in 0..20_000 {
        let (path, listed, body) = (numbers.bytes(), numbers.bytes(), numbers.bytes());
        let (query, form, headers) = (pairs(&mut numbers), pairs(&mut numbers), pairs(&mut numbers));
        let spelling = numbers.spelling();
        let headers: Vec<_> = headers.iter().map(|(name, value)| Field { name, value }).collect();
        let unsigned = Unsigned {
            method: "GET",
            path: &path,
            query: &parameters_of(&query, spelling),
            headers: &headers,
            form: &parameters_of(&form, spelling),
            payload: [Payload::Held(&body), Payload::Hashed(&body), Payload::Streamed][round % 3],
            framing: [Framing::None, Framing::Chunked, Framing::Length(u64::MAX)][numbers.below(3)],
            expects_continue: round % 2 == 0,
            endpoint: &endpoints[numbers.below(endpoints.len())],
            add_action: None,
            add_version: Some(b"2014-05-26"),
            additional_headers: &listed,
            scope: (round % 3 > 0).then_some(Scope { region: "center", product: "Ecs" }),
        };
        let security_token = (round % 5 > 0).then_some(&token);
        let moment = Moment {
            unix_seconds: [0, i64::MIN, i64::MAX, 1_700_000_000][numbers.below(4)],
            nonce: Nonce::from_bytes([0; 16]),
        };
        for (at, scheme) in SIGNED.into_iter().enumerate() {
            let day_key = if scheme == Scheme::OdpsV4 { &odps_key } else { &day_key };
            let day_key = (round % 7 > 0).then_some(day_key);
            let identity = Identity { access_key_id: "id", security_token, key: &key, day_key };
            match sign(scheme, &unsigned, &identity, &moment, (&mut Workspace::default(), Vec::new())) {
                Ok(_) => signed[at] += 1,
                Err(why) => {
                    assert_ne!(why, Unsignable::Scheme(scheme));
                    refused += 1;
                }
            }
        }
    }
    // None is only refused: the least often, what needs a held body and a region.
    assert!(
        signed.iter().all(|count| *count > 500) && refused > 20_000,
        "{signed:?} signed, {refused} refused"
    );
}

#[test]
fn the_order_of_parameters_and_headers_does_not_change_a_signature() {
    let mut numbers = Numbers(2);
    let mut shuffled = 0;
    for _ in 0..5_000 {
        let (mut query, mut form) = (pairs(&mut numbers), pairs(&mut numbers));
        let (path, spelling) = (numbers.bytes(), numbers.spelling());
        let named =
            [("x-acs-a", "1"), ("X-Acs-B", "2"), ("Content-Type", "t"), ("x-oss-a", "3"), ("Range", "4")];
        let mut headers = named.map(|(name, value)| Field::new(name, value.as_bytes()));
        let expected =
            proofs(&path, &parameters_of(&query, spelling), &parameters_of(&form, spelling), &headers);
        let before = query.clone();
        numbers.shuffle(&mut query);
        numbers.shuffle(&mut form);
        numbers.shuffle(&mut headers);
        shuffled += usize::from(before != query);
        let got = proofs(&path, &parameters_of(&query, spelling), &parameters_of(&form, spelling), &headers);
        assert_eq!(got, expected, "{before:?} and {query:?} as {spelling:?}");
    }
    assert!(shuffled > 3_000, "{shuffled} in another order");
}

#[test]
fn the_way_a_parameter_is_escaped_does_not_change_a_signature() {
    let mut numbers = Numbers(3);
    let escaped = |text: &[u8], upper: bool| -> Vec<u8> {
        let spell = |byte: &u8| if upper { format!("%{byte:02X}") } else { format!("%{byte:02x}") };
        text.iter().map(spell).collect::<String>().into_bytes()
    };
    for round in 0..5_000 {
        let plain = pairs(&mut numbers);
        let all: Pairs = plain
            .iter()
            .map(|(name, value)| (escaped(name, round % 2 == 0), escaped(value, round % 3 == 0)))
            .collect();
        let expected = proofs(b"/", &parameters_of(&plain, Spelling::Plain), &[], &[]);
        let got = proofs(b"/", &parameters_of(&all, Spelling::Form), &[], &[]);
        assert_eq!(got, expected, "{plain:?}");
    }
}

#[test]
fn a_name_in_query_and_form_counts_once_with_the_forms_value() {
    let spelled = |query: &[u8], form: &[u8]| {
        let (query, form): (Vec<_>, Vec<_>) =
            (crate::wire::parameters(query).collect(), crate::wire::parameters(form).collect());
        let [_, (_, text), ..] = proofs(b"/", &query, &form, &[]);
        String::from_utf8(text).unwrap()
    };
    let expected = "GET&%2F&A%3D1%26RegionId%3Dform%26Z%3D2";
    assert_eq!(spelled(b"Z=2&RegionId=query", b"RegionId=form&A=1"), expected);
    assert_eq!(spelled(b"RegionId=query&Region%49d=other&A=1", b"Z=2&Region%49d=form"), expected);
    assert_eq!(spelled(b"Z=2&A=1", b"RegionId=form"), expected);
}

#[test]
fn acs3_signs_a_slash_where_there_is_no_path() {
    let [(_, text), ..] = proofs(b"", &[], &[], &[]);
    assert!(text.starts_with(b"GET\n/\n\n"), "{}", String::from_utf8_lossy(&text));
}

#[test]
fn oss_sorts_the_encoded_names() {
    let query: Vec<_> = crate::wire::parameters(b"a-b=1&a%2Fb=2&acl&a=").collect();
    let [_, _, (_, text), ..] = proofs(b"/k", &query, &[], &[]);
    let text = String::from_utf8(text).unwrap();
    assert_eq!(text.lines().nth(2), Some("a&a%2Fb=2&a-b=1&acl"), "{text}");
}

#[test]
fn oss_joins_lines_of_one_name_in_the_order_of_the_wire() {
    let headers = [("x-oss-meta-a", " z "), ("Range", "r"), ("X-Oss-Meta-A", "b"), ("x-oss-meta-A", "c")];
    let [_, _, (_, text), ..] =
        proofs(b"/", &[], &[], &headers.map(|(name, value)| Field::new(name, value.as_bytes())));
    let text = String::from_utf8(text).unwrap();
    assert!(text.ends_with("\n\nrange:r\nx-oss-meta-a:z,b,c\n\nrange\nUNSIGNED-PAYLOAD"), "{text}");
}
