//! Plain HTTP to a process that a test started.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// Sends one request on a connection of its own.
///
/// # Errors
/// If nobody answers.
pub async fn send(address: SocketAddr, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, Box<dyn std::error::Error + Send + Sync>> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let (parts, body) = sender.send_request(request).await?.into_parts();
    let body = body.collect().await?.to_bytes();
    connection.abort();
    Ok(Response::from_parts(parts, body))
}

/// A request with a JSON body, or without one.
pub fn request(address: SocketAddr, method: Method, path: &str, body: Option<&Value>) -> Request<Full<Bytes>> {
    let builder = Request::builder().method(method).uri(path).header("host", address.to_string());
    match body {
        Some(body) => builder.header("content-type", "application/json").body(Full::from(body.to_string())).unwrap(),
        None => builder.body(Full::default()).unwrap(),
    }
}

/// The JSON of an answer.
pub fn json(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap_or_else(|_| panic!("{} is no JSON: {:?}", response.status(), response.body()))
}
