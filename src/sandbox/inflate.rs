//! DEFLATE within zlib's frame, unpacked: what Log Service's SDKs call `deflate`. From RFC 1950 and RFC 1951.

/// Unpacks a frame to at most so many bytes. `None`: it is none, or longer.
pub(crate) fn unpacked(frame: &[u8], most: usize) -> Option<Vec<u8>> {
    let [method, flags, blocks @ .., _, _, _, _] = frame else { return None };
    let is_zlib = method & 15 == 8 && flags & 0x20 == 0;
    if !is_zlib || (u32::from(*method) * 256 + u32::from(*flags)) % 31 != 0 {
        return None;
    }
    let mut bits = Bits { bytes: blocks, at: 0 };
    let mut out = Vec::new();
    loop {
        let is_last = bits.take(1)? == 1;
        match bits.take(2)? {
            0 => stored(&mut bits, &mut out, most)?,
            1 => compressed(&mut bits, &mut out, most, &fixed())?,
            2 => {
                let codes = dynamic(&mut bits)?;
                compressed(&mut bits, &mut out, most, &codes)?;
            }
            _ => return None,
        }
        if is_last {
            break;
        }
    }
    let sum = frame.get(frame.len() - 4..)?;
    (bits.at.div_ceil(8) == blocks.len() && sum == adler32(&out).to_be_bytes()).then_some(out)
}

/// The blocks, read from the lowest bit of each byte on.
struct Bits<'a> {
    bytes: &'a [u8],
    /// In bits.
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: usize) -> Option<usize> {
        let mut number = 0;
        for place in 0..count {
            let byte = *self.bytes.get(self.at / 8)?;
            number |= usize::from(byte >> (self.at % 8) & 1) << place;
            self.at += 1;
        }
        Some(number)
    }
}

/// A Huffman code, as RFC 1951 §3.2.2 makes one of the lengths of each symbol's code.
struct Code {
    /// How many codes have each length, from 1 to 15.
    counts: Vec<usize>,
    /// By length, and by number where that is the same.
    symbols: Vec<usize>,
}

impl Code {
    fn of(lengths: &[usize]) -> Self {
        let of_length = |length: usize| {
            lengths.iter().enumerate().filter(move |(_, own)| **own == length).map(|(symbol, _)| symbol)
        };
        Self {
            counts: (1..=15).map(|length| of_length(length).count()).collect(),
            symbols: (1..=15).flat_map(of_length).collect(),
        }
    }

    /// The next symbol. Codes of one length are counted up, those of the next begin behind twice the last.
    fn next(&self, bits: &mut Bits<'_>) -> Option<usize> {
        let (mut code, mut first, mut shorter) = (0, 0, 0);
        for count in &self.counts {
            (code, first) = (code << 1 | bits.take(1)?, first << 1);
            let place = code.checked_sub(first)?;
            if place < *count {
                return self.symbols.get(shorter + place).copied();
            }
            first += count;
            shorter += count;
        }
        None
    }
}

/// For literals and lengths, and for distances. From §3.2.6.
fn fixed() -> (Code, Code) {
    let literals = [[8; 144].as_slice(), &[9; 112], &[7; 24], &[8; 8]].concat();
    (Code::of(&literals), Code::of(&[5; 30]))
}

/// The same, told at the beginning of a block. From §3.2.7.
fn dynamic(bits: &mut Bits<'_>) -> Option<(Code, Code)> {
    const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
    let (literals, distances) = (bits.take(5)? + 257, bits.take(5)? + 1);
    let told = bits.take(4)? + 4;
    let mut lengths = vec![0; 19];
    for symbol in ORDER.iter().take(told) {
        *lengths.get_mut(*symbol)? = bits.take(3)?;
    }
    let code = Code::of(&lengths);
    let mut all: Vec<usize> = Vec::new();
    while all.len() < literals + distances {
        let (length, count) = match code.next(bits)? {
            16 => (*all.last()?, bits.take(2)? + 3),
            17 => (0, bits.take(3)? + 3),
            18 => (0, bits.take(7)? + 11),
            length => (length, 1),
        };
        all.extend(std::iter::repeat_n(length, count));
    }
    let behind = all.split_off(literals);
    (behind.len() == distances).then(|| (Code::of(&all), Code::of(&behind)))
}

fn stored(bits: &mut Bits<'_>, out: &mut Vec<u8>, most: usize) -> Option<()> {
    bits.at = bits.at.next_multiple_of(8);
    let (length, inverse) = (bits.take(16)?, bits.take(16)?);
    if length != inverse ^ 0xFFFF || out.len() + length > most {
        return None;
    }
    out.extend_from_slice(bits.bytes.get(bits.at / 8..)?.get(..length)?);
    bits.at += 8 * length;
    Some(())
}

/// From §3.2.5.
fn compressed(
    bits: &mut Bits<'_>,
    out: &mut Vec<u8>,
    most: usize,
    (literals, distances): &(Code, Code),
) -> Option<()> {
    loop {
        let symbol = literals.next(bits)?;
        if let Ok(byte) = u8::try_from(symbol) {
            out.push(byte);
        } else if symbol == 256 {
            return Some(());
        } else {
            let length = match symbol - 257 {
                28 => 258,
                symbol if symbol < 8 => symbol + 3,
                symbol if symbol < 28 => stepped(symbol, 4, bits)? + 3,
                _ => return None,
            };
            let distance = match distances.next(bits)? {
                symbol if symbol < 4 => symbol + 1,
                symbol if symbol < 30 => stepped(symbol, 2, bits)? + 1,
                _ => return None,
            };
            let from = out.len().checked_sub(distance)?;
            // Byte by byte: what is copied may reach into what is written.
            for at in from..from + length {
                out.push(out.get(at).copied()?);
            }
        }
        if out.len() > most {
            return None;
        }
    }
}

/// The tables of §3.2.5 as a rule: every so many symbols the step doubles, by one bit more behind the symbol.
fn stepped(symbol: usize, each: usize, bits: &mut Bits<'_>) -> Option<usize> {
    let more = symbol / each - 1;
    Some(((each + symbol % each) << more) + bits.take(more)?)
}

fn adler32(data: &[u8]) -> u32 {
    let step = |(a, b): (u32, u32), byte: &u8| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    };
    let (a, b) = data.iter().fold((1, 0), step);
    b << 16 | a
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::encode::hex_decoded;

    /// Of the code that a block tells. The lines that it packs are [`lines`].
    const DYNAMIC: &str = "78da6d94c16ec3300c43effc8afec12c5b92ad433fa6870c1b50b443306cbf3f0548030fe15501188a8f56b9dc\
        979fe57efd7cbc3f2f5fb7ef8feb5b4148ece3dfdbfad8c7a2f0eefb7c59d7e7fafa20a85dce3a03bde859c710\
        dd884cc5d0b388389a10330d43a899026d71d6e98852ce3a0a89603268cd891b4b37cc4e8554253a817e2c3be9\
        38aa93681a2c84a81474636e34e78c94c08f65679d91a04836861e7e96c99d8cb9d9902843d5d08e65673b0555\
        5938c9c4486f14caec0846a7a80c726c3bdbd9fc937402c68ae3190231933b315265e2facf8ca2b26804c27a33\
        d098970d08e154a1acc3c963349a4ccbbfb2de2410f6a83a64304e3abdd859265b46a2491e9dd6a6663d889be4\
        c1ce8dc368871388043d5adde9d152ee26eb54941dad601dcea345a3c9a3d5845e2d13a7678b932af803b40fbe\
        8e";

    fn lines() -> Vec<u8> {
        let line = |number: usize| {
            let level = ["info", "warn", "error"][number % 3];
            format!("{} level={level} path=/{}\n", number * number * 7919 % 1000, number * 31 % 17)
        };
        (0..60).map(line).collect::<String>().into_bytes()
    }

    #[test]
    fn what_zlib_packed_is_unpacked() {
        // Python 3.11's `zlib`: stored, with fixed codes, with codes of their own, and nothing.
        for (packed, plain) in [
            ("7801010600f9ff73746f726564093c0292", b"stored".to_vec()),
            ("78014b4c1c05c40200d8a871ad", b"a".repeat(300)),
            (
                "780173770d51d04f54303230e072073193144c0c4c20cc11250a00e0183775",
                b"GET /a 200\nGET /b 404\n".repeat(12),
            ),
            (DYNAMIC, lines()),
            ("78da030000000001", Vec::new()),
        ] {
            let packed = hex_decoded(packed).unwrap();
            assert_eq!(unpacked(&packed, plain.len()).as_deref(), Some(plain.as_slice()));
            if let Some(less) = plain.len().checked_sub(1) {
                assert_eq!(unpacked(&packed, less), None);
            }
            for short in 0..packed.len() {
                assert_eq!(unpacked(&packed[..short], plain.len()), None, "{short}");
            }
        }
    }

    #[test]
    fn no_bit_of_a_frame_can_change() {
        let (packed, plain) = (hex_decoded(DYNAMIC).unwrap(), lines());
        for bit in 0..packed.len() * 8 {
            let mut other = packed.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            // Two bits say how hard the packer tried, of which five more are the check.
            let read = unpacked(&other, 1 << 20);
            assert!(read.is_none() || read.as_deref() == Some(&plain), "{bit}");
        }
    }
}
