//! The worked examples of `docs/signing.md`: what the page shows is what is printed.

/// The string-to-sign and the signature that a section of the page shows, once `countersign sign` has printed both for
/// `url`.
pub(crate) fn example(section: &str, url: &str) -> (String, String) {
    example_of(section, &[url])
}

/// The same of a request that needs more `arguments` than its address.
pub(crate) fn example_of(section: &str, arguments: &[&str]) -> (String, String) {
    let shown = of(section);
    assert!(
        arguments.iter().all(|argument| shown.contains(argument)),
        "the section does not show {arguments:?}"
    );
    let (text, signature) = shown_in(section);
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
    assert!(printed.contains(text) && printed.contains(signature), "{printed}");
    (text.to_owned(), signature.to_owned())
}

fn shown_in(section: &str) -> (&'static str, &'static str) {
    let block = of(section).split_once("makes of it:\n\n```\n").unwrap().1;
    block.split_once("\n```").unwrap().0.rsplit_once('\n').unwrap()
}

fn of(section: &str) -> &'static str {
    let page = include_str!("../../docs/signing.md").split_once(&format!("\n## {section}\n")).unwrap().1;
    page.split("\n## ").next().unwrap()
}
