//! The page of the messages: live, by address, by keyboard, and again after the stack was gone.

use crate::browser::{CONTROL, ENTER, TAB, with_browser};
use crate::stack::LocalStack;

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_newest_first_and_found_by_address() {
    let stack = LocalStack::start().await;
    with_browser(async |browser| {
        stack.mail("ada@example.com", "One", "no code: +123456, 1234567, /123456", None).await;
        browser.open(&format!("{}/_local/", stack.origin)).await;
        stack.mail("grace@example.com", "Two", "Your code: 234567.", None).await;
        browser.wait_for("document.querySelectorAll('.card').length === 2").await;
        let subjects = "[...document.querySelectorAll('.card:not([hidden]) h2')].map((title) => title.textContent).join()";
        assert_eq!(browser.text(subjects).await, "Two,One");
        let codes = "[...document.querySelectorAll('.digits')].map((code) => code.textContent).join()";
        assert_eq!(browser.text(codes).await, "234567");

        browser.fill("#to", "ADA@").await;
        assert_eq!(browser.text(subjects).await, "One");
        assert_eq!(browser.text("location.search").await, "?to=ADA%40");
        stack.mail("grace@example.com", "Three", "-", None).await;
        browser.wait_for("document.querySelector('#count').textContent === '1 of 3'").await;
        assert_eq!(browser.text(subjects).await, "One");
        browser.fill("#to", "nobody").await;
        browser.click("#none button").await;
        assert_eq!(browser.text(subjects).await, "Three,Two,One");
        assert!(browser.complaints().await.is_empty());
    })
    .await;
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_notice_is_shown_with_the_end_of_its_devices_token() {
    let stack = LocalStack::start().await;
    with_browser(async |browser| {
        browser.open(&format!("{}/_local/", stack.origin)).await;
        stack.push("ada@example.com", "cE8x0phone:APA91bGk2-phone_R7").await;
        browser.wait_for("document.querySelector('.channel.push')").await;
        let card = "document.querySelector('.channel.push').closest('.card')";
        assert_eq!(browser.text(&format!("{card}.querySelector('h2').textContent")).await, "Your password was changed");
        assert_eq!(browser.text(&format!("{card}.querySelector('.meta').textContent")).await, "Push to device …Gk2-phone_R7");
        browser.fill("#to", "cE8x0phone:").await;
        browser.wait_for("document.querySelectorAll('.card:not([hidden])').length === 1").await;
        assert!(browser.complaints().await.is_empty());
    })
    .await;
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_is_copied_by_keyboard() {
    let stack = LocalStack::start().await;
    with_browser(async |browser| {
        stack.sign_up("ada@example.com").await;
        browser.open(&format!("{}/_local/", stack.origin)).await;
        browser.wait_for("document.querySelector('.card .copy')").await;
        browser.press(&[TAB]).await;
        assert_eq!(browser.text("document.activeElement.className").await, "skip");
        let mut passed = 0;
        while browser.value("document.activeElement.matches('.card .copy')").await != true {
            browser.press(&[TAB]).await;
            passed += 1;
            assert!(passed < 10, "Tab reaches the button");
        }
        assert_ne!(browser.text("getComputedStyle(document.activeElement).outlineStyle").await, "none");
        browser.press(&[ENTER]).await;
        browser.wait_for("document.querySelector('#announcement').textContent.startsWith('Copied code ')").await;
        browser.value("document.querySelector('#to').focus()").await;
        browser.press(&[CONTROL, "v"]).await;
        browser.wait_for("document.querySelector('#to').value === document.querySelector('.digits').textContent").await;
    })
    .await;
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_finds_the_stack_again_and_misses_nothing() {
    let stack = LocalStack::start().await;
    with_browser(async |browser| {
        stack.mail("ada@example.com", "Before", "-", None).await;
        browser.open(&format!("{}/_local/", stack.origin)).await;
        browser.wait_for("document.querySelector('.card h2')?.textContent === 'Before'").await;
        let stack = stack.restart().await;
        stack.mail("ada@example.com", "After", "-", None).await;
        browser.wait_for("document.querySelector('.card h2')?.textContent === 'After'").await;
        assert_eq!(browser.value("document.querySelectorAll('.card').length").await, 1, "the new stack has nothing of the old one");
        browser.wait_for("document.querySelector('#connection').textContent === 'Live'").await;
        stack.end().await;
    })
    .await;
}
