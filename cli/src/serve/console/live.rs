//! What was sent since a page last asked. A request that there is nothing new for waits until there is; whoever repeats it with
//! the cursor of the last answer misses nothing, even if the stack was started anew in between.

use std::time::Duration;

use serde::Serialize;

use crate::serve::outbox::{Numbered, Outbox};
use crate::serve::shutdown::Shutdown;

/// How long a request waits for something new.
pub(super) const WAIT: Duration = Duration::from_secs(25);
/// Most messages in one answer: what a page can show.
const MOST: usize = 300;

/// What is new.
#[derive(Debug, Serialize)]
pub(super) struct News {
    /// What to ask with the next time.
    cursor: String,
    /// Whether these are all messages: what is shown already is to go.
    anew: bool,
    /// How many messages there are in all.
    count: usize,
    /// Newest first.
    messages: Vec<Numbered>,
}

/// Tells what is new. A cursor is the name of one run of the stack, and how many messages it had.
#[derive(Clone)]
pub(super) struct Live {
    outbox: Outbox,
    run: String,
    shutdown: Shutdown,
    wait: Duration,
}

impl Live {
    pub(super) fn new(outbox: Outbox, run: String, shutdown: Shutdown, wait: Duration) -> Self {
        Self { outbox, run, shutdown, wait }
    }

    /// What was sent since the answer with this cursor; all, if there was none in this run.
    pub(super) async fn since(&self, cursor: Option<&str>) -> News {
        let seen = cursor.and_then(|cursor| self.seen(cursor));
        if let Some(seen) = seen {
            tokio::select! {
                () = self.outbox.grows_beyond(seen) => {}
                () = self.shutdown.requested() => {}
                () = tokio::time::sleep(self.wait) => {}
            }
        }
        let (count, messages) = self.outbox.after(seen.unwrap_or(0), MOST);
        News { cursor: format!("{}.{count}", self.run), anew: seen.is_none(), count, messages }
    }

    fn seen(&self, cursor: &str) -> Option<usize> {
        let (run, count) = cursor.rsplit_once('.')?;
        if run == self.run { count.parse().ok() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Request;

    use super::*;
    use crate::serve::shutdown;
    use crate::serve::testing;

    fn send(outbox: &Outbox, to: &str) {
        let body = format!("Action=Publish&PhoneNumber={to}&Message=hi");
        let response = outbox.handle_sns(&Request::post("/").body(Bytes::from(body)).unwrap());
        assert_eq!(response.status(), 200);
    }

    fn numbers(news: &News) -> Vec<usize> {
        news.messages.iter().map(|message| message.number).collect()
    }

    #[tokio::test]
    async fn everything_comes_first_and_then_what_is_new() {
        let outbox = testing::outbox();
        let (_trigger, waiting) = shutdown::pair();
        let live = Live::new(outbox.clone(), "a".to_owned(), waiting.clone(), WAIT);
        send(&outbox, "1");
        let first = live.since(None).await;
        assert_eq!((first.anew, first.count, numbers(&first)), (true, 1, vec![1]));
        let (second, ()) = tokio::join!(live.since(Some(&first.cursor)), async {
            tokio::task::yield_now().await;
            send(&outbox, "2");
        });
        assert_eq!((second.anew, second.count, numbers(&second)), (false, 2, vec![2]));

        let next_run = Live::new(outbox, "b".to_owned(), waiting, WAIT);
        let again = next_run.since(Some(&second.cursor)).await;
        assert_eq!((again.anew, numbers(&again)), (true, vec![2, 1]), "a cursor of another run");
        assert!(next_run.since(Some("nonsense")).await.anew);
    }

    #[tokio::test]
    async fn a_request_waits_no_longer_than_it_may_nor_beyond_the_end() {
        let (trigger, waiting) = shutdown::pair();
        let live = |wait| Live::new(testing::outbox(), "a".to_owned(), waiting.clone(), wait);
        let news = live(Duration::from_millis(20)).since(Some("a.0")).await;
        assert!(!news.anew && news.messages.is_empty());
        trigger.pull();
        assert!(tokio::time::timeout(Duration::from_secs(3), live(WAIT).since(Some("a.0"))).await.is_ok());
    }
}
