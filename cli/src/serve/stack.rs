//! The parts of the local stack, put together.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use latchkey::app::App;
use latchkey::clock::{Clock, SystemClock};
use latchkey::config::Config;
use latchkey::rng::{Rng, SystemRng};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use super::ServeError;
use super::banner::Banner;
use super::console::{self, Console};
use super::engine::{Engine, Storage};
use super::functions::Functions;
use super::gateway::{self, Gateway};
use super::guard::Guard;
use super::outbox::Outbox;
use super::schedule::Schedule;
use super::server;
use super::shutdown::{self, Shutdown, Trigger};
use super::state::{State, new_secret};
use super::streams::StreamPump;
use super::template::{Route, StreamMapping, Template};
use super::variables::{Addresses, Variables, from_environment};
use crate::args::ServeOptions;

/// Largest body that DynamoDB takes.
const DYNAMODB_LIMIT: usize = 16 * 1024 * 1024;

/// A local stack that is ready to start.
pub struct Stack {
    app: App,
    config: Config,
    addresses: Addresses,
    open_to_others: bool,
    api: TcpListener,
    dynamodb: TcpListener,
    engine: Engine,
    outbox: Outbox,
    routes: Vec<Route>,
    run: String,
    gateway: Gateway,
    functions: Functions,
    stream: StreamMapping,
    clock: Arc<dyn Clock>,
    state: Option<State>,
}

impl Stack {
    /// Opens what a stack stands on: state, ports, table. Requests are taken from here on, and answered once it starts.
    ///
    /// # Errors
    /// [`ServeError`].
    pub async fn open(options: &ServeOptions) -> Result<Self, ServeError> {
        let (clock, rng): (Arc<dyn Clock>, Arc<dyn Rng>) = (Arc::new(SystemClock), Arc::new(SystemRng));
        let state = if options.memory { None } else { Some(State::open(&options.data)?) };
        let api = listen(options.bind, options.port, "--port").await?;
        let dynamodb = listen(options.bind, options.dynamodb_port, "--dynamodb-port").await?;
        let addresses = Addresses { api: url(&api)?, dynamodb: url(&dynamodb)? };
        let config = config(&addresses, state.as_ref(), &*rng)?;

        let template = Template::embedded()?;
        let storage = state.as_ref().map_or(Storage::Memory, |state| Storage::File(state.table()));
        let engine = Engine::open(&storage, &template.table)?;
        engine.create_table(&config.table)?;
        let outbox = outbox(state.as_ref(), &clock, &rng)?;
        let app = App::new(config.clone());
        let functions = Functions::of(&app);
        let base_url = config.base_url.as_deref().unwrap_or(&addresses.api);
        let run = rng.token();
        let gateway = Gateway::new(&template.routes, &functions.http, base_url, Arc::clone(&clock), rng)?;
        let open_to_others = !options.bind.is_loopback();
        let Template { routes, stream, .. } = template;
        Ok(Self {
            app,
            config,
            addresses,
            open_to_others,
            api,
            dynamodb,
            engine,
            outbox,
            routes,
            run,
            gateway,
            functions,
            stream,
            clock,
            state,
        })
    }

    /// The configuration of its functions.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What to say when it is ready.
    #[must_use]
    pub fn banner(&self) -> Banner {
        Banner {
            addresses: self.addresses.clone(),
            folder: self.state.as_ref().map(|state| state.folder().to_owned()),
            table: self.config.table.clone(),
            open_to_others: self.open_to_others,
            ready_after: Duration::ZERO,
        }
    }

    /// Starts everything; it runs until the shutdown.
    #[must_use]
    pub fn start(self, shutdown: &Shutdown) -> Running {
        let position_file = self.state.as_ref().map(State::stream_position);
        let pump = StreamPump::new(&self.engine, &self.config.table, &self.stream, position_file);
        let Functions { deliver, purge, rotate_keys, .. } = self.functions;
        let schedule = Schedule { deliver: deliver.clone(), purge, rotate_keys, engine: self.engine.clone(), clock: self.clock };
        let mut callers = JoinSet::new();
        let console = Console::new(self.outbox, &self.routes, self.run, shutdown.clone());
        callers.spawn(serve_api(self.api, self.gateway, console, shutdown.clone()));
        callers.spawn(pump.run(deliver, shutdown.clone()));
        callers.spawn(schedule.run(shutdown.clone()));
        let (table_ends, waiting) = shutdown::pair();
        let table = tokio::spawn(serve_dynamodb(self.dynamodb, self.engine, waiting));
        Running { app: self.app, callers, table, table_ends, _state: self.state }
    }
}

/// A local stack that runs.
pub struct Running {
    app: App,
    callers: JoinSet<()>,
    table: JoinHandle<()>,
    table_ends: Trigger,
    _state: Option<State>,
}

impl Running {
    /// Opens the keys that the state keeps, or makes them.
    ///
    /// # Errors
    /// [`ServeError::Keys`], above all if `LATCHKEY_SECRET` is not the one that they are sealed under.
    pub async fn check(&self) -> Result<(), ServeError> {
        self.app.keyring.keys().await.map(drop).map_err(ServeError::Keys)
    }

    /// Waits for the end: the table's comes after that of everything that calls it.
    pub async fn finish(self) {
        self.callers.join_all().await;
        self.table_ends.pull();
        let _ = self.table.await;
    }
}

async fn listen(ip: IpAddr, port: u16, option: &'static str) -> Result<TcpListener, ServeError> {
    let address = SocketAddr::new(ip, port);
    TcpListener::bind(address).await.map_err(|problem| match problem.kind() {
        io::ErrorKind::AddrInUse => ServeError::PortInUse { address, option },
        _ => ServeError::Listen { address, problem },
    })
}

/// How this process calls what listens there.
fn url(listener: &TcpListener) -> io::Result<String> {
    let mut address = listener.local_addr()?;
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
    }
    Ok(format!("http://{address}"))
}

fn config(addresses: &Addresses, state: Option<&State>, rng: &dyn Rng) -> Result<Config, ServeError> {
    let mut variables = Variables::new(addresses, from_environment);
    if variables.get("LATCHKEY_SECRET").is_none() {
        let secret = state.map_or_else(|| Ok(new_secret(rng)), |state| state.secret(rng))?;
        variables.set("LATCHKEY_SECRET", secret);
    }
    Ok(Config::read(&|name| variables.get(name))?)
}

fn outbox(state: Option<&State>, clock: &Arc<dyn Clock>, rng: &Arc<dyn Rng>) -> Result<Outbox, ServeError> {
    let (clock, rng) = (Arc::clone(clock), Arc::clone(rng));
    let Some(path) = state.map(State::outbox) else { return Ok(Outbox::in_memory(clock, rng)) };
    let unusable = |path: PathBuf, problem| ServeError::Outbox { path, problem };
    Outbox::open(&path, clock, rng).map_err(|problem| unusable(path, problem))
}

async fn serve_api(listener: TcpListener, gateway: Gateway, console: Console, shutdown: Shutdown) {
    let Ok(address) = listener.local_addr() else { return };
    let guard = Guard::new(address);
    let handler = move |request, peer| answer_api(guard, gateway.clone(), console.clone(), request, peer);
    server::serve(listener, gateway::BODY_LIMIT, handler, shutdown).await;
}

async fn answer_api(guard: Guard, gateway: Gateway, console: Console, request: Request<Bytes>, peer: SocketAddr) -> Response<Bytes> {
    if let Err(refusal) = guard.check_host(request.headers()) {
        return refusal.response();
    }
    if !request.uri().path().starts_with(console::BASE) {
        return gateway.handle(request, peer.ip().to_canonical()).await;
    }
    match guard.check_origin(request.headers()) {
        Ok(()) => console.answer(&request).await,
        Err(refusal) => refusal.response(),
    }
}

async fn serve_dynamodb(listener: TcpListener, engine: Engine, shutdown: Shutdown) {
    let Ok(address) = listener.local_addr() else { return };
    let guard = Guard::new(address);
    let handler = move |request, _| answer_dynamodb(guard, engine.clone(), request);
    server::serve(listener, DYNAMODB_LIMIT, handler, shutdown).await;
}

async fn answer_dynamodb(guard: Guard, engine: Engine, request: Request<Bytes>) -> Response<Bytes> {
    let allowed = guard.check_host(request.headers()).and_then(|()| guard.check_no_page(request.headers()));
    match allowed {
        Ok(()) => engine.handle(request).await,
        Err(refusal) => refusal.response(),
    }
}
