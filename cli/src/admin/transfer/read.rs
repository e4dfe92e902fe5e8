//! From a line to an account.

use std::cmp::Reverse;
use std::fmt;

use jiff::Timestamp;
use latchkey::domain::address::{AddressError, Country, Email, Phone};
use latchkey::domain::hash::firebase::Project;
use latchkey::domain::hash::{HashError, StoredHash};
use latchkey::domain::name::Name;
use latchkey::domain::profile::{DateOfBirth, Gender, LanguageTag, PhotoUrl, Place, Profile};
use latchkey::domain::user::{MOST_ADDRESSES, Role, Status, UserId};
use latchkey::flow::import::{Arrival, Listed};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::line::{AddressLine, FirebaseLine, Line};
use super::problem::{Kind, Problem};

/// What lines are read by.
pub struct Rules {
    /// The country of numbers without a `+`.
    pub home: Option<Country>,
    /// What all hashes of a Firebase project have in common, where it does not stand in each line.
    pub project: Option<Project>,
}

/// The reading of one line.
struct Reading<'a> {
    rules: &'a Rules,
    /// The present: nothing has happened after it.
    now: Timestamp,
}

/// What is wrong with a line whose number is known elsewhere.
#[derive(Debug)]
pub struct Wrong {
    kind: Kind,
    field: String,
    reason: String,
}

impl Wrong {
    fn new(kind: Kind, field: impl Into<String>, reason: impl fmt::Display) -> Self {
        Self { kind, field: field.into(), reason: reason.to_string() }
    }

    /// The problem of the line with that number.
    #[must_use]
    pub fn of(self, line: u64) -> Problem {
        let Self { kind, field, reason } = self;
        Problem { line, kind, field, reason }
    }
}

impl Rules {
    /// Reads a line.
    ///
    /// # Errors
    /// [`Wrong`]: the first thing that is wrong with it.
    pub fn read(&self, text: &[u8], now: Timestamp) -> Result<Arrival, Wrong> {
        Reading { rules: self, now }.line(text)
    }
}

impl Reading<'_> {
    fn line(&self, text: &[u8]) -> Result<Arrival, Wrong> {
        // A list would pass for an object whose fields all may be left out.
        if !text.trim_ascii().starts_with(b"{") {
            return Err(Wrong::new(Kind::Malformed, "", "is no JSON object"));
        }
        let line: Line = parse(&mut serde_json::Deserializer::from_slice(text.trim_ascii()), "")?;
        if line.password.is_some() {
            let reason = "is never taken in the clear; give its hash as password_hash, or leave it out and let its owner reset it";
            return Err(Wrong::new(Kind::ClearPassword, "password", reason));
        }
        let emails = self.addresses("emails", &line.emails, Email::parse)?;
        let phones = self.addresses("phones", &line.phones, |text| Phone::parse(text, self.rules.home.as_ref()))?;
        if !emails.iter().any(|email| email.verified) && !phones.iter().any(|phone| phone.verified) {
            return Err(Wrong::new(Kind::NoVerifiedAddress, "", "no address is verified: nobody could ever sign in"));
        }
        let created_at = self.past("created_at", line.created_at)?.unwrap_or(self.now);
        let last_login_at = self.past("last_login_at", line.last_login_at)?;
        let used_at = self.past("used_at", line.used_at)?;
        let is_known = last_login_at.is_some() || used_at.is_some();
        Ok(Arrival {
            id: line.id.as_deref().map(id).transpose()?,
            emails,
            phones,
            profile: self.profile(&line)?,
            roles: roles(line.roles)?,
            status: status(line.status.as_deref())?,
            password: line.password_hash.as_ref().map(|hash| self.hash(hash)).transpose()?,
            password_temporary: line.password_temporary,
            created_at,
            updated_at: self.past("updated_at", line.updated_at)?.unwrap_or(created_at),
            consent_at: self.past("consent_at", line.consent_at)?,
            last_login_at,
            // Nobody knows when it was last used: taken for unused since it was created, an old account's number would open it no longer.
            used_at: if is_known { used_at } else { Some(self.now) },
        })
    }

    fn addresses<A>(
        &self,
        kind: &str,
        lines: &[AddressLine],
        parse: impl Fn(&str) -> Result<A, AddressError>,
    ) -> Result<Vec<Listed<A>>, Wrong> {
        if lines.len() as u64 > MOST_ADDRESSES {
            return Err(Wrong::new(Kind::TooManyAddresses, kind, format!("must be at most {MOST_ADDRESSES}")));
        }
        if lines.iter().filter(|line| line.primary).count() > 1 {
            return Err(Wrong::new(Kind::Invalid, kind, "must have at most one that is primary"));
        }
        let mut listed = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            let field = |name: &str| format!("{kind}[{index}].{name}");
            let address = parse(&line.address).map_err(|error| Wrong::new(Kind::Invalid, field("address"), error))?;
            let (added_at, verified_at) =
                (self.past(&field("added_at"), line.added_at)?, self.past(&field("verified_at"), line.verified_at)?);
            let AddressLine { verified, primary, young_until, .. } = *line;
            listed.push(Listed { address, verified, primary, added_at, verified_at, young_until });
        }
        // One that is not proved stands behind any that is.
        let known_by = (0..listed.len()).max_by_key(|&index| (listed[index].verified, listed[index].primary, Reverse(index)));
        for (index, address) in listed.iter_mut().enumerate() {
            address.primary = known_by == Some(index);
        }
        Ok(listed)
    }

    fn profile(&self, line: &Line) -> Result<Profile, Wrong> {
        Ok(Profile {
            name: field("name", line.name.as_deref(), Name::parse)?,
            gender: field("gender", line.gender.as_deref(), Gender::parse)?,
            date_of_birth: field("date_of_birth", line.date_of_birth.as_deref(), |text| DateOfBirth::parse(text, self.now))?,
            place: field("place", line.place.as_deref(), Place::parse)?,
            locale: field("locale", line.locale.as_deref(), LanguageTag::parse)?,
            photo_url: field("photo_url", line.photo_url.as_deref(), PhotoUrl::parse)?,
        })
    }

    fn hash(&self, value: &Value) -> Result<StoredHash, Wrong> {
        match value {
            Value::String(text) => StoredHash::import(text).map_err(|error| unusable(&error)),
            Value::Object(_) => self.firebase(&parse(value, "password_hash")?),
            _ => Err(Wrong::new(Kind::Malformed, "password_hash", "must be a text, or an object with an algorithm")),
        }
    }

    fn firebase(&self, line: &FirebaseLine) -> Result<StoredHash, Wrong> {
        if line.algorithm != "firebase-scrypt" {
            return Err(Wrong::new(Kind::UnknownHash, "password_hash.algorithm", "must be firebase-scrypt"));
        }
        let own = match (&line.signer_key, &line.salt_separator, line.rounds, line.memory_cost) {
            (Some(key), Some(separator), Some(rounds), Some(cost)) => Some(Project::new(key, separator, rounds, cost)),
            (None, None, None, None) => None,
            _ => {
                let reason = "must have all of signer_key, salt_separator, rounds and memory_cost, or none of them";
                return Err(Wrong::new(Kind::Malformed, "password_hash", reason));
            }
        };
        let own = own.transpose().map_err(|error| Wrong::new(Kind::Malformed, "password_hash.signer_key or .salt_separator", error))?;
        let project = own.as_ref().or(self.rules.project.as_ref()).ok_or_else(|| {
            Wrong::new(Kind::UnknownHash, "password_hash", "needs the project's parameters: --firebase-signer-key-file and the others")
        })?;
        project.import(&line.hash, &line.salt).map_err(|error| unusable(&error))
    }

    fn past(&self, field: &str, time: Option<Timestamp>) -> Result<Option<Timestamp>, Wrong> {
        if time.is_some_and(|time| time > self.now || time < Timestamp::UNIX_EPOCH) {
            return Err(Wrong::new(Kind::Invalid, field, "must be a time between 1970 and now"));
        }
        Ok(time)
    }
}

/// Values are never told: any of them may be a password.
fn parse<'d, T: DeserializeOwned>(json: impl serde::Deserializer<'d, Error = serde_json::Error>, above: &str) -> Result<T, Wrong> {
    serde_path_to_error::deserialize(json).map_err(|error| {
        let path = error.path().to_string();
        let path = [above, path.as_str()].into_iter().filter(|part| !matches!(*part, "" | ".")).collect::<Vec<_>>().join(".");
        let error = error.into_inner();
        let text = error.to_string();
        let names_only = ["unknown field", "missing field", "duplicate field"].iter().any(|start| text.starts_with(start));
        let told = text.split(" at line ").next().unwrap_or_default();
        match () {
            () if !error.is_data() => Wrong::new(Kind::Malformed, "", format!("is no JSON object (column {})", error.column())),
            () if names_only => Wrong::new(Kind::Malformed, path, told),
            () => Wrong::new(Kind::Malformed, path, "is of another form than it must be"),
        }
    })
}

fn unusable(error: &HashError) -> Wrong {
    match error {
        HashError::TooCostly => Wrong::new(Kind::CostlyHash, "password_hash", "would take more memory or time than a sign-in may"),
        HashError::Unreadable | HashError::Refused(_) => {
            Wrong::new(Kind::UnknownHash, "password_hash", "is of no form that is known here: Argon2, bcrypt, scrypt or PBKDF2")
        }
    }
}

fn field<T, E: fmt::Display>(name: &str, text: Option<&str>, parse: impl Fn(&str) -> Result<T, E>) -> Result<Option<T>, Wrong> {
    text.map(parse).transpose().map_err(|error| Wrong::new(Kind::Invalid, name, error))
}

fn id(text: &str) -> Result<UserId, Wrong> {
    let text = text.trim().to_ascii_lowercase();
    let id = UserId::parse(&text).or_else(|| UserId::parse_simple(&text)).filter(|id| *id != UserId::nobody());
    id.ok_or_else(|| Wrong::new(Kind::Invalid, "id", "must be a UUID"))
}

fn roles(given: Option<Vec<String>>) -> Result<Vec<Role>, Wrong> {
    let Some(given) = given else { return Ok(vec![Role::user()]) };
    let mut roles = Vec::new();
    for (index, name) in given.iter().enumerate() {
        let role = Role::parse(name).map_err(|error| Wrong::new(Kind::Invalid, format!("roles[{index}]"), error))?;
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    Ok(roles)
}

fn status(given: Option<&str>) -> Result<Status, Wrong> {
    match given {
        None | Some("active") => Ok(Status::Active),
        Some("disabled") => Ok(Status::Disabled),
        Some("pending_deletion") => Err(Wrong::new(Kind::Invalid, "status", "must not be that of an account whose owner has deleted it")),
        Some(_) => Err(Wrong::new(Kind::Invalid, "status", "must be active or disabled")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Arrival, Wrong> {
        let rules = Rules { home: Country::parse("DE"), project: None };
        rules.read(text.as_bytes(), "2026-01-01T00:00:00Z".parse().unwrap())
    }

    fn wrong(text: &str) -> (Kind, String) {
        let problem = read(text).unwrap_err().of(1);
        (problem.kind, problem.to_string())
    }

    #[test]
    fn the_first_verified_address_is_the_primary_one_unless_another_is_named() {
        let primary = |text: &str| {
            let arrival = read(text).unwrap();
            arrival.emails.iter().position(|email| email.primary).unwrap()
        };
        let line = |second: &str| {
            format!(
                r#"{{"emails":[{{"address":"a@example.com","verified":false}},{{"address":"b@example.com","verified":true}},{{"address":"c@example.com","verified":true{second}}}]}}"#
            )
        };
        assert_eq!(primary(&line("")), 1);
        assert_eq!(primary(&line(r#","primary":true"#)), 2);
    }

    #[test]
    fn what_is_wrong_is_named_by_its_place_and_never_by_its_value() {
        let address = r#""emails":[{"address":"a@example.com","verified":true}]"#;
        for (text, kind, place) in [
            ("{no JSON".to_owned(), Kind::Malformed, "column"),
            ("[]".to_owned(), Kind::Malformed, "no JSON object"),
            (format!(r#"{{{address},"passwrd":"hunter2"}}"#), Kind::Malformed, "unknown field `passwrd`"),
            (format!(r#"{{{address},"name":"A","name":"hunter2"}}"#), Kind::Malformed, "duplicate field `name`"),
            (format!(r#"{{{address},"roles":"hunter2"}}"#), Kind::Malformed, "roles is of another form"),
            (r#"{"emails":[{"address":"a@example.com","verified":"hunter2"}]}"#.to_owned(), Kind::Malformed, "emails[0].verified"),
            (r#"{"emails":[{"address":"a@example.com"}]}"#.to_owned(), Kind::Malformed, "missing field `verified`"),
            (format!(r#"{{{address},"password":"hunter2"}}"#), Kind::ClearPassword, "password is never taken"),
            (format!(r#"{{{address},"password_hash":["hunter2"]}}"#), Kind::Malformed, "password_hash must be"),
            (format!(r#"{{{address},"password_hash":{{"algorithm":"firebase-scrypt","hash":"hunter2"}}}}"#), Kind::Malformed, "salt"),
            (format!(r#"{{{address},"created_at":"hunter2"}}"#), Kind::Malformed, "created_at is of another form"),
            (format!(r#"{{{address},"created_at":"2026-01-02T00:00:00Z"}}"#), Kind::Invalid, "created_at must be"),
            (format!(r#"{{{address},"id":"00000000-0000-0000-0000-000000000000"}}"#), Kind::Invalid, "id must be"),
            (format!(r#"{{{address},"status":"pending_deletion"}}"#), Kind::Invalid, "status"),
            ("{}".to_owned(), Kind::NoVerifiedAddress, "nobody could ever sign in"),
        ] {
            let (found, told) = wrong(&text);
            assert!(found == kind && told.contains(place) && !told.contains("hunter2"), "{text}: {found:?} {told}");
        }
    }

    #[test]
    fn an_account_counts_as_used_now_unless_it_is_known_when() {
        let used = |more: &str| {
            let text = format!(r#"{{"phones":[{{"address":"0151 12345678","verified":true}}],"created_at":"2020-01-01T00:00:00Z"{more}}}"#);
            let arrival = read(&text).unwrap();
            (arrival.last_login_at.map(|time| time.to_string()), arrival.used_at.map(|time| time.to_string()))
        };
        assert_eq!(used(""), (None, Some("2026-01-01T00:00:00Z".to_owned())));
        assert_eq!(used(r#","last_login_at":"2021-01-01T00:00:00Z""#), (Some("2021-01-01T00:00:00Z".to_owned()), None));
    }
}
