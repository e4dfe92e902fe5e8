//! Logs and metrics: one JSON object a line. Never in them: codes, tokens, passwords, addresses, names, bodies.

use std::error::Error;
use std::fmt;
use std::sync::OnceLock;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::{Targets, filter_fn};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

use crate::clock::{Clock, SystemClock};

/// The crates whose logs follow the configured level. Others only warn: the AWS SDK's would repeat what requests carry.
const OURS: &[&str] = &["latchkey", "deliver", "export"];

/// Events of this target are metrics: their one field is the line.
const METRICS: &str = "latchkey::metrics";

/// What CloudWatch files the metrics under; without it none are written.
static NAMESPACE: OnceLock<String> = OnceLock::new();

/// What an error says, and what its causes say.
#[must_use]
pub fn causes(error: &(dyn Error + 'static)) -> String {
    let mut causes = vec![error.to_string()];
    let mut next = error.source();
    while let Some(error) = next {
        causes.push(error.to_string());
        next = error.source();
    }
    causes.join(": ")
}

/// A subscriber that writes JSON lines to `writer`.
pub fn subscriber<W>(level: LevelFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Clone + Send + Sync + 'static,
{
    let targets = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_targets(OURS.iter().map(|target| (*target, level)))
        .with_target(METRICS, LevelFilter::OFF);
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_writer(writer.clone());
    let metrics = tracing_subscriber::fmt::layer().event_format(Verbatim).with_writer(writer);
    Registry::default().with(lines.with_filter(targets)).with(metrics.with_filter(filter_fn(|event| event.target() == METRICS)))
}

/// Writes the logs of this process to its standard output. A second call changes nothing.
pub fn init(level: LevelFilter) {
    let _ = tracing::subscriber::set_global_default(subscriber(level, std::io::stdout));
}

/// Writes measurements among the logs from now on, for CloudWatch to file under `namespace`. A second call changes nothing.
pub fn publish_metrics(namespace: &str) {
    let _ = NAMESPACE.set(namespace.to_owned());
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Sessions opened, by `method`.
    SignIns,
    /// Requests refused, by `reason`.
    Refusals,
    /// Codes sent, by `channel`.
    CodesSent,
    /// Codes that fitted, by `channel`.
    CodesVerified,
    /// Milliseconds that a password hash took.
    HashTime,
    /// Requests that the table could not take in time.
    Throttles,
}

impl Metric {
    fn name(self) -> &'static str {
        match self {
            Self::SignIns => "SignIns",
            Self::Refusals => "Refusals",
            Self::CodesSent => "CodesSent",
            Self::CodesVerified => "CodesVerified",
            Self::HashTime => "HashTime",
            Self::Throttles => "Throttles",
        }
    }

    /// The properties that CloudWatch makes metrics of their own of. Others can be searched in the logs: every value of a dimension
    /// costs what a metric costs.
    fn dimensions(self) -> &'static [&'static str] {
        match self {
            Self::SignIns => &["method"],
            Self::Refusals => &["reason"],
            Self::CodesSent | Self::CodesVerified => &["channel"],
            Self::HashTime | Self::Throttles => &[],
        }
    }

    fn unit(self) -> &'static str {
        if self == Self::HashTime { "Milliseconds" } else { "Count" }
    }
}

/// Counts one more.
pub fn count(metric: Metric, properties: &[(&str, &str)]) {
    measure(metric, 1.0, properties);
}

/// Writes a measurement in CloudWatch's embedded metric format.
pub fn measure(metric: Metric, value: f64, properties: &[(&str, &str)]) {
    let Some(namespace) = NAMESPACE.get() else { return };
    let line = line(namespace, metric, value, properties, SystemClock.now());
    tracing::info!(target: METRICS, line);
}

fn line(namespace: &str, metric: Metric, value: f64, properties: &[(&str, &str)], now: Timestamp) -> String {
    let mut record = Map::new();
    record.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics": [{
                "Namespace": namespace,
                "Dimensions": [metric.dimensions()],
                "Metrics": [{ "Name": metric.name(), "Unit": metric.unit() }],
            }],
        }),
    );
    record.extend(properties.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| ((*name).to_owned(), json!(value))));
    record.insert(metric.name().to_owned(), json!(value));
    Value::Object(record).to_string()
}

/// Writes an event's one field as it is: CloudWatch wants its own keys at the top.
struct Verbatim;

impl<S, N> FormatEvent<S, N> for Verbatim
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut line = Line(String::new());
        event.record(&mut line);
        writeln!(writer, "{}", line.0)
    }
}

struct Line(String);

impl Visit for Line {
    fn record_str(&mut self, _: &Field, value: &str) {
        value.clone_into(&mut self.0);
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measurement_is_in_the_embedded_metric_format() {
        let now = Timestamp::from_second(1).unwrap();
        let line: Value =
            serde_json::from_str(&line("Latchkey/a", Metric::CodesSent, 1.0, &[("channel", "phone"), ("prefix", "+49151")], now)).unwrap();
        let declared = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(declared["Namespace"], "Latchkey/a");
        assert_eq!(declared["Dimensions"], json!([["channel"]]));
        assert_eq!(declared["Metrics"], json!([{ "Name": "CodesSent", "Unit": "Count" }]));
        assert_eq!((&line["CodesSent"], &line["channel"], &line["prefix"]), (&json!(1.0), &json!("phone"), &json!("+49151")));
        assert_eq!(line["_aws"]["Timestamp"], 1000);
    }
}
