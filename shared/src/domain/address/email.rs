//! Mail addresses.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::AddressError;

const LONGEST: usize = 254;
const LONGEST_LOCAL_PART: usize = 64;

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
        if typed.len() > LONGEST || canonical.len() > LONGEST {
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
}
