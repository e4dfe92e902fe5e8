//! The flows of the Phone API.

use futures_util::FutureExt;
use latchkey_tests::PASSWORD;
use serde_json::json;

use super::{Flow, dealt};
use crate::stage::{Call, Stage};

const NEW: &str = "difference engine no. 2";

/// Each flow is one entry here.
pub(super) const FLOWS: &[Flow] = &[
    Flow {
        name: "phone: code to sign up",
        times: (200, 15),
        most_p99: None,
        prepare: |stage, clients, each| {
            let calls = (0..clients * each).map(|_| Stage::ask("/api/v1/auth/signup/send-otp", &stage.number())).collect();
            std::future::ready(dealt(calls, clients)).boxed()
        },
    },
    Flow {
        name: "phone: sign-up",
        times: (200, 15),
        most_p99: None,
        prepare: |stage, clients, each| {
            let asked = stage.asked("/api/v1/auth/signup/send-otp", (0..clients * each).map(|_| stage.number()).collect());
            asked.map(move |asked| dealt(asked.iter().map(|(phone, code)| Stage::enrol(phone, code)).collect(), clients)).boxed()
        },
    },
    Flow {
        name: "phone: sign-in by password",
        times: (200, 15),
        most_p99: None,
        prepare: |stage, clients, each| {
            let sign_in = |phone: String| Call::post("/api/v1/auth/login", json!({ "phone": phone, "password": PASSWORD }), 200);
            stage.enrolled(clients * each).map(move |phones| dealt(phones.into_iter().map(sign_in).collect(), clients)).boxed()
        },
    },
    Flow {
        name: "phone: code to sign in",
        times: (200, 15),
        most_p99: None,
        prepare: |stage, clients, each| {
            let ask = |phone: String| Stage::ask("/api/v1/auth/login/send-otp", &phone);
            stage.enrolled(clients * each).map(move |phones| dealt(phones.into_iter().map(ask).collect(), clients)).boxed()
        },
    },
    Flow {
        name: "phone: sign-in by code",
        times: (200, 15),
        most_p99: None,
        prepare: |stage, clients, each| {
            let verify =
                |(phone, code)| Call::post("/api/v1/auth/login/verify-otp", json!({ "phone_number": phone, "otp_code": code }), 200);
            async move {
                let asked = stage.asked("/api/v1/auth/login/send-otp", stage.enrolled(clients * each).await).await;
                dealt(asked.into_iter().map(verify).collect(), clients)
            }
            .boxed()
        },
    },
    Flow {
        name: "phone: reset",
        times: (200, 15),
        most_p99: None,
        prepare: |stage, clients, each| {
            let reset = |(phone, code)| {
                let body = json!({ "phone_number": phone, "otp_code": code, "new_password": NEW, "confirm_password": NEW });
                Call::post("/api/v1/auth/forgot-password/confirm", body, 200)
            };
            async move {
                let phones = stage.enrolled(clients * each).await;
                // A number that was given at sign-up resets nothing before.
                stage.app.clock.advance_days(4);
                let asked = stage.asked("/api/v1/auth/forgot-password/init", phones).await;
                dealt(asked.into_iter().map(reset).collect(), clients)
            }
            .boxed()
        },
    },
];
