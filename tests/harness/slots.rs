//! Several acts at the same time, interleaved request by request: the test says whose request comes to the table next, and what becomes
//! of it. Each act has an instance of its own, as in Lambda. Nothing depends on the machine's clock or on threads, so that the same
//! steps lead to the same end.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use tokio::task::{JoinHandle, yield_now};

use crate::TestApp;
use crate::engine::engine;
use crate::turnstile::{Answer, Turnstile, Waiting};

/// A request's way back to its act: from task to task, each of which runs when the one before it is done.
const HOPS: usize = 24;

/// What becomes of a request to the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is done, and answered.
    Done,
    /// It is refused before anything happens.
    Refused,
    /// It is done, and its answer lost.
    AnswerLost,
    /// It is given up by whoever sent it, and is on its way still.
    Late,
}

/// An act under way: what it is, for the test, and what it comes to.
struct Slot<L, R> {
    label: L,
    instance: Instance,
    task: JoinHandle<R>,
}

struct Instance {
    app: Arc<TestApp>,
    turnstile: Turnstile,
}

/// A request that its sender waits for no longer, and that may still come to the table.
struct Afloat<L> {
    label: L,
    request: Request<Bytes>,
}

/// The acts under way and all that is on its way from them. `L` is what the test calls an act, `R` what one comes to.
pub struct Slots<L, R> {
    /// The application that nothing is interleaved with: what a test asks of it is done at once.
    pub app: Arc<TestApp>,
    idle: Vec<Instance>,
    running: Vec<Slot<L, R>>,
    afloat: Vec<Afloat<L>>,
    seeds: u64,
}

impl<L: Clone, R: Send + 'static> Slots<L, R> {
    /// An application with some variables set otherwise, on which nothing has happened yet.
    pub async fn with(variables: &[(&str, &str)]) -> Self {
        let table = TestApp::cold(variables);
        let app = Arc::new(table.instance_behind(&Turnstile::default(), 0));
        app.app.keyring.keys().await.unwrap();
        Self { app, idle: Vec::new(), running: Vec::new(), afloat: Vec::new(), seeds: 0 }
    }

    /// Begins an act. It runs until its first requests wait.
    pub async fn start<W, F>(&mut self, label: L, work: W)
    where
        W: FnOnce(Arc<TestApp>) -> F,
        F: Future<Output = R> + Send + 'static,
    {
        let instance = match self.idle.pop() {
            Some(instance) => instance,
            None => self.instance().await,
        };
        let task = tokio::spawn(work(Arc::clone(&instance.app)));
        self.running.push(Slot { label, instance, task });
        self.settle(self.running.len() - 1).await;
    }

    /// A warm instance.
    async fn instance(&mut self) -> Instance {
        self.seeds += 1;
        let turnstile = Turnstile::default();
        let app = Arc::new(self.app.instance_behind(&turnstile, self.seeds));
        app.app.keyring.keys().await.unwrap();
        turnstile.close();
        Instance { app, turnstile }
    }

    /// How many acts are under way.
    pub fn running(&self) -> usize {
        self.running.len()
    }

    /// What an act is.
    pub fn label(&self, slot: usize) -> &L {
        &self.running[slot].label
    }

    /// As [`Slots::label`], to note something about it.
    pub fn label_mut(&mut self, slot: usize) -> &mut L {
        &mut self.running[slot].label
    }

    /// All acts under way.
    pub fn labels_mut(&mut self) -> impl Iterator<Item = &mut L> {
        self.running.iter_mut().map(|slot| &mut slot.label)
    }

    /// One of an act's requests meets its fate, and the act goes on until it waits again or ends. Whether something may have been written.
    pub async fn step(&mut self, slot: usize, which: usize, fate: Fate) -> bool {
        let Some(Waiting { request, answer }) = self.running[slot].instance.turnstile.take(which) else { return false };
        let (written, answered): (bool, Answer) = match fate {
            Fate::Done => (is_write(&request), Some(engine().handle(request).await)),
            Fate::AnswerLost => {
                let written = is_write(&request);
                engine().handle(request).await;
                (written, None)
            }
            Fate::Refused => (false, Some(throttled())),
            Fate::Late => {
                self.afloat.push(Afloat { label: self.running[slot].label.clone(), request });
                (false, None)
            }
        };
        answer.send(answered).ok();
        self.settle(slot).await;
        written
    }

    /// What an act came to, if it has ended.
    pub async fn ended(&mut self, slot: usize) -> Option<(L, R)> {
        if !self.running[slot].task.is_finished() {
            return None;
        }
        let Slot { label, instance, task } = self.running.remove(slot);
        self.drift(&label, &instance.turnstile);
        self.idle.push(instance);
        // A test's own assertion inside an act fails the test.
        Some((label, task.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))))
    }

    /// The act's instance dies. What it has sent may still arrive.
    pub fn abandon(&mut self, slot: usize) -> L {
        let Slot { label, instance, task } = self.running.remove(slot);
        task.abort();
        while let Some(Waiting { request, .. }) = instance.turnstile.take(0) {
            self.afloat.push(Afloat { label: label.clone(), request });
        }
        label
    }

    /// A request that was given up comes to the table after all. Whose it is, if something may have been written.
    pub async fn arrive(&mut self, which: usize) -> Option<L> {
        let count = self.afloat.len();
        let Afloat { label, request } = (count > 0).then(|| self.afloat.swap_remove(which % count))?;
        let written = is_write(&request);
        engine().handle(request).await;
        written.then_some(label)
    }

    /// What is on its way still gets lost.
    pub fn lose_the_late(&mut self) {
        self.afloat.clear();
    }

    /// Lets everything run that can, until the act waits for the table or has ended.
    async fn settle(&mut self, slot: usize) {
        let Slot { label, instance, task } = &self.running[slot];
        // Only messages on their way out take longer: they go through a real connection.
        while !task.is_finished() && instance.turnstile.len() == 0 {
            yield_now().await;
        }
        for _ in 0..HOPS {
            yield_now().await;
        }
        let (label, turnstile) = (label.clone(), instance.turnstile.clone());
        self.drift(&label, &turnstile);
    }

    /// What an act has sent and waits for no longer may come to the table all the same.
    fn drift(&mut self, label: &L, turnstile: &Turnstile) {
        let forsaken = turnstile.take_forsaken().into_iter();
        self.afloat.extend(forsaken.map(|Waiting { request, .. }| Afloat { label: label.clone(), request }));
    }
}

fn is_write(request: &Request<Bytes>) -> bool {
    let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    ["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"].iter().any(|write| target.ends_with(write))
}

fn throttled() -> Response<Bytes> {
    let (status, body) = crate::faults::throttled();
    let response = Response::builder().status(status).header("content-type", "application/x-amz-json-1.0");
    response.body(Bytes::from_static(body.as_bytes())).unwrap()
}
