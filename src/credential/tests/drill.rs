//! The outage drill: a quarter of an hour's credentials, STS gone from minute 2, and a request every second, about the end
//! every tenth of one.
//!
//! `tests/slow/outage` does the same with the whole program, in real time.

use super::*;

/// What a credential lives for, when STS goes, and when what was fetched before that has ended: 30 s before the cloud's end.
const LIFE: i64 = 900;
const GONE: f64 = 120.0;
const END: f64 = 870.0;
/// How soon a request must be answered that is refused. Time is virtual: no wait at all.
const AT_ONCE: Duration = Duration::from_millis(5);

/// How STS is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gone {
    /// It answers that it is not available.
    Refuses,
    /// Nobody listens.
    Unreachable,
    /// It takes calls and does not answer them; when it comes to, it answers those that still wait.
    Hangs,
    /// The same, but what was sent to it is lost.
    Loses,
}

fn play(stage: &Stage, gone: Gone, back: f64) {
    let clock = Arc::clone(&stage.clock);
    stage.cloud.play(move |seen| {
        let at = seen.at.as_secs_f64();
        if !(GONE..back).contains(&at) {
            return grant(&clock, LIFE);
        }
        match gone {
            Gone::Refuses => Reply::refusal(503, "ServiceUnavailable"),
            Gone::Unreachable => Reply::unreachable(),
            Gone::Hangs => {
                let left = Duration::from_secs_f64(back - at);
                let ends = i64::try_from(clock.now().wall.as_secs()).unwrap() + LIFE;
                let id = format!("STS.late{}", seen.at.as_nanos());
                Reply::answer(200, credential_json("app", &id, ends)).after(left)
            }
            Gone::Loses => Reply::silent(),
        }
    });
}

/// One request: how it fared, and how long that took.
async fn request(stage: &Stage, cell: &Cell) -> (Result<(), NoCredential>, Duration) {
    let now = stage.clock.now();
    if cell.live(&now).is_some() {
        return (Ok(()), Duration::ZERO);
    }
    let before = stage.clock.elapsed();
    let outcome = cell.wait().await.map(drop);
    (outcome, stage.clock.elapsed() - before)
}

/// When requests are made: about every second, and about `end` every tenth of one.
fn moments(from: f64, end: f64, to: f64) -> impl Iterator<Item = f64> {
    let tenths = move |seconds: f64| (seconds * 10.0).round() as u32;
    let near = move |tenth: &u32| tenth.abs_diff(tenths(end)) < 50 || tenth.is_multiple_of(9);
    (tenths(from)..tenths(to)).filter(near).map(|tenth| f64::from(tenth) / 10.0)
}

async fn drill(gone: Gone, back: f64, within: f64) {
    let stage = Stage::new();
    play(&stage, gone, back);
    let cell = stage.open();
    cell.wait().await.unwrap();
    let mut refused = 0;
    for at in moments(0.0, END, back + within) {
        stage.until(at).await;
        let case = || format!("{gone:?}, back at {back}: at {at:.1} s");
        let (outcome, took) = request(&stage, &cell).await;
        if at < END {
            assert_eq!((outcome, took), (Ok(()), Duration::ZERO), "{}", case());
        } else if let Err(refusal) = outcome {
            refused += 1;
            assert!(took < AT_ONCE, "{}: took {took:?}", case());
            assert_eq!(refusal.code(), "credentials_unavailable", "{}", case());
            let retry_after = refusal.retry_after().unwrap().as_secs();
            assert!((1..=60).contains(&retry_after), "{}: {refusal:?}", case());
        }
    }
    assert!(refused > 0, "{gone:?}: the outage was not felt at all");
    let (outcome, _) = request(&stage, &cell).await;
    assert_eq!(outcome, Ok(()), "{gone:?}: not back {within} s after STS, which came back at {back} s");
}

#[tokio::test(start_paused = true)]
async fn no_request_fails_before_the_end_all_are_refused_at_once_after_it_and_sts_is_noticed_in_time() {
    for gone in [Gone::Refuses, Gone::Unreachable, Gone::Hangs] {
        for after in [1.0, 7.3, 59.9, 118.0] {
            drill(gone, END + after, 2.0).await;
        }
        for after in [123.0, 300.5, 3_600.0] {
            drill(gone, END + after, 5.1).await;
        }
    }
}

/// A call that is lost holds its attempt up for the five seconds that one host is given: there is never a second attempt.
#[tokio::test(start_paused = true)]
async fn calls_that_are_lost_delay_the_return_by_one_attempt_at_most() {
    for after in [1.0, 33.3, 118.0, 600.0] {
        let within = if after < 120.0 { 2.0 } else { 5.1 };
        drill(Gone::Loses, END + after, 5.0 + within).await;
    }
}

#[tokio::test(start_paused = true)]
async fn clocks_that_step_during_an_outage_fail_no_request_that_has_a_credential() {
    for step in [-3_600, 300] {
        let stage = Stage::new();
        play(&stage, Gone::Refuses, 10_000.0);
        let cell = stage.open();
        cell.wait().await.unwrap();
        stage.until(200.0).await;
        stage.clock.shift_wall(step);
        // Ahead, the wall clock is the one that has run further; set back, the other is.
        let end = if step > 0 { END - 300.0 } else { END };
        for at in moments(200.0, end, end + 10.0) {
            stage.until(at).await;
            let (outcome, took) = request(&stage, &cell).await;
            assert_eq!(outcome.is_ok(), at < end, "stepped by {step} s: at {at:.1} s");
            assert!(took < AT_ONCE, "stepped by {step} s: at {at:.1} s, after {took:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_hours_step_of_the_wall_clock_either_way_costs_no_request() {
    for step in [3_600, -3_600] {
        let stage = Stage::new();
        let clock = Arc::clone(&stage.clock);
        stage.cloud.play(move |_| grant(&clock, LIFE));
        let cell = stage.open();
        cell.wait().await.unwrap();
        for at in 1..4_000 {
            stage.until(f64::from(at)).await;
            if at % 1_000 == 400 {
                stage.clock.shift_wall(if at == 1_400 { -step } else { step });
            }
            let (outcome, took) = request(&stage, &cell).await;
            assert_eq!(outcome, Ok(()), "at {at} s");
            assert!(took < Duration::from_millis(100), "at {at} s: waited {took:?}");
        }
        assert!(stage.cloud.count() <= 10, "{} calls", stage.cloud.count());
    }
}
