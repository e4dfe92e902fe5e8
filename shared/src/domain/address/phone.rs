//! Phone numbers.

use std::fmt;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType, Region};
use serde::{Deserialize, Serialize};

use super::AddressError;

const LONGEST: usize = 32;
/// A code that stands for no country.
const NOWHERE: &str = "XX";
/// Of a phone number with its country code (ITU-T E.164 section 6.2.1). Some national plans allow more, and nobody can be called there
/// from abroad.
const MOST_DIGITS: usize = 15;
/// Numbers that differ in so many last digits only are one prefix: a block that one carrier has.
const BLOCK_DIGITS: usize = 4;
/// How many digits of a number may be told, in logs and metrics: the country and the carrier or area.
const TELLABLE_DIGITS: usize = 5;

/// A phone number in E.164, as `+4915112345678`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

impl Phone {
    /// Parses a number in international form, or in the national form of `home`, if that is given. Only ASCII digits and the usual
    /// separators are taken, and no extension: each number has one key.
    ///
    /// # Errors
    /// [`AddressError`] says what is wrong.
    pub fn parse(text: &str, home: Option<&Country>) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(AddressError::Missing);
        }
        let usual = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.() /".contains(&byte));
        let home = home.and_then(Country::region);
        if !usual || text.len() > LONGEST || (home.is_none() && !text.starts_with('+')) {
            return Err(AddressError::NotPhone);
        }
        let number = PHONE_NUMBER_UTIL.parse(text, home).map_err(|_| AddressError::NotPhone)?;
        if !PHONE_NUMBER_UTIL.is_valid_number(&number) {
            return Err(AddressError::NotPhone);
        }
        let formatted = PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164);
        if formatted.len() > "+".len() + MOST_DIGITS {
            return Err(AddressError::NotPhone);
        }
        Ok(Self(formatted.into_owned()))
    }

    /// Parses a number in the national form of where that calling code leads, or in international form with the same one.
    ///
    /// # Errors
    /// [`AddressError`] says what is wrong.
    pub fn parse_in(text: &str, calling_code: CallingCode) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(AddressError::Missing);
        }
        let international = if text.starts_with('+') { text.to_owned() } else { format!("+{} {text}", calling_code.0) };
        let phone = Self::parse(&international, None)?;
        if phone.calling_code() == Some(calling_code) { Ok(phone) } else { Err(AddressError::NotPhone) }
    }

    /// The number in E.164.
    #[must_use]
    pub fn e164(&self) -> &str {
        &self.0
    }

    /// The calling code of its country.
    #[must_use]
    pub fn calling_code(&self) -> Option<CallingCode> {
        let number = PHONE_NUMBER_UTIL.parse(&self.0, None).ok()?;
        u16::try_from(number.country_code).ok().map(CallingCode)
    }

    /// The country that SMS to the number go to; `None` for a number that takes none: a landline, a satellite, a service that costs
    /// whoever calls it.
    #[must_use]
    pub fn sms_country(&self) -> Option<Country> {
        let number = PHONE_NUMBER_UTIL.parse(&self.0, None).ok()?;
        let region = PHONE_NUMBER_UTIL.get_region_for_number(&number)?;
        let mobile = matches!(PHONE_NUMBER_UTIL.get_number_type(&number), PhoneNumberType::Mobile | PhoneNumberType::FixedLineOrMobile);
        if mobile { Country::parse(&region.to_string()) } else { None }
    }

    /// The block of numbers that it lies in: all but the last four digits.
    #[must_use]
    pub fn block(&self) -> &str {
        self.0.get(..self.0.len().saturating_sub(BLOCK_DIGITS)).unwrap_or_default()
    }

    /// As much of the number as logs and metrics may tell.
    #[must_use]
    pub fn tellable_prefix(&self) -> &str {
        self.0.get(..=TELLABLE_DIGITS).unwrap_or_default()
    }
}

/// A stored number. It was parsed before it was stored: reading it does not load the numbering plans of all countries.
impl TryFrom<String> for Phone {
    type Error = AddressError;
    fn try_from(text: String) -> Result<Self, AddressError> {
        let digits = text.strip_prefix('+').ok_or(AddressError::NotPhone)?;
        let e164 = (2..=MOST_DIGITS).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        if e164 { Ok(Self(text)) } else { Err(AddressError::NotPhone) }
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> Self {
        phone.0
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The calling code of a country, as the 91 of `+91` (ITU-T E.164).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallingCode(u16);

/// A text that is no calling code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be the calling code of a country such as +91")]
pub struct NotACallingCode;

impl CallingCode {
    /// Parses one to three digits, with or without a plus sign.
    ///
    /// # Errors
    /// [`NotACallingCode`].
    pub fn parse(text: &str) -> Result<Self, NotACallingCode> {
        let text = text.trim();
        let digits = text.strip_prefix('+').unwrap_or(text);
        let usual = (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
        usual.then(|| digits.parse().ok()).flatten().map(Self).ok_or(NotACallingCode)
    }
}

impl fmt::Display for CallingCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "+{}", self.0)
    }
}

/// A country by its ISO 3166-1 alpha-2 code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Country(String);

impl Country {
    /// Takes the two letters of a country that has a numbering plan.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let country = Self(text.to_ascii_uppercase());
        (text.len() == 2 && country.region().is_some_and(|region| NOWHERE != region.to_string())).then_some(country)
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.0
    }

    fn region(&self) -> Option<Region> {
        Region::from_code(&self.0).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str, home: Option<&str>) -> Result<String, AddressError> {
        let home = home.and_then(Country::parse);
        Phone::parse(text, home.as_ref()).map(|phone| phone.e164().to_owned())
    }

    #[test]
    fn spellings_of_a_phone_number_have_one_key() {
        for text in ["+4915112345678", "+49 151 12345678", "+49 (151) 1234-5678", "+49 0151 12345678", "+49 (0) 151 12345678"] {
            assert_eq!(key(text, None), Ok("+4915112345678".to_owned()), "{text}");
        }
        for text in ["015112345678", "0151 12345678", "15112345678", "+4915112345678", "0049 151 12345678"] {
            assert_eq!(key(text, Some("DE")), Ok("+4915112345678".to_owned()), "{text}");
        }
        assert_eq!(key("9876543210", Some("in")), Ok("+919876543210".to_owned()));
    }

    #[test]
    fn what_is_no_phone_number_is_refused() {
        for text in [
            "015112345678",
            "+49",
            "+4915112345678 ext. 5",
            "+4915112345678;ext=5",
            "+4915112345678x5",
            "+٤٩١٥١١٢٣٤٥٦٧٨",
            "＋4915112345678",
            "+999123456789",
            "+4934151151345678",
        ] {
            assert_eq!(key(text, None), Err(AddressError::NotPhone), "{text}");
        }
        assert_eq!(key("٠١٥١١٢٣٤٥٦٧٨", Some("DE")), Err(AddressError::NotPhone));
        assert_eq!(key("", Some("DE")), Err(AddressError::Missing));
    }

    #[test]
    fn a_number_beside_its_calling_code_has_the_same_key() {
        let key = |text, code| Phone::parse_in(text, CallingCode::parse(code).unwrap()).map(|phone| phone.e164().to_owned());
        for (text, code) in [("9876543210", "+91"), ("09876543210", "91"), ("+91 98765 43210", "+91"), (" 98765-43210 ", " +91 ")] {
            assert_eq!(key(text, code), Ok("+919876543210".to_owned()), "{text} {code}");
        }
        for (text, code) in
            [("9876543210", "+33"), ("+919876543210", "+49"), ("19876543210", "+9"), ("98765x3210", "+91"), ("919876543210", "+91")]
        {
            assert_eq!(key(text, code), Err(AddressError::NotPhone), "{text} {code}");
        }
        assert_eq!(key("", "+91"), Err(AddressError::Missing));
        for text in ["", "+", "IN", "+0", "+1234", "++91", "+٩١"] {
            assert_eq!(CallingCode::parse(text), Err(NotACallingCode), "{text}");
        }
    }

    #[test]
    fn sms_go_to_mobile_numbers_of_countries() {
        let country = |text| Phone::parse(text, None).unwrap().sms_country();
        assert_eq!(country("+4915112345678"), Country::parse("de"));
        assert_eq!(country("+14155552671"), Country::parse("us"), "where landlines and mobiles are alike");
        for text in ["+493012345678", "+499001234567", "+498001234567", "+88163112345", "+870772001234", "+8001234567890"] {
            if let Ok(phone) = Phone::parse(text, None) {
                assert_eq!(phone.sms_country(), None, "{text}");
            }
        }
    }

    #[test]
    fn countries_are_those_with_a_numbering_plan() {
        assert!(Country::parse("in").is_some_and(|country| country.code() == "IN"));
        for text in ["XX", "001", "D", "Germany", ""] {
            assert_eq!(Country::parse(text), None, "{text}");
        }
    }

    #[test]
    fn parts_of_a_number_are_cut_where_they_end() {
        let phone = Phone::parse("+4915112345678", None).unwrap();
        assert_eq!((phone.block(), phone.tellable_prefix()), ("+491511234", "+49151"));
    }
}
