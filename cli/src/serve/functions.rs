//! Which functions there are. No other file of the local stack names them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use latchkey::app::App;
use latchkey::runtime::HttpFunction;

use super::function::Function;

/// All functions of one application.
#[derive(Debug, Clone)]
pub struct Functions {
    /// Those that answer HTTP requests, by name.
    pub http: BTreeMap<&'static str, Function>,
    /// The one that the stream and a schedule call.
    pub deliver: Function,
    /// The one that a schedule calls to delete accounts.
    pub purge: Function,
    /// The one that a schedule calls to rotate keys.
    pub rotate_keys: Function,
}

impl Functions {
    /// The functions of this application.
    #[must_use]
    pub fn of(app: &App) -> Self {
        let operations = [
            account_auth::operations(),
            account_contacts::operations(),
            account_otp::operations(),
            account_privacy::operations(),
            account_profile::operations(),
            account_session::operations(),
            discovery::operations(),
            partner_otp::operations(),
            phone_auth::operations(),
        ];
        let http = operations.map(|operations| HttpFunction::new(operations, app.clone())).into_iter();
        let (for_deliver, for_purge, for_rotate_keys) = (app.clone(), app.clone(), app.clone());
        Self {
            http: http.map(|function| (function.name(), answering(function))).collect(),
            deliver: Function::new(move |event| deliver::handle(for_deliver.clone(), event)),
            purge: Function::new(move |event| purge::handle(for_purge.clone(), event, Timestamp::MAX)),
            rotate_keys: Function::new(move |event| rotate_keys::handle(for_rotate_keys.clone(), event)),
        }
    }
}

fn answering(function: HttpFunction) -> Function {
    Function::new(move |event| {
        let function = function.clone();
        async move { function.invoke(event).await }
    })
}
