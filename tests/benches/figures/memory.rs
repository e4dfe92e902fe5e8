//! Resident memory of the functions' processes.

use std::time::Duration;

use latchkey_tests::{PASSWORD, RuntimeApi, TestApp};
use serde_json::json;

use crate::Effort;
use crate::processes::{Running, binary, event};
use crate::table::Row;

const IDLE_MB: f64 = 12.0;
/// What Argon2id works in: 19 MiB.
const HASHING_MB: f64 = IDLE_MB + 19.0 * 1.048_576;

/// The kernel counts in KiB.
#[expect(clippy::cast_precision_loss, reason = "kilobytes are few")]
fn megabytes(kilobytes: u64) -> f64 {
    kilobytes as f64 * 1024.0 / 1_000_000.0
}

pub(crate) async fn measure(_: Effort) -> Vec<Row> {
    let app = TestApp::to_measure().await;
    app.clock.catch_up();
    let token = app.register("ada@example.com").await.token().to_owned();
    let mut me = event("account-profile/me.json");
    me["headers"]["authorization"] = format!("Bearer {token}").into();
    let mut login = event("account-auth/login.json");
    login["body"] = json!({ "email": "ada@example.com", "password": PASSWORD }).to_string().into();

    let mut profile = Running::start(&binary("account-profile"), RuntimeApi::start().await, &app);
    profile.invoke(me, 200).await;
    let reading = settled(&profile).await;
    let mut auth = Running::start(&binary("account-auth"), RuntimeApi::start().await, &app);
    auth.invoke(event("account-auth/login-without-password.json"), 400).await;
    let idle = settled(&auth).await;
    for _ in 0..10 {
        auth.invoke(login.clone(), 200).await;
    }
    let after = settled(&auth).await;
    let most = megabytes(auth.kilobytes("VmHWM"));
    let judged = |figure: &str, value: f64, most: f64, how: &str| {
        Row::new(figure, format!("{value:.1} MB"), how).aim(format!("≤ {most:.1} MB"), value <= most)
    };
    vec![
        judged("memory, account-profile, idle", reading, IDLE_MB, "VmRSS after the first answer (an authenticated read)"),
        judged("memory, account-auth, idle", idle, IDLE_MB, "VmRSS after the first answer (a refused sign-in without a hash)"),
        judged("memory, account-auth, while hashing", most, HASHING_MB, "VmHWM over ten sign-ins"),
        Row::new("memory, account-auth, after hashing", format!("{after:.1} MB"), "VmRSS after ten sign-ins; the block is kept, wiped"),
    ]
}

async fn settled(running: &Running) -> f64 {
    tokio::time::sleep(Duration::from_millis(300)).await;
    megabytes(running.kilobytes("VmRSS"))
}
