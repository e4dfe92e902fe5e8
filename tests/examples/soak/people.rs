//! What people do, one after another, each for a while.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use http::Method;
use latchkey_tests::PASSWORD;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::{Value, json};

use crate::ledger::Ledger;
use crate::link::Link;
use crate::stack::Stack;

/// So much each does before the next one comes. Nobody has fifty sessions by then.
const ACTS: u32 = 40;
/// So many wrong passwords each gives at most: the gate stays open.
const WRONG: u32 = 5;

/// People come and go until the end.
pub(crate) async fn live(stack: Arc<Stack>, ledger: Arc<Ledger>, client: u64, end: Instant) {
    let mut random = ChaCha20Rng::seed_from_u64(client);
    let mut link = Link::new(stack.api);
    for number in 0.. {
        if Instant::now() >= end {
            break;
        }
        let email = format!("person{number}.{client}@example.com");
        let mut person = Person { link: &mut link, ledger: &ledger, email, sessions: Vec::new() };
        if person.arrive().await.is_none() {
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
    /// The answers that opened or last continued the sessions that are open.
    sessions: Vec<Value>,
}

impl Person<'_> {
    /// A request; `None`, noted, if the answer is not the one that must come.
    async fn ask(
        &mut self,
        act: &'static str,
        method: Method,
        path: &str,
        bearer: Option<&str>,
        body: Value,
        expected: u16,
    ) -> Option<Value> {
        let started = Instant::now();
        let (status, answer) = self.link.send(method, path, bearer, &body).await;
        self.ledger.note(act, started.elapsed());
        if status.as_u16() == expected {
            return Some(answer);
        }
        self.ledger.note_wrong(format!("{act}: {status} instead of {expected}: {answer}"));
        None
    }

    async fn post(&mut self, act: &'static str, path: &str, body: Value, expected: u16) -> Option<Value> {
        self.ask(act, Method::POST, path, None, body, expected).await
    }

    fn begin(&mut self, session: Value) {
        self.sessions.push(session);
        self.ledger.sessions.fetch_add(1, Ordering::Relaxed);
    }

    async fn arrive(&mut self) -> Option<()> {
        let signup = json!({ "name": "Ada Lovelace", "email": self.email, "password": PASSWORD });
        self.post("sign-up", "/v1/auth/signup", signup, 201).await?;
        let code = self.code().await?;
        let verify = json!({ "email": self.email, "otp": code });
        let session = self.post("verify sign-up", "/v1/auth/verify-signup-otp", verify, 200).await?;
        self.ledger.accounts.fetch_add(1, Ordering::Relaxed);
        self.begin(session);
        Some(())
    }

    async fn code(&mut self) -> Option<String> {
        let path = format!("/_local/messages?to={}", self.email);
        for _ in 0..500 {
            let messages = self.link.send(Method::GET, &path, None, &Value::Null).await.1;
            let text = messages[0]["text"].as_str().unwrap_or_default();
            if let Some(code) = text.split_whitespace().find(|word| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit())) {
                return Some(code.to_owned());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.ledger.note_wrong(format!("no code came for {}", self.email));
        None
    }

    async fn mistype(&mut self) -> Option<()> {
        let login = json!({ "email": self.email, "password": "a wrong password" });
        self.post("sign-in, wrong", "/v1/auth/login", login, 401).await.map(drop)
    }

    async fn sign_in(&mut self) -> Option<()> {
        let login = json!({ "email": self.email, "password": PASSWORD });
        let session = self.post("sign-in, right", "/v1/auth/login", login, 200).await?;
        self.begin(session);
        Some(())
    }

    async fn sign_out(&mut self) -> Option<()> {
        let Some(session) = self.sessions.pop() else { return self.sign_in().await };
        let token = session["access_token"].as_str().unwrap().to_owned();
        self.ask("sign-out", Method::POST, "/v1/auth/logout", Some(&token), Value::Null, 200).await?;
        self.ledger.sessions.fetch_sub(1, Ordering::Relaxed);
        self.ask("read after sign-out", Method::GET, "/v1/users/me", Some(&token), Value::Null, 401).await.map(drop)
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
        self.ask("authenticated read", Method::GET, "/v1/users/me", Some(&token), Value::Null, 200).await.map(drop)
    }
}
