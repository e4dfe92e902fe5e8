//! Codes: counted, compared, used up, sent again. Two callers, one of whom the account knows, type right, older and wrong codes at the
//! same time.
//!
//! The challenges are looked at after each write. A try is counted before its code may be used up; a code is used up once, and only in
//! time and by the newest one's digits; no lane counts more tries in its window than there are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use latchkey::domain::code::OtpCode;
use latchkey::keyring::Keys;
use latchkey_tests::{HOME, Reply, Slots};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::ask::{Ask, now};
use super::tally::Tally;
use super::{Model, explore, go, steps};

const PHONE: &str = "+4915112345678";
const CALLERS: [&str; 2] = [HOME, "198.51.100.7"];
const LANES: [&str; 3] = ["known", "asker", "stranger"];
const COOLDOWN: i64 = 60_000;
const WINDOW: i64 = 3_600_000;
const MOST_TRIES: usize = 5;
/// To the end of the cooldown, nearly to that of a code, past it, and to the end of the window.
const TIMES: &[i64] = &[31, 61, 61, 538, 601, 3601];

/// What a code is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Purpose {
    SignIn,
    StandAlone,
}

impl Purpose {
    fn of_key(pk: &str) -> Option<Self> {
        let phone = |name: &str| pk.starts_with(&format!("CODE#{name}#phone#"));
        phone("sign-in").then_some(Self::SignIn).or_else(|| phone("stand-alone").then_some(Self::StandAlone))
    }

    fn name(self) -> &'static str {
        match self {
            Self::SignIn => "login",
            Self::StandAlone => "verification",
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Digits {
    /// Those of the code that was sent so many codes ago.
    Sent(usize),
    /// Of no code.
    Wrong,
}

#[derive(Debug, Clone)]
enum Act {
    Send { purpose: Purpose, caller: usize },
    Try { purpose: Purpose, caller: usize, digits: Digits },
    Deliver,
}

fn act() -> impl Strategy<Value = Act> {
    let purpose = prop_oneof![Just(Purpose::SignIn), Just(Purpose::StandAlone)];
    let digits = prop_oneof![4 => Just(Digits::Sent(0)), 2 => Just(Digits::Sent(1)), 1 => Just(Digits::Sent(2)), 3 => Just(Digits::Wrong)];
    let caller = 0..CALLERS.len();
    prop_oneof![
        3 => (purpose.clone(), caller.clone()).prop_map(|(purpose, caller)| Act::Send { purpose, caller }),
        9 => (purpose, caller, digits).prop_map(|(purpose, caller, digits)| Act::Try { purpose, caller, digits }),
        1 => Just(Act::Deliver),
    ]
}

/// A challenge as the table has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Challenge {
    id: Option<String>,
    revision: u64,
    code: Option<String>,
    used: Option<String>,
    sent_at: Option<i64>,
    expires_at: i64,
    /// The tries of each lane, newest first.
    tries: [Vec<i64>; 3],
}

impl Challenge {
    /// Where no code was sent, tries are counted all the same.
    fn of(item: &Value) -> Self {
        let text = |name: &str| item[name].as_str().map(str::to_owned);
        let count = |lane: &str, index: usize| item[format!("try_{lane}_{index}")].as_i64();
        let tries = |lane: &str| (0..MOST_TRIES).map_while(|index| count(lane, index)).filter(|at| *at > 0).collect();
        Self {
            id: text("id"),
            revision: item["revision"].as_u64().unwrap_or_default(),
            code: text("code"),
            used: text("used"),
            sent_at: item["sent_at"].as_i64(),
            expires_at: item["expires_at"].as_i64().unwrap_or_default(),
            tries: LANES.map(tries),
        }
    }
}

type View = BTreeMap<Purpose, Challenge>;

fn view(items: &[Value]) -> View {
    let challenges = items.iter().filter_map(|item| Some((Purpose::of_key(item["pk"].as_str()?)?, Challenge::of(item))));
    challenges.collect()
}

struct Begun {
    act: Act,
    typed: String,
    at: i64,
    view: usize,
    is_counted: bool,
    is_done: bool,
}

struct Codes {
    slots: Slots<usize, Option<Reply>>,
    keys: Arc<Keys>,
    acts: Vec<Begun>,
    views: Vec<(i64, View)>,
    /// When tries were counted, by purpose and lane.
    tries: BTreeMap<(Purpose, usize), Vec<i64>>,
    /// Which act was counted last.
    newest_try: BTreeMap<Purpose, usize>,
    /// The challenges whose codes were used.
    used: BTreeSet<String>,
    tally: Tally,
}

impl Codes {
    async fn start(tally: Tally) -> Self {
        let slots = Slots::with(&[("LATCHKEY_SMS_PER_PREFIX", "1000000"), ("LATCHKEY_SMS_BUDGET", "1000000")]).await;
        slots.app.register_with_phone("ada@example.com", PHONE).await;
        slots.app.clock.advance_hours(73);
        let keys = slots.app.app.keyring.keys().await.unwrap();
        let views = vec![(now(&slots.app), view(&slots.app.items().await))];
        slots.app.forget_messages().await;
        Self { slots, keys, acts: Vec::new(), views, tries: BTreeMap::new(), newest_try: BTreeMap::new(), used: BTreeSet::new(), tally }
    }

    /// The codes for a purpose that were sent, newest first, by what the present challenges and their messages say.
    async fn digits(&self, purpose: Purpose, digits: Digits) -> String {
        let sent = self.slots.app.messages_to(PHONE).await;
        let is_code = |word: &&str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
        let codes: Vec<String> =
            sent.iter().filter_map(|message| message.text.split_whitespace().find(is_code).map(str::to_owned)).collect();
        let newest = self.views.last().and_then(|(_, view)| view.get(&purpose));
        let fits = |code: &&String| newest.is_some_and(|challenge| self.fits(code, challenge));
        match digits {
            Digits::Sent(0) => codes.iter().find(fits).or(codes.first()).cloned().unwrap_or_else(|| "000000".to_owned()),
            Digits::Sent(ago) => codes.iter().filter(|code| !fits(code)).nth(ago - 1).cloned().unwrap_or_else(|| "000000".to_owned()),
            Digits::Wrong => (0..=codes.len()).map(|guess| format!("{guess:06}")).find(|guess| !codes.contains(guess)).unwrap(),
        }
    }

    fn fits(&self, typed: &str, challenge: &Challenge) -> bool {
        let typed = OtpCode::parse(typed).unwrap().mac(self.keys.directory.code(), challenge.id.as_deref().unwrap_or_default());
        challenge.code.as_ref() == Some(&typed)
    }

    fn note(&mut self, act: Act, typed: String) -> usize {
        let (at, view) = (now(&self.slots.app), self.views.len() - 1);
        self.acts.push(Begun { act, typed, at, view, is_counted: false, is_done: false });
        self.acts.len() - 1
    }

    /// What an act made of its challenge; why it must not have.
    fn judge(&mut self, act: usize, (was, is): (Challenge, Challenge), purpose: Purpose) -> Result<(), String> {
        let present = now(&self.slots.app);
        let begun = &self.acts[act];
        match &begun.act {
            Act::Send { purpose: own, .. } if *own == purpose => {
                let is_anew = is.revision == was.revision + 1 && is.used.is_none() && is.code.is_some() && is.tries == was.tries;
                if !is_anew || was.id == is.id {
                    return Err("it is no new code".to_owned());
                }
                if was.sent_at.is_some_and(|sent_at| present < sent_at + COOLDOWN) {
                    return Err("it is too soon".to_owned());
                }
                self.acts[act].is_done = true;
            }
            Act::Try { purpose: own, .. } if *own == purpose => {
                let lane = (0..LANES.len()).find(|lane| was.tries[*lane] != is.tries[*lane]);
                if let Some(lane) = lane {
                    let newer = is.tries[lane].first().copied().unwrap_or_default();
                    let kept: Vec<i64> = std::iter::once(newer).chain(was.tries[lane].iter().copied()).take(MOST_TRIES).collect();
                    let mut tries = was.tries.clone();
                    tries[lane] = kept;
                    if is != (Challenge { tries, ..was }) || !(begun.at..=present).contains(&newer) {
                        return Err("it is more than a count".to_owned());
                    }
                    let counts = self.tries.entry((purpose, lane)).or_default();
                    counts.push(newer);
                    let within = counts.iter().filter(|at| **at > newer - WINDOW).count();
                    if within > MOST_TRIES {
                        return Err(format!("it is try number {within} of its lane"));
                    }
                    // The challenge knows the last try again, and only that: one whose answer was lost may count a second time after
                    // another one's.
                    if self.newest_try.insert(purpose, act) == Some(act) {
                        return Err("it counts twice".to_owned());
                    }
                    self.acts[act].is_counted = true;
                    return Ok(());
                }
                if !begun.is_counted {
                    return Err("it was not counted before".to_owned());
                }
                if !self.fits(&begun.typed, &was) || was.used.is_some() {
                    return Err("it does not fit".to_owned());
                }
                if was.expires_at <= begun.at {
                    return Err("its time was over".to_owned());
                }
                let spent = Challenge { revision: was.revision + 1, code: is.code.clone(), used: was.code.clone(), ..was.clone() };
                if is != spent || is.code == was.code {
                    return Err(format!("it leads to {spent:#?}"));
                }
                if !self.used.insert(was.id.unwrap_or_default()) {
                    return Err("it was used before".to_owned());
                }
                self.acts[act].is_done = true;
            }
            _ => return Err("it is none of its affair".to_owned()),
        }
        Ok(())
    }
}

impl Model for Codes {
    type Act = Act;
    type End = Option<Reply>;

    fn slots(&mut self) -> &mut Slots<usize, Self::End> {
        &mut self.slots
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }

    async fn begin(&mut self, act: Act) {
        match act {
            Act::Send { purpose, caller } => {
                let caller = self.slots.app.account().from(CALLERS[caller]);
                let ask = Ask::post("/v1/otp/send", json!({ "phone": PHONE, "purpose": purpose.name() })).by(caller);
                let number = self.note(act, String::new());
                self.slots.start(number, |app| async move { Some(ask.of(app).await) }).await;
            }
            Act::Try { purpose, caller, digits } => {
                let (typed, caller) = (self.digits(purpose, digits).await, self.slots.app.account().from(CALLERS[caller]));
                let body = json!({ "phone": PHONE, "code": typed, "purpose": purpose.name() });
                let ask = Ask::post("/v1/otp/verify", body).by(caller);
                let number = self.note(act, typed);
                self.slots.start(number, |app| async move { Some(ask.of(app).await) }).await;
            }
            Act::Deliver => {
                for batch in self.slots.app.next_batches().await {
                    let number = self.note(act.clone(), String::new());
                    let deliver = async move |app: Arc<latchkey_tests::TestApp>| {
                        app.bring(batch).await;
                        None
                    };
                    self.slots.start(number, deliver).await;
                }
            }
        }
    }

    async fn look(&mut self, act: usize) {
        let after = view(&self.slots.app.items().await);
        let (_, before) = self.views.last().unwrap().clone();
        for (purpose, is) in &after {
            let was = before.get(purpose).cloned().unwrap_or_default();
            if was == *is {
                continue;
            }
            if let Err(why) = self.judge(act, (was.clone(), is.clone()), *purpose) {
                panic!("{:?} may not do that: {why}\nbefore: {was:#?}\nafter: {is:#?}", self.acts[act].act);
            }
        }
        self.views.push((now(&self.slots.app), after));
    }

    async fn end(&mut self, act: usize, end: Self::End) {
        let Begun { act, view, is_counted, is_done, .. } = &self.acts[act];
        let Some(reply) = end else { return };
        let (name, digits) = match act {
            Act::Try { digits, .. } => ("Try", format!(" {digits:?}")),
            _ => ("Send", String::new()),
        };
        self.tally.count(format!("{name}{digits}: {}{}", reply.status, if *is_done { ", done" } else { "" }));
        let present = now(&self.slots.app);
        match reply.status {
            200 => assert!(is_done, "{act:?} was answered 200 and not done: {}", reply.body),
            503 => {}
            status => {
                assert!([400, 429].contains(&status), "{act:?} was answered {status}: {}", reply.body);
                assert!(!is_done, "{act:?} was answered {status} and done: {}", reply.body);
            }
        }
        if let (Act::Try { purpose, .. }, 200 | 400) = (act, reply.status) {
            let alive = |(_, view): &(i64, View)| view.get(purpose).is_some_and(|challenge| present < challenge.expires_at);
            let all_the_time = self.views[*view..].iter().all(alive);
            assert!(*is_counted || !all_the_time, "{act:?} was answered {} and not counted: {}", reply.status, reply.body);
        }
        if let (Act::Try { purpose, .. }, 429) = (act, reply.status) {
            let full = |lane: usize| self.tries.get(&(*purpose, lane)).is_some_and(|tries| tries.len() >= MOST_TRIES);
            assert!((0..LANES.len()).any(full), "{act:?} was refused for tries that nobody made: {}", reply.body);
        }
    }
}

#[test]
fn a_code_is_counted_before_it_is_compared_and_used_up_once() {
    explore(file!(), 16, 100, steps(act(), prop::collection::vec(act(), 2..=3), TIMES), async |steps, tally| {
        go(&mut Codes::start(tally).await, steps).await;
    });
}
