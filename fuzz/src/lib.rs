//! What the fuzz targets share: randomness without chance, a genuine session, and genuine texts changed as the fuzzer says.

use jiff::Timestamp;
use latchkey::domain::session::{Session, SessionId};
use latchkey::domain::user::UserId;
use latchkey::rng::Rng;
use latchkey::secret::Secrets;

/// Longer than any token that is looked at: a text is not made longer than twice that.
const LONG_ENOUGH: usize = 5000;

/// The root secret.
pub const SECRET: &str = "the root secret of fuzzing: 32 bytes and more";

/// Always the same bytes, so that an input that fails once fails again.
pub struct NoChance;

impl Rng for NoChance {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.iter_mut().zip(0x5a_u8..).for_each(|(byte, value)| *byte = value);
    }
}

/// The moment at which everything here happens.
#[must_use]
pub fn now() -> Timestamp {
    Timestamp::from_second(1_767_225_600).unwrap_or_default()
}

/// A session that is open.
#[must_use]
pub fn session(secrets: &Secrets) -> Session {
    let rng: &dyn Rng = &NoChance;
    Session {
        id: SessionId::draw(rng),
        user: UserId::new(now(), rng),
        counter: 7,
        inner_key: rng.token(),
        device: String::new(),
        client: String::new(),
        audience: "latchkey".to_owned(),
        amr: Vec::new(),
        epoch: 1,
        binding: None,
        key_id: secrets.key_id().to_owned(),
        created_at: now(),
        rotated_at: now(),
        idle_end: now(),
        absolute_end: now(),
    }
}

/// A genuine text after the edits that `script` spells: triples of what to do, where, and with which byte.
#[must_use]
pub fn edited(genuine: &str, script: &[u8]) -> String {
    let mut bytes = genuine.as_bytes().to_vec();
    for edit in script.chunks_exact(3) {
        let [action, place, byte] = [edit[0], edit[1], edit[2]];
        // Texts are longer than a byte can count: the high bits of the action help.
        let place = (usize::from(place) + (usize::from(action) >> 3) * 32) % (bytes.len() + 1);
        match action % 8 {
            0 if place < bytes.len() => bytes[place] = byte,
            1 => bytes.insert(place, byte),
            2 if place < bytes.len() => drop(bytes.remove(place)),
            3 => bytes.truncate(place),
            4 if place < bytes.len() => bytes[place] ^= 1 << (byte % 8),
            5 => move_part(&mut bytes, place, usize::from(byte)),
            6 if bytes.len() < LONG_ENOUGH => bytes.extend_from_within(place..),
            7 if place < bytes.len() => bytes[place] = bytes[place].wrapping_add(1),
            _ => {}
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Exchanges two of the parts between dots.
fn move_part(bytes: &mut Vec<u8>, from: usize, to: usize) {
    let mut parts: Vec<&[u8]> = bytes.split(|byte| *byte == b'.').collect();
    let count = parts.len();
    parts.swap(from % count, to % count);
    *bytes = parts.join(&b'.');
}
