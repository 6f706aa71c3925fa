//! MNS and RocketMQ over HTTP, against what their SDKs signed.

use super::*;

/// All but one whose digest is of no body.
fn all() -> Vec<Signed> {
    let is_whole = |signed: &Signed| signed.name != "with-md5";
    ["mns-v2", "mns-v4", "mq-http"].into_iter().flat_map(shared).filter(is_whole).collect()
}

#[test]
fn what_the_sdks_of_queues_signed_is_let_in() {
    let all = all();
    for signed in &all {
        let_in(signed, OUT_OF_TIME);
    }
    assert!(all.len() >= 29, "{}", all.len());
    let other = shared("mq-http").into_iter().find(|signed| signed.name == "with-md5").unwrap();
    assert_eq!(judged(&other, &other.heard, 0).unwrap_err(), Denial::BodyHash);
}

#[test]
fn no_byte_of_it_can_change() {
    // The body is covered where its digest is sent.
    let lines = ["content-md5", "content-type", "date", "authorization", "path"];
    let mut count = 0;
    for signed in all() {
        let has_digest = signed.heard.header("content-md5").is_some();
        let own = if signed.heard.header("host").unwrap().contains(".mqrest.") { "x-mq-" } else { "x-mns-" };
        let covered = |name: &str| {
            lines.contains(&name)
                || name.starts_with(own)
                || name == "security-token"
                || name == "body" && has_digest
        };
        count += change_each_byte(&signed, &covered);
    }
    assert!(count >= 5_000, "{count}");
}

#[test]
fn a_scheme_is_taken_at_its_own_hosts_alone() {
    let sent_to = |signed: &Signed, host: &str| {
        let mut heard = signed.heard.clone();
        heard.headers.iter_mut().filter(|(name, _)| name == "host").for_each(|(_, value)| {
            *value = host.as_bytes().to_vec();
        });
        judged(signed, &heard, 0).unwrap_err()
    };
    let (mns, mq) = (&shared("mns-v2")[0], &shared("mq-http")[0]);
    let unknown = Denial::Malformed("this scheme is not known at this host");
    // Hosts without an account take version 4 alone.
    assert_eq!(sent_to(mns, "cn-hangzhou.mns.aliyuncs.com"), unknown);
    assert_eq!(sent_to(mns, "1234567890123456.mqrest.cn-hangzhou.aliyuncs.com"), unknown);
    assert_eq!(sent_to(mq, "1234567890123456.mns.cn-hangzhou.aliyuncs.com"), unknown);
    let mns = &shared("mns-v4")[1];
    let other = sent_to(mns, "1234567890123456.mns.cn-beijing.aliyuncs.com");
    assert_eq!(other, Denial::WrongRegion("cn-hangzhou".to_owned()));
}

#[test]
fn a_signed_header_that_comes_twice_is_refused() {
    for file in ["mns-v2", "mns-v4", "mq-http"] {
        let signed = &shared(file)[0];
        let name = if file == "mq-http" { "x-mq-version" } else { "x-mns-version" };
        let mut heard = signed.heard.clone();
        heard.headers.push((name.to_owned(), b"2015-06-06".to_vec()));
        assert_eq!(judged(signed, &heard, 0).unwrap_err(), Denial::Uncovered(name.to_owned()));
    }
}
