//! Sources that are asked at a place: their keys, and what is wrong with them.

use super::mistakes;

#[test]
fn each_mistake_of_such_a_source_says_what_to_write() {
    for (text, expected) in [
        (
            "uri = \"http://127.0.0.1:1/x\"",
            "2: `role.a.uri`: source \"auto\" does not read it; write source = \"uri\", or take it out",
        ),
        (
            "source = \"uri\"\nuri = \"127.0.0.1/canary\"",
            "3: `role.a.uri`: it is no URL that can be asked: it must begin with http:// or https://; write \"http://HOST[:PORT]/PATH\"",
        ),
        (
            "source = \"uri\"\nrole_arn = \"acs:ram::1:role/a\"",
            "3: `role.a.role_arn`: source \"uri\" does not read it; to assume a RAM role from there, write assume = [{ role_arn = \"…\" }]",
        ),
    ] {
        let told = mistakes(&format!("[role.a]\n{text}\n"), &[]);
        assert_eq!(told, [format!("countersign.toml:{expected}")], "{text}");
        assert!(!told.concat().contains("canary"));
    }
}
