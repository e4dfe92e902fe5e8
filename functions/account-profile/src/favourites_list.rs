//! `GET /v1/favourites`: the caller's favourites.

use latchkey::app::App;
use latchkey::dialect::account::{PaginatedResponse, Result, SignedIn};
use latchkey::flow::favourites;
use latchkey::http::{Answer, Paging, State};
use serde::Serialize;
use utoipa::ToSchema;

/// A product that is a favourite.
#[derive(Serialize, ToSchema)]
#[schema(as = Favourite)]
pub(crate) struct Favourite {
    /// The number under which it is listed, and can be removed.
    id: i64,
    /// The number that its catalogue gives the product.
    product_id: i64,
    /// When it was added, ISO 8601 in UTC.
    created_at: String,
}

/// The caller's favourites
///
/// Newest first.
#[utoipa::path(get, path = "/v1/favourites", operation_id = "listFavouriteProducts", tag = "UserApi", params(Paging), responses((status = 200, body = PaginatedResponse<Favourite>)))]
pub(crate) async fn handle(State(app): State<App>, SignedIn(caller): SignedIn, paging: Paging) -> Result<PaginatedResponse<Favourite>> {
    let found = favourites::page(&app, &caller.user, paging.skipped(), paging.per_page.into()).await?;
    let shown = found.into_iter().map(|favourite| Favourite {
        id: favourite.number.cast_signed(),
        product_id: favourite.product.number(),
        created_at: favourite.created_at.to_string(),
    });
    Ok(Answer::ok(PaginatedResponse::new(paging, caller.user.favourites, shown.collect())))
}
