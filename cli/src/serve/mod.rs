//! The local stack: everything that is deployed, in one process.
//!
//! - [`server`], [`guard`]: HTTP, and who may ask
//! - [`gateway`]: API Gateway: requests become events, routes come from [`template`]
//! - [`function`], [`functions`]: Lambda
//! - [`engine`]: DynamoDB; [`streams`], [`filter`]: its stream and who gets it; [`schedule`]: what happens by the clock
//! - [`outbox`]: SES, SNS and FCM; [`console`]: pages that show what they were given, and the API to try
//! - [`stack`]: all of it put together; [`state`], [`variables`], [`banner`], [`shutdown`]: what it stands on, says and ends by

pub mod banner;
pub mod console;
pub mod engine;
pub mod filter;
pub mod function;
pub mod functions;
pub mod gateway;
pub mod guard;
pub mod outbox;
pub mod schedule;
pub mod server;
pub mod shutdown;
pub mod stack;
pub mod state;
pub mod streams;
pub mod template;
#[cfg(test)]
mod testing;
pub mod variables;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Instant;

use latchkey::telemetry;

use self::banner::Banner;
use self::stack::Stack;
use crate::args::ServeOptions;

/// Why the local stack cannot run. The message is one line, for the person who started it.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A port is taken.
    #[error("port {} of {} is in use; choose another with {option}", .address.port(), .address.ip())]
    PortInUse {
        /// What was to be listened on.
        address: SocketAddr,
        /// The option that chooses another port.
        option: &'static str,
    },
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {problem}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        problem: io::Error,
    },
    /// The folder of the state cannot be used.
    #[error(transparent)]
    State(#[from] state::StateError),
    /// The table cannot be opened.
    #[error(transparent)]
    Engine(#[from] engine::EngineError),
    /// The messages that were sent cannot be read.
    #[error("{} cannot be used: {problem}", .path.display())]
    Outbox {
        /// Their file.
        path: PathBuf,
        /// Why not.
        problem: io::Error,
    },
    /// A variable is wrong.
    #[error(transparent)]
    Config(#[from] latchkey::config::ConfigError),
    /// The keys in the state cannot be opened.
    #[error("the keys in the state do not open: LATCHKEY_SECRET must be the secret that they were made under")]
    Keys(#[source] latchkey::keyring::KeyringError),
    /// The template cannot be used.
    #[error(transparent)]
    Template(#[from] template::TemplateError),
    /// Its routes cannot be used.
    #[error(transparent)]
    Gateway(#[from] gateway::GatewayError),
    /// The system refuses threads, signals or output.
    #[error("the system refuses: {0}")]
    System(#[from] io::Error),
}

/// Runs the local stack until it is interrupted or told to end; `started` is when the program was.
///
/// # Errors
/// [`ServeError`], before anything is answered.
pub fn run(options: &ServeOptions, started: Instant) -> Result<(), ServeError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(options, started))
}

async fn serve(options: &ServeOptions, started: Instant) -> Result<(), ServeError> {
    let interrupted = interruption()?;
    let stack = Stack::open(options).await?;
    telemetry::init(stack.config().log);
    let (trigger, waiting) = shutdown::pair();
    let banner = stack.banner();
    let running = stack.start(&waiting);
    let checked = running.check().await;
    if checked.is_ok() {
        writeln!(io::stdout(), "{}", Banner { ready_after: started.elapsed(), ..banner })?;
        interrupted.await;
    }
    trigger.pull();
    running.finish().await;
    checked
}

/// Ready once the process is interrupted (Ctrl-C) or told to end.
fn interruption() -> io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    #[cfg(unix)]
    let mut interrupted = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())?;
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    })
}
