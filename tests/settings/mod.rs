//! Settings as an operator meets them: precedence, mistakes, origins, and the pages written from the table of keys.

mod hosts;
mod mistakes;
mod pages;
mod places;
mod precedence;
mod profiles;
mod roles;
mod together;
mod trust;
mod vending;

use std::collections::BTreeMap;

use countersign::config::{Flags, Loaded, load};

use crate::kit::place::Place;

impl Place {
    /// A directory to start in, with a settings file.
    fn with(text: &str) -> Self {
        let place = Self::new();
        place.write("countersign.toml", text);
        place
    }

    fn load(&self, flags: &Flags, environment: &[(&str, &str)]) -> Result<Loaded, Vec<String>> {
        let environment: BTreeMap<String, String> =
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        load(flags, &environment, self.path())
            .map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }
}

/// What a file and an environment amount to.
fn loaded(text: &str, environment: &[(&str, &str)]) -> Result<Loaded, Vec<String>> {
    Place::with(text).load(&Flags::default(), environment)
}

/// The mistakes of a file and an environment; none if there are none.
fn mistakes(text: &str, environment: &[(&str, &str)]) -> Vec<String> {
    loaded(text, environment).err().unwrap_or_default()
}
