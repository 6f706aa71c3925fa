//! Where: the host that answers, always rebuilt from the endpoint table and never a client's bytes.
//!
//! The table is `data/{regions,products,endpoints}.tsv`, turned by the build script into sorted arrays of a few bytes a row.
//! Looking something up allocates nothing. The way in is [`reverse()`]; the ways out are [`forward()`] and [`parse_pin`], for
//! settings and for countersign's own calls. There is no rule that admits `*.aliyuncs.com`: that zone also holds names
//! behind which a customer's own code listens, and those are refused by name. Where such a host, or one of a name of its own, is
//! the operator's, [`OwnHosts`] has it by its whole name.

mod forward;
mod grammar;
mod hash;
mod meant;
mod never_sign;
mod own_hosts;
mod pin;
mod reverse;
mod table;
mod tenants;
mod unresolved;
mod versions;

pub use forward::{forward, forward_tenant};
pub use meant::meant;
pub use own_hosts::{BadOwnHost, OwnHosts};
pub use pin::{BadPin, parse_pin};
pub use reverse::{admit, beside, products_of, reverse, with_tenant};
pub use table::{product, products, region, regions};
pub use tenants::{BadTenant, Tenants};
pub use unresolved::{NoEndpoint, Unresolved};
pub use versions::by_path;

#[cfg(test)]
mod tests;
