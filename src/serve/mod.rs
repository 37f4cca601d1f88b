//! Scores as they happen: the rules behind HTTP.
//!
//! Requests go through the gate to the function of their route. Single records are scored on the thread that reads them; what
//! takes longer waits in a bounded queue. The rules are replaced whole, and every answer says which gave it.

mod about;
mod answer;
mod app;
mod body;
mod gate;
mod headers;
mod hook;
mod hubspot;
mod json;
mod keeper;
mod lines;
mod listen;
mod live;
mod log;
mod metrics;
mod openapi;
mod options;
mod page;
mod problem;
mod reading;
mod record_schema;
mod records;
mod refused;
mod score;
mod scoring;
mod sender;
mod stalls;
mod studies;
mod tokens;
mod types;
mod watch;
mod work;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::{get, post};
use tokio::runtime::Runtime;
use tokio::sync::watch as channel;
use tokio::task::JoinHandle;

use crate::failure::Failure;
use app::App;
use keeper::Keeper;
use listen::Listener;
use live::Live;
use metrics::Metrics;
use problem::Problem;
use tokens::Tokens;

pub use openapi::document as openapi;
pub use options::{Limits, Listen, Log, Options, Variable};

/// Rules may nest deep, and whoever checks them needs the stack for it; it is memory only where it is used.
const STACK_BYTES: usize = 256 << 20;

/// A server that runs.
pub struct Server {
    runtime: Runtime,
    address: String,
    stop: channel::Sender<bool>,
    accepting: JoinHandle<()>,
    app: Arc<App>,
    /// Set when the threads of the store are to end.
    ended: Arc<AtomicBool>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Server {
    /// Loads the rules and begins to listen.
    ///
    /// # Errors
    /// Rules with errors, files that cannot be read, an address that is taken.
    pub fn start(options: Options) -> Result<Self, Failure> {
        let live = Live::open(&options).map_err(|errors| {
            Failure::new(errors.to_string()).help(format!("`lsrc check {}` shows every error", options.rules.display()))
        })?;
        let tokens = options.token_file.as_deref().map(Tokens::read).transpose()?;
        let tls = listen::acceptor(&options)?;
        let changes = if options.watch { Some(watch::watch(&options.rules)?) } else { None };
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads)
            .max_blocking_threads(threads + 2)
            .thread_stack_size(STACK_BYTES)
            .enable_all()
            .build()
            .map_err(|error| Failure::new("the threads of the server cannot be started").because(error))?;
        let live = Arc::new(live);
        let metrics = Metrics::new();
        let ended = Arc::new(AtomicBool::new(false));
        let mut threads_of = Vec::new();
        let mut keeper = None;
        if let Some(store) = &options.store {
            let (started, thread) = Keeper::start(store, &live, options.variable)?;
            keeper = Some(started);
            threads_of.push(thread);
            threads_of.extend(sender::start(store, options.variable, metrics.outbox.clone(), Arc::clone(&ended))?);
        }
        let listener = runtime.block_on(Listener::bind(&options.listen))?;
        let address = listener.address(tls.is_some());
        let app = Arc::new(App::new(options, metrics, live, tokens, keeper, threads));
        let (stop, stopped) = channel::channel(false);
        let accepting = runtime.spawn(listen::accept(listener, tls, Arc::clone(&app), router(&app), stopped));
        if let Some(changes) = changes {
            runtime.spawn(watch::follow(changes, Arc::clone(&app)));
        }
        let revision = &*app.live.current().revision;
        tracing::info!(address, revision, version = env!("CARGO_PKG_VERSION"), "listening");
        Ok(Self { runtime, address, stop, accepting, app, ended, threads: threads_of })
    }

    /// Where it can be reached: `http://127.0.0.1:8080`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Answers until the process is asked to stop by SIGTERM or SIGINT; SIGHUP loads the rules again.
    ///
    /// # Errors
    /// Signals that cannot be listened to.
    pub fn run(self) -> Result<(), Failure> {
        let asked = self.runtime.block_on(signals(&self.app));
        self.stop();
        asked.map_err(|error| Failure::new("signals cannot be listened to").because(error))
    }

    /// Stops: no new connections, and requests under way are answered within the grace.
    pub fn stop(self) {
        tracing::info!("stopping");
        self.app.stopping.store(true, Ordering::Relaxed);
        let _gone = self.stop.send(true);
        let _ended = self.runtime.block_on(self.accepting);
        if let Listen::Unix(path) = &self.app.options.listen {
            // A server that is killed leaves it too, so nothing rests on this.
            let _gone = std::fs::remove_file(path);
        }
        self.ended.store(true, Ordering::Relaxed);
        self.app.keeper.iter().for_each(Keeper::close);
        for thread in self.threads {
            // One that failed has said so.
            let _ended = thread.join();
        }
        tracing::info!("stopped");
        self.runtime.shutdown_timeout(Duration::from_millis(100));
        log::finish();
    }
}

/// Begins to log: lines for people where `for_people`, otherwise JSON.
pub fn start_log(options: &Options, for_people: bool) {
    log::start(options.log, for_people);
}

/// Waits until the process is asked to stop.
#[cfg(unix)]
async fn signals(app: &Arc<App>) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    loop {
        tokio::select! {
            _ = terminate.recv() => return Ok(()),
            _ = interrupt.recv() => return Ok(()),
            _ = hangup.recv() => {
                let of = Arc::clone(app);
                let _told = tokio::task::spawn_blocking(move || of.reload("SIGHUP")).await;
            }
        }
    }
}

/// Waits until the process is asked to stop.
#[cfg(not(unix))]
async fn signals(_app: &Arc<App>) -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}

/// Every route; [`gate::ROUTES`] has their scopes.
fn router(app: &Arc<App>) -> Router {
    let routes = Router::new()
        .route("/v1/score", post(score::score))
        .route("/v1/batch", post(score::batch))
        .route("/v1/explain", post(score::explain))
        .route("/v1/check", post(studies::check))
        .route("/v1/diff", post(studies::diff))
        .route("/v1/rules", get(about::rules))
        .route("/v1/schema", get(about::schema))
        .route("/v1/reload", post(about::reload))
        .route("/v1/records/{key}", get(records::get).put(records::put))
        .route("/v1/records/{key}/history", get(records::history))
        .route("/v1/events/{list}", post(records::events))
        .route("/hooks/hubspot", post(hubspot::hubspot))
        .route("/v1/moves", get(records::moves))
        .route("/metrics", get(about::metrics))
        .route("/health/live", get(about::live))
        .route("/health/ready", get(about::ready))
        .route("/openapi.json", get(openapi::openapi_json));
    let routes = if app.options.playground { page::routes(routes) } else { routes };
    routes
        .fallback(no_route)
        .method_not_allowed_fallback(no_method)
        // `body` has a limit of its own, with words.
        .layer(DefaultBodyLimit::disable())
        .layer(axum::middleware::from_fn_with_state(Arc::clone(app), gate::gate))
        .with_state(Arc::clone(app))
}

async fn no_route() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "there is no such address").help("`/openapi.json` lists all")
}

async fn no_method() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this address does not take that method")
        .help("the header `Allow` says which; `/openapi.json` lists all")
}
