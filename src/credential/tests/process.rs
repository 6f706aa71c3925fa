//! Programs that print credentials: what is run, what is refused, and what a failure tells.

use super::*;

const STS: &str = r#"{"mode":"StsToken","access_key_id":"STS.x","access_key_secret":"canary","sts_token":"canary-t","expiration":"2027-01-15T09:00:00Z"}"#;

fn stage(command: &str) -> Stage {
    let mut stage = Stage::with_variables(&[]);
    let source = SourceConfig::Process(command.to_owned());
    stage.role("default", RoleConfig { source, ..RoleConfig::default() });
    stage
}

/// What an attempt fails with, and whether it stays.
async fn failure(stage: &Stage) -> (String, bool) {
    let cell = stage.open();
    stage.until(stage.clock.elapsed().as_secs_f64() + 0.1).await;
    let failure = cell.status(&stage.clock.now()).failure.expect("it fails");
    let text = failure.to_string();
    assert!(!text.contains("canary"), "{text}");
    (text, failure.class() == Class::Permanent)
}

#[tokio::test(start_paused = true)]
async fn a_program_is_run_for_each_fetch_and_its_credential_lives_as_it_says() {
    let stage = stage(r#"print --profile 'a b' C:\\x "$HOME" *"#);
    stage.machine.prints(STS);
    let cell = stage.open();
    let credential = cell.wait().await.unwrap();
    assert_eq!(credential.life().unwrap().length(), Duration::from_secs(3_600));
    let run = stage.machine.run.lock().unwrap().concat();
    assert_eq!(run, ["print", "--profile", "a b", r"C:\x", "$HOME", "*"], "no shell expands anything");
    stage.machine.prints(&STS.replace("T09", "T10").replace("STS.x", "STS.y"));
    stage.until(2_900.0).await;
    let credential = cell.live(&stage.clock.now()).unwrap();
    assert_eq!(credential.access_key().unwrap().id().as_str(), "STS.y");
    assert_eq!(stage.machine.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_program_that_fails_is_told_by_its_status_and_never_by_its_words() {
    let stage = stage("print canary");
    for (outcome, words) in [
        (Ok((3, "canary".to_owned())), "status 3 and 17 bytes on stderr"),
        (Ok((78, String::new())), "with COUNTERSIGN_DEPTH=1 set: countersign itself ends so"),
        (Ok((0, "canary".to_owned())), "did not print one JSON object"),
        (Ok((0, "{\"mode\":\"StsToken\"".to_owned())), "did not print one JSON object"),
        (Ok((0, STS.replace("T09", "T07"))), "had expired"),
        (Ok((0, STS.replace("\"mode\":\"StsToken\",", ""))), "lacks \"mode\""),
        (Err(LaunchError::TimedOut), "did not end within 60 s"),
        (Err(LaunchError::TooLong), "more than 64 KiB"),
        (Err(LaunchError::NotStarted(std::io::ErrorKind::NotFound)), "cannot be started"),
    ] {
        *stage.machine.prints.lock().unwrap() = Some(outcome);
        let (text, is_permanent) = failure(&stage).await;
        assert!(text.starts_with("process_command \"print\": ") && text.contains(words), "{text}");
        // Run each second, a program that asks a human to log in would ask each second.
        assert_eq!(is_permanent, !text.contains("did not end within"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_end_with_a_fraction_of_a_second_is_an_end() {
    let stage = stage("print");
    for (end, words) in [("2020-01-01T00:00:00.000Z", "had expired"), ("2020-01-01T00:00:00Z", "had expired")]
    {
        let printed = format!(
            r#"{{"mode":"StsToken","access_key_id":"STS.1","access_key_secret":"s","sts_token":"t","expiration":"{end}"}}"#
        );
        *stage.machine.prints.lock().unwrap() = Some(Ok((0, printed)));
        let (text, _) = failure(&stage).await;
        assert!(text.contains(words), "{end}: {text}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_would_run_for_ever_is_refused() {
    let mut stage = stage("print");
    *stage.machine.prints.lock().unwrap() = Some(Err(LaunchError::IsOurselves));
    let (text, is_permanent) = failure(&stage).await;
    assert!(text.contains("countersign itself") && is_permanent, "{text}");
    let before = stage.machine.count();
    stage.variables.push(("COUNTERSIGN_DEPTH", "1".to_owned()));
    let (text, is_permanent) = failure(&stage).await;
    assert!(text.contains("COUNTERSIGN_DEPTH is set") && is_permanent, "{text}");
    assert_eq!(stage.machine.count(), before, "nothing was run");
}

#[tokio::test(start_paused = true)]
async fn a_command_that_is_none_is_refused_without_running_anything() {
    for command in ["", "   ", "'unclosed", "''", "# nothing"] {
        let (text, is_permanent) = failure(&stage(command)).await;
        assert!(text.contains("names no program") && is_permanent, "{command:?}: {text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_credential_that_has_no_end_is_asked_for_again_after_a_quarter_of_an_hour() {
    let stage = stage("print");
    stage.machine.prints(r#"{"mode":"AK","access_key_id":"LTAI1","access_key_secret":"canary"}"#);
    let cell = stage.open();
    cell.wait().await.unwrap();
    stage.until(890.0).await;
    assert_eq!(stage.machine.count(), 1);
    // It fails from now on: what is at hand is served until the cloud refuses it.
    *stage.machine.prints.lock().unwrap() = Some(Err(LaunchError::TimedOut));
    stage.until(4_000.0).await;
    assert!(stage.machine.count() > 1 && cell.live(&stage.clock.now()).is_some());
}
