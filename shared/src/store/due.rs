//! The index `due`: what is to be done at a time, each kind of it in a few partitions.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use crate::domain::user::UserId;
use crate::store::Store;
use crate::store::change::Change;

/// In how many partitions a kind stands.
pub(super) const SHARDS: u8 = 4;

/// The partition that an account's things of a kind stand in.
pub(super) fn shard_of(kind: &str, user: UserId) -> String {
    shard(kind, user.bytes()[15] % SHARDS)
}

/// A partition.
pub(super) fn shard(kind: &str, number: u8) -> String {
    format!("{kind}#{number}")
}

/// A time as the index sorts it.
pub(super) fn time(time: Timestamp) -> String {
    format!("{:015}", time.as_millisecond())
}

/// An item that is due at a time.
pub(super) fn at(change: Change, shard: &str, at: Timestamp) -> Change {
    change.put("due_pk", shard).put("due_sk", time(at))
}

/// An item that is due no more.
pub(super) fn no_more(change: Change) -> Change {
    change.remove("due_pk").remove("due_sk")
}

impl Store {
    /// What stands in a partition, the earliest first.
    pub(super) fn waiting(&self, shard: String) -> QueryFluentBuilder {
        let request = self.client.query().table_name(&self.table).index_name("due");
        request.key_condition_expression("due_pk = :shard").expression_attribute_values(":shard", AttributeValue::S(shard))
    }

    /// What of it is due.
    pub(super) fn due(&self, shard: String, now: Timestamp) -> QueryFluentBuilder {
        let request = self.waiting(shard).key_condition_expression("due_pk = :shard AND due_sk <= :now");
        request.expression_attribute_values(":now", AttributeValue::S(time(now)))
    }
}
