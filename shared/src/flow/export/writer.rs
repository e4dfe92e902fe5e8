//! The file of a copy, written part by part.

use jiff::Timestamp;

use crate::app::App;
use crate::flow::Trouble;
use crate::flow::export::parts::{Cutter, Whole};
use crate::store::Job;

/// Keeps what is written as parts of a file.
pub(super) struct Writer<'a> {
    app: &'a App,
    job: &'a Job,
    cutter: Cutter,
    next: u64,
    kept_until: Timestamp,
}

impl<'a> Writer<'a> {
    pub(super) fn new(app: &'a App, job: &'a Job, kept_until: Timestamp) -> Self {
        Self { app, job, cutter: Cutter::new(), next: 0, kept_until }
    }

    /// Writes more of it. `false`: there is no more use in it, for the account is deleted in this moment.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<bool, Trouble> {
        self.cutter.add(bytes);
        while let Some(part) = self.cutter.part() {
            if !self.keep(part).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn keep(&mut self, part: Vec<u8>) -> Result<bool, Trouble> {
        let kept = self.app.store.keep_part(self.job, self.next, part, self.kept_until).await?;
        self.next += 1;
        Ok(kept)
    }

    /// Writes the rest; what was written in all. `None`: there is no more use in it.
    pub(super) async fn finish(mut self) -> Result<Option<Whole>, Trouble> {
        let (last, whole) = std::mem::replace(&mut self.cutter, Cutter::new()).finish();
        let kept = match last {
            Some(last) => self.keep(last).await?,
            None => true,
        };
        Ok(kept.then_some(whole))
    }
}
