//! Many accounts, made in one go.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::StreamExt;
use latchkey::clock::Clock;
use latchkey::domain::address::Email;
use latchkey::domain::profile::Profile;
use latchkey::domain::user::{Role, Status};
use latchkey::flow::import::{self, Arrival, Listed};
use latchkey::store::{Standing, Store};

use crate::app::TestApp;
use crate::table::Item;

const TOGETHER: usize = 16;
/// The account, its address and event, its deletion, and the address's claim.
const OF_EACH: usize = 5;

impl TestApp {
    /// So many accounts whose deletion is due, each of so many items.
    pub async fn people_due(&self, people: usize, items: usize) {
        let keys = self.app.keyring.keys().await.unwrap();
        let now = self.clock.now();
        let imports = (0..people).map(|number| {
            let address = Email::parse(&format!("leaver{number}@example.com")).unwrap();
            let listed = Listed { address, verified: true, primary: true, added_at: Some(now), verified_at: Some(now), young_until: None };
            let arrival = Arrival {
                id: None,
                emails: vec![listed],
                phones: Vec::new(),
                profile: Profile::default(),
                roles: vec![Role::user()],
                status: Status::Active,
                password: None,
                password_temporary: false,
                created_at: now,
                updated_at: now,
                consent_at: None,
                last_login_at: None,
                used_at: None,
            };
            import::prepare(&self.app, &keys.directory, arrival, &[number.to_string().as_bytes()], now)
        });
        let made = futures_util::stream::iter(imports).map(async |import| {
            assert!(matches!(self.app.store.administration().import(&import).await.unwrap(), Standing::Free));
            let id = import.user.id;
            let mut own: Vec<Item> = (0..items.saturating_sub(OF_EACH)).map(|number| favourite(&id.to_string(), number)).collect();
            own.push(due(&id.to_string(), now.as_millisecond(), id.bytes()[15] % Store::PURGE_SHARDS));
            self.table.put_all(own).await;
        });
        made.buffer_unordered(TOGETHER).collect::<Vec<()>>().await;
    }
}

fn string(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn number(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn item(id: &str, sk: &str, attributes: impl IntoIterator<Item = (&'static str, AttributeValue)>) -> Item {
    let keys = [("pk", string(&format!("USER#{}", id.replace('-', "")))), ("sk", string(sk))];
    let all = keys.into_iter().chain(attributes);
    all.map(|(name, value)| (name.to_owned(), value)).collect::<HashMap<_, _>>()
}

fn favourite(id: &str, place: usize) -> Item {
    item(id, &format!("FAVOURITE#{place:019}"), [("product", number(4711)), ("at", number(1))])
}

fn due(id: &str, at: i64, shard: u8) -> Item {
    let times = ["requested_at", "confirmed_at", "scheduled_at"].map(|name| (name, number(at)));
    let place = [("due_pk", string(&format!("PURGE#{shard}"))), ("due_sk", string(&format!("{at:015}")))];
    item(id, "PRIVACY#DELETION", times.into_iter().chain(place).chain([("status", string("scheduled")), ("version", number(1))]))
}
