//! Every request of every flow goes wrong in every way, once and for good: the answer is right or a clean 503, and the same request
//! again does no harm.

use std::future::Future;
use std::pin::Pin;

use latchkey_tests::{Fault, Reply, TestApp};

mod account;
mod delivery;
mod own_data;
mod partner;
mod phone;

const NEW: &str = "difference engine no. 2";
/// No flow makes more requests than this, repetitions not counted.
const MOST_REQUESTS: usize = 12;

/// What a flow needs, found out before anything goes wrong.
#[derive(Debug, Default)]
struct Scene {
    email: String,
    phone: String,
    token: String,
    refresh_token: String,
    code: String,
    /// Of a partner's user: the token, and what asking for the code was answered.
    user_token: String,
    auth_code: String,
}

type Step<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// One flow: what it stands on, the request, its right answers, and how to see that it went right in the end.
struct Flow {
    prepare: for<'a> fn(&'a TestApp, Scene) -> Step<'a, Scene>,
    request: for<'a> fn(&'a TestApp, &'a Scene) -> Step<'a, Reply>,
    /// The status of a request that went well.
    right: u16,
    /// The status of one repeated after it had gone well without its answer.
    repeated: u16,
    finish: for<'a> fn(&'a TestApp, &'a Scene) -> Step<'a, ()>,
}

fn number(case: usize) -> String {
    format!("+49151{:03}45678", 100 + case % 900)
}

/// Whether the answer is the right one, or says cleanly that it may be tried again.
fn assert_clean(reply: &Reply, right: u16, what: &str) {
    // Its body is held against the surface's document.
    if reply.status == 503 {
        assert!(reply.header("retry-after").is_some(), "{what}");
    } else {
        assert_eq!(reply.status, right, "{what}: {}", reply.body);
    }
}

async fn survive(flow: &Flow) {
    disturb(flow).await;
}

/// As [`survive`]; and whatever went wrong, the audit has the act once: it was neither done without being told, nor told without
/// being done, for then its repetition would have told it again.
async fn survive_told(flow: &Flow, event: &str) {
    let (app, times) = disturb(flow).await;
    assert_eq!(app.times_told(event).await, times, "{event}");
}

/// The application on which each request went wrong in each way, and how many times the flow was run through.
async fn disturb(flow: &Flow) -> (TestApp, usize) {
    let app = TestApp::with(&[("LATCHKEY_SMS_PER_PREFIX", "1000000"), ("LATCHKEY_SMS_BUDGET", "1000000")]).await;
    let mut case = 0;
    for fault in Fault::ALL {
        // What is only slow is no different when all of it is.
        for lasting in [false, true].into_iter().filter(|lasting| !lasting || fault != Fault::Delayed) {
            for first in 0..MOST_REQUESTS {
                case += 1;
                let what = format!("{fault:?} at request {first}, lasting: {lasting}");
                let scene = Scene { email: format!("ada{case}@example.com"), phone: number(case), ..Scene::default() };
                let scene = (flow.prepare)(&app, scene).await;
                app.disturb(fault, first, lasting);
                let reply = (flow.request)(&app, &scene).await;
                let reached = app.heal();
                assert_clean(&reply, flow.right, &what);
                if fault == Fault::Delayed {
                    assert_ne!(reply.status, 503, "{what}");
                }
                if reply.status == 503 {
                    let again = (flow.request)(&app, &scene).await;
                    assert!([flow.right, flow.repeated].contains(&again.status), "{what}, again: {} {}", again.status, again.body);
                }
                (flow.finish)(&app, &scene).await;
                if !reached {
                    break;
                }
                assert_ne!(first, MOST_REQUESTS - 1, "the flow has more requests than are disturbed");
            }
        }
    }
    app.assert_whole("in the end").await;
    (app, case)
}
