//! Partners in the table: one item each, all in one partition. Only administration writes them.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::domain::partner::{Partner, PartnerId};
use crate::store::Store;
use crate::store::administration::Administration;
use crate::store::change::Change;
use crate::store::error::StoreError;
use crate::store::item::{self, Item};
use crate::store::keys;
use crate::store::write::Transaction;

const READ: &str = "read a partner";
const LIST: &str = "list the partners";
const REGISTER: &str = "register a partner";
const CHANGE: &str = "change a partner";

impl Store {
    /// Reads a partner, strongly consistent: one that was disabled is refused from the next request on.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or the item cannot be read.
    pub async fn partner(&self, id: &PartnerId) -> Result<Option<Partner>, StoreError> {
        self.one(READ, &keys::partner(id)).await
    }

    /// Where a partner's secret is sealed to.
    #[must_use]
    pub fn partner_secret_place(id: &PartnerId, key: &str) -> String {
        keys::seal_place(&keys::partner(id), &format!("partner-secret:{key}"))
    }
}

impl Administration<'_> {
    /// All partners by their ids.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached or an item cannot be read.
    pub async fn partners(&self) -> Result<Vec<Partner>, StoreError> {
        let request = self.store().client.query().table_name(&self.store().table).consistent_read(true);
        let request = request
            .key_condition_expression("pk = :partners")
            .expression_attribute_values(":partners", AttributeValue::S(keys::PARTNERS.to_owned()));
        let mut items = request.into_paginator().items().send();
        let mut partners = Vec::new();
        while let Some(item) = items.next().await {
            let item = item.map_err(|error| StoreError::of(LIST, error.into_service_error()))?;
            partners.push(item::read(LIST, item)?);
        }
        Ok(partners)
    }

    /// Registers a partner. `false`: there is one of its id.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn register_partner(&self, partner: &Partner) -> Result<bool, StoreError> {
        let transaction = Transaction::new(self.store(), REGISTER).create(partner_item(REGISTER, partner)?)?;
        Ok(transaction.commit().await?.is_ok())
    }

    /// Writes a partner that was changed. `false`: somebody else changed it meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] if the table cannot be reached.
    pub async fn change_partner(&self, partner: &Partner) -> Result<bool, StoreError> {
        let unchanged = Change::of(keys::partner(&partner.id)).when("revision = :seen").value(":seen", item::value(partner.revision - 1));
        let transaction = Transaction::new(self.store(), CHANGE).replace(&unchanged, partner_item(CHANGE, partner)?)?;
        Ok(transaction.commit().await?.is_ok())
    }
}

fn partner_item(operation: &'static str, partner: &Partner) -> Result<Item, StoreError> {
    item::write(operation, &keys::partner(&partner.id), partner)
}
