//! `POST /v1/favourites`: marks a product.

use latchkey::app::App;
use latchkey::dialect::account::{MessageResponse, Result, SignedIn};
use latchkey::domain::favourite::ProductId;
use latchkey::flow::favourites;
use latchkey::http::{Answer, Body, Fields, State};
use serde::Deserialize;
use utoipa::ToSchema;

/// Which product.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = AddFavouriteProductInput)]
pub(crate) struct Request {
    /// The number that its catalogue gives it.
    #[schema(required = true, minimum = 1, example = 4711)]
    product_id: i64,
}

/// Add a favourite
///
/// A product that is one already stays one. At most 5,000.
#[utoipa::path(post, path = "/v1/favourites", operation_id = "addFavouriteProduct", tag = "UserApi", request_body = Request, responses((status = 200, body = MessageResponse)))]
pub(crate) async fn handle(State(app): State<App>, SignedIn(caller): SignedIn, Body(request): Body<Request>) -> Result<MessageResponse> {
    let mut fields = Fields::default();
    let Some(product) = fields.read("product_id", ProductId::new(request.product_id)) else { return Err(fields.refuse().into()) };
    favourites::add(&app, caller.user, product).await?;
    Ok(Answer::ok(MessageResponse::new("The product is among your favourites.")))
}
