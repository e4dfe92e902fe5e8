//! The languages that messages are written in.

use serde::{Deserialize, Serialize};

/// A language that every message exists in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    /// English.
    #[default]
    En,
    /// German.
    De,
    /// Hindi.
    Hi,
}

impl Locale {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::En, Self::De, Self::Hi];

    /// Its language subtag (BCP 47).
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
            Self::Hi => "hi",
        }
    }

    /// The language of a tag such as `de-AT`, if it is one of ours.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        let language = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|locale| locale.tag().eq_ignore_ascii_case(language))
    }

    /// The first language of ours in an `Accept-Language` header (RFC 9110 section 12.5.4).
    #[must_use]
    pub fn of_header(header: &str) -> Option<Self> {
        // Long headers are nobody's preference.
        let header = header.get(..header.len().min(256))?;
        accept_language::parse(header).iter().find_map(|tag| Self::of_tag(tag))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_wanted_language_of_ours_is_chosen() {
        assert_eq!(Locale::of_header("fr, de-AT;q=0.7, en;q=0.9"), Some(Locale::En));
        assert_eq!(Locale::of_header("hi-IN,hi;q=0.9,en;q=0.8"), Some(Locale::Hi));
        assert_eq!(Locale::of_header("fr"), None);
        assert_eq!(Locale::of_header(""), None);
        assert_eq!(Locale::of_header(";;;q=q=,"), None);
        assert_eq!(Locale::of_tag("DE_ch"), Some(Locale::De));
    }
}
