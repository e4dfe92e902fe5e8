//! The flows of the Account API.

use futures_util::FutureExt;
use latchkey_tests::{PASSWORD, Reply};
use serde_json::json;

use super::{Flow, dealt};
use crate::stage::{Call, Stage};

/// Each flow is one entry here.
pub(super) const FLOWS: &[Flow] = &[
    Flow {
        name: "refresh",
        times: (3000, 200),
        most_p99: Some(1.5),
        prepare: |stage, clients, each| {
            let refresh = |session: &Reply| {
                Call::post("/v1/auth/refresh-token", json!({ "refresh_token": session.refresh_token() }), 200).carrying("refresh_token")
            };
            stage.sessions(clients).map(move |sessions| sessions.iter().map(|session| vec![refresh(session); each]).collect()).boxed()
        },
    },
    Flow {
        name: "authenticated read",
        times: (3000, 200),
        most_p99: Some(1.5),
        prepare: |stage, clients, each| {
            let read = |session: &Reply| Call::get("/v1/users/me").bearer(session.token());
            stage.sessions(clients).map(move |sessions| sessions.iter().map(|session| vec![read(session); each]).collect()).boxed()
        },
    },
    Flow {
        name: "sign-in, right",
        times: (200, 15),
        most_p99: None,
        prepare: |stage, clients, each| {
            let sign_in = |number| Stage::sign_in(stage.person(number), PASSWORD, 200);
            std::future::ready(dealt((0..clients * each).map(sign_in).collect(), clients)).boxed()
        },
    },
    Flow {
        name: "sign-in, wrong",
        times: (200, 15),
        most_p99: None,
        prepare: |stage, clients, each| {
            let sign_in = |number| Stage::sign_in(stage.person(number), "a wrong password", 401);
            std::future::ready(dealt((0..clients * each).map(sign_in).collect(), clients)).boxed()
        },
    },
    Flow {
        name: "sign-up",
        times: (200, 15),
        most_p99: None,
        prepare: |stage, clients, each| {
            let calls = (0..clients * each).map(|_| Stage::sign_up(&stage.address())).collect();
            std::future::ready(dealt(calls, clients)).boxed()
        },
    },
    Flow {
        name: "verify sign-up",
        times: (200, 15),
        most_p99: None,
        prepare: |stage, clients, each| {
            let verify = |(email, code)| Call::post("/v1/auth/verify-signup-otp", json!({ "email": email, "otp": code }), 200);
            stage.pending(clients * each).map(move |pending| dealt(pending.into_iter().map(verify).collect(), clients)).boxed()
        },
    },
    Flow {
        name: "resend",
        times: (200, 15),
        most_p99: None,
        prepare: |stage, clients, each| {
            let resend = |(email, _)| Call::post("/v1/otp/resend/email", json!({ "email": email }), 200);
            async move {
                let pending = stage.pending(clients * each).await;
                stage.app.clock.advance_seconds(31);
                dealt(pending.into_iter().map(resend).collect(), clients)
            }
            .boxed()
        },
    },
    Flow {
        name: "logout",
        times: (200, 15),
        most_p99: None,
        prepare: |stage, clients, each| {
            let logout = |session: &Reply| Call::post("/v1/auth/logout", json!(null), 200).bearer(session.token());
            stage.sessions(clients * each).map(move |sessions| dealt(sessions.iter().map(logout).collect(), clients)).boxed()
        },
    },
    Flow {
        name: "forgot password",
        times: (200, 15),
        most_p99: None,
        prepare: |stage, clients, each| {
            let forget = |(email, _): (String, Reply)| Stage::forget(&email);
            stage.newcomers(clients * each).map(move |people| dealt(people.into_iter().map(forget).collect(), clients)).boxed()
        },
    },
    Flow {
        name: "reset password",
        times: (200, 15),
        most_p99: None,
        prepare: |stage, clients, each| {
            let reset = |(email, code)| {
                let body = json!({ "email": email, "otp": code, "new_password": "difference engine no. 2" });
                Call::post("/v1/auth/reset-password-otp", body, 200)
            };
            stage.forgetful(clients * each).map(move |people| dealt(people.into_iter().map(reset).collect(), clients)).boxed()
        },
    },
    Flow {
        name: "change password",
        times: (200, 15),
        most_p99: None,
        prepare: |stage, clients, each| {
            let change = |(_, session): (String, Reply)| {
                let body = json!({ "current_password": PASSWORD, "new_password": "difference engine no. 2" });
                Call::post("/v1/auth/change-password", body, 200).bearer(session.token())
            };
            stage.newcomers(clients * each).map(move |people| dealt(people.into_iter().map(change).collect(), clients)).boxed()
        },
    },
    Flow {
        name: "code by SMS",
        times: (200, 15),
        most_p99: None,
        prepare: |stage, clients, each| {
            let calls = (0..clients * each).map(|_| Stage::ask_by_sms(&stage.number())).collect();
            std::future::ready(dealt(calls, clients)).boxed()
        },
    },
    Flow {
        name: "verify code by SMS",
        times: (200, 15),
        most_p99: None,
        prepare: |stage, clients, each| {
            let verify =
                |(phone, code)| Call::post("/v1/otp/verify", json!({ "phone": phone, "code": code, "purpose": "verification" }), 200);
            stage.asked_by_sms(clients * each).map(move |asked| dealt(asked.into_iter().map(verify).collect(), clients)).boxed()
        },
    },
    Flow {
        name: "proof of an added number",
        times: (200, 15),
        most_p99: None,
        prepare: |stage, clients, each| {
            let prove = |(session, phone, code): (Reply, String, String)| {
                Call::post("/v1/otp/verify/mobile", json!({ "phone": phone, "otp": code }), 200).bearer(session.token())
            };
            stage.adding_numbers(clients * each).map(move |adding| dealt(adding.into_iter().map(prove).collect(), clients)).boxed()
        },
    },
    Flow {
        name: "look-up of a number",
        times: (500, 30),
        most_p99: None,
        prepare: |stage, clients, each| {
            let calls = (0..clients * each).map(|_| Stage::look_up(&stage.number())).collect();
            std::future::ready(dealt(calls, clients)).boxed()
        },
    },
    Flow {
        name: "profile update",
        times: (500, 30),
        most_p99: None,
        prepare: |stage, clients, each| {
            let update = |session: &Reply| Call::put("/v1/profile/update", json!({ "place": "London" })).bearer(session.token());
            stage.sessions(clients).map(move |sessions| sessions.iter().map(|session| vec![update(session); each]).collect()).boxed()
        },
    },
];
