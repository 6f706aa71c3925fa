//! Tablestore's requests and answers, against what its SDKs signed.

use super::*;

const FILES: [&str; 2] = ["ots-v2", "ots-v4"];

#[test]
fn what_the_sdks_of_tables_signed_is_let_in() {
    let mut count = 0;
    for signed in FILES.into_iter().flat_map(shared) {
        let_in(&signed, OUT_OF_TIME);
        count += 1;
    }
    assert!(count >= 16, "{count}");
}

#[test]
fn no_byte_of_it_can_change() {
    let covered = |name: &str| matches!(name, "path" | "body") || name.starts_with("x-ots-");
    let count: usize =
        FILES.into_iter().flat_map(shared).map(|signed| change_each_byte(&signed, &covered)).sum();
    assert!(count >= 2_500, "{count}");
}

fn answers(version: &str) -> Vec<Value> {
    let path = format!("{}/tests/vectors/ots-answer-{version}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let mut rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let origin = rows.remove(0);
    assert_eq!(Some(rows.len() as u64), origin["vectors"].as_u64());
    for row in &mut rows {
        row["key"] = origin["keys"][row["key"].as_str().unwrap()].clone();
    }
    rows
}

#[test]
fn an_answer_is_signed_as_the_sdk_expects_it() {
    let (day, region) = ("20240307".to_owned(), "cn-hangzhou".to_owned());
    for (version, recipe) in [("v2", Recipe::Roa), ("v4", Recipe::OtsV4 { day, region })] {
        for row in answers(version) {
            let pair =
                |pair: &Value| (pair[0].as_str().unwrap().to_owned(), pair[1].as_str().unwrap().to_owned());
            let headers: Vec<(String, String)> =
                row["headers"].as_array().unwrap().iter().map(pair).collect();
            let own: Vec<(&str, &str)> = headers
                .iter()
                .filter(|(name, _)| name.starts_with("x-ots-"))
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            let (secret, path) = (row["key"][1].as_str().unwrap(), row["request"][2].as_str().unwrap());
            let signature = answer_signature(&recipe, secret, &own, path);
            assert_eq!(Some(signature.as_str()), row["signature"].as_str(), "{version} {}", row["name"]);
        }
    }
}

fn named(file: &str, name: &str) -> Signed {
    shared(file).into_iter().find(|signed| signed.name == name).unwrap()
}

#[test]
fn version_4_holds_for_the_region_of_the_host_and_version_2_for_any() {
    for (file, expected) in
        [("ots-v2", None), ("ots-v4", Some(Denial::WrongRegion("cn-hangzhou".to_owned())))]
    {
        let signed = named(file, "empty-body-list-table");
        let elsewhere = signed.heard.with_header("host", "myinstance.cn-beijing.ots.aliyuncs.com");
        assert_eq!(judged(&signed, &elsewhere, 0).err(), expected, "{file}");
    }
}

#[test]
fn version_4_holds_for_the_day_of_the_date_and_over_midnight() {
    let key = Identity {
        access_key_id: "id".to_owned(),
        secret: "secret".to_owned(),
        security_token: None,
        issued_at: 0,
        expires_at: None,
        revocations: 0,
        principal: Principal::User { arn: "acs:ram::1:user/a".to_owned(), id: "2".to_owned() },
    };
    let signed = |date: &str, day: &str| {
        let own = [
            ("x-ots-apiversion", "2015-12-31"),
            ("x-ots-instancename", "i"),
            ("x-ots-accesskeyid", "id"),
            ("x-ots-date", date),
            ("x-ots-signdate", day),
            ("x-ots-signregion", "cn-hangzhou"),
            ("x-ots-contentmd5", "1B2M2Y8AsgTpgAmY7PhCfg=="),
            ("x-ots-signaturev4", "-"),
        ];
        let headers = own.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())).to_vec();
        let heard =
            Heard { method: "POST".to_owned(), path: "/ListTable".to_owned(), headers, ..Heard::default() };
        read(&heard, &Place::of("i.cn-hangzhou.ots.aliyuncs.com")).map(|claim| {
            let claim = claim.unwrap();
            claim.recipe.signature(&key.secret, &claim.string_to_sign)
        })
    };
    for (date, day) in [
        ("2024-03-07T08:09:05.000Z", "20240307"),
        ("2024-03-07T23:59:59.000Z", "20240308"),
        ("2024-03-08T00:00:01.000Z", "20240307"),
    ] {
        assert!(signed(date, day).is_ok(), "{date} {day}");
    }
    for day in ["20240306", "20240308", "2024", "202403071"] {
        assert_eq!(signed("2024-03-07T08:09:05.000Z", day), Err(Denial::BadDate("x-ots-signdate")), "{day}");
    }
}

#[test]
fn what_no_sdk_of_tables_sends_is_refused() {
    let signed = named("ots-v2", "empty-body-list-table");
    let two = Denial::Malformed("the request carries two signatures");
    for name in ["x-ots-signaturev4", "authorization"] {
        assert_eq!(judged(&signed, &signed.heard.with_header(name, "dummy"), 0).unwrap_err(), two, "{name}");
    }
    let mut twice = signed.heard.clone();
    twice.headers.push(("x-ots-instancename".to_owned(), b"other".to_vec()));
    let denial = judged(&signed, &twice, 0).unwrap_err();
    assert_eq!(denial, Denial::Uncovered("x-ots-instancename".to_owned()));
    let asked = Heard { query: "a=b".to_owned(), ..signed.heard.clone() };
    assert_eq!(judged(&signed, &asked, 0).unwrap_err(), Denial::Malformed("no call has a query"));
    for name in
        ["x-ots-date", "x-ots-contentmd5", "x-ots-apiversion", "x-ots-instancename", "x-ots-accesskeyid"]
    {
        let without = signed.heard.with_header(name, "");
        assert_eq!(judged(&signed, &without, 0).unwrap_err(), Denial::Missing(name));
    }
}
