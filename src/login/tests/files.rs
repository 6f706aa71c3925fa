//! Sessions in files: for nobody else, whole or not at all, and locked.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use super::*;
use crate::credential::{Logins, OAuthSession, Session};
use crate::names::RoleName;
use crate::secret::BearerToken;

fn session(token: &str) -> Session {
    let bearer = |text: &str| BearerToken::new(text.to_owned()).unwrap();
    Session::OAuth(OAuthSession {
        site: "cn".to_owned(),
        url: "https://oauth.aliyun.com".to_owned(),
        client_id: "1".to_owned(),
        access_token: bearer(token),
        access_ends_at: 1,
        refresh_token: bearer("canary-refresh"),
    })
}

fn token_of(session: Option<Session>) -> Option<String> {
    match session? {
        Session::OAuth(session) => Some(session.access_token.expose().to_owned()),
        _ => None,
    }
}

fn role() -> RoleName {
    RoleName::new("dev")
}

#[test]
fn a_login_is_kept_for_its_owner_alone_and_forgotten_whole() {
    let directory = Directory::new();
    let sessions = Sessions::new(Some(directory.0.join("deep")));
    assert!(sessions.load(&role()).unwrap().is_none());
    assert!(!sessions.forget(&role()).unwrap());
    sessions.keep(&role(), &session("first"), Keeper::File).unwrap();
    sessions.keep(&role(), &session("second"), Keeper::File).unwrap();
    assert_eq!(token_of(sessions.load(&role()).unwrap()).as_deref(), Some("second"));
    assert!(sessions.load(&RoleName::new("other")).unwrap().is_none());
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!(mode(&directory.0.join("deep")), 0o700);
    let mut names = Vec::new();
    for entry in fs::read_dir(directory.0.join("deep")).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(mode(&entry.path()), 0o600, "{entry:?}");
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["dev.lock", "dev.login.json"], "nothing is left beside");
    assert!(sessions.forget(&role()).unwrap());
    assert!(sessions.load(&role()).unwrap().is_none());
}

#[test]
fn a_file_that_others_may_have_read_or_put_there_is_not_used() {
    let directory = Directory::new();
    let sessions = Sessions::new(Some(directory.0.clone()));
    sessions.keep(&role(), &session("first"), Keeper::File).unwrap();
    let path = directory.0.join("dev.login.json");
    for mode in [0o640, 0o604, 0o620, 0o610] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let text = sessions.load(&role()).unwrap_err().to_string();
        assert!(text.contains("others can read it") && text.contains("log in again"), "{text}");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    // Through a link, nobody knows whose file it is.
    fs::rename(&path, directory.0.join("elsewhere")).unwrap();
    symlink(directory.0.join("elsewhere"), &path).unwrap();
    assert!(sessions.load(&role()).is_err());
    sessions.keep(&role(), &session("second"), Keeper::File).unwrap();
    assert_eq!(token_of(sessions.load(&role()).unwrap()).as_deref(), Some("second"));
    let elsewhere = fs::read_to_string(directory.0.join("elsewhere")).unwrap();
    assert!(elsewhere.contains("first"), "a link is replaced, and not followed");
}

#[test]
fn what_is_no_login_is_told_of_and_holds_nobody_up() {
    let directory = Directory::new();
    let sessions = Sessions::new(Some(directory.0.clone()));
    sessions.keep(&role(), &session("first"), Keeper::File).unwrap();
    let path = directory.0.join("dev.login.json");
    let whole = fs::read(&path).unwrap();
    for text in [&b""[..], b"{}", &whole[..whole.len() - 1], b"\xff", &[b' '; 64 * 1024 + 1]] {
        fs::write(&path, text).unwrap();
        assert!(sessions.load(&role()).unwrap_err().to_string().contains("holds no login"));
    }
    fs::remove_file(&path).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, rustix::fs::Mode::from(0o600), 0)
        .unwrap();
    assert!(sessions.load(&role()).unwrap_err().to_string().contains("no file"));
    fs::remove_file(&path).unwrap();
    fs::set_permissions(&directory.0, fs::Permissions::from_mode(0o777)).unwrap();
    let refused = sessions.keep(&role(), &session("second"), Keeper::File).unwrap_err().to_string();
    assert!(refused.contains("others can write there"), "{refused}");
}

#[test]
fn one_process_at_a_time_renews_and_everybody_sees_that_somebody_logged_in() {
    let directory = Directory::new();
    // Two values open the lock for themselves, as two processes do.
    let [one, two] = [(); 2].map(|()| Sessions::new(Some(directory.0.clone())));
    let lock = one.lock(&role()).unwrap().expect("the lock");
    assert!(two.lock(&role()).unwrap().is_none());
    assert!(two.lock(&RoleName::new("other")).unwrap().is_some(), "each role has its own");
    drop(lock);
    assert!(two.lock(&role()).unwrap().is_some());
    let mut seen = vec![two.mark(&role())];
    one.keep(&role(), &session("first"), Keeper::File).unwrap();
    seen.push(two.mark(&role()));
    one.keep(&role(), &session("first"), Keeper::File).unwrap();
    seen.push(two.mark(&role()));
    one.forget(&role()).unwrap();
    seen.push(two.mark(&role()));
    assert!(seen.windows(2).all(|pair| pair[0] != pair[1]), "{seen:?}");
    assert_eq!(two.mark(&role()), two.mark(&role()));
}

#[test]
fn tokens_that_are_renewed_stay_where_the_login_is() {
    let directory = Directory::new();
    let sessions = Sessions::new(Some(directory.0.clone()));
    sessions.keep(&role(), &session("first"), Keeper::File).unwrap();
    sessions.save(&role(), &session("second")).unwrap();
    assert_eq!(token_of(sessions.load(&role()).unwrap()).as_deref(), Some("second"));
    assert!(sessions.is_in_file(&role()));
}

#[test]
fn a_machine_without_a_home_says_what_to_set() {
    let sessions = Sessions::new(None);
    assert!(sessions.check(Keeper::File).unwrap_err().to_string().contains("`directory` under [login]"));
}
