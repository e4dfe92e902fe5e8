//! SMS: where they may go, which way, and what they may cost.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::source::Source;
use super::{ConfigError, invalid};
use crate::domain::address::Country;

/// Millionths of a US dollar.
pub type MicroDollars = u64;

const DOLLAR: MicroDollars = 1_000_000;

/// Where SMS may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SmsCountries {
    /// Everywhere.
    All,
    /// Only there; empty: nowhere.
    Only(BTreeSet<Country>),
}

/// What carriers of a country want of a sender (attributes of SNS).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Route {
    /// The sender's name as it is shown.
    pub sender_id: Option<String>,
    /// The number that messages come from, in E.164.
    pub origination_number: Option<String>,
    /// The entity id of India's register (DLT).
    pub entity_id: Option<String>,
    /// That register's template ids, by the name of the message.
    pub templates: BTreeMap<String, String>,
}

/// How SMS are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sms {
    /// Where they may go.
    pub countries: SmsCountries,
    routes: BTreeMap<Country, Route>,
    prices: BTreeMap<Country, MicroDollars>,
    price_elsewhere: MicroDollars,
    /// What they may cost in a day.
    pub budget: MicroDollars,
    /// How much of that is kept for numbers that were proved here.
    pub budget_of_proven: MicroDollars,
}

impl Sms {
    /// Whether SMS may go to that country.
    #[must_use]
    pub fn may_go_to(&self, country: &Country) -> bool {
        match &self.countries {
            SmsCountries::All => true,
            SmsCountries::Only(countries) => countries.contains(country),
        }
    }

    /// What one segment costs there.
    #[must_use]
    pub fn price(&self, country: &Country) -> MicroDollars {
        self.prices.get(country).copied().unwrap_or(self.price_elsewhere)
    }

    /// The route to a country, if it needs one of its own.
    #[must_use]
    pub fn route(&self, country: &Country) -> Option<&Route> {
        self.routes.get(country)
    }

    pub(super) fn read(source: &Source<'_>) -> Result<Self, ConfigError> {
        let (prices, price_elsewhere) = prices(source, "LATCHKEY_SMS_PRICES")?;
        let budget = source.number::<u64>("LATCHKEY_SMS_BUDGET", 0, 1_000_000)? * DOLLAR;
        let share: u64 = source.number("LATCHKEY_SMS_PROVEN_SHARE", 0, 100)?;
        Ok(Self {
            countries: countries(source, "LATCHKEY_SMS_COUNTRIES")?,
            routes: routes(source, "LATCHKEY_SMS_ROUTES")?,
            prices,
            price_elsewhere,
            budget,
            budget_of_proven: budget * share / 100,
        })
    }
}

fn countries(source: &Source<'_>, name: &'static str) -> Result<SmsCountries, ConfigError> {
    let list = source.list(name);
    if list == ["*"] {
        return Ok(SmsCountries::All);
    }
    let countries = list.iter().map(|code| Country::parse(code)).collect::<Option<_>>();
    countries.map(SmsCountries::Only).ok_or_else(|| invalid(name, "a comma-separated list of ISO 3166 codes, or *"))
}

fn routes(source: &Source<'_>, name: &'static str) -> Result<BTreeMap<Country, Route>, ConfigError> {
    let Some(text) = source.optional(name) else { return Ok(BTreeMap::new()) };
    let wrong = || invalid(name, "a JSON object of routes by ISO 3166 code");
    let routes: BTreeMap<String, Route> = serde_json::from_str(&text).map_err(|_| wrong())?;
    routes.into_iter().map(|(code, route)| Country::parse(&code).map(|country| (country, route)).ok_or_else(wrong)).collect()
}

/// Prices by country, and the price everywhere else.
fn prices(source: &Source<'_>, name: &'static str) -> Result<(BTreeMap<Country, MicroDollars>, MicroDollars), ConfigError> {
    let wrong = || invalid(name, "prices such as DE=0.09,IN=0.003,*=0.10, with one for *");
    let (mut prices, mut elsewhere) = (BTreeMap::new(), None);
    for entry in source.list(name) {
        let (code, price) = entry.split_once('=').ok_or_else(wrong)?;
        let price = micro_dollars(price.trim()).ok_or_else(wrong)?;
        match code.trim() {
            "*" => elsewhere = Some(price),
            code => drop(prices.insert(Country::parse(code).ok_or_else(wrong)?, price)),
        }
    }
    Ok((prices, elsewhere.ok_or_else(wrong)?))
}

/// A decimal number of dollars with at most six places.
fn micro_dollars(text: &str) -> Option<MicroDollars> {
    let (whole, places) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 6 || places.len() > 6 || !digits(whole) || !digits(places) {
        return None;
    }
    let fraction: MicroDollars = format!("{places:0<6}").parse().ok()?;
    Some(whole.parse::<MicroDollars>().ok()? * DOLLAR + fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_exact() {
        assert_eq!(micro_dollars("0.00645"), Some(6450));
        assert_eq!(micro_dollars("12"), Some(12 * DOLLAR));
        assert_eq!(micro_dollars("1.5"), Some(1_500_000));
        for text in ["", ".5", "-1", "1e3", "0.0000001", "1,5"] {
            assert_eq!(micro_dollars(text), None, "{text}");
        }
    }
}
