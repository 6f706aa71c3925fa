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
}
