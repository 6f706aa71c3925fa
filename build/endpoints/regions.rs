//! The regions and the other labels by which host names call them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::index;
use super::text::Text;
use crate::lines::{Line, Malformed};

const CLASSES: [&str; 7] = ["public", "local", "dedicated", "finance", "gov", "oss", "pseudo"];

/// The regions, in the order of their bits.
pub(super) struct Regions {
    ids: Vec<String>,
    /// A bit for each region that is a place.
    routable: u64,
    /// Every label, with its region's place in `ids` and whether it is the id itself.
    labels: BTreeMap<String, (usize, bool)>,
}

impl Regions {
    pub(super) fn read(lines: &[Line]) -> Result<Self, Malformed> {
        let mut regions = Self { ids: Vec::new(), routable: 0, labels: BTreeMap::new() };
        for line in lines {
            let (id, class, at) = (line.field(0)?, line.field(1)?, regions.ids.len());
            if at == 64 {
                return Err(line.fault("is the 65th region; the sets of regions have 64 bits"));
            }
            if !CLASSES.contains(&class) {
                return Err(line.fault(format!("class `{class}` is none of {}", CLASSES.join(", "))));
            }
            regions.ids.push(id.to_owned());
            regions.routable |= u64::from(class != "pseudo") << at;
            for label in line.words(2, ' ')?.into_iter().chain([id]) {
                if regions.labels.insert(label.to_owned(), (at, label == id)).is_some() {
                    return Err(line.fault(format!("label `{label}` is already taken")));
                }
            }
        }
        Ok(regions)
    }

    /// The place of the region `id`.
    pub(super) fn find(&self, id: &str) -> Option<usize> {
        self.labels.get(id).filter(|(_, is_id)| *is_id).map(|(at, _)| *at)
    }

    /// The set of the regions named in column `at`.
    pub(super) fn set(&self, line: &Line, at: usize) -> Result<u64, Malformed> {
        line.words(at, ' ')?.into_iter().try_fold(0, |set, id| match self.find(id) {
            Some(region) => Ok(set | 1 << region),
            None => Err(line.fault(format!("`{id}` is no region of data/regions.tsv"))),
        })
    }

    pub(super) fn write(&self, code: &mut String, text: &mut Text) -> Result<(), Malformed> {
        let _ = writeln!(code, "static REGIONS: [Region; {}] = [", self.ids.len());
        for id in &self.ids {
            let _ = writeln!(code, "Region::new({id:?}),");
        }
        let _ = writeln!(code, "];\nconst ROUTABLE: u64 = {:#x};", self.routable);
        let _ = writeln!(code, "static REGION_LABELS: [RegionLabel; {}] = [", self.labels.len());
        for (label, (at, is_id)) in &self.labels {
            let piece = text.piece(label)?;
            let _ = writeln!(code, "RegionLabel {{ text: {piece}, region: {at}, is_id: {is_id} }},");
        }
        code.push_str("];\n");
        index::write(code, "REGION_INDEX", self.labels.keys().map(String::as_str))
    }
}
