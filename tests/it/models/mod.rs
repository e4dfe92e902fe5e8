//! Models checked over random interleavings with failures: acts at the same time, request by request, while requests fail, answers get
//! lost, instances die and time passes. What fails is made as short as it can be, and shown; its seed is kept beside the tests.
//!
//! The steps are chosen beforehand and blindly, and mean something whatever happened before: which requests there are to let through
//! only the application can say. So each model looks at the table after each write, and says whether the act that wrote might do that.

mod ask;
mod codes;
mod contacts;
mod effects;
mod refresh;
mod tally;
mod view;

use std::fmt::Debug;

use latchkey_tests::{Fate, Slots};
use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence, TestRunner};

use tally::Tally;

/// So many acts are under way at the same time.
const SIDE_BY_SIDE: usize = 4;
/// No act makes more requests, repetitions counted.
const MOST_REQUESTS: usize = 400;

/// One step of an interleaving. Slots and requests are counted round.
#[derive(Debug, Clone)]
enum Step<O> {
    /// Somebody begins to do something.
    Begin(O),
    /// When all else has ended, several begin at the same moment.
    Meet(Vec<O>),
    /// A request of an act meets its fate.
    Go { slot: usize, which: usize, fate: Fate },
    /// An act runs to its end.
    Finish { slot: usize },
    /// An instance dies in the middle of its act.
    Die { slot: usize },
    /// A request that was given up comes to the table.
    Arrive { which: usize },
    /// Some seconds pass while acts are under way.
    Tick(i64),
    /// All acts end, and a longer time passes.
    Pass(i64),
}

/// Some steps: one of all kinds, or a meeting, and what the requests of those who meet come to.
fn steps<O: Debug + Clone + 'static>(
    act: impl Strategy<Value = O> + 'static,
    meeting: impl Strategy<Value = Vec<O>> + 'static,
    times: &'static [i64],
) -> impl Strategy<Value = Vec<Step<O>>> {
    let slot = 0..SIDE_BY_SIDE;
    let fate = prop_oneof![12 => Just(Fate::Done), 1 => Just(Fate::Refused), 2 => Just(Fate::AnswerLost), 1 => Just(Fate::Late)];
    let go = (slot.clone(), 0..3_usize, fate).prop_map(|(slot, which, fate)| Step::Go { slot, which, fate });
    let step = prop_oneof![
        10 => act.prop_map(Step::Begin),
        30 => go.clone(),
        3 => slot.clone().prop_map(|slot| Step::Finish { slot }),
        1 => slot.prop_map(|slot| Step::Die { slot }),
        1 => (0..4_usize).prop_map(|which| Step::Arrive { which }),
        1 => (1..=2_i64).prop_map(Step::Tick),
        2 => proptest::sample::select(times).prop_map(Step::Pass),
    ];
    let met = (meeting.prop_map(Step::Meet), prop::collection::vec(go, 10..40));
    prop_oneof![
        9 => step.prop_map(|step| vec![step]),
        1 => met.prop_map(|(meet, gos)| [vec![meet], gos].concat()),
    ]
}

/// What a model is about: acts by number, and what must be true of them.
trait Model {
    type Act: Debug + Clone;
    type End: Send + 'static;

    fn slots(&mut self) -> &mut Slots<usize, Self::End>;

    fn tally(&self) -> &Tally;

    /// Begins an act, if it makes sense now.
    async fn begin(&mut self, act: Self::Act);

    /// Something may have been written by an act, or by a request of its that it had given up.
    async fn look(&mut self, act: usize);

    /// An act has ended.
    async fn end(&mut self, act: usize, end: Self::End);

    /// Nothing is under way.
    async fn rest(&mut self) {}

    /// How many seconds shall pass where a step says that so many do.
    fn how_long(&self, seconds: i64) -> i64 {
        seconds
    }
}

/// Goes through the steps, and lets all end in the end.
async fn go<M: Model>(model: &mut M, steps: Vec<Step<M::Act>>) {
    for step in steps {
        model.tally().count("steps");
        let running = model.slots().running();
        match step {
            Step::Begin(act) => {
                if running == SIDE_BY_SIDE {
                    finish(model, 0).await;
                }
                model.begin(act).await;
            }
            Step::Meet(acts) => {
                settle(model).await;
                for act in acts {
                    model.begin(act).await;
                }
            }
            Step::Arrive { which } => {
                if let Some(act) = model.slots().arrive(which).await {
                    model.look(act).await;
                }
            }
            Step::Tick(seconds) => pass(model, seconds),
            Step::Pass(seconds) => {
                settle(model).await;
                pass(model, seconds);
            }
            _ if running == 0 => {}
            Step::Go { slot, which, fate } => advance(model, slot % running, which, fate).await,
            Step::Finish { slot } => finish(model, slot % running).await,
            Step::Die { slot } => drop(model.slots().abandon(slot % running)),
        }
    }
    settle(model).await;
}

fn pass<M: Model>(model: &mut M, seconds: i64) {
    let seconds = model.how_long(seconds);
    model.slots().app.clock.advance_seconds(seconds);
}

/// Lets all acts end. What is on its way still never arrives.
async fn settle<M: Model>(model: &mut M) {
    while model.slots().running() > 0 {
        finish(model, 0).await;
    }
    model.slots().lose_the_late();
    model.rest().await;
}

async fn finish<M: Model>(model: &mut M, slot: usize) {
    let running = model.slots().running();
    for _ in 0..MOST_REQUESTS {
        advance(model, slot, 0, Fate::Done).await;
        if model.slots().running() < running {
            return;
        }
    }
    panic!("an act does not end");
}

async fn advance<M: Model>(model: &mut M, slot: usize, which: usize, fate: Fate) {
    let act = *model.slots().label(slot);
    model.tally().count("requests");
    if model.slots().step(slot, which, fate).await {
        model.look(act).await;
    }
    if let Some((act, end)) = model.slots().ended(slot).await {
        model.end(act, end).await;
    }
}

/// Checks a model over so many interleavings; with `PROPTEST_CASES` over as many as it says.
fn explore<O: Debug + Clone + 'static>(
    file: &'static str,
    cases: u32,
    count: usize,
    steps: impl Strategy<Value = Vec<Step<O>>>,
    run: impl AsyncFn(Vec<Step<O>>, Tally),
) {
    let tally = Tally::default();
    #[expect(clippy::disallowed_methods, reason = "how long to look is for whoever runs the tests to say")]
    let told = std::env::var_os("PROPTEST_CASES").is_some();
    let usual = Config::default();
    let config = Config {
        cases: if told { usual.cases } else { cases },
        max_shrink_time: 120_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::SourceParallel("proptest-regressions"))),
        source_file: Some(file),
        ..usual
    };
    let explored = TestRunner::new(config).run(&proptest::collection::vec(steps, 1..=count), |steps| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        tally.count("cases");
        runtime.block_on(run(steps.concat(), tally.clone()));
        Ok(())
    });
    println!("{tally}");
    explored.unwrap_or_else(|failure| panic!("{failure}"));
}
