//! What all surfaces share between the edge and their handlers.

mod answer;
mod body;
mod extract;
mod fields;
mod operation;
mod page;
mod path;
mod query;

/// Gives a handler the application.
pub use axum::extract::State;

pub use answer::{Answer, Fault, Raw};
pub use body::{Body, LARGEST_BODY, is_json, read as read_body};
pub use extract::{Anyone, bearer_token};
pub use fields::Fields;
pub use operation::{Access, Operation, Operations};
pub use page::{Continued, Paging};
pub use path::{Number, Segment};
pub use query::Query;
