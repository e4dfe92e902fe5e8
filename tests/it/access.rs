//! Every operation without a proof, with a stale one and with another's.

use latchkey::http::{Access, Operation};
use latchkey_tests::{Client, TestApp, TestPartner};
use serde_json::{Value, json};

use crate::coverage::functions;

/// The operations that this file speaks of; `coverage.rs` compares them with those that there are.
pub(crate) const CASES: &[&str] = &[
    "POST /v1/auth/signup",
    "POST /v1/auth/verify-signup-otp",
    "POST /v1/auth/login",
    "POST /v1/auth/refresh-token",
    "POST /v1/auth/logout",
    "POST /v1/auth/change-password",
    "POST /v1/auth/forgot-password",
    "POST /v1/auth/reset-password-otp",
    "POST /v1/otp/send",
    "POST /v1/otp/verify",
    "POST /v1/otp/resend/email",
    "POST /v1/otp/resend/mobile",
    "POST /v1/otp/verify/email",
    "POST /v1/otp/verify/mobile",
    "GET /v1/verify/phone",
    "GET /v1/users/me",
    "PUT /v1/profile/update",
    "GET /v1/user/profile-validation",
    "GET /v1/user/emails",
    "POST /v1/user/emails",
    "POST /v1/user/emails/revert",
    "GET /v1/user/emails/{email_id}",
    "DELETE /v1/user/emails/{email_id}",
    "PUT /v1/user/emails/{email_id}/make-default",
    "POST /v1/user/emails/{email_id}/verify",
    "GET /v1/user/phones",
    "POST /v1/user/phones",
    "GET /v1/user/phones/{phone_id}",
    "DELETE /v1/user/phones/{phone_id}",
    "PUT /v1/user/phones/{phone_id}/make-default",
    "POST /v1/user/phones/{phone_id}/verify",
    "POST /v1/user/request-account-deletion",
    "POST /v1/user/confirm-account-deletion",
    "POST /v1/user/cancel-account-deletion",
    "POST /v1/account/delete",
    "POST /v1/user/request-data-export",
    "POST /v1/user/confirm-data-export",
    "GET /v1/user/download-export/{filename}",
    "GET /v1/user/gdpr-status",
    "GET /v1/user/sessions",
    "DELETE /v1/user/sessions",
    "DELETE /v1/user/sessions/{session_id}",
    "GET /v1/user/activity",
    "GET /v1/favourites",
    "POST /v1/favourites",
    "DELETE /v1/favourites/{id}",
    "POST /v1/account/fcm-tokens",
    "DELETE /v1/account/fcm-tokens/{fcm_token}",
    "POST /fe/users/auth/otp/register",
    "POST /fe/users/auth/otp/resend",
    "POST /fe/users/auth/otp/verify",
    "POST /api/v1/auth/login",
    "GET /api/v1/auth/me",
    "POST /api/v1/auth/change-password",
    "POST /api/v1/auth/reset-password",
    "POST /api/v1/auth/login/send-otp",
    "POST /api/v1/auth/login/verify-otp",
    "POST /api/v1/auth/login/resend-otp",
    "POST /api/v1/auth/forgot-password/init",
    "POST /api/v1/auth/forgot-password/confirm",
    "POST /api/v1/auth/signup/send-otp",
    "POST /api/v1/auth/signup/verify-otp",
    "POST /api/v1/auth/signup/resend-otp",
    "GET /.well-known/jwks.json",
    "GET /.well-known/openid-configuration",
    "GET /openapi/account.json",
    "GET /openapi/partner.json",
    "GET /openapi/phone.json",
    "GET /healthz",
];

/// Operations that need a bearer refuse every token that is not of a living session.
#[tokio::test]
async fn operations_that_need_a_bearer_refuse_all_but_a_living_session() {
    let app = TestApp::start().await;
    let expired = app.register("expired@example.com").await;
    app.clock.advance_minutes(16);
    let ended = app.register("ended@example.com").await;
    app.account().with_bearer(ended.token()).post("/v1/auth/logout", Value::Null).await.assert_status(200);
    let elsewhere = TestApp::start().await;
    elsewhere.clock.advance_minutes(16);
    let foreign = elsewhere.register("foreign@example.com").await;
    let mut checked = 0;
    let takes_a_token =
        |operation: &&Operation| matches!(operation.access, Access::Bearer | Access::BearerEvenLeaving | Access::OptionalBearer);
    for function in functions() {
        for Operation { method, path, access, .. } in function.list().iter().filter(takes_a_token) {
            let call = async |client: Client| client.call(method, path, json!({})).await;
            let mut answers = vec![
                call(app.account().header("authorization", "Bearer ")).await,
                call(app.account().header("authorization", &format!("Basic {}", ended.token()))).await,
                call(app.account().with_bearer("garbage")).await,
                call(app.account().with_bearer(ended.token())).await,
                call(app.account().with_bearer(foreign.token())).await,
            ];
            if *access != Access::OptionalBearer {
                answers.push(call(app.account()).await);
            }
            // Of the Phone API's tokens, which live longer, this one would not have expired; ours have the life of who gave them.
            let expired = call(app.account().with_bearer(expired.token())).await;
            if path.starts_with("/api/v1/auth") {
                for answer in answers.iter().chain([&expired]) {
                    answer.assert_status(401);
                    assert_eq!(answer.body, json!({ "detail": "Could not validate credentials" }), "{path}");
                    assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{path}");
                }
            } else {
                for answer in answers {
                    answer.assert_error(401, "unauthorized");
                }
                expired.assert_error(401, "token_expired");
            }
            checked += 1;
        }
    }
    assert_eq!(checked, 42);
}

/// Operations that need a partner's token refuse every other one, and none.
#[tokio::test]
async fn operations_that_need_a_partners_token_refuse_all_but_one_that_is_good() {
    let app = TestApp::start().await;
    let (ludo, chess) = (app.partner("ludo", "Ludo").await, app.partner("chess", "Chess").await);
    let login = app.register("ada@example.com").await;
    let claims = app.partner_claims(&ludo, "ada");
    let token = |value: &str| app.account().header("user-jwt-token", value);
    let stale = ludo.sign(&claims);
    app.clock.advance_minutes(61);
    let mut checked = 0;
    for function in functions() {
        for Operation { method, path, .. } in function.list().iter().filter(|operation| operation.access == Access::Partner) {
            let unnamed = TestPartner { secret: chess.secret.clone(), ..ludo.clone() };
            for client in [
                app.account(),
                app.account().with_bearer(login.token()),
                token(login.token()),
                token(&stale),
                token(&unnamed.sign(&app.partner_claims(&ludo, "ada"))),
            ] {
                let answer = client.call(method, path, json!({})).await.assert_status(401);
                assert_eq!(answer.body, json!({ "status_code": "UN_AUTHORIZED", "message": "UN_AUTHORIZED" }), "{path}");
            }
            token(&ludo.sign(&app.partner_claims(&ludo, "ada"))).call(method, path, json!({})).await.assert_status(400);
            checked += 1;
        }
    }
    assert_eq!(checked, 3);
}

/// Public operations take no notice of a token, good or bad.
#[tokio::test]
async fn public_operations_answer_the_same_with_and_without_a_token() {
    let app = TestApp::start().await;
    let login = app.register("ada@example.com").await;
    for function in functions() {
        for operation in function.list().iter().filter(|operation| operation.access == Access::Public) {
            let mut answers = Vec::new();
            for client in [app.account(), app.account().with_bearer(login.token()), app.account().with_bearer("garbage")] {
                let answer = client.call(&operation.method, operation.path, json!({ "email": "nobody" })).await;
                answers.push(answer.comparable("-"));
            }
            assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{} {}", operation.method, operation.path);
        }
    }
}

/// One person's token shows that person, whoever else there is.
#[tokio::test]
async fn a_token_is_good_for_its_own_account_only() {
    let app = TestApp::start().await;
    let (ada, ben) = (app.register("ada@example.com").await, app.register("ben@example.com").await);
    for (login, email) in [(&ada, "ada@example.com"), (&ben, "ben@example.com")] {
        let me = app.account().with_bearer(login.token()).get("/v1/users/me").await.assert_status(200);
        assert_eq!(me.body["email"], email);
    }
    app.account().with_bearer(ada.token()).post("/v1/auth/logout", Value::Null).await.assert_status(200);
    app.account().with_bearer(ben.token()).get("/v1/users/me").await.assert_status(200);
}
