//! Addresses and deletion: two people add, prove, prefer and remove addresses, take changes back, set passwords anew, leave and stay,
//! while messages go out and the purge runs.
//!
//! The table is looked at after each write. What changed there must be what the act that wrote does, as [`effects`] says it; so a 200
//! means that it was done, a 4xx that it was not, and a 503 or a dead instance leaves either.

mod acts;

use std::sync::Arc;

use http::Method;
use latchkey::flow::purge::{self, Pace};
use latchkey_tests::{Client, Message, PASSWORD, Reply, Slots, TestApp};
use serde_json::{Value, json};

use acts::{ADDRESSES, Act, MAILS, Spot, act, meeting};

use super::ask::{Ask, id_of, now};
use super::effects::{self, Change};
use super::tally::Tally;
use super::view::{Contact, Person, Place, View};
use super::{Model, explore, go, pass, settle, steps};

/// They take turns: a new one must be another one.
const PASSWORDS: [&str; 2] = [PASSWORD, "difference engine no. 2"];
const LEAVE: &str = "/v1/user/request-account-deletion";
const HOUR: i64 = 3600;
/// To the end of cooldowns, of codes, of their window, of youth, and of the time in which one may stay.
const TIMES: &[i64] = &[31, 61, 661, HOUR + 1, 73 * HOUR, TO_THE_DUE, TO_THE_DUE, TO_THE_DUE];
/// To the moment when the next deletion is due.
const TO_THE_DUE: i64 = 0;

/// An act as it was begun.
struct Begun {
    act: Act,
    /// What it may change.
    change: Change,
    at: i64,
    /// Which view was the present one.
    view: usize,
    is_done: bool,
}

struct Owner {
    id: String,
    /// Which one it is, as far as is known.
    password: usize,
    /// Until when the token is good.
    until: i64,
    caller: Client,
}

/// What an act came to: an answer, or nothing that anybody is told.
type End = Option<Reply>;

struct Contacts {
    slots: Slots<usize, End>,
    people: Vec<Owner>,
    acts: Vec<Begun>,
    views: Vec<View>,
    tally: Tally,
}

impl Contacts {
    async fn start(tally: Tally) -> Self {
        let slots = Slots::with(&[("LATCHKEY_SMS_PER_PREFIX", "1000000"), ("LATCHKEY_SMS_BUDGET", "1000000")]).await;
        let app = Arc::clone(&slots.app);
        let (mut people, mut logins) = (Vec::new(), Vec::new());
        for mail in &ADDRESSES[..2] {
            let login = app.register(mail).await;
            people.push(Owner { id: id_of(&login), password: 0, until: i64::MIN, caller: app.account() });
            logins.push(login);
        }
        app.add_phone(&logins[0], ADDRESSES[MAILS]).await;
        prove(&app, &app.account().with_bearer(logins[0].token()), ADDRESSES[2]).await;
        // They are no newcomers.
        app.clock.advance_hours(73);
        let views = vec![View::of(&app.items().await)];
        Self { slots, people, acts: Vec::new(), views, tally }
    }

    fn view(&self) -> &View {
        self.views.last().unwrap()
    }

    fn now(&self) -> i64 {
        now(&self.slots.app)
    }

    /// The first address that fits, counted round from a spot: whose it is, its place, and the address.
    fn nearest(&self, (who, address): Spot, fits: impl Fn(&Contact) -> bool) -> Option<(usize, Place, String)> {
        let count = ADDRESSES.len();
        (0..2 * count).map(|step| (who * count + address + step) % (2 * count)).find_map(|spot| {
            let (who, address) = (spot / count, ADDRESSES[spot % count]);
            let mut listed = self.view().person(&self.people[who].id).contacts.into_iter();
            listed.find(|(_, contact)| contact.address == address && fits(contact)).map(|(place, _)| (who, place, address.to_owned()))
        })
    }

    /// A client with a token that is good, if there is a way in. Whoever is gone comes back as somebody new.
    async fn caller(&mut self, who: usize) -> Client {
        if self.view().person(&self.people[who].id) == Person::default() {
            self.come_back(who).await;
        }
        if self.people[who].until <= self.now() {
            let id = &self.people[who].id;
            let own = self.view().person(id).contacts.into_values().find(|contact| contact.verified && contact.address.contains('@'));
            let app = &self.slots.app;
            for password in [self.people[who].password, 1 - self.people[who].password] {
                let Some(Contact { address, .. }) = &own else { break };
                let proof = json!({ "email": address, "password": PASSWORDS[password] });
                let login = app.account().post("/v1/auth/login", proof).await;
                if login.status == 200 {
                    self.let_in(who, &login, password);
                    break;
                }
            }
        }
        self.people[who].caller.clone()
    }

    /// Signs up with the first address that is free.
    async fn come_back(&mut self, who: usize) {
        let Some(email) = ADDRESSES[..MAILS].iter().find(|email| self.view().owner(email).is_none()) else { return };
        let app = Arc::clone(&self.slots.app);
        app.account().post("/v1/auth/signup", json!({ "name": "Ada", "email": email, "password": PASSWORD })).await;
        let proof = json!({ "email": email, "otp": self.code("signup_code", &[email], true).await });
        let login = app.account().post("/v1/auth/verify-signup-otp", proof).await;
        if login.status == 200 {
            self.let_in(who, &login, 0);
            let view = View::of(&app.items().await);
            view.assert_sound();
            self.views.push(view);
            self.tally.count("came back");
        }
    }

    fn let_in(&mut self, who: usize, login: &Reply, password: usize) {
        let caller = self.slots.app.account().with_bearer(login.token());
        self.people[who] = Owner { id: id_of(login), password, until: self.now() + 14 * 60_000, caller };
    }

    /// The newest code of a kind that went to one of these addresses, or another one.
    async fn code(&self, kind: &str, to: &[&str], right: bool) -> String {
        self.slots.app.deliver().await;
        let is_it = |message: &Message| message.template == kind && to.iter().any(|to| message.to.eq_ignore_ascii_case(to));
        let sent = self.slots.app.outbox.messages(None).into_iter().filter(is_it);
        let is_code = |word: &&str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
        let codes: Vec<String> = sent.filter_map(|message| message.text.split_whitespace().find(is_code).map(str::to_owned)).collect();
        if right {
            return codes.into_iter().next().unwrap_or_else(|| "000000".to_owned());
        }
        (0..=codes.len()).map(|guess| format!("{guess:06}")).find(|guess| !codes.contains(guess)).unwrap()
    }

    async fn revert_token(&self, newest: usize) -> Option<String> {
        self.slots.app.deliver().await;
        let told = self.slots.app.outbox.messages(None).into_iter().filter(|message| message.template == "primary_changed");
        let text = told.map(|message| message.text).nth(newest)?;
        text.lines().map(str::trim).find(|line| line.len() == 43 && !line.contains(' ')).map(str::to_owned)
    }

    /// A deletion that an instance died of is finished by the next purge.
    async fn finish_what_is_begun(&mut self) {
        self.begin(Act::Purge).await;
        settle(self).await;
        let is_hidden = |person: &Person| person.account.as_ref().is_some_and(|account| account.status == "purging");
        assert!(!self.view().people.values().any(is_hidden), "half deleted: {:#?}", self.view());
    }

    /// Begins an act that asks for something.
    async fn ask(&mut self, act: Act, change: Change, ask: Ask) {
        self.note(act, change);
        let number = self.acts.len() - 1;
        self.slots.start(number, |app| async move { Some(ask.of(app).await) }).await;
    }

    /// An act that nothing is interleaved with.
    async fn ask_at_once(&mut self, act: Act, change: Change, ask: Ask) {
        self.note(act, change);
        let reply = ask.of(Arc::clone(&self.slots.app)).await;
        self.look(self.acts.len() - 1).await;
        self.end(self.acts.len() - 1, Some(reply)).await;
    }

    fn note(&mut self, act: Act, change: Change) {
        self.acts.push(Begun { act, change, at: self.now(), view: self.views.len() - 1, is_done: false });
    }

    async fn begin_with_an_address(&mut self, act: Act) {
        match act {
            Act::Add { who, address } => {
                let (caller, change) = (self.caller(who).await, Change::Added(self.people[who].id.clone(), ADDRESSES[address]));
                self.ask(act, change, add(address).by(caller)).await;
            }
            Act::Want { who, address } => {
                let (caller, change) = (self.caller(who).await, Change::Wanted(self.people[who].id.clone(), ADDRESSES[address]));
                let field = if address < MAILS { "email" } else { "phone" };
                let ask = Ask::new(Method::PUT, "/v1/profile/update", json!({ field: ADDRESSES[address] }));
                self.ask(act, change, ask.by(caller)).await;
            }
            Act::Have { who, address, proved } => {
                Box::pin(self.begin(Act::Add { who, address })).await;
                settle(self).await;
                pass(self, 61);
                if proved {
                    Box::pin(self.begin(Act::Verify { near: (who, address), right: true })).await;
                    settle(self).await;
                }
            }
            Act::Verify { near, right } => {
                let Some((who, place, address)) = self.nearest(near, |contact| !contact.verified) else { return };
                let caller = self.caller(who).await;
                // Added once more, it gets a new code, if it is time for one.
                let Some(number) = ADDRESSES.iter().position(|known| *known == address) else { return };
                let again = (Act::Add { who, address: number }, Change::Added(self.people[who].id.clone(), ADDRESSES[number]));
                self.ask_at_once(again.0, again.1, add(number).by(caller.clone())).await;
                let code = self.code("address_code", &[&address], right).await;
                let change = if right { Change::Proved(self.people[who].id.clone(), place) } else { Change::Nothing };
                let path = format!("{}/{}/verify", path(place.0), place.1);
                self.ask(act, change, Ask::post(&path, json!({ "token": code })).by(caller)).await;
            }
            Act::Prefer { near } => {
                let Some((who, place, _)) = self.nearest(near, |contact| contact.verified && (!contact.primary || near == (0, 0))) else {
                    return;
                };
                let (caller, change) = (self.caller(who).await, Change::Preferred(self.people[who].id.clone(), place));
                let path = format!("{}/{}/make-default", path(place.0), place.1);
                self.ask(act, change, Ask::new(Method::PUT, &path, Value::Null).by(caller)).await;
            }
            Act::Remove { near } => {
                let may_leave = |contact: &Contact| !contact.primary || !contact.address.contains('@');
                let Some((who, place, _)) = self.nearest(near, may_leave) else { return };
                let (caller, change) = (self.caller(who).await, Change::Removed(self.people[who].id.clone(), place));
                let path = format!("{}/{}", path(place.0), place.1);
                self.ask(act, change, Ask::new(Method::DELETE, &path, Value::Null).by(caller)).await;
            }
            Act::Revert { newest } => {
                let Some(token) = self.revert_token(newest).await else { return };
                self.ask(act, Change::Reverted, Ask::post("/v1/user/emails/revert", json!({ "token": token }))).await;
            }
            _ => unreachable!("{act:?}"),
        }
    }

    async fn begin_at_the_door(&mut self, act: Act) {
        match act {
            Act::SignIn { address } if address < MAILS => {
                let body = json!({ "email": ADDRESSES[address], "password": PASSWORD });
                self.ask(act, Change::Nothing, Ask::post("/v1/auth/login", body)).await;
            }
            Act::SignIn { address } => {
                let (number, ask) = (ADDRESSES[address], json!({ "phone": ADDRESSES[address], "purpose": "login" }));
                self.slots.app.account().post("/v1/otp/send", ask).await;
                let body = json!({ "phone": number, "code": self.code("sign_in_code", &[number], true).await, "purpose": "login" });
                self.ask(act, Change::Nothing, Ask::post("/v1/otp/verify", body)).await;
            }
            Act::Forgot { address } => self.ask(act, Change::Nothing, forgot(address)).await,
            Act::Reset { near, right } => {
                let Some((who, _, own)) = self.nearest(near, |contact| contact.verified && contact.address.contains('@')) else { return };
                let Some(address) = ADDRESSES.iter().position(|address| *address == own) else { return };
                self.ask_at_once(Act::Forgot { address }, Change::Nothing, forgot(address)).await;
                let (text, code) = (ADDRESSES[address], self.code("reset_code", &[&own], right).await);
                let new = PASSWORDS[1 - self.people[who].password];
                let change = if right { Change::Reset(text) } else { Change::Nothing };
                let body = json!({ "email": text, "otp": code, "new_password": new });
                self.ask(act, change, Ask::post("/v1/auth/reset-password-otp", body)).await;
            }
            _ => unreachable!("{act:?}"),
        }
    }
}

/// Adds a mail address that does not become the primary one.
async fn prove(app: &TestApp, caller: &Client, email: &str) {
    let id = caller.post("/v1/user/emails", json!({ "email": email })).await.assert_status(201).body["id"].clone();
    let code = app.code_for(email).await;
    caller.post(&format!("/v1/user/emails/{id}/verify"), json!({ "token": code })).await.assert_status(200);
}

/// Where the addresses of a kind are.
fn path(channel: usize) -> &'static str {
    ["/v1/user/emails", "/v1/user/phones"][channel]
}

fn add(address: usize) -> Ask {
    let text = ADDRESSES[address];
    let body = if address < MAILS { json!({ "email": text }) } else { json!({ "phone_number": text }) };
    Ask::post(path(usize::from(address >= MAILS)), body)
}

fn forgot(address: usize) -> Ask {
    Ask::post("/v1/auth/forgot-password", json!({ "email": ADDRESSES[address] }))
}

impl Model for Contacts {
    type Act = Act;
    type End = End;

    fn slots(&mut self) -> &mut Slots<usize, End> {
        &mut self.slots
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }

    async fn begin(&mut self, act: Act) {
        match act {
            Act::Leave { who } => {
                let (caller, change) = (self.caller(who).await, Change::Asked(self.people[who].id.clone()));
                self.ask(act, change, Ask::post(LEAVE, json!({})).by(caller)).await;
            }
            Act::Confirm { who, right } => {
                let (caller, id) = (self.caller(who).await, self.people[who].id.clone());
                self.ask_at_once(Act::Leave { who }, Change::Asked(id.clone()), Ask::post(LEAVE, json!({})).by(caller.clone())).await;
                let contacts = self.view().person(&id).contacts;
                let addresses: Vec<&str> = contacts.values().map(|contact| contact.address.as_str()).collect();
                let code = self.code("deletion_code", &addresses, right).await;
                let change = if right { Change::Scheduled(id) } else { Change::Nothing };
                let confirm = Ask::post("/v1/user/confirm-account-deletion", json!({ "otp": code }));
                self.ask(act, change, confirm.by(caller)).await;
            }
            Act::Stay { who } => {
                let person = self.view().person(&self.people[who].id);
                if person.deletion.is_none_or(|deletion| deletion.stage == "cancelled") {
                    return;
                }
                let (caller, change) = (self.caller(who).await, Change::Kept(self.people[who].id.clone()));
                self.ask(act, change, Ask::post("/v1/user/cancel-account-deletion", Value::Null).by(caller)).await;
            }
            Act::LeaveAtOnce { who } => {
                let (caller, change) = (self.caller(who).await, Change::Hidden(self.people[who].id.clone()));
                self.ask(
                    act,
                    change,
                    Ask::post("/v1/account/delete", json!({ "password": PASSWORDS[self.people[who].password] })).by(caller),
                )
                .await;
            }
            Act::ComeDue { who } => {
                Box::pin(self.begin(Act::Confirm { who, right: true })).await;
                settle(self).await;
                pass(self, TO_THE_DUE);
            }
            Act::Purge => {
                if self.view().people.values().all(|person| person.deletion.is_none()) {
                    return;
                }
                self.note(act, Change::Purged);
                let pace = Pace { deadline: jiff::Timestamp::MAX, per_second: None };
                let purge = async move |app: Arc<TestApp>| purge::purge(&app.app, pace).await.ok().and(None);
                self.slots.start(self.acts.len() - 1, purge).await;
            }
            Act::Deliver => {
                for batch in self.slots.app.next_batches().await {
                    self.note(act.clone(), Change::Nothing);
                    let deliver = async move |app: Arc<TestApp>| {
                        app.bring(batch).await;
                        None
                    };
                    self.slots.start(self.acts.len() - 1, deliver).await;
                }
            }
            Act::SignIn { .. } | Act::Forgot { .. } | Act::Reset { .. } => self.begin_at_the_door(act).await,
            _ => self.begin_with_an_address(act).await,
        }
    }

    async fn look(&mut self, act: usize) {
        let items = self.slots.app.items().await;
        let (after, now) = (View::of(&items), self.now());
        let Begun { act, change, at, is_done, .. } = &mut self.acts[act];
        let before = self.views.last().unwrap();
        match effects::judge(change, before, &after, (*at, now)) {
            Ok(done) => {
                *is_done |= done;
                if let (Change::Reset(address), true) = (change, done) {
                    let owner = self.people.iter_mut().find(|owner| before.owner(address) == Some(&owner.id)).unwrap();
                    owner.password = 1 - owner.password;
                }
            }
            Err(why) => panic!("{act:?} may not do that: {why}\nbefore: {before:#?}\nafter: {after:#?}"),
        }
        after.assert_sound();
        let epoch = |view: &View, id: &str| view.person(id).account.map(|account| account.epoch);
        for owner in self.people.iter_mut().filter(|owner| epoch(before, &owner.id) != epoch(&after, &owner.id)) {
            owner.until = i64::MIN;
        }
        for gone in before.people.keys().filter(|id| !after.people.contains_key(*id)) {
            View::assert_gone(gone, &items, now);
        }
        self.views.push(after);
    }

    async fn end(&mut self, act: usize, end: End) {
        let Begun { act, change, view, is_done, .. } = &self.acts[act];
        let Some(reply) = end else { return };
        let name = format!("{act:?}").split(' ').next().unwrap_or_default().to_owned();
        self.tally.count(format!("{name}: {}{}", reply.status, if *is_done { ", done" } else { "" }));
        let meanwhile = &self.views[*view..];
        match reply.status {
            200 | 201 => {
                let was_so = meanwhile.iter().any(|view| effects::is_so(change, view));
                assert!(*is_done || was_so, "{act:?} was answered {} and not done: {}", reply.status, reply.body);
            }
            503 => {}
            status => {
                assert!([400, 401, 403, 404, 429].contains(&status), "{act:?} was answered {status}: {}", reply.body);
                assert!(!is_done, "{act:?} was answered {status} and done: {}", reply.body);
            }
        }
        if let (Act::SignIn { address }, 200) = (act, reply.status) {
            let id = id_of(&reply);
            let owned = meanwhile.iter().any(|view| view.owner(ADDRESSES[*address]) == Some(&id));
            assert!(owned, "{act:?} let {id} in, who does not own the address");
        }
    }

    fn how_long(&self, seconds: i64) -> i64 {
        if seconds != TO_THE_DUE {
            return seconds;
        }
        let due = self.view().people.values().filter_map(|person| person.deletion.as_ref()?.due).find(|due| self.now() < *due);
        due.map_or(1, |due| (due - self.now() + 999) / 1000)
    }

    async fn rest(&mut self) {
        self.slots.app.assert_whole("at rest").await;
    }
}

#[test]
fn addresses_and_accounts_come_change_and_go_as_their_owners_were_told() {
    explore(file!(), 16, 100, steps(act(), meeting(), TIMES), async |steps, tally| {
        let mut contacts = Contacts::start(tally).await;
        go(&mut contacts, steps).await;
        contacts.finish_what_is_begun().await;
    });
}
