//! What the table says of people and their addresses, as far as the model of them goes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

pub(crate) const CHANNELS: [&str; 2] = ["email", "phone"];

/// An address by its kind and the small number under which its account lists it.
pub(crate) type Place = (usize, u64);

/// An address as its account lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Contact {
    pub(crate) address: String,
    pub(crate) verified: bool,
    pub(crate) primary: bool,
    pub(crate) young_until: Option<i64>,
}

/// An account, if it is there still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) status: String,
    pub(crate) epoch: u64,
    pub(crate) has_password: bool,
    pub(crate) primary: [Option<u64>; 2],
    /// Until when that is young, as the account itself says.
    pub(crate) young_until: [Option<i64>; 2],
    /// What becomes the primary one when it is proved.
    pub(crate) awaited: [Option<u64>; 2],
    /// The numbers of those that were the primary mail address until lately, and since when they are not.
    pub(crate) former_emails: Vec<(u64, i64)>,
    pub(crate) next: [u64; 2],
    pub(crate) counts: [u64; 2],
}

/// A deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Deletion {
    pub(crate) stage: String,
    pub(crate) version: u64,
    pub(crate) due: Option<i64>,
}

/// What stands in a person's partition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) account: Option<Account>,
    pub(crate) contacts: BTreeMap<Place, Contact>,
    pub(crate) deletion: Option<Deletion>,
}

/// The table at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) people: BTreeMap<String, Person>,
    /// Who owns what, by the claim's key.
    claims: BTreeMap<String, (String, Place)>,
}

fn text<'a>(item: &'a Value, name: &str) -> &'a str {
    item[name].as_str().unwrap_or_default()
}

impl View {
    pub(crate) fn of(items: &[Value]) -> Self {
        let mut view = Self::default();
        for item in items {
            let (pk, sk) = (text(item, "pk"), text(item, "sk"));
            if let Some(id) = pk.strip_prefix("USER#") {
                let person = view.people.entry(id.to_owned()).or_default();
                match sk.split_once('#') {
                    None if sk == "USER" => person.account = Some(Account::of(item)),
                    Some(("EMAIL", number)) => drop(person.contacts.insert((0, number.parse().unwrap()), Contact::of(item))),
                    Some(("PHONE", number)) => drop(person.contacts.insert((1, number.parse().unwrap()), Contact::of(item))),
                    Some(("PRIVACY", "DELETION")) => person.deletion = Some(Deletion::of(item)),
                    _ => {}
                }
            }
            let claimed = CHANNELS.iter().position(|channel| pk.starts_with(&format!("CLAIM#{channel}#")));
            if let Some(channel) = claimed {
                let owner = text(item, "user").replace('-', "");
                view.claims.insert(pk.to_owned(), (owner, (channel, item["number"].as_u64().unwrap())));
            }
        }
        view
    }

    pub(crate) fn person(&self, id: &str) -> Person {
        self.people.get(id).cloned().unwrap_or_default()
    }

    /// Whose an address is: the only one who has proved it.
    pub(crate) fn owner(&self, address: &str) -> Option<&str> {
        let owns = |person: &Person| person.contacts.values().any(|contact| contact.verified && contact.address == address);
        self.people.iter().find(|(_, person)| owns(person)).map(|(id, _)| id.as_str())
    }

    fn claims_of(&self, id: &str) -> BTreeSet<Place> {
        self.claims.values().filter(|(owner, _)| owner == id).map(|(_, place)| *place).collect()
    }

    /// What must be true at every moment.
    ///
    /// Once there is a proved address of a kind, exactly one of them is the primary one; account and addresses agree on which; each proved
    /// address is claimed by its owner, and nothing else is.
    pub(crate) fn assert_sound(&self) {
        let mut proved = BTreeSet::new();
        for (id, person) in &self.people {
            // Of an account that is being deleted less and less is left, and nobody is shown it.
            let Some(account) = person.account.as_ref().filter(|account| account.status != "purging") else { continue };
            let verified: BTreeSet<Place> =
                person.contacts.iter().filter(|(_, contact)| contact.verified).map(|(place, _)| *place).collect();
            assert_eq!(verified, self.claims_of(id), "proved addresses and claims of {id}: {person:#?}");
            for (channel, name) in CHANNELS.iter().enumerate() {
                let listed = person.contacts.iter().filter(|((kind, _), _)| *kind == channel);
                let shown: Vec<u64> = listed.clone().filter(|(_, contact)| contact.primary).map(|((_, number), _)| *number).collect();
                assert_eq!(shown, Vec::from_iter(account.primary[channel]), "the primary {name} of {id}: {person:#?}");
                let is_proved = listed.clone().any(|(_, contact)| contact.primary && contact.verified);
                let has_proved = listed.clone().any(|(_, contact)| contact.verified);
                assert_eq!(is_proved, has_proved, "the primary {name} of {id} is proved, if one is: {person:#?}");
                let young_until = listed.clone().find(|(_, contact)| contact.primary).and_then(|(_, contact)| contact.young_until);
                assert_eq!(account.young_until[channel], young_until, "until when the primary {name} of {id} is young: {person:#?}");
                let awaited = account.awaited[channel].map(|number| person.contacts.get(&(channel, number)).is_some_and(|it| !it.verified));
                assert_ne!(awaited, Some(false), "the awaited {name} of {id} waits: {person:#?}");
                assert_eq!(account.counts[channel], listed.count() as u64, "how many {name} addresses {id} has: {person:#?}");
            }
            for contact in person.contacts.values().filter(|contact| contact.verified) {
                assert!(proved.insert(&contact.address), "{} has two owners", contact.address);
            }
        }
    }

    /// Nothing is left of a person, but for codes that forget themselves soon: those sent to addresses that the account listed no longer,
    /// and those that were asked for in the very moment.
    pub(crate) fn assert_gone(id: &str, items: &[Value], now: i64) {
        let uuid = [&id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]].join("-");
        let lasts =
            |item: &&Value| !text(item, "pk").starts_with("CODE#") || item["ttl"].as_i64().is_none_or(|ttl| ttl > now / 1000 + 4200);
        for item in items.iter().filter(lasts) {
            let text = item.to_string();
            assert!(!text.contains(id) && !text.contains(&uuid), "of somebody who is gone there is left {text}");
        }
    }
}

impl Account {
    fn of(item: &Value) -> Self {
        let numbers = |names: [&str; 2]| names.map(|name| item[name].as_u64().unwrap());
        let formers = item["former_emails"].as_array().into_iter().flatten();
        Self {
            status: text(item, "status").to_owned(),
            epoch: item["epoch"].as_u64().unwrap(),
            has_password: item["password"].is_string(),
            primary: CHANNELS.map(|channel| item[channel]["id"].as_u64()),
            young_until: CHANNELS.map(|channel| item[channel]["young_until"].as_i64()),
            awaited: CHANNELS.map(|channel| item[format!("awaited_{channel}")]["id"].as_u64()),
            former_emails: formers.map(|former| (former["id"].as_u64().unwrap(), former["since"].as_i64().unwrap())).collect(),
            next: numbers(["next_email", "next_phone"]),
            counts: numbers(["emails", "phones"]),
        }
    }

    /// As its deletion begins: ended, and nothing is said of its owner.
    pub(crate) fn hidden(self) -> Self {
        let Self { epoch, next, counts, .. } = self;
        Self {
            status: "purging".to_owned(),
            epoch: epoch + 1,
            has_password: false,
            primary: [None; 2],
            young_until: [None; 2],
            awaited: [None; 2],
            former_emails: Vec::new(),
            next,
            counts,
        }
    }
}

impl Contact {
    fn of(item: &Value) -> Self {
        let flag = |name: &str| item[name].as_bool().unwrap_or_default();
        Self {
            address: text(item, "address").to_lowercase(),
            verified: flag("verified"),
            primary: flag("primary"),
            young_until: item["young_until"].as_i64(),
        }
    }
}

impl Deletion {
    fn of(item: &Value) -> Self {
        Self { stage: text(item, "status").to_owned(), version: item["version"].as_u64().unwrap(), due: item["scheduled_at"].as_i64() }
    }
}
