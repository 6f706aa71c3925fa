//! Each scheme on its whole way: what a caller sends, and what the cloud gets, checked by a second reading of its rules.

mod acs;
mod datahub;
mod fc;
mod mns;
mod model_studio;
mod odps;
mod oss;
mod oss_forms;
mod ots;
mod ots_answers;
mod page;
mod roa;
mod rocketmq;
mod sls;
mod unsigned;

/// The example of a section of `docs/signing.md`: the text that is signed, and the signature in its last line. What the
/// program prints for `arguments` holds both.
fn worked_example(section: &str, arguments: &[&str]) -> (String, String) {
    let page = include_str!("../../docs/signing.md").split_once(&format!("\n## {section}\n")).unwrap().1;
    let example = page.split_once("makes of it:\n\n```\n").unwrap().1.split_once("\n```").unwrap().0;
    let (text, signature) = example.rsplit_once('\n').unwrap();
    let place = crate::kit::Place::new();
    let printed = std::process::Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(["sign", "--explain", "--date", "2026-01-31T12:00:00Z"])
        .args(arguments)
        .env_clear()
        .envs([("ALIBABA_CLOUD_ACCESS_KEY_ID", "testid"), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "testsecret")])
        .current_dir(place.path())
        .output()
        .unwrap();
    let printed = String::from_utf8(printed.stdout).unwrap();
    assert!(printed.contains(signature), "{printed}");
    assert!(text.lines().all(|line| printed.contains(line)), "{printed}");
    (text.to_owned(), signature.to_owned())
}
