//! What a flow costs at AWS's list prices.

use std::time::Duration;

use latchkey::config::Sms;
use latchkey::domain::address::Phone;
use latchkey_tests::{Channel, Consumption, Message};
use serde_json::Value;

use crate::processes::root;

/// List prices in us-east-1, in US dollars, as of November 2026, beyond every free tier.
mod prices {
    /// DynamoDB on demand, a million write request units (a transaction's count twice).
    pub(super) const WRITES: f64 = 0.625;
    /// DynamoDB on demand, a million read request units (strongly consistent; an eventually consistent read is half of one).
    pub(super) const READS: f64 = 0.125;
    /// Lambda, a million requests.
    pub(super) const INVOCATIONS: f64 = 0.20;
    /// Lambda on arm64, a gigabyte-second.
    pub(super) const GIGABYTE_SECOND: f64 = 0.000_013_333_4;
    /// API Gateway, HTTP API, a million requests.
    pub(super) const REQUESTS: f64 = 1.00;
    /// SES, a million mails.
    pub(super) const MAILS: f64 = 100.0;
}

/// The memory that comes with one whole processor, in MB; less memory comes with that much less of it.
const WHOLE_PROCESSOR: f64 = 1769.0;

/// The functions' memory, as the template gives it.
pub(crate) struct Template(Value);

impl Template {
    pub(crate) fn read() -> Self {
        Self(serde_saphyr::from_str(&std::fs::read_to_string(root().join("template.yaml")).unwrap()).unwrap())
    }

    fn memory(&self, function: &Value) -> f64 {
        let own = function["Properties"]["MemorySize"].as_f64();
        own.or(self.0["Globals"]["Function"]["MemorySize"].as_f64()).unwrap()
    }

    /// The memory, in MB, of the function that answers at a path.
    pub(crate) fn memory_at(&self, path: &str) -> f64 {
        let resources = self.0["Resources"].as_object().unwrap().values();
        let answers = |function: &&Value| {
            let events = function["Properties"]["Events"].as_object();
            events.is_some_and(|events| events.values().any(|event| event["Properties"]["Path"] == path))
        };
        self.memory(resources.into_iter().find(answers).unwrap())
    }

    /// The memory of the function that sends messages.
    pub(crate) fn memory_of_deliver(&self) -> f64 {
        let resources = self.0["Resources"].as_object().unwrap().values();
        let is_deliver = |function: &&Value| function["Metadata"]["BuildProperties"]["Binary"] == "deliver";
        self.memory(resources.into_iter().find(is_deliver).unwrap())
    }
}

/// One run of a function: its memory in MB, and how long it takes on a whole processor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub(crate) memory: f64,
    pub(crate) took: Duration,
}

impl Run {
    fn dollars_per_million(self) -> f64 {
        let slower = (WHOLE_PROCESSOR / self.memory).max(1.0);
        let billed = (self.took.as_secs_f64() * 1000.0 * slower).ceil();
        prices::INVOCATIONS + self.memory / 1024.0 * billed * 1000.0 * prices::GIGABYTE_SECOND
    }
}

/// What it costs to send a flow's messages a million times over, in US dollars.
#[derive(Debug, Default)]
pub(crate) struct Postage {
    pub(crate) mail: f64,
    pub(crate) sms: f64,
    /// The countries that SMS went to, with the price of one.
    pub(crate) fares: Vec<String>,
}

impl Postage {
    /// Messages of one segment each, which a code is. AWS has a price for every country: these are those of the configuration.
    pub(crate) fn of(messages: &[Message], prices: &Sms) -> Self {
        let mut postage = Self::default();
        for message in messages {
            if message.channel == Channel::Mail {
                postage.mail += prices::MAILS;
                continue;
            }
            let country = Phone::parse(&message.to, None).unwrap().sms_country().unwrap();
            // In millionths of a dollar: what a million cost in dollars.
            let million = f64::from(u32::try_from(prices.price(&country)).unwrap());
            postage.sms += million;
            postage.fares.push(format!("one to {} at {:.2}", country.code(), million / 1_000_000.0));
        }
        postage
    }
}

/// What a flow costs a million times over but for its messages, in US dollars: table, functions, gateway.
pub(crate) fn dollars_per_million(consumed: Consumption, runs: &[Run]) -> [f64; 3] {
    let table = consumed.reads * prices::READS + consumed.writes * prices::WRITES;
    [table, runs.iter().map(|run| run.dollars_per_million()).sum(), prices::REQUESTS]
}
