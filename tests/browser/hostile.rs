//! A mail with hostile HTML: it is shown, and that is all it does.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;

use crate::browser::with_browser;
use crate::stack::LocalStack;

/// What was asked for: the first lines of requests. A connection that asks for nothing is not counted: a browser may open one ahead
/// of a frame that the policy then refuses.
type Caught = Arc<Mutex<Vec<String>>>;

/// Listens where nobody should come.
async fn trap() -> (String, Caught) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (origin, caught) = (format!("http://{}", listener.local_addr().unwrap()), Caught::default());
    let log = Arc::clone(&caught);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (mut line, mut reader) = (String::new(), BufReader::new(&mut stream));
            let _ = tokio::time::timeout(Duration::from_millis(200), reader.read_line(&mut line)).await;
            if !line.is_empty() {
                log.lock().unwrap().push(line);
            }
        }
    });
    (origin, caught)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_runs_nothing_loads_nothing_and_leads_nowhere() {
    let stack = LocalStack::start().await;
    let (elsewhere, caught) = trap().await;
    let html = format!(
        "<meta http-equiv=refresh content='0;url={elsewhere}/refresh'><base href='{elsewhere}/'>
        <link rel=stylesheet href='{elsewhere}/style.css'><style>@import '{elsewhere}/import.css'; body {{ background: url({elsewhere}/background) }}</style>
        <script>top.document.title = 'taken'; fetch('{elsewhere}/script')</script><script src='{elsewhere}/script.js'></script>
        <img src='{elsewhere}/image.png' onerror=\"top.document.title = 'taken'\"><iframe src='{elsewhere}/frame'></iframe>
        <video src='{elsewhere}/video' autoplay></video><object data='{elsewhere}/object'></object>
        <form action='{elsewhere}/form'><button id=send>Send</button></form><h1>Shown</h1>"
    );
    let text = "<script>document.title = 'taken'</script><img src=x onerror=\"document.title = 'taken'\">";
    with_browser(async |browser| {
        browser.open(&format!("{}/_local/", stack.origin)).await;
        stack.mail("<b>@example.com", text, text, Some(&html)).await;
        browser.wait_for("document.querySelector('.card')").await;
        assert_eq!(browser.text("document.querySelector('.card h2').textContent").await, text);
        assert_eq!(browser.text("document.querySelector('.card pre').textContent").await, text);
        assert_eq!(browser.value("document.querySelectorAll('.card img, .card script, .card b').length").await, 1, "the time's b");
        assert_eq!(browser.value("document.querySelectorAll('iframe').length").await, 0, "not before it is asked for");

        browser.click(".switch button:last-child").await;
        browser.wait_for("document.querySelector('iframe.frame')").await;
        assert_eq!(browser.text("document.querySelector('iframe').getAttribute('sandbox')").await, "");
        tokio::time::sleep(Duration::from_secs(1)).await;
        browser.screenshot("hostile-mail").await;
        assert_eq!(browser.value("document.querySelector('iframe').contentDocument").await, serde_json::Value::Null);
        assert_eq!(browser.text("document.title").await, "Messages – Latchkey");
        assert!(caught.lock().unwrap().is_empty(), "{caught:?}");

        // Opened by itself, it is shut in no less.
        browser.show(&format!("{}/_local/mail/1", stack.origin)).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(browser.text("document.querySelector('h1').textContent").await, "Shown");
        assert_eq!(browser.text("self.origin").await, "null");
        browser.click("#send").await;
        assert_eq!(browser.text("location.pathname").await, "/_local/mail/1");
        assert!(caught.lock().unwrap().is_empty(), "{caught:?}");
    })
    .await;
    stack.end().await;
}
