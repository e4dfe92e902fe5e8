//! Phone numbers: each has one form, of ASCII digits.

#![no_main]

use latchkey::domain::address::Phone;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let Ok(phone) = Phone::parse(&text, None) else { return };
    let number = phone.e164();
    let digits = number.strip_prefix('+').expect("E.164 begins with a plus");
    assert!(digits.bytes().all(|byte| byte.is_ascii_digit()), "{number} of {text:?}");
    assert!((3..=15).contains(&digits.len()), "{number} of {text:?}");
    let again = Phone::parse(number, None).unwrap_or_else(|error| panic!("{number} of {text:?}: {error}"));
    assert_eq!(again, phone, "{text:?}");
    assert_eq!(phone.sms_country(), again.sms_country(), "{number}");
});
