//! Logs: one JSON object a line. Never in them: codes, tokens, passwords, addresses, names, bodies.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, Registry};

/// The crates whose logs follow the configured level. Others only warn: the AWS SDK's would repeat what requests carry.
const OURS: &[&str] =
    &["latchkey", "account_auth", "account_session", "account_otp", "account_profile", "discovery", "deliver", "rotate_keys"];

/// A subscriber that writes JSON lines to `writer`.
pub fn subscriber<W>(level: LevelFilter, writer: W) -> impl tracing::Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let targets = Targets::new().with_default(level.min(LevelFilter::WARN)).with_targets(OURS.iter().map(|target| (*target, level)));
    let lines =
        tracing_subscriber::fmt::layer().json().flatten_event(true).with_current_span(false).with_span_list(false).with_writer(writer);
    Registry::default().with(lines.with_filter(targets))
}

/// Writes the logs of this process to its standard output. A second call changes nothing.
pub fn init(level: LevelFilter) {
    let _ = tracing::subscriber::set_global_default(subscriber(level, std::io::stdout));
}
