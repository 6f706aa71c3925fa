//! The front-coded names: found without unpacking, and unpacked one at a time.

use super::table::{BLOCK_NAMES, Listing, block};
use crate::names::Action;

/// No name is longer; the build script refuses a table in which one is.
const LONGEST: usize = 95;

/// The names of a block: of each, how many bytes it shares with the one before, and the rest.
struct Coded(&'static [u8]);

impl Iterator for Coded {
    type Item = (usize, &'static [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let [shared, length, rest @ ..] = self.0 else { return None };
        let (name, rest) = rest.split_at_checked(usize::from(*length))?;
        self.0 = rest;
        Some((usize::from(*shared), name))
    }
}

fn blocks(listing: &Listing) -> usize {
    usize::from(listing.actions).div_ceil(BLOCK_NAMES)
}

/// The place of the action called `name` among the product's.
pub(super) fn find(listing: &Listing, name: &[u8]) -> Option<u16> {
    // The first block that begins behind the name; it stands in the one before.
    let (mut from, mut to) = (0, blocks(listing));
    while from < to {
        let middle = from.midpoint(to);
        let (_, head) = Coded(block(listing, middle)?).next()?;
        if head <= name { from = middle + 1 } else { to = middle }
    }
    let at = from.checked_sub(1)?;
    let place = place_in(Coded(block(listing, at)?), name)?;
    u16::try_from(at * BLOCK_NAMES + place).ok()
}

/// `agreed` is how many bytes the name before, which is smaller, has in common with the one that is looked for.
fn place_in(names: Coded, name: &[u8]) -> Option<usize> {
    let mut agreed = 0;
    for (at, (shared, rest)) in names.enumerate() {
        // Whatever made the one before smaller makes this one smaller too.
        if shared > agreed {
            continue;
        }
        let wanted = name.get(agreed..)?;
        if shared < agreed || rest > wanted {
            return None;
        }
        if rest == wanted {
            return Some(at);
        }
        agreed += rest.iter().zip(wanted).take_while(|(one, other)| one == other).count();
    }
    None
}

/// The name of the action at a place among the product's.
pub(super) fn name(listing: &Listing, place: u16) -> Option<Action> {
    let place = usize::from(place);
    let names = Coded(block(listing, place / BLOCK_NAMES)?);
    Unpacked { names, name: [0; LONGEST] }.nth(place % BLOCK_NAMES)
}

/// All of a product's names, in their order.
pub(super) fn all(listing: &'static Listing) -> impl Iterator<Item = Action> {
    (0..blocks(listing))
        .filter_map(|at| block(listing, at))
        .flat_map(|names| Unpacked { names: Coded(names), name: [0; LONGEST] })
}

struct Unpacked {
    names: Coded,
    /// The last name.
    name: [u8; LONGEST],
}

impl Unpacked {
    fn step(&mut self) -> Option<&[u8]> {
        let (shared, rest) = self.names.next()?;
        let length = shared + rest.len();
        self.name.get_mut(shared..length)?.copy_from_slice(rest);
        self.name.get(..length)
    }
}

impl Iterator for Unpacked {
    type Item = Action;

    fn next(&mut self) -> Option<Action> {
        Action::from_plain(self.step()?)
    }

    /// Without making actions of those before.
    fn nth(&mut self, places: usize) -> Option<Action> {
        for _ in 0..places {
            self.step()?;
        }
        self.next()
    }
}
