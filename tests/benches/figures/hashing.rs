//! One comparison of a password with its hash, beside the reference implementation.

use std::time::{Duration, Instant};

use data_encoding::BASE64_NOPAD;
use latchkey::domain::hash::{Hasher, StoredHash, Verdict};
use latchkey::domain::password::Password;
use latchkey_tests::PASSWORD;
use serde_json::json;

use crate::Effort;
use crate::reference::Reference;
use crate::stats::{median, millis};
use crate::table::Row;

const ROUNDS: usize = 101;
const MOST: f64 = 0.7;
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT: &str = "a salt of 16 by.";
/// The processors that our binaries are built for, as a C compiler names them.
const PORTABLE: &str = if cfg!(target_arch = "aarch64") { "armv8-a" } else { "x86-64" };
const THIS_VERY: &str = "native";

pub(crate) fn measure(effort: Effort) -> Vec<Row> {
    let (hasher, password) = (Hasher::default(), Password::given(PASSWORD).unwrap());
    let costs = [MEMORY_KIB, PASSES, LANES].map(|cost| cost.to_string());
    let arguments = [costs.as_slice(), &[PASSWORD.to_owned(), SALT.to_owned()]].concat();
    let mut references = [PORTABLE, THIS_VERY].map(|processor| Reference::built_for(processor, &arguments));
    // The reference's hash, which ours must find right: all do the same work.
    let (_, expected) = references[0].hash();
    let [digest, salt] = [&expected[..], SALT.as_bytes()].map(|bytes| BASE64_NOPAD.encode(bytes));
    let text = format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${digest}");
    let stored: StoredHash = serde_json::from_value(json!(text)).unwrap();
    let (mut of_ours, mut of_references) = (Vec::new(), [Vec::new(), Vec::new()]);
    let rounds = effort.of(ROUNDS);
    for _ in 0..rounds {
        of_ours.push(timed(|| assert_eq!(hasher.verify(&password, &stored).unwrap(), Verdict::Right)));
        for (reference, times) in references.iter_mut().zip(&mut of_references) {
            let (took, hash) = reference.hash();
            assert_eq!(hash, expected);
            times.push(took);
        }
    }
    let ours = millis(median(&of_ours));
    let [portable, native] = of_references.map(|times| millis(median(&times)));
    let how = format!("m={MEMORY_KIB}, t={PASSES}, p={LANES}; median of {rounds}, alternated");
    let of_c = |processor| format!("{how}; the C code with its own vector code, `-O3 -march={processor}`");
    vec![
        Row::new("Argon2id, one verification", format!("{ours:.1} ms"), format!("{how}; the block of memory is reused and wiped")),
        Row::new("Argon2id, the reference in C, as portable as ours", format!("{portable:.1} ms"), of_c(PORTABLE)),
        Row::new("Argon2id, ratio", format!("{:.2}", ours / portable), how.clone()).aim(format!("≤ {MOST}"), ours / portable <= MOST),
        Row::new("Argon2id, the reference in C, for this very processor", format!("{native:.1} ms"), of_c(THIS_VERY)),
        Row::new("Argon2id, ratio for this very processor", format!("{:.2}", ours / native), how),
    ]
}

fn timed(act: impl FnOnce()) -> Duration {
    let started = Instant::now();
    act();
    started.elapsed()
}
