//! A look into the table, past the application.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;

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

    pub(crate) async fn user_of(&self, email: &str) -> Item {
        let users = self.items().await.into_iter().filter(|item| text(item, "sk") == "USER");
        let has = |item: &Item| {
            let address = item.get("email").and_then(|email| email.as_m().ok()).and_then(|email| email.get("address"));
            address.and_then(|address| address.as_s().ok()).is_some_and(|address| address.eq_ignore_ascii_case(email))
        };
        users.into_iter().find(has).expect("an account with that address")
    }

    pub(crate) async fn set(&self, item: &Item, attribute: &str, value: AttributeValue) {
        let keys = ["pk", "sk"].map(|name| (name.to_owned(), item[name].clone()));
        let update = self.client.update_item().table_name(&self.name).set_key(Some(HashMap::from(keys)));
        let update =
            update.update_expression("SET #a = :a").expression_attribute_names("#a", attribute).expression_attribute_values(":a", value);
        update.send().await.unwrap();
    }

    pub(crate) async fn put(&self, item: Item) {
        self.client.put_item().table_name(&self.name).set_item(Some(item)).send().await.unwrap();
    }
}

pub(crate) fn text<'a>(item: &'a Item, attribute: &str) -> &'a str {
    item.get(attribute).and_then(|value| value.as_s().ok()).map_or("", String::as_str)
}
