//! What people do, one after another, each for a while.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use http::Method;
use latchkey::domain::partner::PartnerId;
use latchkey::domain::partner_token::Claims;
use latchkey_tests::PASSWORD;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::{Value, json};

use crate::ledger::Ledger;
use crate::link::{Link, Proof};
use crate::stack::Stack;

/// The partner whose users some of them are.
pub(crate) struct Partner {
    pub(crate) id: String,
    pub(crate) secret: String,
}

/// So much each does before the next one comes. Nobody has fifty sessions by then.
const ACTS: u32 = 40;
const NEW_PASSWORD: &str = "difference engine no. 2";
/// So many wrong passwords each gives at most: the gate stays open.
const WRONG: u32 = 5;

/// People come and go until the end.
pub(crate) async fn live(stack: Arc<Stack>, partner: Arc<Partner>, ledger: Arc<Ledger>, client: u64, end: Instant) {
    let mut random = ChaCha20Rng::seed_from_u64(client);
    let mut link = Link::new(stack.api);
    for number in 0.. {
        if Instant::now() >= end {
            break;
        }
        let email = format!("person{number}.{client}@example.com");
        let phone = format!("+4915{}{:03}{:05}", 1 + number % 2, client % 1000, number / 2);
        // One in three comes by phone.
        let by_phone = number % 3 == 2;
        let mut person = Person { link: &mut link, ledger: &ledger, email, phone, by_phone, password: PASSWORD, sessions: Vec::new() };
        let here = if by_phone { person.arrive_by_phone(&partner).await } else { person.arrive_by_mail(number).await };
        if here.is_none() {
            continue;
        }
        let mut wrong = 0;
        for _ in 0..ACTS {
            let act = random.next_u32() % 10;
            wrong += u32::from(act == 0);
            let done = match act {
                0 if wrong <= WRONG => person.mistype().await,
                1 => person.sign_in().await,
                2 => person.sign_out().await,
                3..6 => person.refresh().await,
                _ => person.look().await,
            };
            if done.is_none() || Instant::now() >= end {
                break;
            }
        }
    }
}

struct Person<'a> {
    link: &'a mut Link,
    ledger: &'a Ledger,
    email: String,
    phone: String,
    by_phone: bool,
    password: &'static str,
    /// The answers that opened or last continued the sessions that are open.
    sessions: Vec<Value>,
}

impl Person<'_> {
    /// A request; `None`, noted, if the answer is not the one that must come.
    async fn ask(&mut self, act: &'static str, method: Method, path: &str, proof: Proof<'_>, body: Value, expected: u16) -> Option<Value> {
        let started = Instant::now();
        let (status, answer) = self.link.send(method, path, proof, &body).await;
        self.ledger.note(act, started.elapsed());
        if status.as_u16() == expected {
            return Some(answer);
        }
        self.ledger.note_wrong(format!("{act}: {status} instead of {expected}: {answer}"));
        None
    }

    async fn post(&mut self, act: &'static str, path: &str, body: Value, expected: u16) -> Option<Value> {
        self.ask(act, Method::POST, path, Proof::None, body, expected).await
    }

    fn begin(&mut self, session: Value) {
        self.sessions.push(session);
        self.ledger.sessions.fetch_add(1, Ordering::Relaxed);
    }

    async fn arrive_by_mail(&mut self, number: u64) -> Option<()> {
        self.sign_up().await?;
        self.settle(number).await
    }

    /// Signs up by phone, or comes through a partner and sets a password; and is linked by the partner in either case.
    async fn arrive_by_phone(&mut self, partner: &Partner) -> Option<()> {
        let phone = self.phone.clone();
        if phone.ends_with(['0', '2', '4', '6', '8']) {
            self.post("phone: code to sign up", "/api/v1/auth/signup/send-otp", json!({ "phone_number": phone }), 200).await?;
            let code = self.code(&phone, "signup_code").await?;
            let who = json!({ "phone_number": phone, "otp_code": code, "name": "Grace Hopper", "password": PASSWORD,
                "has_given_consent": true });
            let session = self.post("phone: sign-up", "/api/v1/auth/signup/verify-otp", who, 200).await?;
            self.ledger.accounts.fetch_add(1, Ordering::Relaxed);
            self.ledger.numbers.fetch_add(1, Ordering::Relaxed);
            self.begin(session);
            self.be_linked(partner).await
        } else {
            self.be_linked(partner).await?;
            self.ledger.accounts.fetch_add(1, Ordering::Relaxed);
            self.ledger.numbers.fetch_add(1, Ordering::Relaxed);
            self.post("phone: forgot password", "/api/v1/auth/forgot-password/init", json!({ "phone_number": phone }), 200).await?;
            let code = self.code(&phone, "reset_code").await?;
            let reset = json!({ "phone_number": phone, "otp_code": code, "new_password": PASSWORD, "confirm_password": PASSWORD });
            self.post("phone: reset", "/api/v1/auth/forgot-password/confirm", reset, 200).await?;
            self.post("phone: code to sign in", "/api/v1/auth/login/send-otp", json!({ "phone_number": phone }), 200).await?;
            let code = self.code(&phone, "sign_in_code").await?;
            let verify = json!({ "phone_number": phone, "otp_code": code });
            let session = self.post("phone: sign-in by code", "/api/v1/auth/login/verify-otp", verify, 200).await?;
            self.begin(session);
            Some(())
        }
    }

    async fn be_linked(&mut self, partner: &Partner) -> Option<()> {
        let now = latchkey::clock::Clock::now(&latchkey::clock::SystemClock);
        let claims = Claims::new(&PartnerId::parse(&partner.id).unwrap(), &self.email, None, now, 3600);
        let token = claims.sign(partner.secret.as_bytes()).unwrap();
        let mut body = json!({ "phone_number": self.phone, "countryCode": "+49" });
        let path = "/fe/users/auth/otp/register";
        let asked = self.ask("partner: code to link", Method::POST, path, Proof::Partner(&token), body.clone(), 200).await?;
        let code = self.code(&self.phone.clone(), "link_code").await?;
        (body["authCode"], body["otp"]) = (asked["authCode"].clone(), code.into());
        self.ask("partner: link", Method::POST, "/fe/users/auth/otp/verify", Proof::Partner(&token), body, 200).await?;
        self.ledger.links.fetch_add(1, Ordering::Relaxed);
        Some(())
    }

    async fn sign_up(&mut self) -> Option<()> {
        let signup = json!({ "name": "Ada Lovelace", "email": self.email, "password": PASSWORD });
        self.post("sign-up", "/v1/auth/signup", signup, 201).await?;
        let code = self.code(&self.email.clone(), "signup_code").await?;
        let verify = json!({ "email": self.email, "otp": code });
        let session = self.post("verify sign-up", "/v1/auth/verify-signup-otp", verify, 200).await?;
        self.ledger.accounts.fetch_add(1, Ordering::Relaxed);
        self.ledger.mails.fetch_add(1, Ordering::Relaxed);
        self.begin(session);
        Some(())
    }

    /// What one in two does after arriving, and what the others do.
    async fn settle(&mut self, number: u64) -> Option<()> {
        if number.is_multiple_of(2) {
            self.add_phone().await?;
            self.sign_in_by_sms().await
        } else {
            self.forget_password().await
        }
    }

    async fn add_phone(&mut self) -> Option<()> {
        let token = self.sessions.last()?["access_token"].as_str()?.to_owned();
        let update = json!({ "phone": self.phone, "place": "London" });
        self.ask("profile update", Method::PUT, "/v1/profile/update", Proof::Bearer(&token), update, 200).await?;
        let code = self.code(&self.phone.clone(), "address_code").await?;
        let verify = json!({ "phone": self.phone, "otp": code });
        self.ask("verify number", Method::POST, "/v1/otp/verify/mobile", Proof::Bearer(&token), verify, 200).await?;
        self.ledger.numbers.fetch_add(1, Ordering::Relaxed);
        Some(())
    }

    async fn sign_in_by_sms(&mut self) -> Option<()> {
        let send = json!({ "phone": self.phone, "purpose": "login" });
        self.post("code by SMS", "/v1/otp/send", send, 200).await?;
        let code = self.code(&self.phone.clone(), "sign_in_code").await?;
        let verify = json!({ "phone": self.phone, "code": code, "purpose": "login" });
        let session = self.post("sign-in by SMS", "/v1/otp/verify", verify, 200).await?;
        self.begin(session);
        Some(())
    }

    /// Sessions that a reset has ended stay in the table until their time is over.
    async fn forget_password(&mut self) -> Option<()> {
        self.post("forgot password", "/v1/auth/forgot-password", json!({ "email": self.email }), 200).await?;
        let code = self.code(&self.email.clone(), "reset_code").await?;
        let reset = json!({ "email": self.email, "otp": code, "new_password": NEW_PASSWORD });
        self.post("reset password", "/v1/auth/reset-password-otp", reset, 200).await?;
        self.password = NEW_PASSWORD;
        let ended = self.sessions.pop()?["refresh_token"].clone();
        self.post("refresh after reset", "/v1/auth/refresh-token", json!({ "refresh_token": ended }), 401).await.map(drop)
    }

    async fn code(&mut self, to: &str, template: &str) -> Option<String> {
        let path = format!("/_local/messages?to={}", to.replace('+', "%2B"));
        for _ in 0..500 {
            let messages = self.link.send(Method::GET, &path, Proof::None, &Value::Null).await.1;
            let message = messages.as_array().into_iter().flatten().find(|message| message["template"] == template);
            let text = message.and_then(|message| message["text"].as_str()).unwrap_or_default();
            if let Some(code) = text.split_whitespace().find(|word| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit())) {
                return Some(code.to_owned());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.ledger.note_wrong(format!("no code came for {to}"));
        None
    }

    /// On the surface that they came by.
    async fn log_in(&mut self, act: &'static str, password: &str, expected: u16) -> Option<Value> {
        let (path, login) = if self.by_phone {
            ("/api/v1/auth/login", json!({ "phone": self.phone, "password": password }))
        } else {
            ("/v1/auth/login", json!({ "email": self.email, "password": password }))
        };
        self.post(act, path, login, expected).await
    }

    async fn mistype(&mut self) -> Option<()> {
        self.log_in("sign-in, wrong", "a wrong password", 401).await.map(drop)
    }

    async fn sign_in(&mut self) -> Option<()> {
        let session = self.log_in("sign-in, right", self.password, 200).await?;
        self.begin(session);
        Some(())
    }

    async fn sign_out(&mut self) -> Option<()> {
        let Some(session) = self.sessions.pop() else { return self.sign_in().await };
        let token = session["access_token"].as_str().unwrap().to_owned();
        self.ask("sign-out", Method::POST, "/v1/auth/logout", Proof::Bearer(&token), Value::Null, 200).await?;
        self.ledger.sessions.fetch_sub(1, Ordering::Relaxed);
        self.ask("read after sign-out", Method::GET, "/v1/users/me", Proof::Bearer(&token), Value::Null, 401).await.map(drop)
    }

    async fn refresh(&mut self) -> Option<()> {
        let Some(session) = self.sessions.pop() else { return self.sign_in().await };
        let body = json!({ "refresh_token": session["refresh_token"] });
        let session = self.post("refresh", "/v1/auth/refresh-token", body, 200).await?;
        self.sessions.push(session);
        Some(())
    }

    async fn look(&mut self) -> Option<()> {
        let Some(session) = self.sessions.last() else { return self.sign_in().await };
        let token = session["access_token"].as_str().unwrap().to_owned();
        self.ask("authenticated read", Method::GET, "/v1/users/me", Proof::Bearer(&token), Value::Null, 200).await.map(drop)
    }
}
