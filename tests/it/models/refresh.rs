//! Refresh: one person with several sessions, whose tokens come from tabs at the same time, again because an answer was lost, and from
//! a thief, beside sign-outs and changes of the password.
//!
//! The sessions are looked at after each write. One counter has one successor; a session ends for a token that is too old, and for
//! nothing else that a refresh meets; what has ended gives no tokens any more.

use std::collections::BTreeMap;

use latchkey_tests::{PASSWORD, Reply, Slots};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::ask::{Ask, now};
use super::tally::Tally;
use super::{Model, explore, go, steps};

const EMAIL: &str = "ada@example.com";
const OTHER_PASSWORD: &str = "difference engine no. 2";
const GRACE: i64 = 60_000;
/// Within the grace, at its end, past it, and past the end of a session that nobody uses.
const TIMES: &[i64] = &[5, 30, 59, 60, 61, 600, 31 * 86_400];

#[derive(Debug, Clone)]
enum Act {
    SignIn,
    /// With the token that came so many before the newest one that was answered.
    Refresh {
        session: usize,
        ago: u64,
    },
    SignOut {
        session: usize,
    },
    ChangePassword {
        session: usize,
    },
}

fn act() -> impl Strategy<Value = Act> {
    let session = 0..6_usize;
    let ago = prop_oneof![12 => Just(0), 3 => Just(1), 1 => Just(2)];
    prop_oneof![
        2 => Just(Act::SignIn),
        14 => (session.clone(), ago).prop_map(|(session, ago)| Act::Refresh { session, ago }),
        1 => session.clone().prop_map(|session| Act::SignOut { session }),
        1 => session.prop_map(|session| Act::ChangePassword { session }),
    ]
}

/// A session as the table has it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Session {
    counter: u64,
    epoch: u64,
    rotated_at: i64,
    idle_end: i64,
    absolute_end: i64,
}

/// The account's epoch, how many sessions it counts, and its sessions by their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct View {
    at: i64,
    epoch: u64,
    count: usize,
    sessions: BTreeMap<String, Session>,
}

impl View {
    fn of(items: &[Value], at: i64) -> Self {
        let mut view = Self { at, ..Self::default() };
        for item in items {
            let number = |name: &str| item[name].as_i64().unwrap();
            match item["sk"].as_str().unwrap().split_once('#') {
                None if item["sk"] == "USER" => {
                    view.epoch = item["epoch"].as_u64().unwrap();
                    view.count = item["sessions"].as_u64().unwrap().try_into().unwrap();
                }
                Some(("SESSION", id)) => {
                    let (counter, epoch) = (item["counter"].as_u64().unwrap(), item["epoch"].as_u64().unwrap());
                    let (rotated_at, idle_end, absolute_end) = (number("rotated_at"), number("idle_end"), number("absolute_end"));
                    view.sessions.insert(id.to_owned(), Session { counter, epoch, rotated_at, idle_end, absolute_end });
                }
                _ => {}
            }
        }
        view
    }

    /// How many sessions are counted when one has ended. One that was over already may be counted off a second time: then one more than
    /// there should be may be opened.
    fn counted(&self, ended: &Session, before: usize) -> usize {
        let one_less = before.saturating_sub(1);
        if ended.epoch == self.epoch { one_less } else { self.count.clamp(one_less, before) }
    }

    /// The session, if it goes on at that time.
    fn alive(&self, id: &str, at: i64) -> Option<&Session> {
        let goes_on = |session: &&Session| session.epoch == self.epoch && at < session.idle_end && at < session.absolute_end;
        self.sessions.get(id).filter(goes_on)
    }
}

/// What a token is to its session, whenever from the beginning of an act to the present it was looked at.
fn is_good(session: &Session, counter: u64, (from, to): (i64, i64)) -> bool {
    let in_grace = |at: i64| at.abs_diff(session.rotated_at) <= GRACE.unsigned_abs();
    counter == session.counter || (counter + 1 == session.counter && in_grace(from) && in_grace(to))
}

fn is_too_old(session: &Session, counter: u64, from: i64) -> bool {
    counter + 1 < session.counter || (counter + 1 == session.counter && session.rotated_at + GRACE < from)
}

/// What the owner's client has: all tokens that it was ever given.
#[derive(Default)]
struct Kept {
    id: String,
    tokens: BTreeMap<u64, String>,
    access: String,
}

struct Begun {
    act: Act,
    /// The session's id and the counter of the token.
    of: Option<(String, u64)>,
    at: i64,
    view: usize,
    is_done: bool,
}

struct Refresh {
    slots: Slots<usize, Reply>,
    kept: Vec<Kept>,
    password: usize,
    acts: Vec<Begun>,
    views: Vec<View>,
    tally: Tally,
}

impl Refresh {
    async fn start(tally: Tally) -> Self {
        let slots = Slots::with(&[]).await;
        let login = slots.app.register(EMAIL).await;
        let views = vec![View::of(&slots.app.items().await, now(&slots.app))];
        let mut model = Self { slots, kept: Vec::new(), password: 0, acts: Vec::new(), views, tally };
        model.keep(&login);
        model
    }

    /// Keeps what an answer gave: the very same successor each time.
    fn keep(&mut self, reply: &Reply) {
        let token = reply.refresh_token();
        let (id, counter) = parts(token);
        let place = self.kept.iter().position(|kept| kept.id == id).unwrap_or_else(|| {
            self.kept.push(Kept { id, ..Kept::default() });
            self.kept.len() - 1
        });
        reply.token().clone_into(&mut self.kept[place].access);
        let first = self.kept[place].tokens.entry(counter).or_insert_with(|| token.to_owned());
        assert_eq!(first, token, "two successors of one token");
    }

    fn refreshed(&self, act: &Begun, reply: &Reply) {
        let (id, counter) = act.of.as_ref().unwrap();
        let meanwhile = &self.views[act.view..];
        let (what, present) = (&act.act, now(&self.slots.app));
        match reply.status {
            200 => {
                let (own, successor) = parts(reply.refresh_token());
                assert_eq!((&own, successor), (id, counter + 1), "{what:?}");
                // Account and session are read apart: an answer may come of a session that ended beside it. Its tokens are good no more.
                let went_on = |view: &View| view.alive(id, act.at).is_some();
                let follows = |session: &Session| session.counter == successor && !is_too_old(session, *counter, act.at);
                let has_successor = |view: &View| view.sessions.get(id).is_some_and(follows);
                let right = meanwhile.iter().any(went_on) && meanwhile.iter().any(has_successor);
                assert!(right, "{what:?} went on with a session that was over: {meanwhile:#?}");
            }
            401 => {
                let good = |view: &View| view.alive(id, present).is_some_and(|session| is_good(session, *counter, (act.at, present)));
                assert!(!meanwhile.iter().all(good), "{what:?} was refused with a good token: {meanwhile:#?}");
                let old = |view: &View| view.sessions.get(id).is_none_or(|session| is_too_old(session, *counter, act.at));
                if meanwhile.iter().all(old) {
                    let left = meanwhile.last().unwrap().alive(id, act.at);
                    assert!(left.is_none(), "{what:?} was with a token that is too old, and its session goes on: {meanwhile:#?}");
                }
            }
            status => assert_eq!(status, 503, "{what:?}: {}", reply.body),
        }
    }
}

/// Whether the write is the act's; why it must not be.
fn judge(act: &Begun, before: &View, after: &View) -> Result<bool, String> {
    let same = View { at: after.at, ..before.clone() };
    let (mut expected, span) = (same.clone(), (act.at, after.at));
    if *after == same {
        return Ok(false);
    }
    match (&act.act, &act.of) {
        (Act::SignIn, _) => {
            let new: Vec<_> = after.sessions.iter().filter(|(id, _)| !before.sessions.contains_key(*id)).collect();
            let [(id, session)] = new[..] else { return Err("it opens one session".to_owned()) };
            if session.epoch != before.epoch || session.counter != 0 {
                return Err("it is no session of now".to_owned());
            }
            expected.count += 1;
            expected.sessions.insert(id.clone(), session.clone());
        }
        (Act::Refresh { .. }, Some((id, counter))) => {
            let was = before.sessions.get(id).ok_or("there is no such session")?;
            if let Some(is) = after.sessions.get(id) {
                if was.counter != *counter || was.idle_end <= act.at || was.absolute_end <= act.at {
                    return Err("it is not the present token".to_owned());
                }
                if is.rotated_at < span.0 || span.1 < is.rotated_at || is.idle_end <= is.rotated_at {
                    return Err("it is another time".to_owned());
                }
                let (rotated_at, idle_end) = (is.rotated_at, is.idle_end);
                expected.sessions.insert(id.clone(), Session { counter: counter + 1, rotated_at, idle_end, ..was.clone() });
            } else {
                if is_good(was, *counter, span) {
                    return Err("the token is good".to_owned());
                }
                expected.sessions.remove(id);
                expected.count = after.counted(was, expected.count);
            }
        }
        (Act::SignOut { .. }, Some((id, _))) => {
            let was = before.sessions.get(id).ok_or("there is no such session")?;
            expected.sessions.remove(id);
            expected.count = after.counted(was, expected.count);
        }
        (Act::ChangePassword { .. }, Some((id, _))) => {
            let own = expected.sessions.get_mut(id).filter(|own| own.epoch == before.epoch).ok_or("its session has ended")?;
            own.epoch += 1;
            expected.epoch += 1;
            expected.count = 1;
        }
        _ => return Err("it has no session".to_owned()),
    }
    if expected == *after { Ok(true) } else { Err(format!("it leads to {expected:#?}")) }
}

/// Session and counter of a refresh token.
fn parts(token: &str) -> (String, u64) {
    let parts: Vec<&str> = token.split('.').collect();
    (parts[3].to_owned(), parts[4].parse().unwrap())
}

impl Model for Refresh {
    type Act = Act;
    type End = Reply;

    fn slots(&mut self) -> &mut Slots<usize, Reply> {
        &mut self.slots
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }

    async fn begin(&mut self, act: Act) {
        let passwords = [PASSWORD, OTHER_PASSWORD];
        let (present, other) = (passwords[self.password], passwords[1 - self.password]);
        let kept = |session: usize| &self.kept[self.kept.len() - 1 - session % self.kept.len()];
        let bearer = |kept: &Kept| self.slots.app.account().with_bearer(&kept.access);
        let (ask, of) = match act {
            Act::SignIn => (Ask::post("/v1/auth/login", json!({ "email": EMAIL, "password": present })), None),
            Act::Refresh { session, ago } => {
                let newest = *kept(session).tokens.keys().next_back().unwrap();
                let Some((counter, token)) = kept(session).tokens.range(..=newest.saturating_sub(ago)).next_back() else { return };
                (Ask::post("/v1/auth/refresh-token", json!({ "refresh_token": token })), Some((kept(session).id.clone(), *counter)))
            }
            Act::SignOut { session } => {
                (Ask::post("/v1/auth/logout", Value::Null).by(bearer(kept(session))), Some((kept(session).id.clone(), 0)))
            }
            Act::ChangePassword { session } => {
                let body = json!({ "current_password": present, "new_password": other });
                (Ask::post("/v1/auth/change-password", body).by(bearer(kept(session))), Some((kept(session).id.clone(), 0)))
            }
        };
        let (at, view) = (now(&self.slots.app), self.views.len() - 1);
        self.acts.push(Begun { act, of, at, view, is_done: false });
        self.slots.start(self.acts.len() - 1, |app| ask.of(app)).await;
    }

    async fn look(&mut self, act: usize) {
        let after = View::of(&self.slots.app.items().await, now(&self.slots.app));
        let before = self.views.last().unwrap();
        match judge(&self.acts[act], before, &after) {
            Ok(done) => {
                let Begun { act, is_done, .. } = &mut self.acts[act];
                if done && matches!(act, Act::ChangePassword { .. }) {
                    self.password = 1 - self.password;
                }
                *is_done |= done;
            }
            Err(why) => panic!("{:?} may not do that: {why}\nbefore: {before:#?}\nafter: {after:#?}", self.acts[act].act),
        }
        self.views.push(after);
    }

    async fn end(&mut self, act: usize, reply: Reply) {
        let begun = &self.acts[act];
        let (act, is_done) = (&begun.act, begun.is_done);
        let name = format!("{act:?}")
            .replace("session: ", "")
            .chars()
            .filter(|letter| letter.is_alphabetic() || *letter == ' ')
            .collect::<String>();
        self.tally.count(format!("{}: {}{}", name.trim(), reply.status, if is_done { ", done" } else { "" }));
        let gone = begun.of.as_ref().is_none_or(|(id, _)| self.views.last().unwrap().alive(id, begun.at).is_none());
        match (act, reply.status) {
            (Act::Refresh { .. }, _) => self.refreshed(begun, &reply),
            (_, 503) => {}
            (Act::SignOut { .. }, status) => assert!(status == 200 && gone, "{act:?} was answered {status}, ended: {gone}"),
            (Act::SignIn | Act::ChangePassword { .. }, 200) => assert!(is_done, "{act:?} was answered 200 and not done"),
            (_, status) => assert!([400, 401, 429].contains(&status) && !is_done, "{act:?} was answered {status}, done: {is_done}"),
        }
        if reply.status == 200 && matches!(act, Act::SignIn | Act::Refresh { .. }) {
            self.keep(&reply);
        }
    }
}

#[test]
fn a_session_goes_on_with_its_present_token_and_ends_for_an_old_one() {
    explore(file!(), 16, 100, steps(act(), prop::collection::vec(act(), 2..=3), TIMES), async |steps, tally| {
        go(&mut Refresh::start(tally).await, steps).await;
    });
}
