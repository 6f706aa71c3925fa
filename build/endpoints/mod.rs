//! The endpoint table: `data/{regions,products,endpoints}.tsv` to compact arrays for `src/endpoint/table.rs`.

#[path = "../../src/endpoint/hash.rs"]
mod hash;
mod hosts;
mod index;
mod products;
mod regions;
mod text;

use std::path::Path;

use crate::lines::{Malformed, lines};
use hosts::Hosts;
use products::Products;
use regions::Regions;
use text::Text;

/// Writes the arrays to `out`.
pub(crate) fn generate(out: &Path) -> Result<(), Malformed> {
    let regions = Regions::read(&lines("data/regions.tsv", 4)?)?;
    let products = Products::read(&lines("data/products.tsv", 9)?)?;
    let mut hosts = Hosts::default();
    for line in lines("data/endpoints.tsv", 6)? {
        hosts.read(&line, &products, &regions)?;
    }
    let mut text = Text::default();
    let mut code = String::new();
    regions.write(&mut code, &mut text)?;
    products.write(&mut code, &mut text)?;
    hosts.write(&mut code, &mut text)?;
    text.write(&mut code);
    std::fs::write(out, code).map_err(|error| Malformed::new(format!("{}: {error}", out.display())))
}
