//! Reading variables: typed, with their defaults, within their bounds.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::{Aws, ConfigError, VARIABLES, invalid};
use crate::domain::address::Country;

/// The variables as something gives them; an empty one counts as absent.
pub(super) struct Source<'a>(pub(super) &'a dyn Fn(&str) -> Option<String>);

impl Source<'_> {
    pub(super) fn optional(&self, name: &'static str) -> Option<String> {
        (self.0)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    pub(super) fn required(&self, name: &'static str) -> Result<String, ConfigError> {
        self.optional(name).ok_or(ConfigError::Missing(name))
    }

    pub(super) fn or_default(&self, name: &'static str) -> String {
        let default = VARIABLES.iter().find(|variable| variable.name == name).and_then(|variable| variable.default);
        self.optional(name).unwrap_or_else(|| default.unwrap_or_default().to_owned())
    }

    pub(super) fn number<N: FromStr + PartialOrd + Copy + fmt::Display>(
        &self,
        name: &'static str,
        least: N,
        most: N,
    ) -> Result<N, ConfigError> {
        let number = self.or_default(name).parse().ok().filter(|number| (&least..=&most).contains(&number));
        number.ok_or_else(|| invalid(name, format!("a whole number from {least} to {most}")))
    }

    pub(super) fn seconds(&self, name: &'static str, unit: u64, least: u64, most: u64) -> Result<Duration, ConfigError> {
        Ok(Duration::from_secs(self.number(name, least, most)? * unit))
    }

    pub(super) fn one_of<T: Copy>(&self, name: &'static str, choices: &[(&str, T)]) -> Result<T, ConfigError> {
        let value = self.or_default(name);
        let chosen = choices.iter().find(|(text, _)| *text == value).map(|(_, choice)| *choice);
        chosen.ok_or_else(|| {
            let texts: Vec<&str> = choices.iter().map(|(text, _)| *text).collect();
            invalid(name, format!("one of {}", texts.join(", ")))
        })
    }

    pub(super) fn url(&self, name: &'static str) -> Result<Option<String>, ConfigError> {
        self.optional(name).map(|text| Self::parse_url(name, &text)).transpose()
    }

    pub(super) fn url_or_default(&self, name: &'static str) -> Result<String, ConfigError> {
        Self::parse_url(name, &self.or_default(name))
    }

    fn parse_url(name: &'static str, text: &str) -> Result<String, ConfigError> {
        let parsed = text
            .parse::<http::Uri>()
            .ok()
            .filter(|uri| matches!(uri.scheme_str(), Some("https" | "http")) && uri.authority().is_some() && uri.query().is_none());
        parsed.map(|_| text.trim_end_matches('/').to_owned()).ok_or_else(|| invalid(name, "a URL such as https://accounts.example.com"))
    }

    pub(super) fn list(&self, name: &'static str) -> Vec<String> {
        self.or_default(name).split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
    }

    pub(super) fn region(&self, name: &'static str) -> Result<Option<Country>, ConfigError> {
        let Some(code) = self.optional(name) else { return Ok(None) };
        Country::parse(&code).map(Some).ok_or_else(|| invalid(name, "an ISO 3166 code"))
    }

    pub(super) fn aws(&self) -> Result<Aws, ConfigError> {
        Ok(Aws {
            region: self
                .optional("AWS_REGION")
                .map_or_else(|| self.required("AWS_DEFAULT_REGION"), Ok)
                .map_err(|_| ConfigError::Missing("AWS_REGION"))?,
            access_key: self.required("AWS_ACCESS_KEY_ID")?,
            secret_key: self.required("AWS_SECRET_ACCESS_KEY")?.into(),
            session_token: self.optional("AWS_SESSION_TOKEN").map(Into::into),
            dynamodb_endpoint: self.url("LATCHKEY_DYNAMODB_ENDPOINT")?,
            secretsmanager_endpoint: self.url("LATCHKEY_SECRETSMANAGER_ENDPOINT")?,
            ses_endpoint: self.url("LATCHKEY_SES_ENDPOINT")?,
            sns_endpoint: self.url("LATCHKEY_SNS_ENDPOINT")?,
        })
    }
}
