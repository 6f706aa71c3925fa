//! Lists of names that can be asked about one without comparing it with each.

use super::Parameter;

/// Names of headers or parameters, with a hint that tells most other names apart by length, first and last letter.
#[derive(Debug)]
pub struct NameSet {
    names: &'static [&'static str],
    hint: [u64; 4],
}

impl NameSet {
    /// Made by the compiler. No name may be empty.
    #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which would refuse it")]
    pub const fn new(names: &'static [&'static str]) -> Self {
        let mut hint = [0; 4];
        let mut index = 0;
        while index < names.len() {
            let name = names[index].as_bytes();
            let place = place(name[0], name.len(), name[name.len() - 1]);
            hint[place as usize / 64] |= 1 << (place % 64);
            index += 1;
        }
        Self { names, hint }
    }

    /// How many names.
    pub(crate) const fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether the list holds the header `name`, in any letter case.
    #[inline]
    pub fn holds(&self, name: &[u8]) -> bool {
        self.may_hold(name) && self.find(|known| name.eq_ignore_ascii_case(known.as_bytes())).is_some()
    }

    /// Whether the list holds the parameter's decoded name, in this letter case.
    #[inline]
    pub fn holds_parameter(&self, parameter: &Parameter<'_>) -> bool {
        parameter.plain_name().is_none_or(|name| self.may_hold(name))
            && self.find(|known| parameter.is(known)).is_some()
    }

    /// Which of the names the parameter's decoded name is, in any letter case: its place in the list, and itself.
    #[inline]
    pub fn find_parameter(&self, parameter: &Parameter<'_>) -> Option<(usize, &'static str)> {
        parameter.plain_name().is_none_or(|name| self.may_hold(name)).then_some(())?;
        self.find(|known| parameter.is_ignoring_case(known))
    }

    #[inline]
    fn may_hold(&self, name: &[u8]) -> bool {
        let (Some(&first), Some(&last)) = (name.first(), name.last()) else { return false };
        let place = place(first, name.len(), last);
        let word = self.hint.get(usize::from(place) / 64).copied().unwrap_or_default();
        word >> (place % 64) & 1 == 1
    }

    #[inline(never)]
    fn find(&self, is: impl Fn(&str) -> bool) -> Option<(usize, &'static str)> {
        self.names.iter().copied().enumerate().find(|(_, known)| is(known))
    }
}

/// Where a name's length, first and last letter stand in the hint. Letter case makes no difference.
const fn place(first: u8, length: usize, last: u8) -> u8 {
    (first | 0x20).wrapping_mul(91) ^ (length as u8).wrapping_mul(37) ^ (last | 0x20).wrapping_mul(29)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::parameters;

    const SET: NameSet = NameSet::new(&["authorization", "x-acs-date", "te"]);

    #[test]
    fn a_set_holds_its_names_in_any_case_and_no_other() {
        for name in ["authorization", "Authorization", "X-ACS-DATE", "TE", "te"] {
            assert!(SET.holds(name.as_bytes()), "{name}");
        }
        for name in ["", "t", "authorizatioN ", "x-acs-datf", "authorizations", "xe", "date"] {
            assert!(!SET.holds(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn a_parameter_is_found_by_its_decoded_name() {
        const NAMES: NameSet = NameSet::new(&["AccessKeyId", "Signature"]);
        let parameter = |query: &'static str| parameters(query.as_bytes()).next().unwrap();
        for query in ["Signature=x", "%53ignature", "Signatur%65=x"] {
            assert!(NAMES.holds_parameter(&parameter(query)), "{query}");
            assert_eq!(NAMES.find_parameter(&parameter(query)), Some((1, "Signature")), "{query}");
        }
        for query in ["signature=x", "%73IGNATURE"] {
            assert!(!NAMES.holds_parameter(&parameter(query)), "{query}");
            assert_eq!(NAMES.find_parameter(&parameter(query)), Some((1, "Signature")), "{query}");
        }
        for query in ["Signatur=x", "Signature%00", "Sign", "=x"] {
            assert!(!NAMES.holds_parameter(&parameter(query)), "{query}");
            assert_eq!(NAMES.find_parameter(&parameter(query)), None, "{query}");
        }
    }
}
