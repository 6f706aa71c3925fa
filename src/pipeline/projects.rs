//! Projects that stand in a path, as MaxCompute names its tenants: `/api/projects/NAME/…`, and in a parameter.

use crate::endpoint::Tenants;
use crate::refusal::{Code, Refusal};
use crate::wire::{Spelling, Target, decoded, parameters};

/// Refuses a request that names a project which is not listed under `key`, or whose path could be taken to.
pub(super) fn check(target: &Target<'_>, key: &'static str, tenants: &Tenants) -> Result<(), Refusal> {
    // What is signed is the decoded path: of two spellings the signature is the same.
    let path: Vec<u8> = decoded(target.path, Spelling::Path).collect();
    let mut segments = path.split(|&byte| byte == b'/').filter(|segment| !segment.is_empty());
    // What a server might cut off, decode once more, or climb by.
    let is_plain = |segment: &[u8]| {
        !segment.iter().any(|byte| matches!(byte, b';' | b'%' | b'\\'))
            && segment.trim_ascii() == segment
            && !matches!(segment, b"." | b"..")
    };
    if !segments.clone().all(is_plain) {
        return Err(Refusal::new(
            Code::BadPath,
            "the path could be taken for that of another project",
            "send it as an SDK does, with plain names",
        ));
    }
    let is_listed = |name: &[u8]| std::str::from_utf8(name).is_ok_and(|name| tenants.lists(key, name));
    let project =
        segments.find(|segment| segment.eq_ignore_ascii_case(b"projects")).and_then(|_| segments.next());
    if project.is_some_and(|name| !is_listed(name)) {
        return Err(not_listed(key));
    }
    let mut named = parameters(target.query).filter(|parameter| parameter.is_ignoring_case("curr_project"));
    let is_foreign = named.any(|parameter| {
        let name: Vec<u8> = parameter.decoded_value().collect();
        !name.is_empty() && !is_listed(&name)
    });
    if is_foreign { Err(not_listed(key)) } else { Ok(()) }
}

fn not_listed(key: &'static str) -> Refusal {
    Refusal::new(
        Code::HostNotAllowed,
        "the request names a project that is not listed",
        format!("add it to `{key}` under [tenants]"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_one(target: &str) -> Result<(), Code> {
        let mut tenants = Tenants::none();
        tenants.allow("odps", "mine_*").unwrap();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let target = Target { authority: None, path: path.as_bytes(), query: query.as_bytes() };
        check(&target, "odps", &tenants).map_err(|refusal| refusal.code)
    }

    #[test]
    fn a_listed_project_is_reached_by_every_path_of_it() {
        for target in [
            "/api/projects",
            "/api/projects/",
            "/api/projects?maxitems=1",
            "/api/projects/mine_1",
            "/projects/mine_1/tables/t%2Fx%20y?uploads&a=;%25",
            "/api/projects/mine%5F1/instances?curr_project=mine_2",
            "/api/projects/mine_1/schemas/projects/tables/t",
            "/api/projects/mine_1?curr_project=",
            "/api/tenants",
            "/",
        ] {
            assert_eq!(check_one(target), Ok(()), "{target}");
        }
    }

    #[test]
    fn another_is_not_reached_however_it_is_spelled() {
        for target in [
            "/api/projects/theirs",
            "/api/projects/theirs/tables",
            "/projects/theirs/tables/t",
            "//projects/theirs",
            "/projects//theirs",
            "/PROJECTS/theirs",
            "/api/%70rojects/theirs",
            "/api%2Fprojects%2Ftheirs",
            "/api/catalog/v1alpha/projects/theirs/schemas",
            "/api/projects/MINE_1",
            "/api/projects/mine_1?curr_project=theirs",
            "/api/projects/mine_1?Curr%5Fproject=theirs",
            "/api/projects/mine_1?curr_project=mine_1&curr_project=theirs",
        ] {
            assert_eq!(check_one(target), Err(Code::HostNotAllowed), "{target}");
        }
        for target in [
            "/api/projects;x/theirs",
            "/api;/projects/theirs",
            "/api/projects%20/theirs",
            "/%252e/x",
            "/projects/mine_1%2F..%2Ftheirs",
            "/projects/mine_1/..;/theirs",
            "/projects/mine_1/x%5c..%5c..%5ctheirs",
            "/projects/mine_1/%252e%252e/theirs",
            "/projects/mine_1%2f.%2fx",
        ] {
            assert_eq!(check_one(target), Err(Code::BadPath), "{target}");
        }
    }
}
