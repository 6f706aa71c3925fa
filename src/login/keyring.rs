//! Sessions in the operating system's keyring: one entry a role. Without the feature `keyring` there are none.

use zeroize::Zeroizing;

use crate::credential::Unkept;
use crate::names::RoleName;

/// What entries are found by, beside the role's name.
#[cfg(feature = "keyring")]
const SERVICE: &str = "countersign";

#[cfg(feature = "keyring")]
fn entry(role: &RoleName) -> Result<keyring::Entry, Unkept> {
    if let Err(error) = keyring::Entry::store_status() {
        return Err(unreached(error));
    }
    keyring::Entry::new(SERVICE, role.as_str()).map_err(|error| unreached(&error))
}

/// Only what kind of failure it is: an error of the keyring may hold what is in it.
#[cfg(feature = "keyring")]
fn unreached(error: &keyring::Error) -> Unkept {
    use keyring::Error;
    let what = match error {
        Error::NoStorageAccess(_) => "it is locked, or nobody was there to unlock it",
        Error::Ambiguous(_) => "it holds more than one login of this role; remove them there",
        _ => "it did not answer; on Linux it is the Secret Service of the desktop's session",
    };
    Unkept(format!("the keyring cannot be used: {what}; or log in with `--store file`"))
}

/// Whether there is a keyring that answers.
#[cfg(feature = "keyring")]
pub(super) fn check() -> Result<(), Unkept> {
    keyring::Entry::store_status().as_ref().map(drop).map_err(unreached)
}

/// The text of the entry.
#[cfg(feature = "keyring")]
pub(super) fn read(role: &RoleName) -> Result<Option<Zeroizing<Vec<u8>>>, Unkept> {
    match entry(role)?.get_secret() {
        Ok(text) => Ok(Some(Zeroizing::new(text))),
        Err(keyring::Error::NoEntry) => Ok(None),
        Err(error) => Err(unreached(&error)),
    }
}

/// Makes or replaces the entry.
#[cfg(feature = "keyring")]
pub(super) fn write(role: &RoleName, text: &[u8]) -> Result<(), Unkept> {
    entry(role)?.set_secret(text).map_err(|error| unreached(&error))
}

/// Whether there was one.
#[cfg(feature = "keyring")]
pub(super) fn remove(role: &RoleName) -> Result<bool, Unkept> {
    match entry(role)?.delete_credential() {
        Ok(()) => Ok(true),
        Err(keyring::Error::NoEntry) => Ok(false),
        Err(error) => Err(unreached(&error)),
    }
}

#[cfg(not(feature = "keyring"))]
pub(super) fn check() -> Result<(), Unkept> {
    Err(not_built())
}

#[cfg(not(feature = "keyring"))]
pub(super) fn read(_: &RoleName) -> Result<Option<Zeroizing<Vec<u8>>>, Unkept> {
    Ok(None)
}

#[cfg(not(feature = "keyring"))]
pub(super) fn write(_: &RoleName, _: &[u8]) -> Result<(), Unkept> {
    Err(not_built())
}

#[cfg(not(feature = "keyring"))]
fn not_built() -> Unkept {
    let text = "this countersign is built without a keyring; say --store file to keep the login in a file that nobody \
                else can read, or build it with `cargo build --release --features keyring`";
    Unkept(text.to_owned())
}

#[cfg(not(feature = "keyring"))]
pub(super) fn remove(_: &RoleName) -> Result<bool, Unkept> {
    Ok(false)
}
