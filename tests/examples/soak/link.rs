//! One client's connection to the stack, kept while it lasts.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{Method, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use latchkey_tests::wire_http;
use serde_json::Value;
use tokio::net::TcpStream;

/// Who asks, by what they show.
#[derive(Clone, Copy)]
pub(crate) enum Proof<'a> {
    None,
    Bearer(&'a str),
    Partner(&'a str),
}

pub(crate) struct Link {
    address: SocketAddr,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Link {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, sender: None }
    }

    /// Sends a request, on the connection that is there or on a new one.
    pub(crate) async fn send(&mut self, method: Method, path: &str, proof: Proof<'_>, body: &Value) -> (StatusCode, Value) {
        let mut request = wire_http::request(self.address, method, path, (!body.is_null()).then_some(body));
        match proof {
            Proof::None => {}
            Proof::Bearer(token) => drop(request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap())),
            Proof::Partner(token) => drop(request.headers_mut().insert("user-jwt-token", token.parse().unwrap())),
        }
        let mut kept = self.sender.take();
        if let Some(sender) = &mut kept
            && sender.ready().await.is_err()
        {
            kept = None;
        }
        let mut sender = match kept {
            Some(sender) => sender,
            None => self.connect().await,
        };
        let (parts, body) = sender.send_request(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        self.sender = Some(sender);
        (parts.status, serde_json::from_slice(&body).unwrap_or_default())
    }

    async fn connect(&self) -> SendRequest<Full<Bytes>> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        sender
    }
}
