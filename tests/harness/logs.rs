//! All that the application logs, kept for the tests. Every test's lines are read again for secrets and personal data.

use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde_json::Value;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::{PASSWORD, SECRET};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

static LINES: OnceLock<Lines> = OnceLock::new();

/// Lines that say what no line may say.
static LEAKS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Why a line must not be logged, if it must not: an address, a token, a password, a code or a number is in it.
pub fn leak(line: &str) -> Option<&'static str> {
    let Ok(Value::Object(fields)) = serde_json::from_str(line) else { return Some("no JSON object") };
    // Of a metric's own keys nothing but its names and times is there.
    let random = ["timestamp", "request.id", "message.id", "account.id", "_aws", "HashTime"];
    let told = fields
        .iter()
        .filter(|(name, _)| !random.contains(&name.as_str()))
        .map(|(_, value)| value.to_string())
        .collect::<Vec<_>>()
        .join(" ");
    let mut words = told.split(|character: char| !character.is_ascii_alphanumeric());
    let is_code = |word: &str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
    let is_phone = |word: &str| word.len() > 8 && word.bytes().all(|byte| byte.is_ascii_digit());
    match () {
        () if told.contains('@') => Some("a mail address"),
        () if ["lk1.", "eyJ", "ya29.", ":APA91"].iter().any(|part| told.contains(part)) => Some("a token"),
        () if line.contains(PASSWORD) || line.contains(SECRET) || line.to_lowercase().contains("a wrong password") => {
            Some("a password or secret")
        }
        () if words.any(|word| is_code(word) || is_phone(word)) => Some("a code or phone number"),
        () => None,
    }
}

/// Fails the test that ends if any test so far made the application log what it must not.
pub(crate) fn assert_no_leaks() {
    let leaks = LEAKS.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(leaks.is_empty(), "{leaks:#?}");
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let line = String::from_utf8_lossy(bytes);
        if let Some(what) = leak(&line) {
            LEAKS.lock().unwrap().push(format!("{what}: {line}"));
        }
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
        latchkey::telemetry::publish_metrics("Latchkey/test");
        lines
    });
}

/// Writes what is logged from now on nowhere, at the level of a deployment. For measuring, before anything else is logged.
pub(crate) fn discard() {
    LINES.get_or_init(|| {
        let subscriber = latchkey::telemetry::subscriber(LevelFilter::INFO, std::io::sink);
        tracing::subscriber::set_global_default(subscriber).expect("no other subscriber is set");
        Lines::default()
    });
}

/// What all tests of this process logged so far.
pub fn all_logs() -> String {
    let lines = LINES.get().map(|lines| lines.0.lock().unwrap().clone()).unwrap_or_default();
    String::from_utf8(lines).expect("logs are UTF-8")
}
