//! The hash by which the table's indexes find a name. The build script makes them with this same file.

/// FNV-1a, 32 bits, with its halves folded together. The keys are fixed at build time and the probing is bounded by the
/// index, so nobody gains by choosing names that collide.
pub(super) const fn place(name: &[u8], slots: usize) -> usize {
    let (mut hash, mut rest) = (0x811c_9dc5_u32, name);
    while let [byte, tail @ ..] = rest {
        hash = (hash ^ *byte as u32).wrapping_mul(0x0100_0193);
        rest = tail;
    }
    (hash ^ (hash >> 16)) as usize & (slots - 1)
}
