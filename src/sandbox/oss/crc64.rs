//! CRC-64 as OSS reports it: the ECMA-182 polynomial, bits reflected, as in the XZ format.

const POLYNOMIAL: u64 = 0xC96C_5795_D787_0F42;

const TABLE: [u64; 256] = table();

#[expect(clippy::indexing_slicing, reason = "computed by the compiler, which refuses a bad index")]
const fn table() -> [u64; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut word = byte as u64;
        let mut bit = 0;
        while bit < 8 {
            word = if word & 1 == 1 { word >> 1 ^ POLYNOMIAL } else { word >> 1 };
            bit += 1;
        }
        table[byte] = word;
        byte += 1;
    }
    table
}

/// A checksum under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crc64(u64);

impl Crc64 {
    /// Of no bytes.
    pub(super) const fn new() -> Self {
        Self(u64::MAX)
    }

    /// Takes further bytes.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            let low = (self.0 & 0xFF) as usize ^ usize::from(byte);
            self.0 = TABLE.get(low).copied().unwrap_or_default() ^ (self.0 >> 8);
        }
    }

    /// The checksum, which OSS writes in decimal.
    pub(super) const fn value(self) -> u64 {
        !self.0
    }
}

/// The checksum of two texts in a row, out of the checksum of each and the second's length in bytes.
///
/// As many zero bits are put behind the first as the second has bits, and what that does to a checksum is linear: a
/// matrix over the field of two elements, squared for each doubling of the length. The method is that of zlib's
/// `crc32_combine`.
pub(super) fn joined(first: u64, second: u64, mut length: u64) -> u64 {
    // What one zero bit does: a column an entry, which is what becomes of that bit alone.
    let mut zeros: Vec<u64> = (0..64).map(|bit| if bit == 0 { POLYNOMIAL } else { 1 << (bit - 1) }).collect();
    // What a zero byte does.
    for _ in 0..3 {
        zeros = squared(&zeros);
    }
    let mut moved = first;
    while length > 0 {
        if length & 1 == 1 {
            moved = applied(&zeros, moved);
        }
        zeros = squared(&zeros);
        length >>= 1;
    }
    moved ^ second
}

fn applied(matrix: &[u64], word: u64) -> u64 {
    let columns = matrix.iter().enumerate().filter(|(bit, _)| word >> bit & 1 == 1);
    columns.fold(0, |sum, (_, column)| sum ^ column)
}

fn squared(matrix: &[u64]) -> Vec<u64> {
    matrix.iter().map(|&column| applied(matrix, column)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_of_the_published_catalogue_comes_out() {
        let mut crc = Crc64::new();
        crc.update(b"1234");
        crc.update(b"56789");
        assert_eq!(crc.value(), 0x995D_C9BB_DF19_39FA);
        assert_eq!(Crc64::new().value(), 0);
    }

    #[test]
    fn joined_checksums_are_that_of_the_joined_text() {
        let text: Vec<u8> = (0..70_000_u64).map(|at| (at * at % 253) as u8).collect();
        let of = |bytes: &[u8]| {
            let mut crc = Crc64::new();
            crc.update(bytes);
            crc.value()
        };
        for cut in [0, 1, 7, 65_536, 69_999, 70_000] {
            let (first, second) = text.split_at(cut);
            assert_eq!(joined(of(first), of(second), second.len() as u64), of(&text), "{cut}");
        }
    }
}
