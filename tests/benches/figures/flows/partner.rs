//! The flows of the Partner API.

use futures_util::FutureExt;

use super::{Flow, dealt};

/// Each flow is one entry here.
pub(super) const FLOWS: &[Flow] = &[
    Flow {
        name: "partner: code to link",
        times: (200, 15),
        most_p99: None,
        prepare: |stage, clients, each| {
            async move {
                let partner = stage.partner().await;
                dealt((0..clients * each).map(|_| stage.ask_to_link(&partner, &stage.number())).collect(), clients)
            }
            .boxed()
        },
    },
    Flow {
        name: "partner: link with somebody new",
        times: (200, 15),
        most_p99: None,
        prepare: |stage, clients, each| {
            let numbers = (0..clients * each).map(|_| stage.number()).collect();
            stage.links(numbers).map(move |calls| dealt(calls, clients)).boxed()
        },
    },
    Flow {
        name: "partner: link with somebody known",
        times: (200, 15),
        most_p99: None,
        prepare: |stage, clients, each| {
            async move {
                let numbers = stage.enrolled(clients * each).await;
                dealt(stage.links(numbers).await, clients)
            }
            .boxed()
        },
    },
];
