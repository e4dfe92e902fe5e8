//! Argon2id by the reference implementation in C: `reference-argon2 <memory in KiB> <passes> <lanes> <password> <salt>` answers every
//! line of its standard input with the nanoseconds that a hash took, and the hash.
//!
//! It is a process of its own, so that the same C code, built for one processor and for another, can be measured in turn.

use std::io::Write;
use std::time::Instant;

use data_encoding::HEXLOWER;

const LENGTH: usize = 32;

fn argon2id([memory, passes, lanes]: [u32; 3], password: &str, salt: &str) -> [u8; LENGTH] {
    let mut hash = [0; LENGTH];
    // SAFETY: pointers and lengths belong to live texts, which it reads, and to a live array, which it fills.
    let outcome = unsafe {
        argon2_sys::argon2id_hash_raw(
            passes,
            memory,
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

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [memory, passes, lanes, password, salt] = arguments.as_slice() else { panic!("five arguments are wanted") };
    let costs = [memory, passes, lanes].map(|number| number.parse().expect("a number is wanted"));
    let mut output = std::io::stdout();
    for _ in std::io::stdin().lines() {
        let started = Instant::now();
        let hash = argon2id(costs, password, salt);
        let took = started.elapsed().as_nanos();
        writeln!(output, "{took} {}", HEXLOWER.encode(&hash)).and_then(|()| output.flush()).expect("somebody reads the answers");
    }
}
