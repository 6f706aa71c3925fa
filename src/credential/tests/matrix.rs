//! What goes wrong with whoever is asked for a credential, whichever source asks: one table, run for each.

use super::*;

/// One way to answer wrongly.
pub(super) struct Wrong {
    pub(super) what: &'static str,
    pub(super) reply: Reply,
    /// The code of the failure.
    pub(super) code: &'static str,
    /// What its text must say.
    pub(super) says: &'static str,
}

/// An answer that can be used, as text, and the members of it that are looked at.
pub(super) struct Right<'a> {
    pub(super) body: &'a str,
    /// A member without which it is nothing.
    pub(super) needed: &'a str,
    /// Its value, a text without quotes, in which a line end is put.
    pub(super) token: &'a str,
    /// The end that it names, which is moved into the past.
    pub(super) end: Option<&'a str>,
}

/// Every wrong answer that can be made of a right one.
pub(super) fn wrong(right: &Right<'_>) -> Vec<Wrong> {
    let Right { body, needed, token, end } = right;
    assert!(body.contains(needed) && body.contains(token), "{body}");
    let row = |what, reply, code, says| Wrong { what, reply, code, says };
    let ok = |text: String| Reply::answer(200, text);
    let html = "<html><head><title>502 Bad Gateway</title></head></html>";
    let location = "check who answers in its place";
    let mut rows = vec![
        row("an HTML 502", Reply::answer(502, html), "refused", "502"),
        row("a truncated answer", ok(body[..body.len() / 2].to_owned()), "not_json", location),
        row("an empty answer", ok(String::new()), "not_json", location),
        row(
            "64 KiB and 1",
            ok(format!("{body}{}", " ".repeat(65_537 - body.len()))),
            "answer_too_long",
            location,
        ),
        row("too long to be carried", too_long(), "answer_too_long", "check the network"),
        row("a list", ok(format!("[{body}]")), "not_json", location),
        row("a number for a text", ok(body.replacen(&format!("\"{token}\""), "5", 1)), "not_json", location),
        row("no text", Reply::answer(200, [0xff, 0xfe, b'{']), "not_utf8", location),
        row("no member", ok(body.replacen(needed, "Other", 1)), "incomplete", location),
        row("an empty member", ok(body.replacen(token, "", 1)), "incomplete", location),
        row("null", ok(body.replacen(&format!("\"{token}\""), "null", 1)), "incomplete", location),
        row(
            "a line end in the token",
            ok(body.replacen(token, "canary\\r\\nX-Evil: 1", 1)),
            "malformed_credential",
            "none of it is used",
        ),
        row("a redirect", Reply::answer(302, *body), "redirect", "not followed"),
        row("a hang", Reply::silent(), "timed_out", "check the network"),
        row("a black hole", Reply::black_hole(), "unreachable", "check the network"),
        row("nobody there", Reply::unreachable(), "unreachable", "connection refused"),
        row("deep nesting", ok("{\"a\":".repeat(20_000)), "answer_too_long", location),
        row("less deep nesting", ok("{\"a\":".repeat(9_000)), "not_json", location),
    ];
    if let Some(end) = end {
        assert!(body.contains(end), "{body}");
        let ended = |text: &str| ok(body.replacen(end, text, 1));
        rows.push(row(
            "an end that has passed",
            ended("2026-01-01T00:00:00Z"),
            "source_expired",
            "had expired",
        ));
        rows.push(row("an end that is none", ended("tomorrow"), "bad_expiration", location));
    }
    rows
}

fn too_long() -> Reply {
    Reply { outcome: Err(CarryError::TooLong), ..Reply::unreachable() }
}

/// The same once more.
fn again(reply: &Reply) -> Reply {
    let Reply { connects_after, after, outcome } = reply;
    let outcome = outcome.as_ref().map_err(Clone::clone).map(|answer| {
        let Answer { status, date, retry_after, acs_retry_after, body } = answer;
        let (date, retry_after) = (date.clone(), retry_after.clone());
        let (acs_retry_after, body) = (acs_retry_after.clone(), body.clone());
        Answer { status: *status, date, retry_after, acs_retry_after, body }
    });
    Reply { connects_after: *connects_after, after: *after, outcome }
}

/// Runs the table: each wrong answer is told by its code, with what to do and without a secret, and gives no credential.
/// `others` answers the calls that are not spoilt.
pub(super) async fn run(
    right: &Right<'_>,
    stage: impl Fn() -> Stage,
    others: impl Fn(&Seen) -> Option<Reply> + Clone + Send + 'static,
) {
    run_rows(wrong(right), stage, others).await;
}

/// The same of rows that were changed first.
pub(super) async fn run_rows(
    rows: Vec<Wrong>,
    stage: impl Fn() -> Stage,
    others: impl Fn(&Seen) -> Option<Reply> + Clone + Send + 'static,
) {
    for Wrong { what, reply, code, says } in rows {
        let (stage, others) = (stage(), others.clone());
        stage.cloud.play(move |seen| others(seen).unwrap_or_else(|| again(&reply)));
        let cell = stage.open();
        stage.until(14.0).await;
        let status = cell.status(&stage.clock.now());
        let failure = status.failure.unwrap_or_else(|| panic!("{what}: no failure"));
        let text = failure.to_string();
        assert_eq!(failure.code(), code, "{what}: {text}");
        assert!(text.contains(says), "{what}: {text}");
        assert!(!["canary", "Evil", "title"].iter().any(|leak| text.contains(leak)), "{what}: {text}");
        assert!(text.contains("; "), "{what} names no fix: {text}");
        assert!(status.live.is_none(), "{what}");
    }
}
