//! What is left in the table.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::sync::atomic::Ordering;
use std::time::Duration;

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::{Client, Config};

use crate::ledger::Ledger;
use crate::stack::Stack;

type Item = HashMap<String, AttributeValue>;

/// How keys begin, and whether such an item ends by itself: all of `docs/table.md`.
const KINDS: [(&str, &str, bool); 14] = [
    ("USER#", "USER", false),
    ("USER#", "EMAIL#", false),
    ("USER#", "PHONE#", false),
    ("USER#", "LINK#", false),
    ("USER#", "SESSION#", true),
    ("USER#", "AUDIT#", true),
    ("CLAIM#", "CLAIM", false),
    ("PENDING#", "", true),
    ("CODE#", "CODE", true),
    ("GATE#", "GATE", true),
    ("LIMIT#", "", true),
    ("NOTICE#", "NOTICE", true),
    ("PARTNERS", "", false),
    ("KEYS", "", false),
];

#[derive(Default)]
pub(crate) struct Left {
    kinds: BTreeMap<String, i64>,
    wrong: Vec<String>,
}

/// Waits until all messages are sent, then looks at every item.
pub(crate) async fn left(stack: &Stack, ledger: &Ledger) -> Left {
    let client = client(stack);
    let mut items = items(&client).await;
    for _ in 0..100 {
        if !items.iter().any(|item| item.contains_key("outbox")) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        items = self::items(&client).await;
    }
    let mut left = Left::default();
    for item in &items {
        left.look_at(item);
    }
    left.expect("USER# USER", ledger.accounts.load(Ordering::Relaxed));
    let [mails, numbers, links] = [&ledger.mails, &ledger.numbers, &ledger.links].map(|count| count.load(Ordering::Relaxed));
    left.expect("CLAIM# CLAIM", mails + numbers + links);
    left.expect("USER# EMAIL#", mails);
    left.expect("USER# PHONE#", numbers);
    left.expect("USER# LINK#", links);
    left.expect("USER# SESSION#", ledger.sessions.load(Ordering::Relaxed));
    left
}

fn client(stack: &Stack) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "soak"))
        .endpoint_url(format!("http://{}", stack.dynamodb))
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    Client::from_conf(config.build())
}

#[expect(clippy::disallowed_methods, reason = "looks at the whole table, once")]
async fn items(client: &Client) -> Vec<Item> {
    let pages = client.scan().table_name("latchkey").consistent_read(true).into_paginator().items().send();
    pages.collect::<Result<_, _>>().await.unwrap()
}

impl Left {
    fn look_at(&mut self, item: &Item) {
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str);
        let (pk, sk) = (text("pk"), text("sk"));
        let ends = item.contains_key("ttl");
        match KINDS.iter().find(|(partition, sort, _)| pk.starts_with(partition) && sk.starts_with(sort)) {
            None => self.wrong.push(format!("{pk} {sk} is of no known kind")),
            Some((_, _, should_end)) if *should_end != ends => self.wrong.push(format!("{pk} {sk}: ttl is {ends}")),
            Some((partition, sort, _)) => *self.kinds.entry(format!("{partition} {sort}")).or_default() += 1,
        }
        if item.contains_key("outbox") {
            self.wrong.push(format!("{pk} {sk} has a message that was not sent"));
        }
    }

    fn expect(&mut self, kind: &str, count: i64) {
        let found = self.kinds.get(kind).copied().unwrap_or_default();
        if found != count {
            self.wrong.push(format!("{found} of {kind} instead of {count}"));
        }
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.wrong.is_empty()
    }

    pub(crate) fn report(&self) -> String {
        let mut text = "| items | how many |\n|---|---|\n".to_owned();
        for (kind, count) in &self.kinds {
            writeln!(text, "| {kind} | {count} |").unwrap();
        }
        writeln!(text, "\n{} items that should not be there", self.wrong.len()).unwrap();
        for wrong in self.wrong.iter().take(10) {
            writeln!(text, "- {wrong}").unwrap();
        }
        text
    }
}
