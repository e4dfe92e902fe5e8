//! `DELETE /v1/favourites/{id}`: takes a favourite off the list.

use latchkey::app::App;
use latchkey::dialect::account::{MessageResponse, Result, SignedIn};
use latchkey::flow::favourites;
use latchkey::http::{Answer, Number, State};

/// Remove a favourite
///
/// By the number under which it is listed, not by the product's.
#[utoipa::path(delete, path = "/v1/favourites/{id}", operation_id = "removeFavouriteProduct", tag = "UserApi", params(("id" = i64, Path, minimum = 1, description = "The number under which it is listed.")), responses((status = 200, body = MessageResponse)))]
pub(crate) async fn handle(State(app): State<App>, SignedIn(caller): SignedIn, Number(number): Number) -> Result<MessageResponse> {
    favourites::remove(&app, &caller.user, number).await?;
    Ok(Answer::ok(MessageResponse::new("The product is no longer among your favourites.")))
}
