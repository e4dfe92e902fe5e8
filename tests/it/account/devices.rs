//! Where an account is known: networks, devices, and what tells where a request comes from.

use latchkey_tests::{PASSWORD, Reply, TestApp};
use serde_json::json;

const ELSEWHERE: &str = "198.51.100.7";
const SECRET: &str = "what only our distribution knows: 32 bytes";

fn cookie(reply: &Reply) -> String {
    let set = reply.header("set-cookie").expect("a cookie");
    for attribute in ["; Path=/;", "; Secure;", "; HttpOnly;", "; SameSite=Lax;"] {
        assert!(format!("{set};").contains(attribute), "{set}");
    }
    assert!(set.starts_with("__Host-latchkey-device=") && !set.contains("Domain"), "{set}");
    set.split(';').next().unwrap().to_owned()
}

/// T12: strangers fill their lane; a device that signed in before is no stranger, wherever it is.
#[tokio::test]
async fn a_device_that_signed_in_before_is_known_from_every_network() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let device = cookie(&login);
    let wrong = json!({ "email": "ada@example.com", "password": "a wrong password" });
    let right = json!({ "email": "ada@example.com", "password": PASSWORD });
    for _ in 0..10 {
        app.account().from(ELSEWHERE).post("/v1/auth/login", wrong.clone()).await.assert_error(401, "invalid_credentials");
    }
    let hotel = app.account().from("203.0.113.9");
    hotel.post("/v1/auth/login", right.clone()).await.assert_error(429, "too_many_attempts");
    for forged in ["__Host-latchkey-device=x.y", &device[..device.len() - 1], &format!("{device}A"), "latchkey-device=1"] {
        hotel.header("cookie", forged).post("/v1/auth/login", right.clone()).await.assert_error(429, "too_many_attempts");
    }
    let back = hotel.header("cookie", &format!("theme=dark; {device}; lang=en")).post("/v1/auth/login", right).await.assert_status(200);
    assert_eq!(cookie(&back), device, "a device keeps its cookie");
}

/// A cookie of one account opens no lane of another.
#[tokio::test]
async fn a_device_is_known_to_the_accounts_it_signed_in_to_only() {
    let app = TestApp::start().await;
    app.register("ada@example.com").await;
    let mallory = app.register("mallory@example.com").await;
    let right = json!({ "email": "ada@example.com", "password": PASSWORD });
    let wrong = json!({ "email": "ada@example.com", "password": "a wrong password" });
    let attacker = app.account().from(ELSEWHERE).header("cookie", &cookie(&mallory));
    for _ in 0..10 {
        attacker.post("/v1/auth/login", wrong.clone()).await.assert_error(401, "invalid_credentials");
    }
    attacker.post("/v1/auth/login", wrong).await.assert_error(429, "too_many_attempts");
    app.account().post("/v1/auth/login", right).await.assert_status(200);
}

#[tokio::test]
async fn a_reset_forgets_every_device_but_the_one_that_finished_it() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    let stolen = cookie(&login);
    app.account().post("/v1/auth/forgot-password", json!({ "email": "ada@example.com" })).await.assert_status(200);
    let code = app.code_for("ada@example.com").await;
    let reset = json!({ "email": "ada@example.com", "otp": code, "new_password": "difference engine no. 2" });
    let fresh = cookie(&app.account().from("203.0.113.9").post("/v1/auth/reset-password-otp", reset).await.assert_status(200));
    let wrong = json!({ "email": "ada@example.com", "password": "a wrong password" });
    for _ in 0..10 {
        app.account()
            .from(ELSEWHERE)
            .header("cookie", &stolen)
            .post("/v1/auth/login", wrong.clone())
            .await
            .assert_error(401, "invalid_credentials");
    }
    app.account()
        .from(ELSEWHERE)
        .header("cookie", &stolen)
        .post("/v1/auth/login", wrong.clone())
        .await
        .assert_error(429, "too_many_attempts");
    app.account().from(ELSEWHERE).header("cookie", &fresh).post("/v1/auth/login", wrong).await.assert_error(401, "invalid_credentials");
}

#[tokio::test]
async fn no_cookie_is_given_to_whoever_does_not_get_in() {
    let app = TestApp::start().await;
    app.register("ada@example.com").await;
    let wrong = json!({ "email": "ada@example.com", "password": "a wrong password" });
    assert!(app.account().post("/v1/auth/login", wrong).await.header("set-cookie").is_none());
    assert!(app.account().post("/v1/auth/forgot-password", json!({ "email": "ada@example.com" })).await.header("set-cookie").is_none());
}

#[tokio::test]
async fn a_sign_in_from_a_new_place_is_told_to_the_owner_once() {
    let app = TestApp::start().await;
    app.register("ada@example.com").await;
    app.login("ada@example.com").await.assert_status(200);
    app.forget_messages().await;
    let right = json!({ "email": "ada@example.com", "password": PASSWORD });
    for _ in 0..2 {
        app.account().from(ELSEWHERE).post("/v1/auth/login", right.clone()).await.assert_status(200);
    }
    let told = app.messages_to("ada@example.com").await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].template, "new_device");
    assert!(told[0].text.contains("Firefox on Linux"), "{}", told[0].text);
}

/// T11.
#[tokio::test]
async fn headers_do_not_change_where_a_request_comes_from() {
    let app = TestApp::with(&[("LATCHKEY_CALLER_LIMIT_SCALE", "1"), ("LATCHKEY_CALLER_SIGN_INS", "5")]).await;
    let wrong = json!({ "email": "nobody@example.com", "password": "a wrong password" });
    for (address, header, value) in [
        ("192.0.2.7", "x-forwarded-for", "203.0.113.1"),
        ("::ffff:192.0.2.7", "forwarded", "for=203.0.113.2"),
        ("192.0.2.7", "x-real-ip", "203.0.113.3"),
        ("::ffff:c000:207", "cloudfront-viewer-address", "203.0.113.4:1234"),
        ("192.0.2.7", "true-client-ip", "203.0.113.5"),
    ] {
        app.account()
            .from(address)
            .header(header, value)
            .post("/v1/auth/login", wrong.clone())
            .await
            .assert_error(401, "invalid_credentials");
    }
    app.account()
        .from("192.0.2.7")
        .header("x-forwarded-for", "203.0.113.6")
        .post("/v1/auth/login", wrong)
        .await
        .assert_error(429, "rate_limited");
}

#[tokio::test]
async fn behind_cloudfront_its_header_tells_and_what_comes_another_way_is_refused() {
    let app = TestApp::with(&[
        ("LATCHKEY_EDGE", "cloudfront"),
        ("LATCHKEY_EDGE_SECRET", SECRET),
        ("LATCHKEY_CALLER_LIMIT_SCALE", "1"),
        ("LATCHKEY_CALLER_SIGN_INS", "2"),
    ])
    .await;
    let wrong = json!({ "email": "nobody@example.com", "password": "a wrong password" });
    for client in [app.account(), app.account().header("x-latchkey-edge", "a guess"), app.account().header("x-latchkey-edge", "")] {
        client.post("/v1/auth/login", wrong.clone()).await.assert_error(403, "forbidden");
    }
    let through = |viewer: &str| app.account().header("x-latchkey-edge", SECRET).header("cloudfront-viewer-address", viewer);
    for viewer in ["198.51.100.7:1111", "2001:db8:1:2::7:1111"] {
        through(viewer).post("/v1/auth/login", wrong.clone()).await.assert_error(401, "invalid_credentials");
        through(viewer)
            .header("x-forwarded-for", "203.0.113.9")
            .post("/v1/auth/login", wrong.clone())
            .await
            .assert_error(401, "invalid_credentials");
        through(viewer).post("/v1/auth/login", wrong.clone()).await.assert_error(429, "rate_limited");
    }
    through("198.51.100.8:443").post("/v1/auth/login", wrong.clone()).await.assert_error(401, "invalid_credentials");
    through("[2001:db8:1:2::9]:443").post("/v1/auth/login", wrong).await.assert_error(429, "rate_limited");
}

/// Every address of an account learns where it signs in from, and forgets it with a reset.
#[tokio::test]
async fn what_is_known_is_known_at_every_address() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    app.add_email(&login, "ada@example.org").await;
    let sign_in = async |from: &str, email: &str, password: &str| {
        app.account().from(from).post("/v1/auth/login", json!({ "email": email, "password": password })).await
    };
    let hotel = "203.0.113.9";
    sign_in(hotel, "ada@example.org", PASSWORD).await.assert_status(200);
    sign_in(hotel, "ada@example.com", PASSWORD).await.assert_status(200);
    for _ in 0..10 {
        sign_in(ELSEWHERE, "ada@example.com", "a wrong password").await.assert_error(401, "invalid_credentials");
    }
    for email in ["ada@example.com", "ada@example.org"] {
        sign_in(hotel, email, PASSWORD).await.assert_status(200);
    }
    app.clock.advance_minutes(16);

    // Whoever signed in from there once is a stranger at both addresses after a reset.
    app.clock.advance_days(3);
    app.forget_messages().await;
    app.account().post("/v1/auth/forgot-password", json!({ "email": "ada@example.org" })).await.assert_status(200);
    let code = app.code_for("ada@example.org").await;
    let reset = json!({ "email": "ada@example.org", "otp": code, "new_password": "difference engine no. 2" });
    app.account().post("/v1/auth/reset-password-otp", reset).await.assert_status(200);
    for _ in 0..10 {
        sign_in(hotel, "ada@example.com", "a wrong password").await.assert_error(401, "invalid_credentials");
    }
    sign_in("192.0.2.10", "ada@example.com", "difference engine no. 2").await.assert_status(200);
}
