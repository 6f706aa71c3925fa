//! Vault's AliCloud engine, for whoever has a token and for a pod that logs in.

use super::super::places::{POD, vault_room, vault_settings};
use super::*;
use crate::kit::Place;

const TOKEN_FILE: &str = "vault_token_file";

/// Vault's own answers, about which it says nothing in a word.
const NO: &[(u16, &str, Told)] = &[
    (403, "permission denied", (REFUSED, "answered 403; ")),
    (404, "no such role", (REFUSED, "answered 404; check vault_mount, vault_role and vault_namespace")),
    (429, "TooManyRequests", (UNAVAILABLE, "answered 429; ")),
    (503, "sealed", (UNAVAILABLE, "answered 503; ")),
];

async fn asked(sandboxed: Arc<Sandboxed>, login: &str) -> Source {
    let (directory, vault) = (Place::new(), sandboxed.sandbox.vault(listener().await, vault_room()).unwrap());
    let token = match login {
        POD => sandboxed.sandbox.oidc_token_for(Duration::from_secs(36_000)),
        _ => "hvs.root".to_owned(),
    };
    directory.write("token", &token);
    let kit = sandboxed.bare().settings(&vault_settings(&directory, login));
    let kit = kit.variable("VAULT_ADDR", &vault.url(""));
    let mut source = Source::new(kit, vault.url("")).secret(&token).holding(vault);
    source.held.push(Box::new(directory));
    source
}

#[tokio::test(start_paused = true)]
async fn vault_and_an_answer_that_is_wrong() {
    each("vault", &[], |sandboxed| asked(sandboxed, TOKEN_FILE)).await;
    each("vault", &[], |sandboxed| asked(sandboxed, POD)).await;
}

#[tokio::test(start_paused = true)]
async fn what_vault_says_no_with_is_told() {
    each_no("vault", NO, |sandboxed| asked(sandboxed, TOKEN_FILE)).await;
}
