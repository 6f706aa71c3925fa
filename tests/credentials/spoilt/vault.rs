//! Vault's AliCloud engine, for whoever has a token and for a pod that logs in.

use super::*;
use crate::kit::Place;
use crate::kit::vault::{self, POD};

const TOKEN_FILE: &str = "vault_token_file";

/// Whatever is asked. Vault has no word for any of them, so none is repeated.
const NOT_NOW: &[(u16, &str, Told)] = &[
    (
        307,
        "",
        (UNAVAILABLE, "answered 307; a standby node sends us on; lead vault_address to the active node"),
    ),
    (429, "", (UNAVAILABLE, "answered 429; wait, or raise Vault's quota of requests or leases")),
    (503, "sealed", (UNAVAILABLE, "answered 503; unseal Vault, or wait until it is available")),
];

/// Of a token.
const NO: &[(u16, &str, Told)] = &[
    (
        403,
        "permission denied",
        (REFUSED, "answered 403; renew the token in vault_token_file, or let its policies read"),
    ),
    (404, "no such role", (REFUSED, "answered 404; check vault_mount, vault_role and vault_namespace")),
    (500, "", (UNAVAILABLE, "answered 500; read the role by `vault read`, which says why")),
];

/// Of a login.
const NO_LOGIN: &[(u16, &str, Told)] = &[
    (400, "", (REFUSED, "answered 400; check vault_kubernetes_role: it must be bound to this pod's")),
    (403, "", (REFUSED, "answered 403; check vault_kubernetes_role: it must be bound to this pod's")),
    (404, "", (REFUSED, "answered 404; check vault_kubernetes_mount and vault_namespace")),
];

async fn asked(sandboxed: Arc<Sandboxed>, login: &str) -> Source {
    let (directory, counterpart) =
        (Place::new(), sandboxed.sandbox.vault(listener().await, vault::room()).unwrap());
    let token = match login {
        POD => sandboxed.sandbox.oidc_token_for(Duration::from_secs(36_000)),
        _ => "hvs.root".to_owned(),
    };
    directory.write("token", &token);
    let kit = sandboxed.bare().settings(&vault::settings(&directory, login));
    let kit = kit.variable("VAULT_ADDR", &counterpart.url(""));
    let mut source = Source::new(kit, counterpart.url("")).secret(&token).holding(counterpart);
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
    for (login, of_login) in [(TOKEN_FILE, NO), (POD, NO_LOGIN)] {
        each_no("vault", of_login, |sandboxed| asked(sandboxed, login)).await;
        each_no("vault", NOT_NOW, |sandboxed| asked(sandboxed, login)).await;
    }
}
