//! What a signature sorts, each item beside the first sixteen bytes of what it is sorted by: two numbers tell most
//! pairs apart, and the names themselves are seldom looked at.

use std::cmp::Ordering;
use std::slice::SliceIndex;

use super::encode::encoded;
use crate::wire::{Field, Parameter, recycle};

/// A list with keys, of items that lie elsewhere: what is moved about is small. `Headers` and `Parameters` say how keys
/// are made.
#[derive(Debug)]
pub(super) struct Sorted<'a, T>(Vec<(u128, &'a T)>);

/// Headers by their names in lower case.
pub(super) type Headers<'a> = Sorted<'a, Field<'a>>;
/// Parameters by their names, decoded or encoded as the scheme says.
pub(super) type Parameters<'a> = Sorted<'a, Parameter<'a>>;

impl<T> Default for Sorted<'_, T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'a, T> Sorted<'a, T> {
    /// Empties the list and gives its memory to one whose items live for another while.
    pub(super) fn recycled<'b, U>(self) -> Sorted<'b, U> {
        Sorted(recycle(self.0))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &'a T> {
        self.0.iter().map(|(_, item)| *item)
    }

    /// The items with whether each is `alike` with the one before it.
    pub(super) fn runs(&self, alike: impl Fn(&T, &T) -> bool) -> impl Iterator<Item = (&'a T, bool)> {
        let mut previous: Option<(u128, &T)> = None;
        self.0.iter().map(move |&entry| {
            let continues = previous.is_some_and(|(key, item)| key == entry.0 && alike(item, entry.1));
            previous = Some(entry);
            (entry.1, continues)
        })
    }

    /// Sorts a part of the list; `compare` decides where the keys do not.
    pub(super) fn sort(
        &mut self,
        part: impl SliceIndex<[(u128, &'a T)], Output = [(u128, &'a T)]>,
        compare: impl Fn(&T, &T) -> Ordering,
    ) {
        let part = self.0.get_mut(part).unwrap_or_default();
        part.sort_unstable_by(|(left_key, left), (right_key, right)| {
            left_key.cmp(right_key).then_with(|| compare(left, right))
        });
    }

    /// Sorts, and keeps items that are alike in their order. Insertion: a head has at most a hundred headers, few of
    /// them are signed, and unlike the library's stable sort it allocates nothing.
    pub(super) fn sort_stably(&mut self, compare: impl Fn(&T, &T) -> Ordering) {
        for end in 1..self.0.len() {
            let mut at = end;
            while let [.., (left_key, left), (right_key, right)] = self.0.get(..=at).unwrap_or_default()
                && left_key.cmp(right_key).then_with(|| compare(left, right)).is_gt()
            {
                self.0.swap(at - 1, at);
                at -= 1;
            }
        }
    }
}

impl<'a> Headers<'a> {
    pub(super) fn push(&mut self, field: &'a Field<'a>) {
        self.0.push((lower(start(field.name)), field));
    }
}

impl<'a> Parameters<'a> {
    /// Adds parameters to be sorted by their decoded names.
    pub(super) fn extend(&mut self, parameters: &'a [Parameter<'a>]) {
        self.extend_by(parameters, |parameter| match parameter.plain_name() {
            Some(name) => start(name),
            None => gathered(parameter.decoded_name()),
        });
    }

    /// Adds parameters to be sorted by their encoded names.
    pub(super) fn extend_encoded(&mut self, parameters: &'a [Parameter<'a>]) {
        self.extend_by(parameters, |parameter| {
            if parameter.is_unreserved() {
                start(parameter.name)
            } else {
                gathered(encoded(parameter.name, parameter.spelling))
            }
        });
    }

    /// Adds parameters whose order is left to `compare` alone.
    pub(super) fn extend_unkeyed(&mut self, parameters: &'a [Parameter<'a>]) {
        self.extend_by(parameters, |_| 0);
    }

    /// Adds parameters to be sorted by their [joined](Parameter::joined) texts.
    pub(super) fn extend_joined(&mut self, parameters: &'a [Parameter<'a>]) {
        self.extend_by(parameters, |parameter| gathered(parameter.joined()));
    }

    /// Adds those that `picks` picks, to be sorted by their decoded names.
    pub(super) fn extend_where(
        &mut self,
        parameters: &'a [Parameter<'a>],
        picks: impl Fn(&Parameter<'a>) -> bool,
    ) {
        self.0.extend(parameters.iter().filter(|one| picks(one)).map(|one| {
            let key = one.plain_name().map_or_else(|| gathered(one.decoded_name()), start);
            (key, one)
        }));
    }

    fn extend_by(&mut self, parameters: &'a [Parameter<'a>], start: impl Fn(&Parameter<'a>) -> u128) {
        self.0.extend(parameters.iter().map(|one| (start(one), one)));
    }
}

fn gathered(name: impl Iterator<Item = u8>) -> u128 {
    let mut first = [0; 16];
    first.iter_mut().zip(name).for_each(|(slot, byte)| *slot = byte);
    u128::from_be_bytes(first)
}

/// The first bytes, with zeros behind a shorter name: no byte sorts before those, so the order stays. A short name is
/// read as its two ends, which may overlap: a copy of a length that is not known beforehand would be a call.
fn start(name: &[u8]) -> u128 {
    if let Some(whole) = name.first_chunk() {
        return u128::from_be_bytes(*whole);
    }
    let behind = 8 * (16 - name.len());
    if let (Some(front), Some(back)) = (name.first_chunk(), name.last_chunk()) {
        return u128::from(u64::from_be_bytes(*front)) << 64
            | u128::from(u64::from_be_bytes(*back)) << behind;
    }
    if let (Some(front), Some(back)) = (name.first_chunk(), name.last_chunk()) {
        return u128::from(u32::from_be_bytes(*front)) << 96
            | u128::from(u32::from_be_bytes(*back)) << behind;
    }
    gathered(name.iter().copied())
}

/// Sixteen bytes in lower case, all at once: nine keys so take 20 ns, and through an array of bytes 110.
const fn lower(bytes: u128) -> u128 {
    const EACH: u128 = u128::MAX / 0xff;
    // In seven bits a byte, so that nothing is carried into the next one, the eighth tells what reaches `A` and what is
    // past `Z`.
    let low = bytes & (0x7f * EACH);
    let from_a = low + (0x80 - b'A' as u128) * EACH;
    let past_z = low + (0x7f - b'Z' as u128) * EACH;
    let is_upper = from_a & !past_z & !bytes & (0x80 * EACH);
    bytes | is_upper >> 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::parameters;

    #[test]
    fn keys_sort_as_the_whole_names_do() {
        let names: [&[u8]; 14] = [
            b"",
            b"a",
            b"abc",
            b"abcd",
            b"abcdefg",
            b"abcdefgh",
            b"abcdefghijklmno",
            b"a%00",
            b"a%00b",
            b"%61b",
            b"Signature",
            b"exactly-sixteen-",
            b"exactly-sixteen-and-more",
            b"exactly%2Dsixteen-and",
        ];
        let all: Vec<Parameter<'_>> = names
            .iter()
            .map(|name| Parameter::spelled(name, name, b"", crate::wire::Spelling::Form))
            .collect();
        let mut expected = all.clone();
        expected.sort_by(Parameter::compare_names);
        let mut sorted = Parameters::default();
        let reversed: Vec<_> = all.iter().rev().copied().collect();
        sorted.extend(&reversed);
        sorted.sort(.., Parameter::compare_names);
        let got: Vec<_> = sorted.iter().map(|parameter| parameter.name).collect();
        assert_eq!(got, expected.iter().map(|parameter| parameter.name).collect::<Vec<_>>());
    }

    #[test]
    fn a_key_is_the_first_sixteen_bytes_of_a_name_of_any_length() {
        let name = b"abcdefghijklmnopqrst";
        for length in 0..=name.len() {
            let name = &name[..length];
            assert_eq!(start(name), gathered(name.iter().copied()), "{length}");
        }
    }

    #[test]
    fn every_byte_is_put_in_lower_case_in_every_place() {
        for byte in 0..=u8::MAX {
            for at in 0..16 {
                for beside in [0, b'Z', 0xff] {
                    let mut bytes = [beside; 16];
                    bytes[at] = byte;
                    let expected = u128::from_be_bytes(bytes.map(|byte| byte.to_ascii_lowercase()));
                    assert_eq!(lower(u128::from_be_bytes(bytes)), expected, "{byte} at {at} beside {beside}");
                }
            }
        }
    }

    #[test]
    fn headers_sort_in_any_letter_case_and_keep_the_order_of_equal_names() {
        let mut headers = Headers::default();
        let fields = [("X-Acs-B", "1"), ("x-acs-a", "2"), ("x-ACS-b", "0"), ("host", "3")]
            .map(|(name, value)| Field::new(name, value.as_bytes()));
        fields.iter().for_each(|field| headers.push(field));
        headers.sort_stably(Field::compare_names);
        let values: Vec<_> = headers.iter().map(|field| field.value).collect();
        assert_eq!(values, [b"3", b"2", b"1", b"0"]);
    }

    #[test]
    fn only_what_was_added_last_is_sorted() {
        let mut sorted = Parameters::default();
        let [first, then] = [b"z=1&y=2", b"c=3&b=4"].map(|query| parameters(query).collect::<Vec<_>>());
        sorted.extend(&first);
        sorted.extend(&then);
        sorted.sort(2.., Parameter::compare_names);
        assert_eq!(sorted.len(), 4);
        assert_eq!(sorted.iter().map(|one| one.name).collect::<Vec<_>>(), [b"z", b"y", b"b", b"c"]);
    }
}
