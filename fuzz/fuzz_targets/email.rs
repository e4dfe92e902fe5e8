//! Mail addresses: each has one compared form, and one that mail can go to.

#![no_main]

use latchkey::domain::address::Email;
use libfuzzer_sys::fuzz_target;

/// What SES takes, and nothing that a header or an envelope could end with.
fn assert_plain(address: &str) {
    assert!(address.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>(),;:\\\"[]".contains(&byte)), "{address:?}");
    assert_eq!(address.matches('@').count(), 1, "{address:?}");
    assert!(address.len() <= 254, "{address:?}");
}

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let Ok(email) = Email::parse(&text) else { return };
    assert!(!email.typed().contains(char::is_control), "{text:?}");
    assert_plain(email.canonical());
    assert!(!email.canonical().contains(|letter: char| letter.is_ascii_uppercase()), "{text:?}");
    assert_plain(&email.deliverable());
    for form in [email.canonical(), &email.deliverable(), email.typed()] {
        let again = Email::parse(form).unwrap_or_else(|error| panic!("{form:?} of {text:?}: {error}"));
        assert_eq!(again.canonical(), email.canonical(), "{form:?} of {text:?}");
    }
    assert_eq!(email.canonical().split('@').next(), Some(email.local_part()));
});
