//! Fields that several operations take.

use latchkey::app::App;
use latchkey::dialect::phone::{Fields, Given};
use latchkey::domain::address::{Address, Phone};
use latchkey::domain::code::OtpCode;
use latchkey::domain::password::{Password, PasswordError};
use latchkey::reason::{Problem, Reason};

const SHORTEST_CODE: usize = 4;
const LONGEST_CODE: usize = 8;
const LONGEST_PASSWORD: usize = 128;

/// A number in any usual spelling.
pub(crate) fn phone(fields: &mut Fields, name: &'static str, given: &Given, app: &App) -> Option<Phone> {
    fields.read(name, given, |text| Phone::parse(text, app.config.default_region.as_ref()))
}

/// A code.
pub(crate) fn code(fields: &mut Fields, given: &Given) -> Option<OtpCode> {
    let text = fields.bounded("otp_code", given, SHORTEST_CODE, LONGEST_CODE)?;
    fields.check("otp_code", OtpCode::parse_of_any_length(text))
}

/// A password to be compared.
pub(crate) fn password(fields: &mut Fields, name: &'static str, given: &Given) -> Option<Password> {
    fields.read(name, given, Password::given)
}

/// A new password, by its length.
pub(crate) fn new_password<'a>(fields: &mut Fields, name: &'static str, given: &'a Given, app: &App) -> Option<&'a str> {
    fields.bounded(name, given, app.config.password_min, LONGEST_PASSWORD)
}

/// A new password that whoever has the address and the name may choose.
pub(crate) fn acceptable(app: &App, text: &str, address: &Address, name: &str) -> Result<Password, Problem> {
    let refused = |error: PasswordError| Problem::field(Reason::WeakPassword, "password", error.to_string());
    Password::new(text, app.config.password_min, &Password::own_texts(address, name)).map_err(refused)
}
