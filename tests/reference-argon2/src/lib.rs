//! Argon2id by the reference implementation in C.

/// Hashes a password with so many KiB of memory, passes and lanes.
///
/// # Panics
/// If it refuses its input, which it does for no input here.
#[must_use]
pub fn argon2id(memory_kib: u32, passes: u32, lanes: u32, password: &[u8], salt: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    // SAFETY: pointers and lengths belong to live slices, which it reads, and to a live array, which it fills.
    let outcome = unsafe {
        argon2_sys::argon2id_hash_raw(
            passes,
            memory_kib,
            lanes,
            password.as_ptr().cast(),
            password.len(),
            salt.as_ptr().cast(),
            salt.len(),
            hash.as_mut_ptr().cast(),
            hash.len(),
        )
    };
    assert_eq!(outcome, 0, "the reference implementation refused its input");
    hash
}
