//! Lists of header names that can be asked about a name without comparing it with each.

/// Header names in lower case, with a hint that tells most other names apart by their length and last letter.
#[derive(Debug)]
pub struct NameSet<const N: usize> {
    names: [&'static str; N],
    hint: [u64; 4],
}

impl<const N: usize> NameSet<N> {
    /// Made by the compiler. The names must be in lower case.
    #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which would refuse it")]
    pub const fn new(names: [&'static str; N]) -> Self {
        let mut hint = [0; 4];
        let mut index = 0;
        while index < N {
            let name = names[index].as_bytes();
            let place = place(name.len(), name[name.len() - 1]);
            hint[place as usize / 64] |= 1 << (place % 64);
            index += 1;
        }
        Self { names, hint }
    }

    /// Whether the list holds `name`, in any letter case.
    #[inline]
    pub fn holds(&self, name: &[u8]) -> bool {
        let Some(&last) = name.last() else { return false };
        let place = place(name.len(), last);
        let word = self.hint.get(usize::from(place) / 64).copied().unwrap_or_default();
        word >> (place % 64) & 1 == 1 && self.holds_exactly(name)
    }

    fn holds_exactly(&self, name: &[u8]) -> bool {
        self.names.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
    }
}

/// Where a name's length and last letter stand in the hint. Letter case makes no difference.
const fn place(length: usize, last: u8) -> u8 {
    (length as u8).wrapping_mul(37) ^ (last | 0x20).wrapping_mul(29)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SET: NameSet<3> = NameSet::new(["authorization", "x-acs-date", "te"]);

    #[test]
    fn a_set_holds_its_names_in_any_case_and_no_other() {
        for name in ["authorization", "Authorization", "X-ACS-DATE", "TE", "te"] {
            assert!(SET.holds(name.as_bytes()), "{name}");
        }
        for name in ["", "t", "authorizatioN ", "x-acs-datf", "authorizations", "xe", "date"] {
            assert!(!SET.holds(name.as_bytes()), "{name}");
        }
    }
}
