//! `GET /v1/user/download-export/{filename}`: the copy of the caller's data.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use latchkey::app::App;
use latchkey::dialect::account::EvenLeaving;
use latchkey::flow::export::{self, Given, Piece};
use latchkey::http::{Fault, Segment, State};

use crate::wanted;

/// Fetch the copy of one's data
///
/// As gzip where that is accepted and the file has at most 4 MB so. Otherwise 3 MB in an answer: a larger file is given in parts, by
/// `Range`.
#[utoipa::path(get, path = "/v1/user/download-export/{filename}", operation_id = "downloadExport", tag = "UserApi",
    params(
        ("filename" = String, Path, description = "The name of the file, as `/v1/user/gdpr-status` tells it."),
        ("Range" = Option<String>, Header, description = "One range of bytes, such as `bytes=0-2999999`."),
    ),
    responses((status = 200, body = Object), (status = 206, body = String, content_type = "application/json")))]
pub(crate) async fn handle(
    State(app): State<App>,
    EvenLeaving(caller): EvenLeaving,
    Segment(name): Segment,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let given = export::fetch(&app, &caller.user, &name, wanted::read(&headers)).await?;
    Ok(answer(given))
}

fn answer(Given { name, bytes, piece }: Given) -> Response {
    let status = if matches!(piece, Piece::Range(..)) { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let mut response = (status, bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding, range"));
    let text = |text: String| HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("attachment"));
    headers.insert(header::CONTENT_DISPOSITION, text(format!("attachment; filename=\"{}\"", name.as_str())));
    match piece {
        Piece::All => {}
        Piece::Gzip => drop(headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"))),
        Piece::Range(first, last, size) => drop(headers.insert(header::CONTENT_RANGE, text(format!("bytes {first}-{last}/{size}")))),
    }
    response
}
