//! The kinds of values that settings have, and how each is read from the file or from a variable.

use std::time::Duration;

use super::address::{Address, Reach};
use super::problem::shown;
use crate::suggest::meant;

/// A check of a text: `Err` says what is wrong with it and what to write.
pub(super) type Check = fn(&str) -> Result<(), String>;

/// What may be written as the value of a key.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// One of these words.
    Choice(&'static [&'static str]),
    /// `true` or `false`.
    Boolean,
    /// A whole number between the two, both included.
    Count(u64, u64),
    /// A size in bytes between the two, written with its unit.
    Size(u64, u64),
    /// A time in milliseconds between the two, written with its unit.
    Duration(u64, u64),
    /// `IP:PORT` or `unix:PATH`, and who may reach it.
    Address(Reach),
    /// A path. A relative one starts at the settings file, or at the working directory when a variable sets it.
    Path,
    /// A text of the described form.
    Text(&'static str, Check),
    /// A list of such texts.
    List(&'static str, Check),
    /// A list of whole numbers between the two, both included.
    Numbers(u64, u64),
}

/// A value of one of the kinds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Boolean(bool),
    Number(u64),
    Duration(Duration),
    Address(Address),
    List(Vec<String>),
}

impl Kind {
    /// The kind in words, for the reference.
    pub(super) fn words(self) -> String {
        match self {
            Self::Choice(words) => {
                words.iter().map(|word| format!("`{word:?}`")).collect::<Vec<_>>().join(" or ")
            }
            Self::Boolean => "`true` or `false`".to_owned(),
            Self::Count(least, most) => format!("a number, {least} to {most}"),
            Self::Size(least, most) => format!("a size, {} to {}", size_text(least), size_text(most)),
            Self::Duration(least, most) => format!("a time, {} to {}", time_text(least), time_text(most)),
            Self::Address(reach) => reach.words().to_owned(),
            Self::Path => "a path".to_owned(),
            Self::Text(words, _) => words.to_owned(),
            Self::List(words, _) => format!("a list, each {words}"),
            Self::Numbers(least, most) => format!("a list of numbers, each {least} to {most}"),
        }
    }

    /// Whether one variable can hold it.
    pub(super) const fn is_scalar(self) -> bool {
        !self.is_list()
    }

    /// Whether the file writes it between quotes.
    pub(super) const fn is_quoted(self) -> bool {
        !matches!(self, Self::Boolean | Self::Count(..)) && !self.is_list()
    }

    /// Whether the file writes it between brackets.
    pub(super) const fn is_list(self) -> bool {
        matches!(self, Self::List(..) | Self::Numbers(..))
    }

    /// Reads the text of a scalar, or of one in a list: what stands between the quotes in the file, or in a variable.
    pub(super) fn read(self, text: &str) -> Result<Value, String> {
        match self {
            Self::Choice(words) => choose(words, text),
            Self::Boolean => match text {
                "true" => Ok(Value::Boolean(true)),
                "false" => Ok(Value::Boolean(false)),
                _ => Err(format!("{} is neither true nor false", shown(text))),
            },
            Self::Count(least, most) | Self::Numbers(least, most) => match text.parse() {
                Ok(number) if (least..=most).contains(&number) => Ok(Value::Number(number)),
                Ok(number) => Err(format!("{number} is not between {least} and {most}")),
                Err(_) => Err(format!("{} is not a whole number from {least} to {most}", shown(text))),
            },
            Self::Size(least, most) => match size(text) {
                Some(bytes) if (least..=most).contains(&bytes) => Ok(Value::Number(bytes)),
                Some(_) => Err(format!("{text} is not between {} and {}", size_text(least), size_text(most))),
                None => {
                    Err(format!("{} is not a size; write it as \"32KiB\" (B, KiB, MiB or GiB)", shown(text)))
                }
            },
            Self::Duration(least, most) => match milliseconds(text) {
                Some(time) if (least..=most).contains(&time) => {
                    Ok(Value::Duration(Duration::from_millis(time)))
                }
                Some(_) => Err(format!("{text} is not between {} and {}", time_text(least), time_text(most))),
                None => Err(format!("{} is not a time; write it as \"3s\" (ms, s, m or h)", shown(text))),
            },
            Self::Address(reach) => Address::read(text, reach).map(Value::Address),
            Self::Path if text.is_empty() || text.contains('\0') => {
                Err("a path must not be empty".to_owned())
            }
            Self::Path => Ok(Value::Text(text.to_owned())),
            Self::Text(_, check) | Self::List(_, check) => check(text).map(|()| Value::Text(text.to_owned())),
        }
    }
}

fn choose(words: &[&str], text: &str) -> Result<Value, String> {
    if words.contains(&text) {
        return Ok(Value::Text(text.to_owned()));
    }
    let all = words.iter().map(|word| format!("{word:?}")).collect::<Vec<_>>().join(" or ");
    let meant = meant(text, words.iter().copied());
    let meant = meant.map(|word| format!("; did you mean {word:?}?")).unwrap_or_default();
    Err(format!("{} is not {all}{meant}", shown(text)))
}

/// The units of time, in milliseconds. `ms` before `s`: the first suffix that fits is taken.
const TIMES: [(&str, u64); 4] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];

/// The units of size, in bytes. `B` last: the others end with it.
const SIZES: [(&str, u64); 4] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("B", 1)];

fn milliseconds(text: &str) -> Option<u64> {
    with_unit(text, &TIMES)
}

fn size(text: &str) -> Option<u64> {
    with_unit(text, &SIZES)
}

fn with_unit(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let (digits, unit) = units.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, unit)))?;
    let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_plain { digits.parse::<u64>().ok()?.checked_mul(*unit) } else { None }
}

fn time_text(milliseconds: u64) -> String {
    in_largest_unit(milliseconds, &TIMES)
}

fn size_text(bytes: u64) -> String {
    in_largest_unit(bytes, &SIZES)
}

fn in_largest_unit(amount: u64, units: &[(&str, u64)]) -> String {
    let fits = units.iter().filter(|(_, unit)| amount != 0 && amount.is_multiple_of(*unit));
    match fits.max_by_key(|(_, unit)| *unit) {
        Some((name, unit)) => format!("{}{name}", amount / unit),
        None => "0".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_are_read_with_their_units() {
        for (text, expected) in
            [("500ms", 500), ("3s", 3_000), ("15m", 900_000), ("1h", 3_600_000), ("0s", 0)]
        {
            assert_eq!(milliseconds(text), Some(expected), "{text}");
        }
        for (text, expected) in [("512B", 512), ("32KiB", 32_768), ("8MiB", 8 << 20), ("1GiB", 1 << 30)] {
            assert_eq!(size(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_has_no_unit_or_another_is_not_guessed_at() {
        for text in
            ["", "3", "s", "3 s", "-3s", "+3s", "1.5s", "3d", "99999999999999999999h", "9999999999999999h"]
        {
            assert_eq!(milliseconds(text), None, "{text}");
        }
        for text in ["32", "32KB", "32K", "KiB", "1_0B", "99999999999999999GiB"] {
            assert_eq!(size(text), None, "{text}");
        }
    }
}
