//! How the pages look: light and dark, at a desk's width and a phone's, from this origin alone.

use crate::browser::{Browser, with_browser};
use crate::stack::LocalStack;

const PAGES: [(&str, &str, &str); 4] = [
    ("messages", "", ".card"),
    ("reference", "reference/account#signup", "#signup[open]"),
    ("reference-phone", "reference/phone#verifySignupOtp", "#verifySignupOtp[open]"),
    ("reference-partner", "reference/partner#verifyOtp", "#verifyOtp[open]"),
];

/// Opens everything there is to open.
const OPEN_ALL: &str = "[...document.querySelectorAll('details')].map((part) => (part.open = true)) && \
    [...document.querySelectorAll('.switch button:last-child')].map((button) => button.click())";
/// What can be reached by keyboard.
const CONTROLS: &str = "a[href], button, input, textarea, summary, iframe";
/// Elements of the page that are wider than it.
const TOO_WIDE: &str = "[...document.querySelectorAll('body *:not(.unseen)')].filter((part) => !part.closest('pre') && \
    part.getBoundingClientRect().right > innerWidth + 1).map((part) => part.outerHTML.slice(0, 80)).join('\\n')";

#[tokio::test(flavor = "multi_thread")]
async fn pages_fit_in_light_and_dark_and_load_nothing_from_elsewhere() {
    let stack = LocalStack::start().await;
    with_browser(async |browser| {
        stack.mail(&format!("{}@example.com", "long".repeat(15)), &"Subject".repeat(20), &"text".repeat(50), Some("<p>HTML</p>")).await;
        stack.sign_up("ada@example.com").await;
        stack.push("grace@example.com", &"APA91b".repeat(30)).await;
        for (name, path, ready) in PAGES {
            let mut grounds = Vec::new();
            for (scheme, width) in [("light", 1200), ("dark", 1200), ("light", 360), ("dark", 360)] {
                browser.look(width, scheme).await;
                browser.open(&format!("{}/_local/{path}", stack.origin)).await;
                browser.wait_for(&format!("document.querySelector('{ready}')")).await;
                browser.screenshot(&format!("{name}-{scheme}-{width}")).await;
                grounds.push(browser.text("getComputedStyle(document.body).backgroundColor").await);
                browser.value(OPEN_ALL).await;
                fits(browser, name).await;
                assert_eq!(browser.poor_contrast().await, "", "{name}, {scheme}");
                browser.names_all(CONTROLS).await;
                let loaded = browser.loaded().await;
                let own = |address: &String| address.starts_with(&format!("{}/", stack.origin));
                assert!(loaded.len() > 5 && loaded.iter().all(own), "{loaded:?}");
                assert!(browser.complaints().await.is_empty());
            }
            assert!(grounds[0] != grounds[1] && grounds[0] == grounds[2] && grounds[1] == grounds[3], "{grounds:?}");
        }
    })
    .await;
    stack.end().await;
}

async fn fits(browser: &Browser, page: &str) {
    assert_eq!(browser.value("document.documentElement.scrollWidth <= innerWidth").await, true, "{page}: {}", browser.text(TOO_WIDE).await);
    assert_eq!(browser.text(TOO_WIDE).await, "", "{page}");
}
