//! MaxCompute and DataHub, against what their SDKs signed.

use super::*;

const FILES: [&str; 3] = ["odps-v2", "odps-v4", "datahub"];

#[test]
fn what_the_sdks_of_projects_signed_is_let_in() {
    let mut count = 0;
    for signed in FILES.into_iter().flat_map(shared) {
        let_in(&signed, OUT_OF_TIME);
        count += 1;
    }
    assert!(count >= 24, "{count}");
}

#[test]
fn no_byte_of_it_can_change_but_its_body() {
    let mut count = 0;
    for file in FILES {
        let is_datahub = file == "datahub";
        let covered = |name: &str| match name {
            "authorization" | "date" | "content-type" | "path" | "authorization-sts-token" => true,
            "content-md5" => !is_datahub,
            _ => name.starts_with(if is_datahub { "x-datahub-" } else { "x-odps-" }),
        };
        count += shared(file).iter().map(|signed| change_each_byte(signed, &covered)).sum::<usize>();
    }
    assert!(count >= 4_000, "{count}");
}

fn with_header(signed: &Signed, name: &str, change: impl Fn(&str) -> String) -> Heard {
    let mut heard = signed.heard.clone();
    for (_, value) in heard.headers.iter_mut().filter(|(known, _)| known == name) {
        *value = change(&text(value.clone())).into_bytes();
    }
    heard
}

#[test]
fn a_scheme_is_taken_at_its_own_product_alone() {
    let unknown = Denial::Malformed("this scheme is not known here");
    for (file, host) in
        [("odps-v2", "dh-cn-hangzhou.aliyuncs.com"), ("datahub", "service.cn-hangzhou.maxcompute.aliyun.com")]
    {
        let signed = &shared(file)[0];
        let heard = with_header(signed, "host", |_| host.to_owned());
        assert_eq!(judged(signed, &heard, 0).unwrap_err(), unknown, "{file}");
    }
}

#[test]
fn version_4_holds_for_a_day_and_a_region() {
    let signed = &shared("odps-v4")[0];
    let elsewhere = with_header(signed, "host", |host| host.replace("cn-hangzhou", "cn-beijing"));
    assert_eq!(judged(signed, &elsewhere, 0).unwrap_err(), Denial::WrongRegion("cn-hangzhou".to_owned()));
    let yesterday = with_header(signed, "authorization", |value| value.replace("/20240307/", "/20240306/"));
    assert_eq!(judged(signed, &yesterday, 0).unwrap_err(), Denial::Malformed("the scope names another day"));
    // A central host has no region of its own.
    let central = with_header(signed, "host", |_| "service.odps.aliyun.com".to_owned());
    assert!(judged(signed, &central, 0).is_ok());
}

#[test]
fn the_path_of_the_endpoint_is_not_signed_and_a_tunnel_has_none() {
    let signed = shared("odps-v2").into_iter().find(|signed| signed.name == "get-project").unwrap();
    let as_tunnel = with_header(&signed, "host", |host| host.replace("service.", "dt."));
    assert_eq!(judged(&signed, &as_tunnel, 0).unwrap_err(), Denial::Mismatch);
    let below = Heard { path: signed.heard.path.replacen("/api", "", 1), ..as_tunnel };
    assert!(judged(&signed, &below, 0).is_ok());
}

#[test]
fn a_signed_header_of_theirs_that_comes_twice_is_refused() {
    for (file, name) in [("odps-v2", "x-odps-user-agent"), ("datahub", "x-datahub-client-version")] {
        let signed = &shared(file)[0];
        let mut heard = signed.heard.clone();
        heard.headers.push((name.to_owned(), b"1".to_vec()));
        assert_eq!(judged(signed, &heard, 0).unwrap_err(), Denial::Uncovered(name.to_owned()));
    }
}
