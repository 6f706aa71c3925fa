//! Sources that are asked at a place: their keys, and what is wrong with them.

use super::mistakes;

/// Each text of a role with what is told of it.
fn each_is_told(mistakes_of: &[(&str, &str)]) {
    for (text, expected) in mistakes_of {
        let told = mistakes(&format!("[role.a]\n{text}\n"), &[]);
        assert_eq!(told, [format!("countersign.toml:{expected}")], "{text}");
        assert!(!told.concat().contains("canary"));
    }
}

#[test]
fn each_mistake_of_such_a_source_says_what_to_write() {
    each_is_told(&[
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
        (
            "ecs_role = \"app\"",
            "2: `role.a.ecs_role`: source \"auto\" does not read it; write source = \"ecs\", or take it out",
        ),
        (
            "source = \"ecs\"\necs_role = \"a/b\"",
            "3: `role.a.ecs_role`: \"a/b\" is not a RAM role's name; use 1 to 64 letters, digits, `-`, `.` and `_`",
        ),
        (
            "source = \"oidc\"\noidc_token = \"eyJ.canary.x\"",
            "3: `role.a.oidc_token`: it says where the token is, and is none; write \"github\", or \"env:NAME\" with the name of a variable",
        ),
        (
            "source = \"oidc\"\noidc_token = \"env:CI_TOKEN\"\noidc_audience = \"sts.aliyuncs.com\"",
            "4: `role.a.oidc_audience`: only a token that is asked for has an audience of our choosing; write oidc_token = \"github\", or take it out",
        ),
        (
            "source = \"oidc\"\noidc_token = \"github\"\noidc_token_file = \"/run/token\"",
            "3: `role.a.oidc_token`: the token is in a file by `oidc_token_file`; take one of both out",
        ),
    ]);
}

#[test]
fn each_mistake_of_vaults_keys_says_what_to_write() {
    each_is_told(&[
        (
            "vault_address = \"https://vault.example:8200\"",
            "2: `role.a.vault_address`: source \"auto\" does not read it; write source = \"vault\", or take it out",
        ),
        (
            "source = \"vault\"\nvault_token_file = \"/run/token\"",
            "2: `role.a.source`: source \"vault\" needs vault_role, the name of a role of its AliCloud engine",
        ),
        (
            "source = \"vault\"\nvault_role = \"app\"",
            "2: `role.a.source`: source \"vault\" needs a login; write vault_token_file, or vault_kubernetes_role",
        ),
        (
            "source = \"vault\"\nvault_role = \"app\"\nvault_token_file = \"/run/token\"\nvault_kubernetes_role = \"pods\"",
            "5: `role.a.vault_kubernetes_role`: there is a login by vault_token_file too; take one of both out",
        ),
        (
            "source = \"vault\"\nvault_role = \"app\"\nvault_token_file = \"/run/token\"\nvault_jwt_file = \"/run/jwt\"",
            "5: `role.a.vault_jwt_file`: only a login by vault_kubernetes_role reads it; write that too, or take it out",
        ),
        (
            "source = \"vault\"\nvault_role = \"app\"\nvault_token_file = \"/run/token\"\nvault_kubernetes_mount = \"k8s\"",
            "5: `role.a.vault_kubernetes_mount`: only a login by vault_kubernetes_role reads it; write that too, or take it out",
        ),
        (
            "source = \"vault\"\nvault_role = \"a/b\"\nvault_token_file = \"/run/token\"",
            "3: `role.a.vault_role`: \"a/b\" is not a role's name in Vault; use 1 to 128 letters, digits, `-`, `_` and `.`",
        ),
        (
            "source = \"vault\"\nvault_role = \"app\"\nvault_token_file = \"/run/token\"\nvault_mount = \"a/../b\"",
            "5: `role.a.vault_mount`: \"a/../b\" is not a path in Vault; use names of letters, digits, `-`, `_` and `.` with `/` between them",
        ),
        (
            "source = \"vault\"\nvault_role = \"app\"\nvault_token_file = \"/run/token\"\nvault_namespace = \"a?b\"",
            "5: `role.a.vault_namespace`: \"a?b\" is not a path in Vault; use names of letters, digits, `-`, `_` and `.` with `/` between them",
        ),
        (
            "source = \"vault\"\nvault_role = \"app\"\nvault_token_file = \"/run/token\"\nvault_address = \"https://vault.example/v1\"",
            "5: `role.a.vault_address`: \"https://vault.example/v1\" has a path; write scheme and host alone, such as \"https://vault.example:8200\"",
        ),
    ]);
}
