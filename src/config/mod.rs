//! Settings: the file, then `COUNTERSIGN_*` variables, then the command line, each over the one before.
//!
//! Every key is a row of one table (`rows.rs`), which the file, the variables, `--print-config` and
//! `docs/configuration.md` are read and written by. All mistakes are found at once. Secrets are never settings.

mod address;
mod assemble;
mod connect_to;
mod document;
mod file;
mod grammar;
mod hosts;
mod keys;
mod kind;
mod kms;
mod login;
mod print;
mod problem;
mod reference;
mod role_rows;
mod roles;
mod rows;
mod secrets;
mod settings;
mod table;
mod variables;
mod vault;
mod vend;
mod watched;

pub use address::Address;
pub use connect_to::{ConnectTo, Target, target};
pub use file::{check_appendable, check_directory};
pub use grammar::role_name as check_role_name;
pub use problem::{Origin, Placed, Problem};
pub use reference::reference;
pub use settings::{
    Access, Admin, Assume, ExtraCa, Keys, Limits, Listen, Log, LogFormat, Login, OwnHost, ProductRules,
    Ready, Role, RoleSource, Settings, Upstream, Vend, VendWay,
};
pub use table::quoted;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use table::{Bases, Table};

/// What the command line of `run` says about settings.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--config`: the settings file, which then must exist.
    pub config: Option<PathBuf>,
    /// `--listen`, each of them: instead of the listeners of the file and the environment.
    pub listen: Vec<String>,
    /// `--admin`: where health and metrics are.
    pub admin: Option<String>,
}

/// Settings without a mistake in them, and where each came from.
#[derive(Debug)]
pub struct Loaded {
    /// What is in force.
    pub settings: Settings,
    /// The file that was read, if there was one.
    pub file: Option<PathBuf>,
    tree: Table,
}

impl Loaded {
    /// What `--print-config` shows: each value and where it was set, as a file that would bring the same about.
    pub fn print(&self) -> String {
        print::print(&self.tree)
    }
}

/// What judges the settings as a whole, once each is known by itself: the endpoint table and the SDKs' variables are not
/// known here. It is asked also where there are mistakes already, so that all are told at once.
pub type Judge<'a> = &'a dyn Fn(&Settings) -> Vec<Problem>;

/// Reads the settings. Fails with every mistake, in the order of the file and then of the variables and options.
pub fn load(
    flags: &Flags,
    environment: &BTreeMap<String, String>,
    working_directory: &Path,
) -> Result<Loaded, Vec<Problem>> {
    load_judged(flags, (environment, working_directory), &|_| Vec::new())
}

/// The same, with what `judge` finds among the mistakes.
pub fn load_judged(
    flags: &Flags,
    (environment, working_directory): (&BTreeMap<String, String>, &Path),
    judge: Judge<'_>,
) -> Result<Loaded, Vec<Problem>> {
    let mut problems = Vec::new();
    let source = file::find(flags.config.as_deref(), working_directory).unwrap_or_else(|unusable| {
        let origin = Origin::File { name: unusable.name.into(), line: 0 };
        problems.push(Problem::new(&origin, unusable.text));
        None
    });
    layered(source, flags, (environment, working_directory), (problems, judge))
}

/// The same without looking for a file.
pub fn load_without_file(
    flags: &Flags,
    environment: &BTreeMap<String, String>,
    working_directory: &Path,
) -> Result<Loaded, Vec<Problem>> {
    layered(None, flags, (environment, working_directory), (Vec::new(), &|_| Vec::new()))
}

fn layered(
    source: Option<file::Source>,
    flags: &Flags,
    (environment, working_directory): (&BTreeMap<String, String>, &Path),
    (mut problems, judge): (Vec<Problem>, Judge<'_>),
) -> Result<Loaded, Vec<Problem>> {
    let mut tree = match &source {
        Some(source) => document::parse(&source.name, &source.text, &mut problems),
        None => Table::new("", "", Origin::Default),
    };
    variables::lay_over(environment, &mut tree, &mut problems);
    lay_flags_over(flags, &mut tree, &mut problems);
    assemble::complete(&mut tree);

    let file = source.map(|source| source.path);
    let beside = file.as_deref().and_then(Path::parent).unwrap_or(working_directory);
    let bases = Bases { file: beside.to_owned(), process: working_directory.to_owned() };
    let settings = assemble::settings(&tree, &bases, &mut problems);
    problems.append(&mut judge(&settings));
    if problems.is_empty() {
        return Ok(Loaded { settings, file, tree });
    }
    problems.sort();
    problems.dedup();
    Err(problems)
}

fn lay_flags_over(flags: &Flags, tree: &mut Table, problems: &mut Vec<Problem>) {
    if !flags.listen.is_empty() {
        let addresses: Vec<&str> = flags.listen.iter().map(String::as_str).collect();
        variables::listen(&addresses, &Origin::Flag("--listen"), tree, problems);
    }
    let admin = keys::KEYS.iter().find(|key| key.name == "admin.address");
    if let (Some(address), Some(key)) = (&flags.admin, admin) {
        variables::set(key, address, (&Origin::Flag("--admin"), tree), problems);
    }
}

/// The environment of this process: the one place that reads it. A name or value that is not UTF-8 is made so with
/// replacement characters, and so fits nothing.
#[expect(clippy::disallowed_methods, reason = "the one place where the environment enters")]
pub fn environment() -> BTreeMap<String, String> {
    let lossy = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    std::env::vars_os().map(|(name, value)| (lossy(name), lossy(value))).collect()
}
