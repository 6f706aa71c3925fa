//! The catalogue of actions: `data/actions.tsv` to bytes and compact arrays for `src/catalogue/table.rs`.

mod names;
mod routes;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::lines::{Line, Malformed, lines};
use names::Names;
use routes::Routes;

/// `names::Action` has room for as many bytes.
const NAME_AT_MOST: usize = 95;

/// A product whose actions are being read.
struct Listing<'a> {
    code: &'a str,
    version: &'a str,
    is_roa: bool,
    rows: Vec<&'a Line>,
}

/// What `data/products.tsv` says of a product: its style, and the version it prefers.
struct Known {
    style: String,
    version: String,
}

/// Writes the arrays to `out/catalogue.rs` and the names to `out/catalogue.names`.
pub(crate) fn generate(out: &Path) -> Result<(), Malformed> {
    let known = known_products()?;
    let lines = lines("data/actions.tsv", 6)?;
    let (mut names, mut routes) = (Names::default(), Routes::default());
    let mut code = String::new();
    let listings = listings(&lines)?;
    let _ = writeln!(code, "static LISTINGS: [Listing; {}] = [", listings.len());
    for listing in &listings {
        check(listing, &known)?;
        let first_block = names.block_count();
        names.add(listing.rows.iter().map(|row| row.field(2)))?;
        let first_route = routes.len();
        let root = if listing.is_roa { Some(routes.add_product(&listing.rows)?) } else { None };
        let _ = writeln!(
            code,
            "Listing {{ code: {:?}, version: VersionName::new(*b{:?}), first_block: {first_block}, actions: {}, \
             root: {root:?}, first_route: {first_route} }},",
            listing.code,
            listing.version,
            listing.rows.len(),
        );
    }
    code.push_str("];\n");
    names.write_index(&mut code);
    routes.write(&mut code)?;
    let write = |name: &str, bytes: &[u8]| {
        let path = out.join(name);
        std::fs::write(&path, bytes).map_err(|error| Malformed::new(format!("{}: {error}", path.display())))
    };
    write("catalogue.names", names.bytes())?;
    write("catalogue.rs", code.as_bytes())
}

/// The lines by product, which are sorted.
fn listings(lines: &[Line]) -> Result<Vec<Listing<'_>>, Malformed> {
    let mut listings = Vec::<Listing<'_>>::new();
    let mut before = ("", "");
    for line in lines {
        let (code, version, action) = (line.field(0)?, line.field(1)?, line.field(2)?);
        let is_roa = line.field(4)? != "-";
        if before >= (code, action) {
            return Err(line.fault("is out of order, or twice: sort by product, then by action"));
        }
        before = (code, action);
        let plain = action.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !plain || action.len() > NAME_AT_MOST {
            return Err(line.fault(format!("`{action}` is no action's name")));
        }
        if is_roa != (line.field(3)? != "-") {
            return Err(line.fault("has a path or methods, and not both"));
        }
        match listings.last_mut().filter(|listing| listing.code == code) {
            Some(listing) if (listing.version, listing.is_roa) == (version, is_roa) => {
                listing.rows.push(line);
            }
            // The look-ups know one of each.
            Some(_) => return Err(line.fault(format!("`{code}` has a second version or style"))),
            None => listings.push(Listing { code, version, is_roa, rows: vec![line] }),
        }
    }
    Ok(listings)
}

fn known_products() -> Result<BTreeMap<String, Known>, Malformed> {
    let mut known = BTreeMap::new();
    for line in lines("data/products.tsv", 9)? {
        let first = line.words(7, ' ')?.into_iter().next().unwrap_or_default();
        let mut parts = first.split(':');
        let version = parts.next().unwrap_or_default().to_owned();
        let style = parts.next().map_or_else(|| line.field(2), Ok)?.to_owned();
        known.insert(line.field(0)?.to_owned(), Known { style, version });
    }
    Ok(known)
}

/// Both tables say the same: a call whose action is not in the catalogue goes by `data/products.tsv` alone.
fn check(listing: &Listing<'_>, known: &BTreeMap<String, Known>) -> Result<(), Malformed> {
    let Listing { code, version, is_roa, rows } = listing;
    let fault =
        |what: String| Err(rows.first().map_or_else(|| Malformed::new(&what), |row| row.fault(&what)));
    let Some(product) = known.get(*code) else {
        return fault(format!("`{code}` is no product of data/products.tsv"));
    };
    if product.version != *version {
        return fault(format!("{code}'s first version in data/products.tsv is `{}`", product.version));
    }
    // A data plane with actions is called by their paths.
    if product.style != "data" && (product.style == "roa") != *is_roa {
        return fault(format!("{code}'s style in data/products.tsv is `{}`", product.style));
    }
    Ok(())
}
