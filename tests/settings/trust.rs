//! Which file is read, and when it is not believed.

use std::os::unix::fs::PermissionsExt;

use countersign::config::Flags;

use super::{Place, mistakes};

fn named(path: &str) -> Flags {
    Flags { config: Some(path.into()), ..Flags::default() }
}

#[test]
fn a_named_file_must_exist_and_an_unnamed_one_need_not() {
    let place = Place::new();
    assert!(place.load(&Flags::default(), &[]).unwrap().file.is_none());
    let found = place.load(&named("no.toml"), &[("COUNTERSIGN_X", "1")]).err().unwrap();
    assert_eq!(found[0], "no.toml: there is no such file");
    assert_eq!(found.len(), 2, "the other mistakes are told as well: {found:?}");
}

#[test]
fn a_named_file_is_read_instead_of_the_usual_one() {
    let place = Place::with("workers = 2");
    place.write("other.toml", "workers = 3");
    let workers = |flags: &Flags| place.load(flags, &[]).unwrap().settings.workers;
    assert_eq!((workers(&Flags::default()), workers(&named("other.toml"))), (2, 3));
}

#[test]
fn a_file_that_others_can_write_is_refused() {
    for (mode, is_refused) in [(0o644, false), (0o600, false), (0o664, true), (0o646, true)] {
        let place = Place::with("workers = 2");
        std::fs::set_permissions(
            place.path().join("countersign.toml"),
            std::fs::Permissions::from_mode(mode),
        )
        .unwrap();
        let found = place.load(&Flags::default(), &[]).err();
        let expected =
            "countersign.toml: the file can be written by its group or by everybody; `chmod go-w` it";
        assert_eq!(found, is_refused.then(|| vec![expected.to_owned()]), "{mode:o}");
    }
}

#[test]
fn a_file_that_is_no_settings_file_is_refused_unparsed() {
    let place = Place::new();
    place.write("long.toml", &"#".repeat((1 << 20) + 1));
    place.write("longest.toml", &"#".repeat(1 << 20));
    place.write("binary.toml", "");
    std::fs::write(place.path().join("binary.toml"), b"workers = \xff").unwrap();
    for (name, expected) in [
        ("long.toml", "long.toml: the file is longer than 1048576 bytes"),
        ("binary.toml", "binary.toml: the file is not UTF-8 text"),
        (".", ".: the file cannot be read: is a directory"),
    ] {
        assert_eq!(place.load(&named(name), &[]).err(), Some(vec![expected.to_owned()]));
    }
    assert!(place.load(&named("longest.toml"), &[]).is_ok());
}

#[test]
fn hostile_text_is_refused_and_does_no_harm() {
    let deep = format!("x = {}", "[".repeat(100_000));
    let dotted = format!("{}x = 1", "a.".repeat(100_000));
    for text in
        [deep.as_str(), dotted.as_str(), "\u{0}", "=", "[", "[[", "\"", "x = \"\"\"", "\u{feff}x = 1", "[.]"]
    {
        assert!(!mistakes(text, &[]).is_empty(), "{text:.20}");
    }
}

#[test]
fn a_socket_whose_path_is_too_long_with_its_directory_is_refused() {
    let place = Place::new();
    let deep = "d".repeat(110);
    std::fs::create_dir(place.path().join(&deep)).unwrap();
    place.write(
        &format!("{deep}/s.toml"),
        "[[listen]]\naddress = \"unix:a.sock\"\n[admin]\naddress = \"unix:b.sock\"\n",
    );
    let name = format!("{deep}/s.toml");
    let rule = "the path of a unix socket has 1 to 107 bytes, its directory included";
    let expected =
        [format!("{name}:2: `listen[0].address`: {rule}"), format!("{name}:4: `admin.address`: {rule}")];
    assert_eq!(place.load(&named(&name), &[]).err(), Some(expected.to_vec()));
}
