//! ACS4, against what SDKs signed with it.

use super::*;

#[test]
fn what_sdks_signed_by_acs4_is_let_in_for_fifteen_minutes_and_no_byte_of_it_can_change() {
    let (mut requests, mut changes) = (0, 0);
    for signed in shared("acs4") {
        assert_eq!(let_in(&signed, OUT_OF_TIME).scheme, Scheme::Acs4);
        changes += change_each_byte(&signed, &is_listed(&signed));
        requests += 1;
    }
    assert!(requests >= 14 && changes >= 4_000, "{requests}, {changes}");
}

#[test]
fn a_scope_is_of_the_requests_own_region_and_day_and_of_one_product() {
    let signed = &shared("acs4")[0];
    let other = |from: &str, to: &str| {
        let mut heard = signed.heard.clone();
        for (_, value) in heard.headers.iter_mut().filter(|(name, _)| name == "authorization") {
            *value = text(value.clone()).replacen(from, to, 1).into_bytes();
        }
        judged(signed, &heard, 0).unwrap_err()
    };
    assert_eq!(other("/Ecs/", "/Vpc/"), Denial::Mismatch);
    assert_eq!(other("/cn-hangzhou/", "/cn-beijing/"), Denial::WrongRegion("cn-beijing".to_owned()));
    assert_eq!(other("/20250630/", "/20250629/"), Denial::BadDate("x-acs-date"));
}
