//! A look into the table, past the application.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use crate::engine::engine;

pub(crate) type Item = HashMap<String, AttributeValue>;

/// The table of one test.
pub(crate) struct Table {
    client: Client,
    name: String,
}

impl Table {
    pub(crate) fn new(client: Client, name: &str) -> Self {
        Self { client, name: name.to_owned() }
    }

    #[allow(clippy::disallowed_methods, reason = "tests look at the whole table")]
    pub(crate) async fn items(&self) -> Vec<Item> {
        let pages = self.client.scan().table_name(&self.name).consistent_read(true).into_paginator().items().send();
        pages.collect::<Result<_, _>>().await.unwrap()
    }

    /// All items as plain JSON: for tests that look at the table after each step.
    pub(crate) async fn glance(&self) -> Vec<Value> {
        let mut items = Vec::new();
        let mut from = Value::Null;
        loop {
            let mut scan = json!({ "TableName": self.name, "ConsistentRead": true });
            if !from.is_null() {
                scan["ExclusiveStartKey"] = from;
            }
            let request = Request::post("/")
                .header("x-amz-target", "DynamoDB_20120810.Scan")
                .header("x-amz-date", "20260101T000000Z")
                .header(
                    "authorization",
                    "AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
                )
                .body(Bytes::from(scan.to_string()));
            let answer = engine().handle(request.unwrap()).await;
            let mut page: Value = serde_json::from_slice(answer.body()).unwrap();
            items.extend(page["Items"].as_array().unwrap().iter().map(|item| plain(&json!({ "M": item }))));
            from = page["LastEvaluatedKey"].take();
            if from.is_null() {
                return items;
            }
        }
    }

    pub(crate) async fn user_of(&self, email: &str) -> Item {
        let users = self.items().await.into_iter().filter(|item| text(item, "sk") == "USER");
        let has = |item: &Item| {
            let address = item.get("email").and_then(|email| email.as_m().ok()).and_then(|email| email.get("address"));
            address.and_then(|address| address.as_s().ok()).is_some_and(|address| address.eq_ignore_ascii_case(email))
        };
        users.into_iter().find(has).expect("an account with that address")
    }

    /// No session, address or claim without its account, no verified address without its claim, no mark without its address, one
    /// primary address of a kind at most.
    pub(crate) async fn assert_whole(&self, what: &str) {
        let items = self.items().await;
        let of = |prefix: &str| items.iter().filter(|item| text(item, "sk").starts_with(prefix)).collect::<Vec<_>>();
        let users: BTreeSet<&str> = of("USER").into_iter().map(|item| text(item, "pk")).collect();
        for prefix in ["SESSION#", "EMAIL#", "PHONE#", "LINK#"] {
            for item in of(prefix) {
                assert!(users.contains(text(item, "pk")), "{what}: {} without its account", text(item, "sk"));
            }
        }
        let simple = |id: &str| format!("USER#{}", id.replace('-', ""));
        let linked: BTreeSet<(String, &str)> =
            of("LINK#").into_iter().map(|link| (text(link, "pk").to_owned(), &text(link, "sk")[5..])).collect();
        let links = of("CLAIM")
            .into_iter()
            .filter_map(|claim| Some((simple(text(claim, "user")), text(claim, "pk").strip_prefix("CLAIM#partner#")?)));
        assert_eq!(linked, links.collect(), "{what}: links and their claims");
        let flag = |item: &Item, name: &str| item.get(name).and_then(|value| value.as_bool().ok()).is_some_and(|flag| *flag);
        for (kind, channel) in [("EMAIL#", "email"), ("PHONE#", "phone")] {
            let claims: Vec<_> =
                of("CLAIM").into_iter().filter(|item| text(item, "pk").starts_with(&format!("CLAIM#{channel}#"))).collect();
            for claim in &claims {
                assert!(users.contains(simple(text(claim, "user")).as_str()), "{what}: a claim without its account");
            }
            for user in &users {
                let own: Vec<_> = of(kind).into_iter().filter(|item| text(item, "pk") == *user).collect();
                let account = items.iter().find(|item| text(item, "pk") == *user && text(item, "sk") == "USER");
                let is_hidden = account.is_some_and(|account| text(account, "status") == "purging");
                let verified = own.iter().filter(|item| flag(item, "verified")).count();
                let claimed = claims.iter().filter(|claim| simple(text(claim, "user")) == *user).count();
                // Of an account that is being deleted, the claims go first.
                let are_claimed = verified == claimed || is_hidden && claimed < verified;
                assert!(are_claimed, "{what}: {verified} verified addresses and {claimed} claims of {user}");
                let shown: Vec<_> = own.iter().filter(|item| flag(item, "primary")).map(|item| text(item, "sk")[6..].to_owned()).collect();
                let primary = account.and_then(|account| account.get(channel)?.as_m().ok()?["id"].as_n().ok());
                let is_proved = own.iter().any(|item| flag(item, "primary") && flag(item, "verified"));
                assert!(is_hidden || verified == 0 || is_proved, "{what}: no proved {channel} of {user} is the primary one");
                assert!(is_hidden || shown.iter().eq(primary), "{what}: {shown:?} as the primary {channel} of {user}, who has {primary:?}");
            }
        }
        for mark in items.iter().filter(|item| text(item, "pk").starts_with("PENDING#")) {
            assert!(users.contains(simple(text(mark, "sk")).as_str()), "{what}: a pending mark without its account");
        }
    }

    pub(crate) async fn set(&self, item: &Item, attribute: &str, value: AttributeValue) {
        let keys = ["pk", "sk"].map(|name| (name.to_owned(), item[name].clone()));
        let update = self.client.update_item().table_name(&self.name).set_key(Some(HashMap::from(keys)));
        let update =
            update.update_expression("SET #a = :a").expression_attribute_names("#a", attribute).expression_attribute_values(":a", value);
        update.send().await.unwrap();
    }

    pub(crate) async fn put_all(&self, items: Vec<Item>) {
        for batch in items.chunks(25) {
            let put = |item: &Item| {
                let put = PutRequest::builder().set_item(Some(item.clone())).build().unwrap();
                WriteRequest::builder().put_request(put).build()
            };
            let requests = batch.iter().map(put).collect();
            self.client.batch_write_item().request_items(&self.name, requests).send().await.unwrap();
        }
    }

    pub(crate) async fn delete(&self, item: &Item) {
        let keys = ["pk", "sk"].map(|name| (name.to_owned(), item[name].clone()));
        self.client.delete_item().table_name(&self.name).set_key(Some(HashMap::from(keys))).send().await.unwrap();
    }

    pub(crate) async fn put(&self, item: Item) {
        self.client.put_item().table_name(&self.name).set_item(Some(item)).send().await.unwrap();
    }
}

/// A value without the names of types that DynamoDB gives it.
fn plain(value: &Value) -> Value {
    let (kind, value) = value.as_object().and_then(|typed| typed.iter().next()).unwrap();
    match (kind.as_str(), value) {
        ("M", Value::Object(members)) => members.iter().map(|(name, value)| (name.clone(), plain(value))).collect(),
        ("L", Value::Array(values)) => values.iter().map(plain).collect(),
        ("N", Value::String(number)) => serde_json::from_str(number).unwrap(),
        ("NULL", _) => Value::Null,
        (_, value) => value.clone(),
    }
}

pub(crate) fn text<'a>(item: &'a Item, attribute: &str) -> &'a str {
    item.get(attribute).and_then(|value| value.as_s().ok()).map_or("", String::as_str)
}
