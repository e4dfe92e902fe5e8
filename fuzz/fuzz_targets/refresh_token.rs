//! Refresh tokens: nothing but the genuine one, whole and unchanged, is read.
//!
//! The first byte chooses: an arbitrary text, or the genuine token changed as the rest says.

#![no_main]

use std::sync::LazyLock;

use latchkey::domain::refresh_token::RefreshToken;
use latchkey::secret::Secrets;
use latchkey_fuzz::{SECRET, edited, session};
use libfuzzer_sys::fuzz_target;

static SECRETS: LazyLock<Secrets> = LazyLock::new(|| Secrets::new(SECRET, &["a former root secret of fuzzing, still accepted".to_owned()]));
static GENUINE: LazyLock<String> =
    LazyLock::new(|| RefreshToken::of(&session(&SECRETS), &SECRETS).expect("a session of this secret has a token"));

fuzz_target!(|data: &[u8]| {
    let Some((mode, rest)) = data.split_first() else { return };
    let text = if mode % 2 == 0 { String::from_utf8_lossy(rest).into_owned() } else { edited(&GENUINE, rest) };
    let read = RefreshToken::parse(&text, &SECRETS);
    assert_eq!(read.is_some(), text == *GENUINE, "{text}");
    if let Some(token) = read {
        assert!(token.was_made_for(&session(&SECRETS)));
    }
});
