//! Texts that are written in letters of fewer bits: hexadecimal, as one word or spaced, and base64 of either alphabet.

use super::Edited;

/// A code.
pub(super) struct Code {
    /// Bits of a letter.
    bits: usize,
    /// A byte may begin with each of so many letters before the next begins as the first does.
    pub(super) phases: usize,
    /// What a letter stands for.
    value: fn(u8) -> Option<u8>,
    /// The letter for a value, in the other style of the two or not.
    letter: fn(u8, bool) -> u8,
    /// Whether a letter shows the other style.
    is_other: fn(u8) -> bool,
    /// What may stand between two letters, and how much of it.
    between: (&'static [u8], usize),
}

/// Hexadecimal: in capitals, or small. OSS writes `47 45 54`, others `47:45:54`. Base64: as it is, or for URLs; mail and
/// PEM break its lines.
pub(super) static CODES: [Code; 2] = [
    Code {
        bits: 4,
        phases: 2,
        value: |letter| char::from(letter).to_digit(16).and_then(|digit| u8::try_from(digit).ok()),
        letter: |value, is_small| match value {
            0..10 => b'0' + value,
            _ if is_small => b'a' + value - 10,
            _ => b'A' + value - 10,
        },
        is_other: |letter| letter.is_ascii_lowercase(),
        between: (b" :-,+", 1),
    },
    Code {
        bits: 6,
        phases: 4,
        value: |letter| match letter {
            b'A'..=b'Z' => Some(letter - b'A'),
            b'a'..=b'z' => Some(letter - b'a' + 26),
            b'0'..=b'9' => Some(letter - b'0' + 52),
            b'+' | b'-' => Some(62),
            b'/' | b'_' => Some(63),
            _ => None,
        },
        letter: |value, is_for_urls| match value {
            0..26 => b'A' + value,
            26..52 => b'a' + value - 26,
            52..62 => b'0' + value - 52,
            62 if is_for_urls => b'-',
            62 => b'+',
            _ if is_for_urls => b'_',
            _ => b'/',
        },
        is_other: |letter| matches!(letter, b'-' | b'_'),
        between: (b"\r\n", 2),
    },
];

/// Letters in a row.
pub(super) struct Run {
    /// Where they stand, and what they stand for.
    letters: Vec<(usize, u8)>,
    is_other: bool,
}

impl Code {
    /// The runs that are long enough for so many bytes.
    pub(super) fn runs<'a>(&'a self, text: &'a [u8], bytes: usize) -> impl Iterator<Item = Run> + 'a {
        let least = (bytes * 8).div_ceil(self.bits);
        let mut from = 0;
        std::iter::from_fn(move || {
            while from < text.len() {
                let run = self.run(text, &mut from);
                if run.letters.len() >= least {
                    return Some(run);
                }
            }
            None
        })
    }

    /// The run that begins there, or nothing; and moves behind it.
    fn run(&self, text: &[u8], from: &mut usize) -> Run {
        let mut run = Run { letters: Vec::new(), is_other: false };
        let mut between = 0;
        for (at, &byte) in text.iter().enumerate().skip(*from) {
            *from = at + 1;
            if let Some(value) = (self.value)(byte) {
                between = 0;
                run.letters.push((at, value));
                run.is_other |= (self.is_other)(byte);
            } else if !run.letters.is_empty() && between < self.between.1 && self.between.0.contains(&byte) {
                between += 1;
            } else {
                break;
            }
        }
        run
    }

    /// The bytes that the letters stand for, from one of the first on.
    pub(super) fn decoded(&self, run: &Run, phase: usize) -> Vec<u8> {
        let letters = run.letters.get(phase..).unwrap_or_default();
        let mut bytes = Vec::with_capacity(letters.len() * self.bits / 8);
        let (mut held, mut count) = (0_u32, 0);
        for &(_, value) in letters {
            held = held << self.bits | u32::from(value);
            count += self.bits;
            if count >= 8 {
                count -= 8;
                bytes.push((held >> count) as u8);
                held &= (1 << count) - 1;
            }
        }
        bytes
    }

    /// Writes the bytes that changed, bit by bit: a letter that belongs to another byte as well keeps the bits of that.
    pub(super) fn write(
        &self,
        run: &Run,
        phase: usize,
        (before, after): (&[u8], &[u8]),
        edited: &mut Edited<'_>,
    ) {
        for (index, (&before, &after)) in before.iter().zip(after).enumerate() {
            if before == after {
                continue;
            }
            for bit in 0..8 {
                let number = index * 8 + bit;
                let Some(&(at, _)) = run.letters.get(phase + number / self.bits) else { continue };
                // What was masked as plain text is no letter any more.
                let Some(value) = edited.get(at).and_then(self.value) else { continue };
                let place = 1 << (self.bits - 1 - number % self.bits);
                let value = if after & (0x80 >> bit) == 0 { value & !place } else { value | place };
                edited.set(at, (self.letter)(value, run.is_other));
            }
        }
    }
}
