//! The application as a test sees it.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::types::AttributeValue;
use data_encoding::BASE64URL_NOPAD;
use latchkey::app::App;
use latchkey::caller::Caller;
use latchkey::clock::Clock;
use latchkey::config::Config;
use latchkey::domain::address::Phone;
use latchkey::domain::message::Content;
use latchkey::domain::surface::Surface;
use latchkey::domain::user::UserId;
use latchkey::flow::outbox::notice;
use latchkey::network::Network;
use latchkey::rng::Rng;
use latchkey::secret::Secrets;
use latchkey::store::Notice;
use latchkey_cli::serve::function::Function;
use latchkey_cli::serve::functions::Functions;
use latchkey_cli::serve::gateway::Gateway;
use latchkey_cli::serve::outbox::{Message, Outbox};
use latchkey_cli::serve::streams::StreamPump;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::client::{Client, Reply};
use crate::clock::{TestClock, TestRng};
use crate::engine::{self, TEMPLATE};
use crate::faults::{Fault, Wire};
use crate::meter::{self, Consumption};
use crate::table::{Item, Table, text};
use crate::turnstile::Turnstile;
use crate::{BASE_URL, HOME, PASSWORD, SECRET, logs};

static SEEDS: AtomicU64 = AtomicU64::new(1);

/// The whole application on a table of its own. Instances of one application share table, outbox and clock.
pub struct TestApp {
    pub app: App,
    pub clock: Arc<TestClock>,
    pub outbox: Outbox,
    functions: Functions,
    gateway: Gateway,
    pump: Arc<Mutex<StreamPump>>,
    export_pump: Arc<Mutex<StreamPump>>,
    seen: Arc<Mutex<usize>>,
    pub(crate) table: Arc<Table>,
    name: String,
    wire: Wire,
    settings: BTreeMap<String, String>,
}

/// What all instances of one application have in common.
struct Shared {
    clock: Arc<TestClock>,
    outbox: Outbox,
    pump: Arc<Mutex<StreamPump>>,
    export_pump: Arc<Mutex<StreamPump>>,
    seen: Arc<Mutex<usize>>,
    table: Arc<Table>,
    name: String,
}

impl Shared {
    fn instance(self, settings: BTreeMap<String, String>) -> TestApp {
        let counted = |config: Builder, wire: &Wire| config.interceptor(wire.clone());
        self.instance_with(settings, SEEDS.fetch_add(1, Ordering::SeqCst), counted)
    }

    fn instance_with(self, settings: BTreeMap<String, String>, seed: u64, dynamodb: impl FnOnce(Builder, &Wire) -> Builder) -> TestApp {
        let Self { clock, outbox, pump, export_pump, seen, table, name } = self;
        let wire = Wire::default();
        let rng: Arc<dyn Rng> = Arc::new(TestRng::seeded(seed));
        let dynamodb = |config: &Config| dynamodb(latchkey::dynamodb_config(config), &wire);
        let app = App::with(config(&settings), clock.clone(), Arc::clone(&rng), dynamodb);
        let functions = Functions::of(&app);
        let gateway = Gateway::new(&TEMPLATE.routes, &functions.http, BASE_URL, clock.clone(), rng).unwrap();
        TestApp { app, clock, outbox, functions, gateway, pump, export_pump, seen, table, name, wire, settings }
    }
}

impl TestApp {
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// An application with some variables set otherwise; an empty one counts as absent. Its keys are made and in memory.
    pub async fn with(variables: &[(&str, &str)]) -> Self {
        let app = Self::cold(variables);
        app.app.keyring.keys().await.ok();
        app.wire.take();
        app
    }

    /// An application to measure: nothing of the tests' own looks on unless it is asked to, and nothing is logged anywhere.
    pub async fn to_measure() -> Self {
        logs::discard();
        let app = Self::with(&[("LATCHKEY_SMS_BUDGET", "1000000")]).await;
        app.wire.look_away(true);
        app
    }

    /// An application on which nothing has happened yet, not even the making of keys.
    pub fn with_cold_table() -> Self {
        Self::cold(&[])
    }

    /// As [`TestApp::with_cold_table`], with some variables set otherwise.
    pub(crate) fn cold(variables: &[(&str, &str)]) -> Self {
        logs::keep();
        let clock = Arc::new(TestClock::default());
        let outbox = Outbox::in_memory(clock.clone(), Arc::new(TestRng::seeded(0)));
        let name = engine::fresh_table(&outbox);
        let endpoint = format!("http://{}", engine::endpoints());
        let mut settings: BTreeMap<String, String> = [
            ("LATCHKEY_TABLE", name.as_str()),
            ("LATCHKEY_SECRET", SECRET),
            ("LATCHKEY_BASE_URL", BASE_URL),
            ("LATCHKEY_SENDER", "accounts@example.org"),
            ("LATCHKEY_CALLER_LIMIT_SCALE", "1000"),
            ("LATCHKEY_SMS_COUNTRIES", "DE,IN,US"),
            ("LATCHKEY_DYNAMODB_ENDPOINT", &endpoint),
            ("LATCHKEY_SES_ENDPOINT", &format!("{endpoint}/{name}/ses")),
            ("LATCHKEY_SNS_ENDPOINT", &format!("{endpoint}/{name}/sns")),
            ("LATCHKEY_SECRETSMANAGER_ENDPOINT", &format!("{endpoint}/{name}/secretsmanager")),
            ("LATCHKEY_FCM_ENDPOINT", &format!("{endpoint}/{name}/google")),
            ("LATCHKEY_FCM_SECRET", "fcm"),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        settings.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let pump = |function| Arc::new(Mutex::new(StreamPump::new(engine::engine(), &name, TEMPLATE.stream(function).unwrap(), None)));
        let (pump, export_pump) = (pump("deliver"), pump("export"));
        let config = config(&settings);
        let table = Table::new(aws_sdk_dynamodb::Client::from_conf(latchkey::dynamodb_config(&config).build()), &name);
        Shared { clock, outbox, pump, export_pump, seen: Arc::default(), table: Arc::new(table), name }.instance(settings)
    }

    /// Another instance of the same application: cold, on the same table.
    pub fn another_instance(&self) -> Self {
        self.another_instance_with(&[])
    }

    pub fn another_instance_with(&self, variables: &[(&str, &str)]) -> Self {
        let mut settings = self.settings.clone();
        settings.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self.shared().instance(settings)
    }

    /// Another instance whose requests to the table come through a turnstile, with randomness of its own that is the same each time.
    pub(crate) fn instance_behind(&self, turnstile: &Turnstile, seed: u64) -> Self {
        self.shared().instance_with(self.settings.clone(), seed, |config, _| turnstile.guard(config))
    }

    fn shared(&self) -> Shared {
        let Self { clock, outbox, pump, export_pump, seen, table, name, .. } = self;
        let (clock, outbox, pump, export_pump) = (clock.clone(), outbox.clone(), pump.clone(), export_pump.clone());
        Shared { clock, outbox, pump, export_pump, seen: seen.clone(), table: table.clone(), name: name.clone() }
    }

    pub fn with_a_table_out_of_reach(&self) -> Self {
        self.another_instance_with(&[("LATCHKEY_DYNAMODB_ENDPOINT", "http://127.0.0.1:9")])
    }

    /// The same application with each function on an instance of its own, as they are deployed, and those instances by name.
    pub fn function_by_function(&self) -> (Self, BTreeMap<&'static str, Self>) {
        let mut instances: BTreeMap<&'static str, Self> = self.functions.http.keys().map(|name| (*name, self.another_instance())).collect();
        instances.insert("deliver", self.another_instance());
        instances.insert("export", self.another_instance());
        instances.insert("purge", self.another_instance());
        instances.insert("rotate-keys", self.another_instance());
        let mut whole = self.another_instance();
        for (name, function) in &mut whole.functions.http {
            *function = instances[name].functions.http[name].clone();
        }
        whole.functions.deliver = instances["deliver"].functions.deliver.clone();
        whole.functions.export = instances["export"].functions.export.clone();
        whole.functions.purge = instances["purge"].functions.purge.clone();
        whole.functions.rotate_keys = instances["rotate-keys"].functions.rotate_keys.clone();
        let rng: Arc<dyn Rng> = Arc::new(TestRng::seeded(SEEDS.fetch_add(1, Ordering::SeqCst)));
        whole.gateway = Gateway::new(&TEMPLATE.routes, &whole.functions.http, BASE_URL, self.clock.clone(), rng).unwrap();
        (whole, instances)
    }

    /// What this instance did to which partitions.
    pub fn touched(&self) -> std::collections::BTreeSet<crate::Touch> {
        self.wire.touched()
    }

    /// The variables that a binary needs to be another instance.
    pub fn variables(&self) -> BTreeMap<String, String> {
        self.settings.clone()
    }

    pub fn function(&self, name: &str) -> &Function {
        &self.functions.http[name]
    }

    /// A client of the Account API at the owner's home.
    pub fn account(&self) -> Client {
        Client::new(self.gateway.clone(), HOME)
    }

    /// Asks for an account, without verifying it.
    pub async fn sign_up(&self, email: &str) {
        let signup = json!({ "name": "Ada Lovelace", "email": email, "password": PASSWORD });
        self.account().post("/v1/auth/signup", signup).await.assert_status(201);
    }

    pub async fn verify(&self, email: &str, code: &str) -> Reply {
        self.account().post("/v1/auth/verify-signup-otp", json!({ "email": email, "otp": code })).await
    }

    /// An account, verified and signed in.
    pub async fn register(&self, email: &str) -> Reply {
        self.sign_up(email).await;
        let code = self.code_for(email).await;
        self.verify(email, &code).await.assert_status(200)
    }

    /// An account with a proved number, signed in.
    pub async fn register_with_phone(&self, email: &str, phone: &str) -> Reply {
        let login = self.register(email).await;
        self.add_phone(&login, phone).await;
        login
    }

    /// Adds a number to an account and proves it.
    pub async fn add_phone(&self, login: &Reply, phone: &str) {
        let caller = self.account().with_bearer(login.token());
        caller.put("/v1/profile/update", json!({ "phone": phone })).await.assert_status(200);
        let code = self.code_for(phone).await;
        caller.post("/v1/otp/verify/mobile", json!({ "phone": phone, "otp": code })).await.assert_status(200);
    }

    /// Adds a mail address to an account and proves it.
    pub async fn add_email(&self, login: &Reply, email: &str) {
        let caller = self.account().with_bearer(login.token());
        caller.put("/v1/profile/update", json!({ "email": email })).await.assert_status(200);
        let code = self.code_for(email).await;
        caller.post("/v1/otp/verify/email", json!({ "email": email, "otp": code })).await.assert_status(200);
    }

    pub async fn login(&self, email: &str) -> Reply {
        self.account().post("/v1/auth/login", json!({ "email": email, "password": PASSWORD })).await
    }

    pub async fn refresh(&self, token: &str) -> Reply {
        self.account().post("/v1/auth/refresh-token", json!({ "refresh_token": token })).await
    }

    /// Lets the stream bring what waits.
    pub async fn deliver(&self) {
        self.pump.lock().await.drain(&self.functions.deliver).await.unwrap();
    }

    /// Lets the schedule bring what is due.
    pub async fn drain(&self) -> Value {
        self.functions.deliver.invoke(json!({ "schedule": "drain" })).await.unwrap()
    }

    /// Lets the stream bring the copies that are to be made; how many there were.
    pub async fn export(&self) -> usize {
        self.export_pump.lock().await.drain(&self.functions.export).await.unwrap()
    }

    /// Lets the schedule make the copies that are due.
    pub async fn export_due(&self) -> Value {
        self.functions.export.invoke(json!({ "schedule": "export" })).await.unwrap()
    }

    /// Lets the schedule delete the accounts whose time has come.
    pub async fn purge(&self) -> Value {
        self.functions.purge.invoke(json!({ "schedule": "purge" })).await.unwrap()
    }

    pub async fn rotate_keys(&self) -> Value {
        self.functions.rotate_keys.invoke(json!({ "schedule": "rotate-keys" })).await.unwrap()
    }

    /// The stream's records are gone, as after a batch that went to the dead letters.
    pub async fn lose_stream(&self) {
        self.pump.lock().await.drain(&Function::new(async |_| Ok(json!({ "batchItemFailures": [] })))).await.unwrap();
    }

    /// The stream's records as an event, without bringing them.
    pub async fn stream_events(&self) -> Value {
        self.next_batches().await.into_iter().next().expect("a batch")
    }

    /// All batches of the stream's records that wait, without bringing them.
    pub async fn next_batches(&self) -> Vec<Value> {
        let (send, mut receive) = tokio::sync::mpsc::unbounded_channel();
        let keep = Function::new(move |event| {
            let send = send.clone();
            async move {
                send.send(event).ok();
                Ok(json!({ "batchItemFailures": [] }))
            }
        });
        self.pump.lock().await.drain(&keep).await.unwrap();
        std::iter::from_fn(|| receive.try_recv().ok()).collect()
    }

    /// Brings a batch of the stream's records.
    pub async fn bring(&self, batch: Value) -> Value {
        self.functions.deliver.invoke(batch).await.unwrap()
    }

    /// What was sent to an address since it was last forgotten, newest first.
    pub async fn messages_to(&self, address: &str) -> Vec<Message> {
        self.deliver().await;
        let forgotten = *self.seen.lock().await;
        let total = self.outbox.messages(None).len();
        let fresh = self.outbox.messages(None).into_iter().take(total - forgotten);
        fresh.filter(|message| message.to == address).collect()
    }

    pub async fn forget_messages(&self) {
        self.deliver().await;
        *self.seen.lock().await = self.outbox.messages(None).len();
    }

    /// Signs up through the Phone API.
    pub async fn sign_up_by_phone(&self, phone: &str) -> Reply {
        self.sign_up_by_phone_with(phone, Value::Null).await
    }

    /// The same with a mail address.
    pub async fn sign_up_by_phone_with(&self, phone: &str, email: impl Into<Value>) -> Reply {
        let send = json!({ "phone_number": phone });
        self.account().post("/api/v1/auth/signup/send-otp", send).await.assert_status(200);
        let who = json!({
            "phone_number": phone,
            "otp_code": self.code_for(phone).await,
            "name": "Grace Hopper",
            "email": email.into(),
            "password": crate::PASSWORD,
            "has_given_consent": true
        });
        self.account().post("/api/v1/auth/signup/verify-otp", who).await.assert_status(200)
    }

    /// Asks for the deletion of an account, whose codes go to `email`, and confirms it.
    pub async fn schedule_deletion(&self, caller: &Client, email: &str) -> Reply {
        self.forget_messages().await;
        caller.post("/v1/user/request-account-deletion", json!({ "reason": "I moved away." })).await.assert_status(200);
        let code = self.code_for(email).await;
        caller.post("/v1/user/confirm-account-deletion", json!({ "otp": code })).await.assert_status(200)
    }

    /// The newest code that was sent to an address.
    pub async fn code_for(&self, address: &str) -> String {
        let messages = self.messages_to(address).await;
        let codes = messages.iter().flat_map(|message| message.text.split_whitespace());
        let code = |word: &&str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
        codes.into_iter().find(code).expect("a code was sent").to_owned()
    }

    /// The token in the newest mail to an address that tells that another one has taken its place.
    pub async fn revert_token(&self, email: &str) -> String {
        let messages = self.messages_to(email).await;
        let told = messages.iter().find(|message| message.template == "primary_changed").expect("a mail with a token");
        told.text.lines().map(str::trim).find(|line| line.len() == 43 && !line.contains(' ')).expect("a token").to_owned()
    }

    /// The requests that something makes of the table, in alphabetical order.
    pub async fn count<T>(&self, act: impl AsyncFnOnce() -> T) -> Vec<&'static str> {
        self.wire.take();
        self.wire.look_away(false);
        act().await;
        self.wire.take()
    }

    /// As [`TestApp::count`], of an application to measure, and what the requests consume.
    pub async fn metered<T>(&self, act: impl AsyncFnOnce() -> T) -> (Vec<&'static str>, Consumption) {
        meter::start();
        let requests = self.count(act).await;
        self.wire.look_away(true);
        (requests, meter::stop())
    }

    /// Lets the request to the table with that number, from now and of those that the fault happens to, go wrong, or all from it on.
    pub fn disturb(&self, fault: Fault, first: usize, lasting: bool) {
        self.wire.disturb(fault, first, lasting);
    }

    /// Lets all go well again. Whether there was a request of that number.
    pub fn heal(&self) -> bool {
        self.wire.heal()
    }

    /// What must be true of the table whatever happened: nothing is there without what it belongs to.
    pub async fn assert_whole(&self, what: &str) {
        self.table.assert_whole(what).await;
    }

    pub fn conflict_transactions(&self, times: usize) {
        self.wire.conflict_transactions(times);
    }

    pub fn conflict_updates(&self, times: usize) {
        self.wire.conflict_updates(times);
    }

    /// All that this test's process has logged.
    pub fn logs(&self) -> String {
        logs::all_logs()
    }

    /// Every item of the table, as plain JSON, read past the application and its client.
    pub async fn items(&self) -> Vec<Value> {
        self.table.glance().await
    }

    /// Every item of the table, as text.
    pub async fn dump(&self) -> String {
        format!("{:?}", self.table.items().await)
    }

    /// What SMS have cost in all, in millionths of a dollar.
    pub async fn spent(&self) -> u64 {
        let items = self.table.items().await;
        let spent = items.iter().filter(|item| text(item, "pk").starts_with("LIMIT#spend#")).map(|item| item["spent"].as_n().unwrap());
        spent.map(|spent| spent.parse::<u64>().unwrap()).sum()
    }

    pub async fn items_starting(&self, pk: &str, sk: &str) -> usize {
        let items = self.table.items().await;
        items.iter().filter(|item| text(item, "pk").starts_with(pk) && text(item, "sk").starts_with(sk)).count()
    }

    pub async fn audit_of(&self, email: &str) -> Vec<String> {
        let user = self.table.user_of(email).await;
        let items = self.table.items().await;
        let own = items.iter().filter(|item| item["pk"] == user["pk"] && text(item, "sk").starts_with("AUDIT#"));
        own.map(|item| text(item, "event").to_owned()).collect()
    }

    /// How many sessions of an account are in the table.
    pub async fn sessions_of(&self, email: &str) -> usize {
        let user = self.table.user_of(email).await;
        let items = self.table.items().await;
        items.iter().filter(|item| item["pk"] == user["pk"] && text(item, "sk").starts_with("SESSION#")).count()
    }

    /// The events of a kind that are about accounts.
    pub async fn times_told(&self, event: &str) -> usize {
        let items = self.table.items().await;
        let told = items.iter().filter(|item| text(item, "sk").starts_with("AUDIT#") && text(item, "pk").starts_with("USER#"));
        told.filter(|item| text(item, "event") == event).count()
    }

    /// The events of a kind that are about no account.
    pub async fn audit_of_nobody(&self, event: &str) -> usize {
        let items = self.table.items().await;
        let told = items.iter().filter(|item| text(item, "sk").starts_with("AUDIT#") && !text(item, "pk").starts_with("USER#"));
        told.filter(|item| text(item, "event") == event).count()
    }

    /// The id of an account.
    pub async fn id_of(&self, email: &str) -> UserId {
        UserId::parse(text(&self.table.user_of(email).await, "id")).unwrap()
    }

    /// Removes an account's partition and its claims on devices, as a deletion does.
    pub async fn remove_account(&self, email: &str) {
        let user = self.table.user_of(email).await;
        let items = self.table.items().await;
        let is_own = |item: &&Item| item["pk"] == user["pk"] || (text(item, "pk").starts_with("CLAIM#push#") && item["user"] == user["id"]);
        for item in items.iter().filter(is_own) {
            self.table.delete(item).await;
        }
    }

    pub async fn set_status(&self, email: &str, status: &str) {
        let user = self.table.user_of(email).await;
        self.table.set(&user, "status", AttributeValue::S(status.to_owned())).await;
    }

    pub async fn give_role(&self, email: &str, role: &str) {
        let user = self.table.user_of(email).await;
        self.table.set(&user, "roles", AttributeValue::L(vec![AttributeValue::S(role.to_owned())])).await;
    }

    pub async fn set_password_hash(&self, email: &str, hash: &str) {
        let user = self.table.user_of(email).await;
        self.table.set(&user, "password", AttributeValue::S(hash.to_owned())).await;
    }

    pub async fn password_hash_of(&self, email: &str) -> String {
        text(&self.table.user_of(email).await, "password").to_owned()
    }

    /// How often the log says of an account that its password hash cannot be used.
    pub async fn unusable_hashes_logged(&self, email: &str) -> usize {
        let id = text(&self.table.user_of(email).await, "id").to_owned();
        let logs = self.logs();
        let lines = logs.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter(|line| line["event"] == "hash_unusable" && line["account.id"] == id.as_str() && line["level"] == "ERROR").count()
    }

    pub async fn set_session_count(&self, email: &str, count: u64) {
        self.set_number(email, "sessions", count).await;
    }

    /// Sets a number of an account's.
    pub async fn set_number(&self, email: &str, name: &str, number: u64) {
        let user = self.table.user_of(email).await;
        self.table.set(&user, name, AttributeValue::N(number.to_string())).await;
    }

    /// A number of an account's; nothing counted is zero.
    pub async fn number_of(&self, email: &str, name: &str) -> u64 {
        let user = self.table.user_of(email).await;
        user.get(name).map_or(0, |number| number.as_n().unwrap().parse().unwrap())
    }

    /// Writes so many events into an account's history, each with a text of its own.
    pub async fn add_history(&self, email: &str, texts: &[String]) {
        let user = self.table.user_of(email).await;
        let string = |text: &str| AttributeValue::S(text.to_owned());
        let at = self.clock.now().as_millisecond();
        let items = texts.iter().enumerate().map(|(number, purpose)| {
            let place = format!("AUDIT#{at:015}#{number}");
            Item::from([
                ("pk".to_owned(), user["pk"].clone()),
                ("sk".to_owned(), string(&place)),
                ("event".to_owned(), string("signed_in")),
                ("at".to_owned(), AttributeValue::N(at.to_string())),
                ("purpose".to_owned(), string(purpose)),
            ])
        });
        self.table.put_all(items.collect()).await;
    }

    /// Leaves an event in an account's history that cannot be read.
    pub async fn spoil_history(&self, email: &str) {
        let user = self.table.user_of(email).await;
        let items = self.table.items().await;
        let event = items.iter().find(|item| item["pk"] == user["pk"] && text(item, "sk").starts_with("AUDIT#")).unwrap();
        self.table.set(event, "at", AttributeValue::S("some time".to_owned())).await;
    }

    /// Leaves a part of a copy's file as a run does that breaks off.
    pub async fn leave_a_part(&self, email: &str, number: u64) {
        let user = self.table.user_of(email).await;
        let place = AttributeValue::S(format!("FILE#{number}#another-run#000000"));
        self.table.put(HashMap::from([("pk".to_owned(), user["pk"].clone()), ("sk".to_owned(), place)])).await;
    }

    /// How many items of a kind stand in an account's partition.
    pub async fn items_of(&self, email: &str, kind: &str) -> usize {
        let user = self.table.user_of(email).await;
        let items = self.table.items().await;
        items.iter().filter(|item| item["pk"] == user["pk"] && text(item, "sk").starts_with(kind)).count()
    }

    /// How many bytes the largest item of the table has, about.
    pub async fn largest_item(&self) -> usize {
        let size = |value: &AttributeValue| match value {
            AttributeValue::B(bytes) => bytes.as_ref().len(),
            AttributeValue::S(text) => text.len(),
            other => format!("{other:?}").len(),
        };
        let items = self.table.items().await;
        items.iter().map(|item| item.values().map(size).sum()).max().unwrap_or_default()
    }

    pub async fn raise_epoch(&self, email: &str) {
        let user = self.table.user_of(email).await;
        let epoch: u64 = user["epoch"].as_n().unwrap().parse().unwrap();
        self.table.set(&user, "epoch", AttributeValue::N((epoch + 1).to_string())).await;
    }

    /// Leaves a signing key sealed under a secret that nobody has.
    pub async fn spoil_signing_key(&self, generation: u32) {
        let items = self.table.items().await;
        let key = items.iter().find(|item| text(item, "sk") == format!("SIGNING#{generation:08}")).unwrap();
        let sealed = Secrets::new("a secret that nobody remembers any more", &[]).seal("there", b"key").unwrap();
        self.table.set(key, "sealed", AttributeValue::S(sealed)).await;
    }

    /// Takes the message of somebody's sign-up for delivery, and does nothing with it.
    pub async fn take_and_vanish(&self, email: &str) {
        let keys = self.app.keyring.keys().await.unwrap();
        let address = keys.directory.tag(&latchkey::domain::address::Email::parse(email).unwrap().into());
        let key = self.app.store.challenge_key(&address, latchkey::domain::code::Purpose::Signup);
        let waiting = self.app.store.message_in(&key).await.unwrap().expect("a message waits");
        let now = self.clock.now();
        let taken = self.app.store.take_message(&key, &waiting.id, now, now + std::time::Duration::from_mins(1)).await.unwrap();
        assert!(taken.is_some());
    }

    /// Writes a notice for a phone number into the outbox.
    pub async fn send_sms_notice(&self, number: &str) {
        let by = Caller::new(Network::of(IpAddr::from([192, 0, 2, 1])), BASE_URL.to_owned(), Surface::Account);
        let content = Content::RefreshReuse { device: "Firefox on Linux".to_owned() };
        let Notice { key, envelope } =
            notice(&self.app, &by, Phone::parse(number, None).unwrap().into(), content, None, self.clock.now()).unwrap();
        let text = |value: &str| AttributeValue::S(value.to_owned());
        let number = |value: i64| AttributeValue::N(value.to_string());
        let outbox = HashMap::from([
            ("id".to_owned(), text(&envelope.id)),
            ("sealed".to_owned(), text(&envelope.sealed)),
            ("tries".to_owned(), number(0)),
            ("not_after".to_owned(), number(envelope.not_after.as_millisecond())),
        ]);
        let item: Item = HashMap::from([
            ("pk".to_owned(), text(&key.pk)),
            ("sk".to_owned(), text(&key.sk)),
            ("outbox".to_owned(), AttributeValue::M(outbox)),
        ]);
        self.table.put(item).await;
    }

    /// A refresh token as somebody makes it who has the root secret and not the session: the right mac over a wrong inner code.
    pub fn forge_refresh_token(&self, token: &str) -> String {
        let mut parts: Vec<&str> = token.split('.').collect();
        parts.pop();
        parts.pop();
        let inner = BASE64URL_NOPAD.encode(&[7; 32]);
        parts.push(&inner);
        let head = parts.join(".");
        let secrets = Secrets::new(SECRET, &[]);
        let mac = secrets.refresh_key(secrets.key_id()).unwrap().mac(&[head.as_bytes()]);
        format!("{head}.{}", BASE64URL_NOPAD.encode(&mac))
    }

    /// `GET /v1/users/me` with an access token of these claims, signed with the application's own key. The Phone API takes the same ones.
    pub async fn me_with_claims(&self, claims: &Value) -> Reply {
        let keys = self.app.keyring.keys().await.unwrap();
        let key = keys.current(self.clock.now()).unwrap();
        let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::ES256);
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some(key.id.clone());
        let token = jsonwebtoken::encode(&header, claims, &key.encoding).unwrap();
        let caller = self.account().with_bearer(&token);
        let (here, there) = (caller.get("/v1/users/me").await, caller.get("/api/v1/auth/me").await);
        assert_eq!(here.status, there.status, "{claims}");
        here
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            logs::assert_no_leaks();
        }
    }
}

fn config(settings: &BTreeMap<String, String>) -> Config {
    Config::read(&|name| settings.get(name).cloned()).unwrap()
}
