//! Profiles of other programs and programs that print a credential: their keys, and what is wrong with them.

use super::mistakes;

#[test]
fn each_mistake_of_such_a_source_says_what_to_write() {
    for (text, expected) in [
        (
            "source = \"process\"",
            "2: `role.a.source`: source \"process\" needs process_command, the program that prints the credential",
        ),
        (
            "source = \"process\"\nprocess_command = \"print 'x\"",
            "3: `role.a.process_command`: \"print 'x\" names no program, or a quote in it is not closed; write it as for a shell",
        ),
        (
            "source = \"oidc\"\nprocess_command = \"print\"",
            "3: `role.a.process_command`: source \"oidc\" does not read it; write source = \"process\", or take it out",
        ),
        (
            "source = \"environment\"\nconfig_file = \"x\"",
            "3: `role.a.config_file`: source \"environment\" does not read it; write source = \"cli\" or \"auto\", or take it out",
        ),
        (
            "source = \"cli\"\ncredentials_file = \"x\"",
            "3: `role.a.credentials_file`: source \"cli\" does not read it; write source = \"ini\" or \"auto\", or take it out",
        ),
        (
            "source = \"cli\"\nprofile = \"\"",
            "3: `role.a.profile`: \"\" is not a profile's name; write it as the program's own file has it",
        ),
    ] {
        let told = mistakes(&format!("[role.a]\n{text}\n"), &[]);
        assert_eq!(told, [format!("countersign.toml:{expected}")], "{text}");
    }
}

#[test]
fn what_is_right_is_no_mistake() {
    for text in [
        "source = \"cli\"",
        "source = \"ini\"\nprofile = \"dev\"\ncredentials_file = \"x\"",
        "profile = \"dev\"\ncredentials_file = \"x\"\nconfig_file = \"y\"",
        "source = \"cli\"\nprofile = \"a b\"\nconfig_file = \"x\"",
        "source = \"process\"\nprocess_command = \"print 'a b'\"",
    ] {
        let told = mistakes(&format!("[role.a]\n{text}\n"), &[]);
        assert!(told.is_empty(), "{text}: {told:?}");
    }
}
