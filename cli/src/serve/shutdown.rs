//! The end of the local stack, told to all its parts.

use tokio::sync::watch;

/// Ends what waits for it.
#[derive(Debug)]
pub struct Trigger(watch::Sender<bool>);

/// Waits for the end. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Shutdown(watch::Receiver<bool>);

/// A trigger and what waits for it.
#[must_use]
pub fn pair() -> (Trigger, Shutdown) {
    let (sender, receiver) = watch::channel(false);
    (Trigger(sender), Shutdown(receiver))
}

impl Trigger {
    /// Ends what waits. Dropping the trigger does the same.
    pub fn pull(&self) {
        self.0.send_replace(true);
    }
}

impl Shutdown {
    /// Waits until the end is told.
    pub async fn requested(&self) {
        let _ = self.0.clone().wait_for(|told| *told).await;
    }
}
