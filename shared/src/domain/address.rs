//! Addresses: mail addresses and phone numbers, parsed into types once.

use std::fmt;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

const LONGEST_EMAIL: usize = 254;
const LONGEST_LOCAL_PART: usize = 64;
const LONGEST_PHONE_TEXT: usize = 32;
/// Of a phone number with its country code (ITU-T E.164 section 6.2.1). Some national plans allow more, and nobody can be called there
/// from abroad.
const MOST_PHONE_DIGITS: usize = 15;

/// Why a text is no address. The messages are for the person who typed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Nothing was given.
    #[error("is required")]
    Missing,
    /// Not of the form of a mail address.
    #[error("must be a mail address such as name@example.com")]
    NotEmail,
    /// The part before the `@` has letters that mail services do not take.
    #[error("must have only unaccented letters, digits and .!#$%&'*+/=?^_`{{|}}~- before the @")]
    LocalPart,
    /// Not a number that exists in the international plan.
    #[error("must be a valid phone number in international form such as +4915112345678")]
    NotPhone,
}

/// A mail address: as typed, and in the one form in which addresses are compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email {
    typed: String,
    canonical: String,
}

impl Email {
    /// Parses a mail address. Compared after NFKC, lower-casing and IDNA (UTS 46); the local part must be a 7-bit dot-atom
    /// (RFC 5321 section 4.1.2), since SES takes no other.
    ///
    /// # Errors
    /// [`AddressError`] says what is wrong.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let typed = text.trim();
        if typed.is_empty() {
            return Err(AddressError::Missing);
        }
        let (local, domain) = typed.rsplit_once('@').ok_or(AddressError::NotEmail)?;
        if !local.is_ascii() {
            return Err(AddressError::LocalPart);
        }
        if local.len() > LONGEST_LOCAL_PART || !local.split('.').all(is_atom) {
            return Err(AddressError::NotEmail);
        }
        let domain = canonical_domain(domain).ok_or(AddressError::NotEmail)?;
        let canonical = format!("{}@{domain}", local.to_ascii_lowercase());
        if typed.len() > LONGEST_EMAIL || canonical.len() > LONGEST_EMAIL {
            return Err(AddressError::NotEmail);
        }
        Ok(Self { typed: typed.to_owned(), canonical })
    }

    /// As the person typed it.
    #[must_use]
    pub fn typed(&self) -> &str {
        &self.typed
    }

    /// The form in which addresses are compared.
    #[must_use]
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The form that mail goes to: the local part as typed, the domain in its ASCII form.
    #[must_use]
    pub fn deliverable(&self) -> String {
        let local = self.typed.rsplit_once('@').map_or("", |(local, _)| local);
        let domain = self.canonical.rsplit_once('@').map_or("", |(_, domain)| domain);
        format!("{local}@{domain}")
    }

    /// The part before the `@`, as compared.
    #[must_use]
    pub fn local_part(&self) -> &str {
        self.canonical.rsplit_once('@').map_or("", |(local, _)| local)
    }
}

fn is_atom(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&byte))
}

fn canonical_domain(text: &str) -> Option<String> {
    let folded: String = text.nfkc().collect();
    let domain = idna::domain_to_ascii_strict(&folded).ok()?;
    let (_, top) = domain.rsplit_once('.')?;
    let numeric_top = top.bytes().all(|byte| byte.is_ascii_digit());
    (!numeric_top && !domain.split('.').any(str::is_empty)).then_some(domain)
}

impl TryFrom<String> for Email {
    type Error = AddressError;
    fn try_from(text: String) -> Result<Self, AddressError> {
        Self::parse(&text)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.typed
    }
}

impl fmt::Display for Email {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.typed)
    }
}

/// A phone number in E.164, as `+4915112345678`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

impl Phone {
    /// Parses a number in international form. Only ASCII digits and the usual separators are taken, and no extension: each
    /// number has one key.
    ///
    /// # Errors
    /// [`AddressError`] says what is wrong.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(AddressError::Missing);
        }
        let usual = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.() /".contains(&byte));
        if !usual || text.len() > LONGEST_PHONE_TEXT || !text.starts_with('+') {
            return Err(AddressError::NotPhone);
        }
        let number = PHONE_NUMBER_UTIL.parse(text, None).map_err(|_| AddressError::NotPhone)?;
        if !PHONE_NUMBER_UTIL.is_valid_number(&number) {
            return Err(AddressError::NotPhone);
        }
        let formatted = PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164);
        if formatted.len() > "+".len() + MOST_PHONE_DIGITS {
            return Err(AddressError::NotPhone);
        }
        Ok(Self(formatted.into_owned()))
    }

    /// The number in E.164.
    #[must_use]
    pub fn e164(&self) -> &str {
        &self.0
    }

    /// The country that the number belongs to, where it belongs to one.
    #[must_use]
    pub fn country(&self) -> Option<Country> {
        let number = PHONE_NUMBER_UTIL.parse(&self.0, None).ok()?;
        let region = PHONE_NUMBER_UTIL.get_region_for_number(&number)?;
        Country::parse(&region.to_string())
    }
}

impl TryFrom<String> for Phone {
    type Error = AddressError;
    fn try_from(text: String) -> Result<Self, AddressError> {
        Self::parse(&text)
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

/// A country by its ISO 3166-1 alpha-2 code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Country(String);

impl Country {
    /// Takes two ASCII letters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let two_letters = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
        two_letters.then(|| Self(text.to_ascii_uppercase()))
    }
}

/// How a message reaches an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// Mail, through SES.
    Email,
    /// SMS, through SNS.
    Phone,
}

impl Channel {
    /// Its name in keys and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
        }
    }
}

/// A mail address or a phone number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "channel", content = "to", rename_all = "lowercase")]
pub enum Address {
    /// Mail.
    Email(Email),
    /// Phone.
    Phone(Phone),
}

impl Address {
    /// The channel that reaches it.
    #[must_use]
    pub fn channel(&self) -> Channel {
        match self {
            Self::Email(_) => Channel::Email,
            Self::Phone(_) => Channel::Phone,
        }
    }

    /// The one text that equal addresses share.
    #[must_use]
    pub fn canonical(&self) -> &str {
        match self {
            Self::Email(email) => email.canonical(),
            Self::Phone(phone) => phone.e164(),
        }
    }
}

impl From<Email> for Address {
    fn from(email: Email) -> Self {
        Self::Email(email)
    }
}

impl From<Phone> for Address {
    fn from(phone: Phone) -> Self {
        Self::Phone(phone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_addresses_are_compared_folded_and_kept_as_typed() {
        let email = Email::parse("  Ada.Lovelace@BÜCHER.example ").unwrap();
        assert_eq!(email.typed(), "Ada.Lovelace@BÜCHER.example");
        assert_eq!(email.canonical(), "ada.lovelace@xn--bcher-kva.example");
        assert_eq!(email.deliverable(), "Ada.Lovelace@xn--bcher-kva.example");
        assert_eq!(Email::parse("a@ｅｘａｍｐｌｅ.com").unwrap().canonical(), "a@example.com");
    }

    #[test]
    fn what_is_no_mail_address_is_refused() {
        for text in [
            "a",
            "@example.com",
            "a@",
            "a@b",
            "a b@example.com",
            "a@exa mple.com",
            "a..b@example.com",
            ".a@example.com",
            "a@example..com",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "\"a\"@example.com",
            "a@b@example.com",
            "a\n@example.com",
            "a,b@example.com",
            "<a@example.com>",
        ] {
            assert_eq!(Email::parse(text), Err(AddressError::NotEmail), "{text}");
        }
        assert_eq!(Email::parse("jürgen@example.com"), Err(AddressError::LocalPart));
        assert_eq!(Email::parse(" "), Err(AddressError::Missing));
        assert!(Email::parse(&format!("{}@example.com", "a".repeat(65))).is_err());
        assert!(Email::parse(&format!("a@{}.com", "b.".repeat(130))).is_err());
    }

    #[test]
    fn spellings_of_a_phone_number_have_one_key() {
        for text in ["+4915112345678", "+49 151 12345678", "+49 (151) 1234-5678", "+49 0151 12345678"] {
            assert_eq!(Phone::parse(text).map(|phone| phone.e164().to_owned()), Ok("+4915112345678".to_owned()), "{text}");
        }
        assert_eq!(Phone::parse("+4915112345678").unwrap().country(), Country::parse("de"));
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
            assert_eq!(Phone::parse(text), Err(AddressError::NotPhone), "{text}");
        }
    }
}
