//! The first journey, on the reference's page alone.

use latchkey_tests::PASSWORD;
use serde_json::{Value, json};

use crate::browser::{Browser, ENTER, with_browser};
use crate::stack::LocalStack;

const EMAIL: &str = "ada@example.com";

/// Opens an operation of the reference.
async fn open(browser: &Browser, operation: &str) {
    browser.click(&format!("#{operation} > summary")).await;
    browser.wait_for(&format!("document.querySelector('#{operation}').open")).await;
}

/// Sends what the operation's form says, and waits for this status; gives the answer's body.
async fn send(browser: &Browser, operation: &str, status: u16) -> Value {
    browser.click(&format!("#{operation} .send")).await;
    answer(browser, operation, status).await
}

async fn answer(browser: &Browser, operation: &str, status: u16) -> Value {
    let shown = |part: &str| format!("document.querySelector('#{operation} .answer {part}')?.textContent ?? ''");
    browser.wait_for(&format!("({}).startsWith('{status} ')", shown(".status"))).await;
    serde_json::from_str(&browser.text(&shown("pre")).await).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_up_see_the_code_verify_and_ask_who_one_is() {
    let stack = LocalStack::start().await;
    with_browser(async |browser| {
        let reference = browser.window().await;
        browser.open(&format!("{}/_local/", stack.origin)).await;
        browser.click("#navigation li:nth-child(2) a").await;
        browser.wait_for("location.pathname === '/_local/reference/account' && document.querySelector('#changePassword')?.open").await;

        let messages = browser.open_window().await;
        browser.open(&format!("{}/_local/", stack.origin)).await;
        browser.wait_for("document.querySelector('#none h2')?.textContent === 'Nothing was sent yet'").await;
        browser.value("window.neverReloaded = true").await;

        browser.go_to_window(&reference).await;
        open(browser, "signup").await;
        let person = json!({ "name": "Ada Lovelace", "email": EMAIL, "password": PASSWORD });
        browser.fill("#signup-body", &person.to_string()).await;
        assert_eq!(send(browser, "signup", 201).await["email"], EMAIL);

        browser.go_to_window(&messages).await;
        browser.wait_for("document.querySelector('.card .digits')").await;
        assert_eq!(browser.value("window.neverReloaded").await, true);
        let code = browser.text("document.querySelector('.card .digits').textContent").await;
        assert_eq!(browser.text("document.querySelector('.card .meta strong').textContent").await, EMAIL);
        let spelt = code.chars().map(String::from).collect::<Vec<_>>().join(" ");
        browser.wait_for(&format!("document.querySelector('#announcement').textContent.endsWith('code {spelt}')")).await;

        browser.go_to_window(&reference).await;
        open(browser, "verifySignupOtp").await;
        browser.fill("#verifySignupOtp-body", &json!({ "email": EMAIL, "otp": code }).to_string()).await;
        let verified = send(browser, "verifySignupOtp", 200).await;
        browser.wait_for("document.querySelector('#bearer-token')").await;

        // The token is remembered, shown masked, and sent; the refresh token stands where one is asked for.
        browser.open(&format!("{}/_local/reference/account#getMe", stack.origin)).await;
        browser.wait_for("document.querySelector('#getMe')?.open").await;
        let token = verified["access_token"].as_str().unwrap();
        assert!(!browser.text("document.body.innerText").await.contains(token));
        assert_eq!(send(browser, "getMe", 200).await["email"], EMAIL);
        let refresh: Value = serde_json::from_str(&browser.text("document.querySelector('#refreshToken-body').value").await).unwrap();
        assert_eq!(refresh["refresh_token"], verified["refresh_token"]);

        browser.click("#bearer button").await;
        browser.wait_for("document.querySelector('#bearer-input')").await;
        send(browser, "getMe", 401).await;
        let complaints = browser.complaints().await;
        assert!(complaints.iter().all(|complaint| complaint.contains("401")), "{complaints:?}");
    })
    .await;
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_arrives_is_filled_in_by_keyboard() {
    let stack = LocalStack::start().await;
    with_browser(async |browser| {
        browser.open(&format!("{}/_local/reference/account#signup", stack.origin)).await;
        browser.wait_for("document.querySelector('#signup')?.open").await;
        let person = json!({ "name": "Grace", "email": "grace@example.com", "password": PASSWORD });
        browser.fill("#signup-body", &person.to_string()).await;
        browser.value("document.querySelector('#signup .send').focus()").await;
        browser.press(&[ENTER]).await;
        browser.wait_for("document.querySelector('#signup #arrival:not([hidden])')").await;
        for scheme in ["light", "dark"] {
            browser.look(1200, scheme).await;
            assert_eq!(browser.poor_contrast().await, "", "{scheme}");
        }
        browser.value("document.querySelector('#arrival .fill').focus()").await;
        browser.press(&[ENTER]).await;
        browser.wait_for("document.activeElement.matches('#verifySignupOtp .send')").await;
        browser.press(&[ENTER]).await;
        assert_eq!(answer(browser, "verifySignupOtp", 200).await["user"]["email"], "grace@example.com");

        // The code of an address that is added goes to another operation than that of the sign-up.
        open(browser, "profileUpdate").await;
        browser.fill("#profileUpdate-body", &json!({ "email": "grace@example.org" }).to_string()).await;
        send(browser, "profileUpdate", 200).await;
        browser
            .wait_for("document.querySelector('#profileUpdate #arrival:not([hidden]) strong')?.textContent === 'grace@example.org'")
            .await;
        browser.click("#arrival .fill").await;
        browser.wait_for("document.activeElement.matches('#verifyEmailOtp .send')").await;
        browser.press(&[ENTER]).await;
        assert_eq!(answer(browser, "verifyEmailOtp", 200).await["success"], true);
        assert!(browser.complaints().await.is_empty());
    })
    .await;
    stack.end().await;
}

/// What "Copy as curl" gives is run by a shell.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_copied_as_curl_does_the_same() {
    let stack = LocalStack::start().await;
    with_browser(async |browser| {
        browser.open(&format!("{}/_local/reference/account#signup", stack.origin)).await;
        browser.wait_for("document.querySelector('#signup')?.open").await;
        let person = json!({ "name": "Conan O'Brien", "email": EMAIL, "password": PASSWORD });
        browser.fill("#signup-body", &person.to_string()).await;
        browser.value("navigator.clipboard.writeText = async (text) => { window.copied = text }").await;
        browser.click("#signup .trial .buttons .copy").await;
        let command = browser.text("window.copied").await;
        let output = tokio::process::Command::new("bash").args(["-c", &format!("{command} -s")]).output().await.unwrap();
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{command}: {output:?}"));
        assert_eq!(answer["email"], EMAIL, "{answer}");
    })
    .await;
    stack.end().await;
}
