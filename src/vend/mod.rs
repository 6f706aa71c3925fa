//! Hands a role's credential to programs that insist on holding one themselves: SDKs that cannot be led to the proxy,
//! `ossfs`, Terraform, Hadoop.
//!
//! A [`Desk`] is one place where that is done, and there are three kinds of it: a URI that SDKs are told, the metadata
//! server of ECS, and a unix socket for `countersign credential`. A desk judges who asks, takes the live credential from
//! the role's cell, and answers in the one form that every known client reads. Whoever is handed a credential can use it
//! anywhere until it ends, so nothing here is on unless the settings say so. Signs nothing, and knows no setting.

mod answer;
mod ask;
mod denial;
mod desk;
mod equal;
mod form;
mod gate;
mod metadata;
mod path_file;
mod plain;
mod process;
mod serve;
mod tally;
mod tokens;
mod uri;

pub use ask::{Unasked, ask};
pub use desk::{Desk, Kind, Way};
pub use form::Form;
pub use metadata::Metadata;
pub use path_file::PathFileError;
pub use plain::{Handed, Unfit};
pub use process::Process;
pub use serve::{Listening, serve};
pub use tally::Tally;
pub use uri::Uri;
