//! The keys of products that take none of a role's credentials: one cell each, by name and by whom they open.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::age::Use;
use super::cell::Cell;
use super::credentials::Surroundings;
use super::key_file::{KeyFile, KeyKind};
use super::model_studio::{KeyVariable, Minted};
use super::source::Source;
use super::variables::Variable;
use crate::names::{Endpoint, Host, KeysName, Region, RoleName};

/// One `[keys.NAME]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyConfig {
    /// The file.
    pub file: PathBuf,
    /// Whom it opens.
    pub opens: Opens,
}

/// Whom a key opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opens {
    /// Hosts of the operator's own, which name it: by what it holds.
    OwnHosts(KeyKind),
    /// Model Studio.
    ModelStudio {
        /// The region whose hosts it opens. `None`: of every region that no other key is for.
        region: Option<Region>,
        /// That region's own host, where short-lived keys are minted from it.
        host: Host,
        /// Whether short-lived keys are minted, and none but they are sent.
        is_temporary: bool,
    },
}

/// The cells by what they open, which logs call `keys.NAME`; the variable's, `env.DASHSCOPE_API_KEY`. Bounded by the keys that are configured, and the one of the variable.
#[derive(Debug, Default)]
pub struct Keys {
    by_name: BTreeMap<KeysName, Arc<Cell>>,
    /// Model Studio's, by host and by region of its workspaces' hosts.
    by_place: Vec<(Host, Region, Arc<Cell>)>,
    /// Model Studio's, for all other hosts.
    for_the_rest: Option<Arc<Cell>>,
}

impl Keys {
    /// Sets every key up, and starts reading.
    pub fn new(configs: &BTreeMap<KeysName, KeyConfig>, surroundings: &Surroundings) -> Self {
        let mut keys = Self::default();
        if surroundings.variables.value(Variable::DashScopeApiKey).is_some() {
            let source = Arc::new(KeyVariable(Arc::clone(&surroundings.variables)));
            keys.for_the_rest =
                Some(cell(&format!("env.{}", Variable::DashScopeApiKey.name()), source, surroundings));
        }
        for (name, config) in configs {
            let label = format!("keys.{name}");
            let kind = match config.opens {
                Opens::OwnHosts(kind) => kind,
                Opens::ModelStudio { .. } => KeyKind::Api,
            };
            let hears = (RoleName::new(&label), Arc::clone(&surroundings.observer));
            let file = KeyFile::new((config.file.clone(), kind), Arc::clone(&surroundings.clock), hears);
            match config.opens {
                Opens::OwnHosts(_) => {
                    keys.by_name.insert(name.clone(), cell(&label, Arc::new(file), surroundings));
                }
                Opens::ModelStudio { region, host, is_temporary } => {
                    let (carry, clock) = (Arc::clone(&surroundings.carry), Arc::clone(&surroundings.clock));
                    let source: Arc<dyn Source> = match is_temporary {
                        true => Arc::new(Minted { from: Arc::new(file), host, carry, clock }),
                        false => Arc::new(file),
                    };
                    let cell = cell(&label, source, surroundings);
                    match region {
                        Some(region) => keys.by_place.push((host, region, cell)),
                        None => keys.for_the_rest = Some(cell),
                    }
                }
            }
        }
        keys
    }

    /// The key of this name, for hosts that name it.
    pub fn named(&self, name: &KeysName) -> Option<&Arc<Cell>> {
        self.by_name.get(name)
    }

    /// The key that opens this host of Model Studio.
    pub fn of_model_studio(&self, endpoint: &Endpoint) -> Option<&Arc<Cell>> {
        let opens = |(host, region, _): &&(Host, Region, Arc<Cell>)| {
            endpoint.host() == host || endpoint.region() == Some(*region)
        };
        self.by_place.iter().find(opens).map(|(.., cell)| cell).or(self.for_the_rest.as_ref())
    }
}

fn cell(label: &str, source: Arc<dyn Source>, surroundings: &Surroundings) -> Arc<Cell> {
    let Surroundings { clock, observer, runtime, .. } = surroundings;
    let (clock, observer) = (Arc::clone(clock), Arc::clone(observer));
    Arc::new(Cell::new((RoleName::new(label), Use::Signing), source, clock, observer, runtime))
}
