//! Mail, SMS and push notices that stay here: endpoints like those of SES, SNS and FCM that keep what is sent.
//!
//! - `ses`: mail, as version 2 of the SES API takes it
//! - `sns`: SMS, as the query protocol of SNS takes it; `xml`: what its answers are written in
//! - `fcm`: push notices, as version 1 of the FCM API takes them; `google`: the service account that they are sent as, its secret in
//!   Secrets Manager, and its access tokens

mod fcm;
mod google;
mod ses;
mod sns;
mod xml;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;
use latchkey::clock::Clock;
use latchkey::rng::Rng;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// Which way a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// By mail, through SES.
    Mail,
    /// By SMS, through SNS.
    Sms,
    /// To an app, through FCM.
    Push,
}

/// A message that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Which way it went.
    pub channel: Channel,
    /// The address it went to; a push notice's is the device's registration token.
    pub to: String,
    /// A mail's subject, or a push notice's title.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub subject: Option<String>,
    /// Its text.
    pub text: String,
    /// A mail's other form.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub html: Option<String>,
    /// The name of the template it was made from; empty if the sender did not say.
    #[serde(default)]
    pub template: String,
    /// What else the sender told the service: of an SMS its message attributes by name, of a push notice for how long it makes sense,
    /// and what a second one like it would replace.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub attributes: BTreeMap<String, String>,
    /// When it was sent.
    pub sent_at: Timestamp,
}

/// A message and its number: the first one that was sent has 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Numbered {
    /// Its number, which stays.
    pub number: usize,
    /// The message.
    #[serde(flatten)]
    pub message: Message,
}

/// How an endpoint fails when it is told to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Too many requests for now.
    Throttled,
    /// A failure of the service itself.
    ServerError,
    /// This very message is refused, for good.
    Rejected,
}

/// What was sent, newest first. Cheap to clone; every clone is the same one.
#[derive(Clone)]
pub struct Outbox {
    kept: Arc<Mutex<Kept>>,
    count: watch::Sender<usize>,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
}

#[derive(Default)]
struct Kept {
    messages: VecDeque<Message>,
    file: Option<File>,
    failing: BTreeMap<Channel, Failing>,
    /// Registration tokens that FCM knows no longer.
    unregistered: BTreeSet<String>,
    /// Access tokens, until when they are good, and how many there ever were.
    access: BTreeMap<String, Timestamp>,
    access_given: usize,
    access_refused: bool,
}

struct Failing {
    how: Failure,
    /// How often yet; `None`: until told otherwise.
    times: Option<usize>,
}

impl Outbox {
    /// An outbox that keeps messages in memory.
    #[must_use]
    pub fn in_memory(clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Self {
        Self::of(Kept::default(), clock, rng)
    }

    /// An outbox that keeps messages in a file as well, one JSON object a line, and has those that are in it.
    ///
    /// # Errors
    /// If the file cannot be read or written.
    pub fn open(path: &Path, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> io::Result<Self> {
        let text = match std::fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            read => read?,
        };
        // A last line that a kill cut off is no message.
        let messages = text.lines().rev().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let mut file = private(OpenOptions::new().append(true).create(true)).open(path)?;
        if !text.is_empty() && !text.ends_with('\n') {
            file.write_all(b"\n")?;
        }
        Ok(Self::of(Kept { messages, file: Some(file), ..Kept::default() }, clock, rng))
    }

    fn of(kept: Kept, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Self {
        let count = watch::Sender::new(kept.messages.len());
        Self { kept: Arc::new(Mutex::new(kept)), count, clock, rng }
    }

    /// The messages to an address, or all; newest first.
    #[must_use]
    pub fn messages(&self, to: Option<&str>) -> Vec<Message> {
        let wanted = |message: &&Message| to.is_none_or(|to| message.to.eq_ignore_ascii_case(to));
        self.kept().messages.iter().filter(wanted).cloned().collect()
    }

    /// How many messages there are, and those after a number: newest first, and no more than `most`.
    #[must_use]
    pub fn after(&self, number: usize, most: usize) -> (usize, Vec<Numbered>) {
        let kept = self.kept();
        let count = kept.messages.len();
        let numbers = (number + 1..=count).rev();
        let messages = numbers.zip(&kept.messages).take(most).map(|(number, message)| Numbered { number, message: message.clone() });
        (count, messages.collect())
    }

    /// The message with a number.
    #[must_use]
    pub fn message(&self, number: usize) -> Option<Message> {
        let kept = self.kept();
        let place = kept.messages.len().checked_sub(number)?;
        kept.messages.get(place).cloned()
    }

    /// Waits until there are more messages than so many.
    pub async fn grows_beyond(&self, count: usize) {
        let _ = self.count.subscribe().wait_for(|kept| *kept > count).await;
    }

    /// Lets the next requests of a channel fail. The AWS SDK repeats what is throttled or a server's error, so that one message may
    /// be several requests.
    pub fn fail_next(&self, channel: Channel, times: usize, how: Failure) {
        self.kept().failing.insert(channel, Failing { how, times: Some(times) });
    }

    /// Lets all requests of a channel fail from now on, or none.
    pub fn set_failure(&self, channel: Channel, how: Option<Failure>) {
        let mut kept = self.kept();
        match how {
            Some(how) => kept.failing.insert(channel, Failing { how, times: None }),
            None => kept.failing.remove(&channel),
        };
    }

    /// Lets FCM know a registration token no longer, as after its app was removed.
    pub fn unregister(&self, token: &str) {
        self.kept().unregistered.insert(token.to_owned());
    }

    /// Lets Google take none of the access tokens any more that it gave.
    pub fn revoke_access(&self) {
        self.kept().access.clear();
    }

    /// Lets FCM take no access token from now on, or every good one.
    pub fn refuse_access(&self, refused: bool) {
        self.kept().access_refused = refused;
    }

    /// How many access tokens Google gave.
    #[must_use]
    pub fn access_given(&self) -> usize {
        self.kept().access_given
    }

    /// Answers a request to the Secrets Manager endpoint: every secret is the service account of the Google that is at `google`.
    #[must_use]
    pub fn handle_secretsmanager(&self, google: &str, request: &Request<Bytes>) -> Response<Bytes> {
        google::answer_secret(self, google, request)
    }

    /// Answers a request to Google, which is at `google`; `path` is what follows that address: its tokens and FCM.
    #[must_use]
    pub fn handle_google(&self, google: &str, path: &str, request: &Request<Bytes>) -> Response<Bytes> {
        if path == google::TOKEN { google::answer_token(self, google, request) } else { fcm::answer(self, path, request) }
    }

    /// Answers a request to the SES endpoint; `path` is what follows the endpoint's address.
    #[must_use]
    pub fn handle_ses(&self, path: &str, request: &Request<Bytes>) -> Response<Bytes> {
        ses::answer(self, path, request)
    }

    /// Answers a request to the SNS endpoint.
    #[must_use]
    pub fn handle_sns(&self, request: &Request<Bytes>) -> Response<Bytes> {
        sns::answer(self, request)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, messages: Vec<Message>) -> io::Result<()> {
        let mut kept = self.kept();
        for message in messages {
            if let Some(file) = &mut kept.file {
                let mut line = serde_json::to_vec(&message)?;
                line.push(b'\n');
                file.write_all(&line)?;
            }
            kept.messages.push_front(message);
            self.count.send_replace(kept.messages.len());
        }
        Ok(())
    }

    fn failure(&self, channel: Channel) -> Option<Failure> {
        let mut kept = self.kept();
        let failing = kept.failing.get_mut(&channel)?;
        match &mut failing.times {
            None => Some(failing.how),
            Some(0) => None,
            Some(times) => {
                *times -= 1;
                Some(failing.how)
            }
        }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn message_id(&self) -> String {
        self.rng.token()
    }
}

/// What is in the outbox, codes among it, is nobody else's on this machine.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::testing;

    fn message(to: &str) -> Message {
        Message {
            channel: Channel::Sms,
            to: to.to_owned(),
            subject: None,
            text: "Your code: 123456".to_owned(),
            html: None,
            template: "code".to_owned(),
            attributes: BTreeMap::new(),
            sent_at: testing::now(),
        }
    }

    #[test]
    fn messages_are_newest_first_and_found_by_address() {
        let outbox = testing::outbox();
        outbox.keep(vec![message("+15550001"), message("+15550002"), message("+15550001")]).unwrap();
        assert_eq!(outbox.messages(None).len(), 3);
        assert_eq!(outbox.messages(Some("+15550001")).len(), 2);
        assert_eq!(outbox.messages(None)[1].to, "+15550002");
    }

    #[tokio::test]
    async fn messages_have_numbers_and_a_new_one_is_waited_for() {
        let outbox = testing::outbox();
        let numbers = |after, most| {
            let (count, messages) = outbox.after(after, most);
            (count, messages.into_iter().map(|numbered| (numbered.number, numbered.message.to)).collect::<Vec<_>>())
        };
        assert_eq!(numbers(0, 9), (0, vec![]));
        let grows = |count| tokio::time::timeout(std::time::Duration::from_millis(20), outbox.grows_beyond(count));
        assert!(grows(0).await.is_err());
        outbox.keep(vec![message("+15550001"), message("+15550002")]).unwrap();
        assert!(grows(1).await.is_ok() && grows(2).await.is_err());
        let (one, two) = ((1, "+15550001".to_owned()), (2, "+15550002".to_owned()));
        assert_eq!(numbers(0, 9), (2, vec![two.clone(), one.clone()]));
        assert_eq!(numbers(0, 1), (2, vec![two.clone()]));
        assert_eq!(numbers(1, 9), (2, vec![two]));
        assert_eq!(numbers(7, 9), (2, vec![]));
        assert_eq!(outbox.message(1).map(|message| message.to), Some(one.1));
        assert!(outbox.message(0).is_none() && outbox.message(3).is_none());
    }

    #[test]
    fn a_message_has_the_documented_form() {
        let json = serde_json::to_string(&message("+15550001")).unwrap();
        let expected =
            r#"{"channel":"sms","to":"+15550001","text":"Your code: 123456","template":"code","sent_at":"2026-01-02T03:04:05Z"}"#;
        assert_eq!(json, expected);
    }

    #[test]
    fn a_file_keeps_messages_and_a_line_cut_off_costs_only_itself() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("outbox.jsonl");
        let open = || Outbox::open(&path, testing::clock(), testing::rng()).unwrap();
        open().keep(vec![message("+15550001")]).unwrap();
        let mut text = std::fs::read_to_string(&path).unwrap();
        text.push_str(r#"{"channel":"sms","to":"+1555"#);
        std::fs::write(&path, text).unwrap();
        open().keep(vec![message("+15550002")]).unwrap();
        let kept: Vec<_> = open().messages(None).into_iter().map(|message| message.to).collect();
        assert_eq!(kept, ["+15550002", "+15550001"]);
    }
}
