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
        (".", ".: it is a directory, a pipe or a device; name a regular file of at most 1048576 bytes"),
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
    place.write(&format!("{deep}/s.toml"), "[[listen]]\naddress = \"unix:a.sock\"\n");
    let name = format!("{deep}/s.toml");
    let rule = "the path of a unix socket has 1 to 107 bytes, its directory included";
    let expected = [format!("{name}:2: `listen[0].address`: {rule}")];
    assert_eq!(place.load(&named(&name), &[]).err(), Some(expected.to_vec()));
}

/// Makes a pipe that nobody writes to.
fn pipe(place: &Place, name: &str) -> String {
    let path = place.path().join(name);
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    path.display().to_string()
}

#[test]
fn a_pipe_or_a_device_is_never_read_whatever_it_is_named_as() {
    let place = Place::new();
    let pipe = pipe(&place, "pipe");
    std::os::unix::fs::symlink("/dev/zero", place.path().join("link")).unwrap();
    let rule =
        |most| format!("it is a directory, a pipe or a device; name a regular file of at most {most} bytes");
    for path in [pipe.as_str(), "/dev/zero", "link"] {
        let whole = place.path().join(path).display().to_string();
        assert_eq!(place.load(&named(path), &[]).err(), Some(vec![format!("{path}: {}", rule(1 << 20))]));
        place.write(
            "countersign.toml",
            &format!(
                "[upstream]\nextra_ca = {path:?}\n[role.a]\nassume = [{{ role_arn = \"acs:ram::1:role/a\", \
                 policy_file = {path:?} }}]\n"
            ),
        );
        let expected = [
            format!("countersign.toml:2: `upstream.extra_ca`: {whole}: {}", rule(1 << 20)),
            format!("countersign.toml:4: `role.a.assume[0].policy_file`: {whole}: {}", rule(16 << 10)),
        ];
        assert_eq!(place.load(&Flags::default(), &[]).err(), Some(expected.to_vec()), "{path}");
        std::fs::remove_file(place.path().join("countersign.toml")).unwrap();
    }
}

#[test]
fn a_link_is_followed_and_one_that_leads_nowhere_is_not_no_file() {
    let place = Place::new();
    std::os::unix::fs::symlink("elsewhere.toml", place.path().join("countersign.toml")).unwrap();
    let expected = "countersign.toml: it is a link to a file that is not there; correct it or take it away";
    assert_eq!(place.load(&Flags::default(), &[]).err(), Some(vec![expected.to_owned()]));
    place.write("elsewhere.toml", "workers = 2");
    assert_eq!(place.load(&Flags::default(), &[]).unwrap().settings.workers, 2);
}
