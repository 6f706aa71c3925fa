//! A Vault of the sandbox's, and the settings that lead to it.

use countersign::sandbox::Vault;

use super::Place;

/// A role of the counterpart's engine, by a token in the file `token` of a directory, or by a pod's login with what is in it.
pub(crate) fn settings(place: &Place, login: &str) -> String {
    let file = place.path().join("token").display().to_string();
    format!(
        "[role.default]\nsource = \"vault\"\nvault_role = \"app\"\nvault_mount = \"team/cloud\"\nvault_namespace = \"ops\"\n\
         {login} = {file:?}\n"
    )
}

/// The settings of a pod's login, up to the file of its token.
pub(crate) const POD: &str = "vault_kubernetes_role = \"pods\"\nvault_jwt_file";

/// The counterpart: an engine with that role and one that makes users.
pub(crate) fn room() -> Vault {
    let room = Vault::new("hvs.root").in_namespace("ops").mounted_at("team/cloud").user_role("people");
    room.sts_role("app", "acs:ram::1000000000000001:role/app").kubernetes_role("pods")
}
