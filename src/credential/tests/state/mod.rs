//! The machine of a credential's life under arbitrary sequences of events and moments, held to the table of its numbers.
//!
//! `World` does what the shell does, without tasks: it makes the attempts, sleeps the sleeps, and moves both clocks as it is
//! told. `rules` looks at every step, and reckons for itself.

mod rules;
mod world;

use std::time::Duration;

use proptest::prelude::*;

use super::super::age::Use;
use world::World;

/// What becomes of the attempts from now on.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mood {
    /// A new credential that lives for so many seconds.
    Grants(u64),
    /// The same credential once more, for as long as it lives.
    Repeats,
    /// A credential whose end nobody knows.
    GrantsUnknown,
    /// One that is over when it comes.
    GrantsExpired,
    Fails,
    /// With the seconds that are asked for.
    Throttles(Option<u64>),
    Refuses,
    /// What one more attempt at once may mend.
    Fumbles,
}

/// What happens to the world.
#[derive(Clone, Copy, Debug)]
pub(super) enum Happening {
    /// Milliseconds pass.
    Passes(u64),
    /// The wall clock is set, by so many seconds.
    WallSteps(i64),
    /// The machine sleeps for so many seconds, and its timers with it.
    Suspends(u64),
    /// A request wants a credential.
    Request,
    /// The cloud rejects what is served, or what was served before it.
    Rejects {
        is_old: bool,
    },
    FileChanges,
    /// From now on attempts end so, after so many milliseconds each.
    Turns(Mood, u64),
}

fn mood() -> impl Strategy<Value = Mood> {
    prop_oneof![
        6 => prop_oneof![Just(60), Just(900), Just(3_600), Just(43_200), 1_u64..50_000].prop_map(Mood::Grants),
        1 => Just(Mood::Repeats),
        1 => Just(Mood::GrantsUnknown),
        1 => Just(Mood::GrantsExpired),
        3 => Just(Mood::Fails),
        2 => prop_oneof![Just(None), (0_u64..5_000).prop_map(Some)].prop_map(Mood::Throttles),
        2 => Just(Mood::Refuses),
        1 => Just(Mood::Fumbles),
    ]
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        6 => prop_oneof![0_u64..2_000, 0_u64..60_000, 0_u64..3_600_000].prop_map(Happening::Passes),
        1 => (-3_600_i64..=3_600).prop_map(Happening::WallSteps),
        1 => (0_u64..7_200).prop_map(Happening::Suspends),
        6 => Just(Happening::Request),
        3 => any::<bool>().prop_map(|is_old| Happening::Rejects { is_old }),
        1 => Just(Happening::FileChanges),
        3 => (mood(), prop_oneof![Just(0), 0_u64..15_000]).prop_map(|(mood, delay)| Happening::Turns(mood, delay)),
    ]
}

/// A life: what the credential is for, whether its source is fixed, the dice, and what happens.
fn life() -> impl Strategy<Value = (bool, bool, u64, Vec<Happening>)> {
    let is_fixed = prop::bool::weighted(0.1);
    (any::<bool>(), is_fixed, any::<u64>(), prop::collection::vec(happening(), 1..120))
}

#[test]
fn whatever_happens_the_table_of_a_credentials_life_holds() {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) };
    let mut seen = rules::Seen::default();
    let seen_cell = std::cell::RefCell::new(&mut seen);
    let tested =
        proptest::test_runner::TestRunner::new(config).run(&life(), |(vends, is_fixed, dice, happenings)| {
            let used = if vends { Use::Vending } else { Use::Signing };
            let mut world = World::new(used, is_fixed, dice);
            for happening in happenings {
                world.let_happen(happening).map_err(TestCaseError::fail)?;
            }
            seen_cell.borrow_mut().add(world.seen());
            Ok(())
        });
    if let Err(failure) = tested {
        panic!("{failure}");
    }
    seen.assert_everything_came_up();
}

#[test]
fn sts_that_returns_is_noticed_within_the_tables_times() {
    // How long after the end it returns, in seconds, and within how many milliseconds it must be noticed.
    let returns =
        prop_oneof![(0_u64..120).prop_map(|s| (s, 2_000)), (120_u64..7_200).prop_map(|s| (s, 5_100))];
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) };
    let tested = proptest::test_runner::TestRunner::new(config).run(
        &(returns, any::<u64>(), 61_u64..4_000),
        |((returns, within), dice, lives)| {
            let mut world = World::new(Use::Signing, false, dice);
            let mut steps = vec![Happening::Turns(Mood::Grants(lives), 0), Happening::Passes(1_000)];
            steps.push(Happening::Turns(Mood::Fails, 0));
            // The end, which is 30 s or a tenth of the life before the cloud's.
            let margin = (lives * 100).min(30_000);
            steps.extend([
                Happening::Passes(lives * 1_000 - margin - 1_000),
                Happening::Passes(returns * 1_000),
            ]);
            steps.push(Happening::Turns(Mood::Grants(900), 0));
            for step in steps {
                world.let_happen(step).map_err(TestCaseError::fail)?;
            }
            prop_assert!(world.served().is_none());
            world.let_happen(Happening::Passes(within)).map_err(TestCaseError::fail)?;
            prop_assert!(world.served().is_some(), "not back {} ms after its return", within);
            Ok(())
        },
    );
    if let Err(failure) = tested {
        panic!("{failure}");
    }
}

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}
