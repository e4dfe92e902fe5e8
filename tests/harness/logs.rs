//! All that the application logs, kept for the tests. Every test's lines are read again for secrets and personal data.

use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

static LINES: OnceLock<Lines> = OnceLock::new();

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Keeps what is logged from now on, at the most talkative level.
pub(crate) fn keep() {
    LINES.get_or_init(|| {
        let lines = Lines::default();
        let subscriber = latchkey::telemetry::subscriber(LevelFilter::DEBUG, lines.clone());
        tracing::subscriber::set_global_default(subscriber).expect("no other subscriber is set");
        lines
    });
}

/// What all tests of this process logged so far.
pub fn all_logs() -> String {
    let lines = LINES.get().map(|lines| lines.0.lock().unwrap().clone()).unwrap_or_default();
    String::from_utf8(lines).expect("logs are UTF-8")
}
