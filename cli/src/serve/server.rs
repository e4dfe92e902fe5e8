//! HTTP over TCP, version 1.1: whole requests in, whole responses out.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};

use super::gateway::too_large;
use super::shutdown::Shutdown;

/// How long a client may take to send the head of a request.
const HEAD: Duration = Duration::from_secs(30);
/// How long requests that are being answered may take when the server ends.
const LAST_ANSWERS: Duration = Duration::from_secs(5);
/// How long the rest of a body that is too large is taken in, so that the client is there to read why it was refused.
const REST_OF_BODY: Duration = Duration::from_secs(2);
/// Pause after a connection could not be accepted, as when the process has no file left for it.
const OUT_OF_FILES: Duration = Duration::from_millis(50);

/// Answers what arrives at `listener` until the shutdown. A body of more than `limit` bytes is refused; everything else is the
/// handler's, which is told who asks.
pub async fn serve<H, A>(listener: TcpListener, limit: usize, handler: H, shutdown: Shutdown)
where
    H: Fn(Request<Bytes>, SocketAddr) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Response<Bytes>> + Send + 'static,
{
    let connections = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            () = shutdown.requested() => break,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, peer)) = accepted else {
            tokio::time::sleep(OUT_OF_FILES).await;
            continue;
        };
        connect(stream, peer, limit, handler.clone(), &connections);
    }
    drop(listener);
    let _ = tokio::time::timeout(LAST_ANSWERS, connections.shutdown()).await;
}

fn connect<H, A>(stream: TcpStream, peer: SocketAddr, limit: usize, handler: H, connections: &GracefulShutdown)
where
    H: Fn(Request<Bytes>, SocketAddr) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Response<Bytes>> + Send + 'static,
{
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: Request<Incoming>| {
        let handler = handler.clone();
        async move {
            let response = match whole(request, limit).await {
                Ok(Some(request)) => handler(request, peer).await,
                Ok(None) => too_large(),
                Err(error) => return Err(error),
            };
            Ok(response.map(Full::new))
        }
    });
    let connection =
        http1::Builder::new().timer(TokioTimer::new()).header_read_timeout(HEAD).serve_connection(TokioIo::new(stream), service);
    tokio::spawn(connections.watch(connection));
}

/// A request with its whole body, or `None` if that is too large.
async fn whole(request: Request<Incoming>, limit: usize) -> Result<Option<Request<Bytes>>, hyper::Error> {
    let (parts, mut body) = request.into_parts();
    let declared = body.size_hint().lower();
    if declared > limit as u64 {
        discard(&mut body).await;
        return Ok(None);
    }
    match Limited::new(&mut body, limit).collect().await {
        Ok(collected) => Ok(Some(Request::from_parts(parts, collected.to_bytes()))),
        Err(error) if error.is::<LengthLimitError>() => {
            discard(&mut body).await;
            Ok(None)
        }
        // The client broke off: there is nobody to answer.
        Err(error) => error.downcast::<hyper::Error>().map_or(Ok(None), |error| Err(*error)),
    }
}

async fn discard(body: &mut Incoming) {
    let rest = async { while let Some(Ok(_)) = body.frame().await {} };
    let _ = tokio::time::timeout(REST_OF_BODY, rest).await;
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::serve::shutdown::{self, Trigger};

    async fn echo() -> (SocketAddr, Trigger, tokio::task::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (trigger, waiting) = shutdown::pair();
        let handler = async |request: Request<Bytes>, _| Response::new(request.into_body());
        let server = tokio::spawn(serve(listener, 100, handler, waiting));
        (address, trigger, server)
    }

    async fn exchange(address: SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn a_request_is_answered() {
        let (address, _trigger, _) = echo().await;
        let answer = exchange(address, "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.ends_with("\r\n\r\nhello"), "{answer}");
    }

    #[tokio::test]
    async fn a_body_that_is_too_large_is_refused_whether_declared_or_not() {
        let (address, _trigger, _) = echo().await;
        let long = "a".repeat(101);
        let declared = format!("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 101\r\n\r\n{long}");
        let chunked =
            format!("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n{long}\r\n0\r\n\r\n");
        for request in [declared, chunked] {
            let answer = exchange(address, &request).await;
            assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
            assert!(answer.ends_with(r#"{"message":"Request Entity Too Large"}"#), "{answer}");
        }
    }

    #[tokio::test]
    async fn the_server_ends_when_it_is_told_to() {
        let (address, trigger, server) = echo().await;
        let _idle = TcpStream::connect(address).await.unwrap();
        trigger.pull();
        tokio::time::timeout(Duration::from_secs(3), server).await.unwrap().unwrap();
        assert!(TcpStream::connect(address).await.is_err());
    }
}
