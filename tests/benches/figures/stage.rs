//! People and sessions to measure with.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::StreamExt;
use http::Method;
use latchkey_tests::{PASSWORD, Reply, TestApp, TestPartner};
use serde_json::{Value, json};

/// Where mobile numbers begin in Germany, of the same length.
const BLOCKS: [&str; 4] = ["151", "152", "157", "159"];
/// So many requests at a time make what is measured with.
const TOGETHER: usize = 16;

/// One request, and what it must come to.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) query: Option<String>,
    pub(crate) bearer: Option<String>,
    /// The token of a partner's user.
    pub(crate) user_token: Option<String>,
    pub(crate) body: Value,
    pub(crate) status: u16,
    /// A field of the body that is taken from the same client's last answer, if there was one.
    pub(crate) carries: Option<&'static str>,
}

impl Call {
    pub(crate) fn post(path: &'static str, body: Value, status: u16) -> Self {
        Self { method: Method::POST, path, query: None, bearer: None, user_token: None, body, status, carries: None }
    }

    pub(crate) fn get(path: &'static str) -> Self {
        Self { method: Method::GET, ..Self::post(path, Value::Null, 200) }
    }

    pub(crate) fn put(path: &'static str, body: Value) -> Self {
        Self { method: Method::PUT, ..Self::post(path, body, 200) }
    }

    pub(crate) fn query(self, query: String) -> Self {
        Self { query: Some(query), ..self }
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        Self { bearer: Some(token.to_owned()), ..self }
    }

    pub(crate) fn user_token(self, token: String) -> Self {
        Self { user_token: Some(token), ..self }
    }

    pub(crate) fn carrying(self, field: &'static str) -> Self {
        Self { carries: Some(field), ..self }
    }
}

/// An application with people.
pub(crate) struct Stage {
    pub(crate) app: TestApp,
    people: Vec<String>,
    numbers: AtomicUsize,
}

impl Stage {
    /// A stage with so many people who have an account.
    pub(crate) async fn with_people(count: usize) -> Self {
        let app = TestApp::to_measure().await;
        let mut stage = Self { app, people: Vec::new(), numbers: AtomicUsize::new(0) };
        stage.people = stage.newcomers(count).await.into_iter().map(|(email, _)| email).collect();
        stage
    }

    /// An address that nobody has used yet.
    pub(crate) fn address(&self) -> String {
        format!("person{}@example.com", self.numbers.fetch_add(1, Ordering::Relaxed))
    }

    /// Somebody with an account: each in turn.
    pub(crate) fn person(&self, number: usize) -> &str {
        &self.people[number % self.people.len()]
    }

    /// The request that begins a registration.
    pub(crate) fn sign_up(email: &str) -> Call {
        Call::post("/v1/auth/signup", json!({ "name": "Ada Lovelace", "email": email, "password": PASSWORD }), 201)
    }

    pub(crate) fn sign_in(email: &str, password: &str, status: u16) -> Call {
        Call::post("/v1/auth/login", json!({ "email": email, "password": password }), status)
    }

    /// Registrations that wait for their code, and the codes.
    pub(crate) async fn pending(&self, count: usize) -> Vec<(String, String)> {
        let emails: Vec<String> = (0..count).map(|_| self.address()).collect();
        self.all(emails.iter().map(|email| Self::sign_up(email)).collect()).await;
        self.codes_for(emails).await
    }

    /// Each address with the newest code that was sent there.
    async fn codes_for(&self, addresses: Vec<String>) -> Vec<(String, String)> {
        self.app.deliver().await;
        let is_code = |word: &&str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
        let code = |address: &str| {
            let message = self.app.outbox.messages(Some(address)).into_iter().next().unwrap();
            message.text.split_whitespace().find(is_code).unwrap().to_owned()
        };
        addresses.into_iter().map(|address| (code(&address), address)).map(|(code, address)| (address, code)).collect()
    }

    /// A number that nobody has used yet, in a block of its own.
    pub(crate) fn number(&self) -> String {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        format!("+49{}{:04}5678", BLOCKS[number / 9000 % BLOCKS.len()], 1000 + number % 9000)
    }

    /// The request of the Phone API for a code.
    pub(crate) fn ask(path: &'static str, phone: &str) -> Call {
        Call::post(path, json!({ "phone_number": phone }), 200)
    }

    /// Numbers that were sent a code by the Phone API, and the codes.
    pub(crate) async fn asked(&self, path: &'static str, phones: Vec<String>) -> Vec<(String, String)> {
        self.app.clock.advance_seconds(61);
        self.all(phones.iter().map(|phone| Self::ask(path, phone)).collect()).await;
        self.codes_for(phones).await
    }

    /// The request that signs somebody up by phone.
    pub(crate) fn enrol(phone: &str, code: &str) -> Call {
        let who =
            json!({ "phone_number": phone, "otp_code": code, "name": "Grace Hopper", "password": PASSWORD, "has_given_consent": true });
        Call::post("/api/v1/auth/signup/verify-otp", who, 200)
    }

    /// Numbers of new people who have signed up by phone.
    pub(crate) async fn enrolled(&self, count: usize) -> Vec<String> {
        let asked = self.asked("/api/v1/auth/signup/send-otp", (0..count).map(|_| self.number()).collect()).await;
        self.all(asked.iter().map(|(phone, code)| Self::enrol(phone, code)).collect()).await;
        self.app.clock.advance_seconds(61);
        asked.into_iter().map(|(phone, _)| phone).collect()
    }

    /// A partner that is new.
    pub(crate) async fn partner(&self) -> TestPartner {
        self.app.partner(&format!("partner-{}", self.numbers.fetch_add(1, Ordering::Relaxed)), "Ludo").await
    }

    fn of_partner(&self, partner: &TestPartner, path: &'static str, phone: &str, mut body: Value) -> Call {
        let (calling_code, national) = phone.split_at(3);
        (body["countryCode"], body["phone_number"]) = (calling_code.into(), national.into());
        Call::post(path, body, 200).user_token(partner.sign(&self.app.partner_claims(partner, national)))
    }

    /// The request of a partner's user for a code, each number's own.
    pub(crate) fn ask_to_link(&self, partner: &TestPartner, phone: &str) -> Call {
        self.of_partner(partner, "/fe/users/auth/otp/register", phone, json!({}))
    }

    /// The requests that link a partner's users to whoever has these numbers.
    pub(crate) async fn links(&self, phones: Vec<String>) -> Vec<Call> {
        let partner = self.partner().await;
        let asked = self.all(phones.iter().map(|phone| self.ask_to_link(&partner, phone)).collect()).await;
        let codes = self.codes_for(phones).await;
        let link = |(reply, (phone, code)): (Reply, (String, String))| {
            let body = json!({ "authCode": reply.body["authCode"], "otp": code });
            self.of_partner(&partner, "/fe/users/auth/otp/verify", &phone, body)
        };
        asked.into_iter().zip(codes).map(link).collect()
    }

    /// The request for a code by SMS, to whoever has the number.
    pub(crate) fn ask_by_sms(number: &str) -> Call {
        Call::post("/v1/otp/send", json!({ "phone": number, "purpose": "verification" }), 200)
    }

    /// Numbers that were sent a code, and the codes.
    pub(crate) async fn asked_by_sms(&self, count: usize) -> Vec<(String, String)> {
        let numbers: Vec<String> = (0..count).map(|_| self.number()).collect();
        self.all(numbers.iter().map(|number| Self::ask_by_sms(number)).collect()).await;
        self.codes_for(numbers).await
    }

    /// The request whether a number is registered.
    pub(crate) fn look_up(number: &str) -> Call {
        Call::get("/v1/verify/phone").query(format!("phone={}", number.replace('+', "%2B")))
    }

    /// New people with a number that waits for its proof: the answer that signed them in, the number, and its code.
    pub(crate) async fn adding_numbers(&self, count: usize) -> Vec<(Reply, String, String)> {
        let sessions: Vec<Reply> = self.newcomers(count).await.into_iter().map(|(_, session)| session).collect();
        let numbers: Vec<String> = sessions.iter().map(|_| self.number()).collect();
        let add =
            |(session, number): (&Reply, &String)| Call::put("/v1/profile/update", json!({ "phone": number })).bearer(session.token());
        self.all(sessions.iter().zip(&numbers).map(add).collect()).await;
        let codes = self.codes_for(numbers).await;
        sessions.into_iter().zip(codes).map(|(session, (number, code))| (session, number, code)).collect()
    }

    /// The request for a new password.
    pub(crate) fn forget(email: &str) -> Call {
        Call::post("/v1/auth/forgot-password", json!({ "email": email }), 200)
    }

    /// New people with an account, signed in.
    pub(crate) async fn newcomers(&self, count: usize) -> Vec<(String, Reply)> {
        let pending = self.pending(count).await;
        let verify =
            |(email, code): &(String, String)| Call::post("/v1/auth/verify-signup-otp", json!({ "email": email, "otp": code }), 200);
        let opened = self.all(pending.iter().map(verify).collect()).await;
        pending.into_iter().map(|(email, _)| email).zip(opened).collect()
    }

    /// New people who have asked for a new password, and the codes.
    pub(crate) async fn forgetful(&self, count: usize) -> Vec<(String, String)> {
        let emails: Vec<String> = self.newcomers(count).await.into_iter().map(|(email, _)| email).collect();
        self.app.clock.advance_seconds(31);
        self.all(emails.iter().map(|email| Self::forget(email)).collect()).await;
        self.codes_for(emails).await
    }

    /// Sessions that are open: the answers that opened them.
    pub(crate) async fn sessions(&self, count: usize) -> Vec<Reply> {
        self.all((0..count).map(|number| Self::sign_in(self.person(number), PASSWORD, 200)).collect()).await
    }

    /// Makes requests, some at a time, and answers in their order.
    async fn all(&self, calls: Vec<Call>) -> Vec<Reply> {
        let calls = calls.into_iter().map(|call| async move { self.call(&call, None).await.1 });
        futures_util::stream::iter(calls).buffered(TOGETHER).collect().await
    }

    /// Makes a request; how long the answer took, and the answer.
    pub(crate) async fn call(&self, call: &Call, last: Option<&Reply>) -> (std::time::Duration, Reply) {
        let mut body = call.body.clone();
        if let (Some(field), Some(last)) = (call.carries, last) {
            body[field] = last.body[field].clone();
        }
        let client = self.app.account();
        let client = call.bearer.as_deref().map_or(client.clone(), |token| client.with_bearer(token));
        let client = call.user_token.as_deref().map_or(client.clone(), |token| client.header("user-jwt-token", token));
        let path = call.query.as_ref().map_or(call.path.to_owned(), |query| format!("{}?{query}", call.path));
        let (took, reply) = client.timed(call.method.clone(), &path, &body).await;
        assert_eq!(reply.status, call.status, "{} {}: {}", call.method, call.path, reply.body);
        (took, reply)
    }

    /// Lets an hour pass, so that no window counts any more, and the application see that its keys are still the present ones.
    pub(crate) async fn let_an_hour_pass(&self) {
        self.app.clock.advance_minutes(61);
        self.call(&Call::get("/.well-known/jwks.json"), None).await;
    }
}
