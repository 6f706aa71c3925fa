//! How a human logs in, and where what that leaves is kept: CloudSSO's device flow, OAuth by the browser, an assertion of
//! SAML; files and the operating system's keyring.
//!
//! Shows nothing and asks nobody: `command` does. Reaches the cloud through [`Carry`](crate::credential::Carry) alone.

mod assertion;
mod authorize;
mod device;
mod file;
mod keyring;
mod loopback;
mod page;
mod pkce;
mod portal;
mod site;
mod store;

pub use assertion::{ASSERTION_BYTES_MAX, BadAssertion, SamlResponse};
pub use authorize::{Authorization, redeem};
pub use device::{Device, Waited};
pub use loopback::{Callback, Loopback, PORTS};
pub use pkce::{Pkce, random_text};
pub use portal::{AccessConfiguration, Account, Portal};
pub use site::{Site, SiteName};
pub use store::{Keeper, Sessions, directory};

#[cfg(test)]
mod tests;
