//! The server: a function of a listener, the parts and a wish to stop.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tower::util::MapRequest;

use crate::app::App;
use crate::metrics::Numbers;
use crate::{census, http, janitor, mcp};

/// Longer than the 90 s for which tunnels keep an idle connection to us.
const HEADER_TIMEOUT: Duration = Duration::from_secs(100);
/// Room for the request line and the headers.
const HEADER_BYTES: usize = 64 * 1024;
/// Connections at once; more wait to be accepted.
const CONNECTIONS: usize = 4096;
/// How long running requests may take after the wish to stop.
const GRACE: Duration = Duration::from_secs(10);
/// Before accepting again, when the system has no more files to give.
const PAUSE: Duration = Duration::from_millis(100);

/// Listens to SIGINT and SIGTERM from the moment it returns, so that none ends the process rudely:
/// `shutdown` is cancelled at the first one.
pub fn stop_on_signals(shutdown: CancellationToken) -> std::io::Result<()> {
    let signals = [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?];
    tokio::spawn(stop(signals, shutdown));
    Ok(())
}

/// The wish to look for the public address again: SIGHUP. From the moment this returns, none ends the process.
pub fn hangups() -> std::io::Result<Signal> {
    signal(SignalKind::hangup())
}

/// Serves until `shutdown` is cancelled; then finishes what runs and returns. Who comes meanwhile waits for
/// the next one that serves on `listener`.
pub async fn run(listener: &TcpListener, app: App, shutdown: CancellationToken) {
    let tidying = tokio::spawn(janitor::run(
        app.store.clone(),
        app.issuer.clone(),
        app.clock.clone(),
        shutdown.clone(),
    ));
    if !app.issuer.ways().is_empty() {
        tokio::spawn(janitor::look_after_providers(
            app.issuer.clone(),
            shutdown.clone(),
        ));
    }
    let counting = app.numbers.map(|numbers| {
        let (store, engines, clock) = (app.store.clone(), app.engines.clone(), app.clock.clone());
        tokio::spawn(census::run(store, engines, clock, numbers, shutdown.clone()))
    });
    let endpoint = mcp::Endpoint::new(
        app.games.clone(),
        app.issuer.public_url().clone(),
        shutdown.clone(),
    );
    let router = http::router(app.issuer, app.games, endpoint, app.boot, app.http);
    accept(listener, router, &shutdown).await;
    app.engines.shutdown().await;
    drop(tidying.await);
    if let Some(counting) = counting {
        drop(counting.await);
    }
    app.store.close().await;
    tracing::info!("stopped");
}

/// Serves what is counted, on a listener of its own, until `shutdown` is cancelled.
pub async fn serve_numbers(listener: TcpListener, numbers: Numbers, shutdown: CancellationToken) {
    accept(&listener, http::numbers(numbers), &shutdown).await;
}

async fn accept(listener: &TcpListener, router: Router, shutdown: &CancellationToken) {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            break;
        };
        let (stream, peer) = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            },
        };
        let connection = graceful.watch(connection(stream, peer.ip(), router.clone()));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended badly");
            }
            drop(place);
        });
    }
    if timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
}

/// A connection, and the router behind something that says in each request who is at the other end.
type Connection<F> = http1::Connection<TokioIo<TcpStream>, TowerToHyperService<MapRequest<Router, F>>>;

fn connection(
    stream: TcpStream,
    peer: IpAddr,
    router: Router,
) -> Connection<impl Fn(Request<Incoming>) -> Request<Body> + Clone> {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "small answers may be delayed");
    }
    let service = MapRequest::new(router, move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(http::Peer(peer));
        request.map(Body::new)
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
}

/// The first signal asks to stop; a second one does not wait.
async fn stop([mut interrupt, mut terminate]: [Signal; 2], shutdown: CancellationToken) {
    let mut wait = async || {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    wait().await;
    tracing::info!("stopping: running requests get ten seconds");
    shutdown.cancel();
    wait().await;
    std::process::exit(1);
}
