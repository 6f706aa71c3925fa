//! The hosts: by name for the way in, by product and region for the way out.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::index;
use super::products::{Products, variant};
use super::regions::Regions;
use super::text::Text;
use crate::lines::{Line, Malformed};

const NETWORKS: [(&str, &str); 5] = [
    ("public", "Public"),
    ("vpc", "Vpc"),
    ("internal", "Internal"),
    ("dualstack", "DualStack"),
    ("control", "Control"),
];
const USES: [(&str, &str); 6] = [
    ("pattern", "Pattern"),
    ("listed", "Listed"),
    ("central", "Central"),
    ("global", "Global"),
    ("also", "Also"),
    ("tenant", "Tenant"),
];
const GRAMMARS: [(&str, &str); 7] = [
    ("{bucket}", "Bucket"),
    ("{project}", "Project"),
    ("{instance}", "Instance"),
    ("{vpcname}-{instance}", "VpcInstance"),
    ("{account}", "Account"),
    ("{workspace}", "Instance"),
    ("{domain}", "Domain"),
];
/// No host is listed for more products than this: the look-up keeps room for one more, whose code is the label itself.
const SHARED_AT_MOST: usize = 3;
const HOLE: &str = "{region}";
const SUFFIX: &str = ".aliyuncs.com";

/// What is known of one `LABEL.REGION.aliyuncs.com` and one product.
struct Regional {
    network: &'static str,
    is_pattern: bool,
    regions: u64,
}

/// The arrays being built; keys are in the order that the look-up searches.
#[derive(Default)]
pub(super) struct Hosts {
    /// By label and product: hosts of the form `LABEL.REGION.aliyuncs.com`.
    regional: BTreeMap<(String, usize), Regional>,
    /// By host and product: every other host without a hole, with its network and region.
    fixed: BTreeMap<(String, usize), (&'static str, Option<usize>)>,
    /// By the text around the region and product: every other host with a hole.
    shaped: BTreeMap<(String, String, usize), (&'static str, u64)>,
    tenant: Vec<Around>,
    forward: Vec<Around>,
    /// The product of the line before.
    last: usize,
}

/// A row whose key is not a text: its other fields, its regions, and the text before and after the region.
type Around = (String, u64, String, String);

impl Hosts {
    /// Takes one line in.
    pub(super) fn read(
        &mut self,
        line: &Line,
        products: &Products,
        regions: &Regions,
    ) -> Result<(), Malformed> {
        let code = line.field(0)?;
        let product = products
            .find(code)
            .ok_or_else(|| line.fault(format!("`{code}` is no product of data/products.tsv")))?;
        if std::mem::replace(&mut self.last, product) > product {
            return Err(
                line.fault(format!("`{code}` is out of order: the products stand as in data/products.tsv"))
            );
        }
        let asked = variant(line, "network", &NETWORKS, line.field(1)?)?;
        let role = line.field(2)?;
        let usage = variant(line, "use", &USES, role)?;
        let host = line.field(3)?;
        let set = regions.set(line, 5)?;
        let named = match line.field(4)? {
            "-" => None,
            id => Some(regions.find(id).ok_or_else(|| line.fault(format!("`{id}` is no region")))?),
        };
        let network = if host.contains("-vpc.") { "Vpc" } else { asked };
        let (before, after) = host.split_once(HOLE).unwrap_or((host, ""));
        check(line, host, before, after)?;
        if usage == "Tenant" {
            return self.read_tenant(line, (product, network), (before, after), set);
        }
        let fields = format!("usage: Use::{usage}, product: {product}, network: Network::{asked}");
        if usage != "Also" {
            self.forward.push((fields, set, before.to_owned(), after.to_owned()));
        }
        if !after.is_empty()
            && (after != SUFFIX || before.matches('.').count() != 1 || !before.ends_with('.'))
        {
            let key = (before.to_owned(), after.to_owned(), product);
            return match self.shaped.insert(key, (network, set)) {
                None => Ok(()),
                Some(_) => Err(line.fault(format!("`{host}` is listed twice for {code}"))),
            };
        }
        if let (Some(label), SUFFIX) = (before.strip_suffix('.'), after) {
            return self.add_regional(line, (label, product), network, (role == "pattern", set));
        }
        match regional_form(host, regions) {
            Some((label, region)) if named == Some(region) => {
                self.add_regional(line, (label, product), network, (false, 1 << region))
            }
            Some((_, region)) => Err(line.fault(format!("its name says region {region}, not {named:?}"))),
            None => self.add_fixed(line, host, product, (network, named)),
        }
    }

    fn read_tenant(
        &mut self,
        line: &Line,
        (product, network): (usize, &str),
        (before, after): (&str, &str),
        set: u64,
    ) -> Result<(), Malformed> {
        let at = before.find('.').ok_or_else(|| line.fault("has no label for the tenant"))?;
        let (label, before) = before.split_at(at);
        let grammar = variant(line, "tenant label", &GRAMMARS, label)?;
        let fields = format!("grammar: Grammar::{grammar}, product: {product}, network: Network::{network}");
        self.tenant.push((fields, set, before.to_owned(), after.to_owned()));
        Ok(())
    }

    fn add_regional(
        &mut self,
        line: &Line,
        (label, product): (&str, usize),
        network: &'static str,
        (is_pattern, set): (bool, u64),
    ) -> Result<(), Malformed> {
        let known = Regional { network, is_pattern, regions: 0 };
        let known = self.regional.entry((label.to_owned(), product)).or_insert(known);
        if known.network != network {
            return Err(line.fault(format!("`{label}` is already a name of the {} network", known.network)));
        }
        known.is_pattern |= is_pattern;
        known.regions |= set;
        Ok(())
    }

    fn add_fixed(
        &mut self,
        line: &Line,
        host: &str,
        product: usize,
        known: (&'static str, Option<usize>),
    ) -> Result<(), Malformed> {
        match self.fixed.insert((host.to_owned(), product), known) {
            Some(before) if before != known => {
                Err(line.fault(format!("`{host}` is listed with another network or region")))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn write(&self, code: &mut String, text: &mut Text) -> Result<(), Malformed> {
        self.intern(text)?;
        let _ = writeln!(code, "static REGIONAL: [Regional; {}] = [", self.regional.len());
        for ((label, product), row) in &self.regional {
            let Regional { network, is_pattern, regions } = row;
            let (label, set) = (text.piece(label)?, text.set(*regions));
            let _ = writeln!(
                code,
                "Regional {{ label: {label}, product: {product}, network: Network::{network}, is_pattern: {is_pattern}, \
                 regions: {set} }},"
            );
        }
        let _ = writeln!(code, "];\nstatic FIXED: [Fixed; {}] = [", self.fixed.len());
        for ((host, product), (network, region)) in &self.fixed {
            let (host, region) = (text.piece(host)?, region.map_or(usize::from(u8::MAX), |region| region));
            let _ = writeln!(
                code,
                "Fixed {{ host: {host}, product: {product}, network: Network::{network}, \
                 region: {region} }},"
            );
        }
        let _ = writeln!(code, "];\nstatic SHAPED: [Shaped; {}] = [", self.shaped.len());
        for ((before, after, product), (network, regions)) in &self.shaped {
            let (before, after, set) = (text.piece(before)?, text.piece(after)?, text.set(*regions));
            let _ = writeln!(
                code,
                "Shaped {{ before: {before}, after: {after}, product: {product}, \
                 network: Network::{network}, regions: {set} }},"
            );
        }
        for (name, kind, rows) in [("TENANT", "Tenant", &self.tenant), ("FORWARD", "Forward", &self.forward)]
        {
            let _ = writeln!(code, "];\nstatic {name}: [{kind}; {}] = [", rows.len());
            for (fields, set, before, after) in rows {
                let (set, before, after) = (text.set(*set), text.piece(before)?, text.piece(after)?);
                let _ = writeln!(
                    code,
                    "{kind} {{ {fields}, regions: {set}, before: {before}, after: {after} }},"
                );
            }
        }
        code.push_str("];\n");
        index::write(code, "REGIONAL_INDEX", self.regional.keys().map(|(label, _)| label.as_str()))?;
        index::write(code, "FIXED_INDEX", self.fixed.keys().map(|(host, _)| host.as_str()))?;
        self.check_sharing()
    }

    /// Takes the longest pieces first, so that `ecs` is found within `ecs.` and that within `ecs.aliyuncs.com`.
    fn intern(&self, text: &mut Text) -> Result<(), Malformed> {
        let around = self.tenant.iter().chain(&self.forward);
        let mut pieces = around.flat_map(|(_, _, before, after)| [before, after]).collect::<Vec<_>>();
        pieces.extend(self.shaped.keys().flat_map(|(before, after, _)| [before, after]));
        pieces.extend(self.fixed.keys().chain(self.regional.keys()).map(|(name, _)| name));
        pieces.sort_by_key(|piece| std::cmp::Reverse(piece.len()));
        pieces.into_iter().try_for_each(|piece| text.piece(piece).map(drop))
    }

    fn check_sharing(&self) -> Result<(), Malformed> {
        let names = self.regional.keys().chain(self.fixed.keys());
        let mut products = BTreeMap::<&str, usize>::new();
        for (name, _) in names {
            *products.entry(name).or_default() += 1;
        }
        match products.into_iter().find(|(_, count)| *count > SHARED_AT_MOST) {
            Some((name, _)) => {
                Err(Malformed::new(format!("`{name}` belongs to more than {SHARED_AT_MOST} products")))
            }
            None => Ok(()),
        }
    }
}

/// `LABEL.REGION.aliyuncs.com` in its two parts.
fn regional_form<'a>(host: &'a str, regions: &Regions) -> Option<(&'a str, usize)> {
    let (label, region) = host.strip_suffix(SUFFIX)?.split_once('.')?;
    Some((label, regions.find(region)?))
}

fn check(line: &Line, host: &str, before: &str, after: &str) -> Result<(), Malformed> {
    let plain = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._{}".contains(&byte))
    };
    let whole = host.matches('.').count() >= 2 && !host.starts_with('.') && !host.ends_with(['.', '}']);
    if !plain(host) || !whole || (after.is_empty() && before.contains(HOLE)) || after.contains('{') {
        return Err(line.fault(format!("`{host}` is no host name in lower case with at most one {HOLE}")));
    }
    Ok(())
}
