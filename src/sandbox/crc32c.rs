//! CRC-32C (Castagnoli), which guards every record of MaxCompute's tunnel and every frame of DataHub's. From RFC 3720,
//! appendix B.4.

/// The polynomial, its bits in reverse.
const POLYNOMIAL: u32 = 0x82F6_3B78;

const TABLE: [u32; 256] = table();

#[expect(
    clippy::indexing_slicing,
    reason = "the index counts the table, and is checked when this is compiled"
)]
const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256_u32 {
        let (mut sum, mut bit) = (byte, 0);
        while bit < 8 {
            sum = if sum & 1 == 1 { sum >> 1 ^ POLYNOMIAL } else { sum >> 1 };
            bit += 1;
        }
        table[byte as usize] = sum;
        byte += 1;
    }
    table
}

/// A sum that grows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Crc32c(u32);

impl Crc32c {
    /// Takes more bytes in.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        let sum = bytes.iter().fold(!self.0, |sum, &byte| {
            let at = usize::from(sum.to_le_bytes().first().copied().unwrap_or_default() ^ byte);
            TABLE.get(at).copied().unwrap_or_default() ^ sum >> 8
        });
        self.0 = !sum;
    }

    /// The sum so far.
    pub(crate) const fn value(self) -> u32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_that_of_rfc_3720() {
        for (bytes, expected) in [
            (vec![0; 32], 0x8A91_36AA),
            (vec![0xFF; 32], 0x62A8_AB43),
            ((0..32).collect(), 0x46DD_794E),
            (b"123456789".to_vec(), 0xE306_9283),
        ] {
            let mut sum = Crc32c::default();
            let (one, other) = bytes.split_at(7);
            sum.update(one);
            sum.update(other);
            assert_eq!(sum.value(), expected, "{bytes:?}");
        }
    }
}
