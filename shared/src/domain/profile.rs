//! What a person says about themselves.

use icu_locale_core::Locale as Bcp47;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::domain::name::{Name, NameError};

const LONGEST_TAG: usize = 35;
const LONGEST_URL: usize = 2048;
const FIRST_YEAR: i16 = 1900;

/// Why a text does not fit a field of the profile, for the person who typed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// Not one of the four.
    #[error("must be male, female, other or prefer_not_to_say")]
    Gender,
    /// Not a date that somebody alive was born on.
    #[error("must be a date such as 1990-12-31, from {FIRST_YEAR} to today")]
    DateOfBirth,
    /// Not a language tag.
    #[error("must be a language tag such as de or pt-BR")]
    Language,
    /// Not a link that a page could show.
    #[error("must be an https URL of at most {LONGEST_URL} characters")]
    PhotoUrl,
    /// As a name's.
    #[error(transparent)]
    Place(#[from] NameError),
}

/// Gender, as the published surfaces have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gender {
    /// Male.
    Male,
    /// Female.
    Female,
    /// Other.
    Other,
    /// Not said.
    PreferNotToSay,
}

impl Gender {
    /// Parses one of the four words.
    ///
    /// # Errors
    /// [`ProfileError::Gender`].
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        let all = [Self::Male, Self::Female, Self::Other, Self::PreferNotToSay];
        all.into_iter().find(|gender| gender.as_str() == text.trim()).ok_or(ProfileError::Gender)
    }

    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Male => "male",
            Self::Female => "female",
            Self::Other => "other",
            Self::PreferNotToSay => "prefer_not_to_say",
        }
    }
}

/// A date of birth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DateOfBirth(Date);

impl DateOfBirth {
    /// Parses an ISO 8601 date that has come by `now`, anywhere on earth.
    ///
    /// # Errors
    /// [`ProfileError::DateOfBirth`].
    pub fn parse(text: &str, now: Timestamp) -> Result<Self, ProfileError> {
        let date: Date = text.trim().parse().map_err(|_| ProfileError::DateOfBirth)?;
        let tomorrow = now.to_zoned(TimeZone::UTC).date().tomorrow().unwrap_or(Date::MAX);
        let plain = date.to_string() == text.trim();
        if plain && date.year() >= FIRST_YEAR && date <= tomorrow { Ok(Self(date)) } else { Err(ProfileError::DateOfBirth) }
    }
}

impl std::fmt::Display for DateOfBirth {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A language tag (BCP 47), in its canonical spelling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LanguageTag(String);

impl LanguageTag {
    /// Parses a well-formed tag; an underscore passes for a hyphen, as phones' systems write it.
    ///
    /// # Errors
    /// [`ProfileError::Language`].
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        let text = text.trim().replace('_', "-");
        let tag = (text.len() <= LONGEST_TAG).then(|| Bcp47::try_from_str(&text).ok()).flatten();
        tag.map(|tag| Self(tag.to_string())).ok_or(ProfileError::Language)
    }

    /// The tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where a person's picture is. It is shown to them and never fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PhotoUrl(String);

impl PhotoUrl {
    /// Parses an https URL without credentials.
    ///
    /// # Errors
    /// [`ProfileError::PhotoUrl`].
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        let text = text.trim();
        let uri = (text.len() <= LONGEST_URL).then(|| text.parse::<http::Uri>().ok()).flatten();
        let host =
            |uri: &http::Uri| uri.authority().is_some_and(|authority| !authority.host().is_empty() && !authority.as_str().contains('@'));
        let fits = uri.is_some_and(|uri| uri.scheme_str() == Some("https") && host(&uri));
        if fits { Ok(Self(text.to_owned())) } else { Err(ProfileError::PhotoUrl) }
    }

    /// The URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where somebody lives, in their words: 1 to 100 characters, no control characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Place(Name);

impl Place {
    /// Parses it like a name.
    ///
    /// # Errors
    /// [`ProfileError::Place`].
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        Ok(Self(Name::parse(text)?))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// What a person says about themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    /// Gender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gender: Option<Gender>,
    /// Date of birth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_of_birth: Option<DateOfBirth>,
    /// Where they live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Their language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<LanguageTag>,
    /// Their picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo_url: Option<PhotoUrl>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_birth_are_real_and_past() {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        assert_eq!(DateOfBirth::parse("2000-02-29", now).map(|date| date.to_string()), Ok("2000-02-29".to_owned()));
        for text in ["2001-02-29", "1899-12-31", "2026-03-03", "2000-1-1", "01.02.2000", "2000-02-29T00:00:00Z", ""] {
            assert_eq!(DateOfBirth::parse(text, now), Err(ProfileError::DateOfBirth), "{text}");
        }
    }

    #[test]
    fn language_tags_are_made_canonical() {
        assert_eq!(LanguageTag::parse("DE_at").map(|tag| tag.as_str().to_owned()), Ok("de-AT".to_owned()));
        for text in ["", "german!", "d", "x".repeat(40).as_str()] {
            assert_eq!(LanguageTag::parse(text), Err(ProfileError::Language), "{text}");
        }
    }

    #[test]
    fn photos_are_on_the_web() {
        assert!(PhotoUrl::parse("https://images.example.com/ada.png?size=2").is_ok());
        for text in ["http://example.com/a.png", "javascript:alert(1)", "https://", "//example.com/a", "https://a@b.example/", "data:,x"] {
            assert_eq!(PhotoUrl::parse(text), Err(ProfileError::PhotoUrl), "{text}");
        }
    }
}
