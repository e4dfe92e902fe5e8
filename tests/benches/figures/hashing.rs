//! One comparison of a password with its hash, beside the reference implementation.

use std::time::{Duration, Instant};

use data_encoding::BASE64_NOPAD;
use latchkey::domain::hash::{Hasher, StoredHash, Verdict};
use latchkey::domain::password::Password;
use latchkey_tests::PASSWORD;
use reference_argon2::argon2id;
use serde_json::json;

use crate::Effort;
use crate::stats::{median, millis};
use crate::table::Row;

const ROUNDS: usize = 101;
const MOST: f64 = 0.7;
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT: &[u8] = b"a salt of 16 by.";

pub(crate) fn measure(effort: Effort) -> Vec<Row> {
    let (hasher, password) = (Hasher::default(), Password::given(PASSWORD).unwrap());
    let reference = || argon2id(MEMORY_KIB, PASSES, LANES, PASSWORD.as_bytes(), SALT);
    // The reference's hash, which ours must find right: both do the same work.
    let expected = reference();
    let digest = BASE64_NOPAD.encode(&expected);
    let salt = BASE64_NOPAD.encode(SALT);
    let text = format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${digest}");
    let stored: StoredHash = serde_json::from_value(json!(text)).unwrap();
    let (mut of_ours, mut of_reference) = (Vec::new(), Vec::new());
    let rounds = effort.of(ROUNDS);
    for _ in 0..rounds {
        of_ours.push(timed(|| assert_eq!(hasher.verify(&password, &stored).unwrap(), Verdict::Right)));
        of_reference.push(timed(|| assert_eq!(reference(), expected)));
    }
    let (ours, theirs) = (millis(median(&of_ours)), millis(median(&of_reference)));
    let how = format!("m={MEMORY_KIB}, t={PASSES}, p={LANES}; median of {rounds}, alternated");
    let reference = format!("{how}; the C code as its Makefile builds it, for this processor");
    vec![
        Row::new("Argon2id, one verification", format!("{ours:.1} ms"), format!("{how}; the block of memory is reused and wiped")),
        Row::new("Argon2id, the reference in C", format!("{theirs:.1} ms"), reference),
        Row::new("Argon2id, ratio", format!("{:.2}", ours / theirs), how).aim(format!("≤ {MOST}"), ours / theirs <= MOST),
    ]
}

fn timed(act: impl FnOnce()) -> Duration {
    let started = Instant::now();
    act();
    started.elapsed()
}
