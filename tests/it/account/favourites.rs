//! Favourites.

use futures_util::future::join_all;
use latchkey_tests::{Client, TestApp};
use serde_json::{Value, json};

const PATH: &str = "/v1/favourites";

async fn somebody(app: &TestApp, email: &str) -> Client {
    let login = app.register(email).await;
    app.account().with_bearer(login.token())
}

async fn add(caller: &Client, product: i64) {
    caller.post(PATH, json!({ "product_id": product })).await.assert_status(200);
}

async fn products(caller: &Client, query: &str) -> (Vec<i64>, Value) {
    let page = caller.get(&format!("{PATH}{query}")).await.assert_status(200).body;
    (page["data"].as_array().unwrap().iter().map(|favourite| favourite["product_id"].as_i64().unwrap()).collect(), page["meta"].clone())
}

#[tokio::test]
async fn favourites_are_listed_newest_first_and_once() {
    let app = TestApp::start().await;
    let caller = somebody(&app, "ada@example.com").await;
    assert_eq!(products(&caller, "").await, (vec![], json!({ "page": 1, "per_page": 20, "total": 0 })));
    for product in [7, i64::MAX, 1, 7] {
        add(&caller, product).await;
    }
    assert_eq!(products(&caller, "").await, (vec![1, i64::MAX, 7], json!({ "page": 1, "per_page": 20, "total": 3 })));
    let page = caller.get(PATH).await.body;
    assert_eq!((&page["data"][0]["id"], &page["data"][2]["id"]), (&json!(3), &json!(1)));
    assert_eq!(page["data"][0]["created_at"], "2026-01-01T00:00:00Z");
}

#[tokio::test]
async fn pages_begin_at_one_and_end_where_the_list_does() {
    let app = TestApp::start().await;
    let caller = somebody(&app, "ada@example.com").await;
    for product in 1..=5 {
        add(&caller, product).await;
    }
    let meta = |page: u32, per_page: u32| json!({ "page": page, "per_page": per_page, "total": 5 });
    assert_eq!(products(&caller, "?page=2&per_page=2").await, (vec![3, 2], meta(2, 2)));
    assert_eq!(products(&caller, "?page=3&per_page=2").await, (vec![1], meta(3, 2)));
    assert_eq!(products(&caller, "?page=4&per_page=2").await, (vec![], meta(4, 2)));
    assert_eq!(products(&caller, "?page=2147483647&per_page=100").await, (vec![], meta(2_147_483_647, 100)));
    for (query, field) in [
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=two", "page"),
        ("page=", "page"),
        ("page=2147483648", "page"),
        ("per_page=0", "per_page"),
        ("per_page=101", "per_page"),
        ("per_page=1.5", "per_page"),
    ] {
        let refused = caller.get(&format!("{PATH}?{query}")).await.assert_error(400, "invalid_request");
        assert_eq!(refused.body["error"]["details"][0]["field"], field, "{query}");
    }
    let both = caller.get(&format!("{PATH}?page=0&per_page=x")).await.assert_error(400, "invalid_request");
    assert_eq!(both.body["error"]["details"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_favourite_is_removed_by_its_number_and_can_come_back() {
    let app = TestApp::start().await;
    let caller = somebody(&app, "ada@example.com").await;
    for product in [10, 20] {
        add(&caller, product).await;
    }
    caller.delete(&format!("{PATH}/1")).await.assert_status(200);
    caller.delete(&format!("{PATH}/1")).await.assert_error(404, "not_found");
    assert_eq!(products(&caller, "").await.0, [20]);
    add(&caller, 10).await;
    let page = caller.get(PATH).await.body;
    assert_eq!((&page["data"][0]["id"], &page["data"][0]["product_id"], &page["meta"]["total"]), (&json!(3), &json!(10), &json!(2)));
}

/// T62: what is another's is what is not there, and what is no number numbers nothing.
#[tokio::test]
async fn nobody_removes_anothers_favourite_or_one_that_is_none() {
    let app = TestApp::start().await;
    let (ada, ben) = (somebody(&app, "ada@example.com").await, somebody(&app, "ben@example.com").await);
    for product in [10, 20] {
        add(&ben, product).await;
    }
    add(&ada, 10).await;
    let absent = ada.delete(&format!("{PATH}/9")).await.assert_error(404, "not_found").comparable("-");
    for id in ["2", "0", "-1", "9223372036854775807", "9223372036854775808", "18446744073709551617", "01", "+1", "one", "1.0"] {
        let refused = ada.delete(&format!("{PATH}/{id}")).await.assert_error(404, "not_found");
        assert_eq!(refused.comparable("-"), absent, "{id}");
    }
    assert_eq!(products(&ben, "").await.0, [20, 10]);
    assert_eq!(products(&ada, "").await.0, [10]);
}

#[tokio::test]
async fn only_positive_numbers_are_products() {
    let app = TestApp::start().await;
    let caller = somebody(&app, "ada@example.com").await;
    for body in
        [json!({}), json!({ "product_id": 0 }), json!({ "product_id": -5 }), json!({ "product_id": "7" }), json!({ "product_id": 1.5 })]
    {
        let refused = caller.post(PATH, body.clone()).await.assert_error(400, "invalid_request");
        assert_eq!(refused.body["error"]["details"][0]["field"], "product_id", "{body}");
    }
    caller.post_text(PATH, r#"{"product_id":9223372036854775808}"#).await.assert_error(400, "invalid_request");
}

/// T74.
#[tokio::test]
async fn an_account_has_five_thousand_favourites_at_most() {
    let app = TestApp::start().await;
    let caller = somebody(&app, "ada@example.com").await;
    app.set_number("ada@example.com", "favourites", 4999).await;
    add(&caller, 1).await;
    let refused = caller.post(PATH, json!({ "product_id": 2 })).await.assert_error(400, "invalid_request");
    assert_eq!(refused.body["error"]["details"][0]["field"], "product_id");
    add(&caller, 1).await;
    caller.delete(&format!("{PATH}/1")).await.assert_status(200);
    add(&caller, 2).await;
}

/// However many come at once, each is there once, and as many as are there are counted.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn favourites_added_at_once_are_all_there_and_counted() {
    let app = TestApp::start().await;
    let caller = somebody(&app, "ada@example.com").await;
    let answers = join_all((0..12).map(|number| caller.post(PATH, json!({ "product_id": 1 + number % 3 })))).await;
    assert!(answers.iter().all(|answer| [200, 503].contains(&answer.status)));
    for product in 1..=3 {
        add(&caller, product).await;
    }
    let (mut found, meta) = products(&caller, "").await;
    found.sort_unstable();
    assert_eq!((found, &meta["total"]), (vec![1, 2, 3], &json!(3)));
    let removals = join_all((0..8).map(|_| caller.delete("/v1/favourites/1"))).await;
    assert_eq!(removals.iter().filter(|answer| answer.status == 200).count(), 1);
    assert!(removals.iter().all(|answer| [200, 404, 503].contains(&answer.status)));
    assert_eq!(products(&caller, "").await.1["total"], 2);
}
