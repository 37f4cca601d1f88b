//! Connections: so many at once, each read with patience that ends, over TCP, TLS or a socket of the file system.

use std::io;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::app::App;
use super::options::{Listen, Options};
use super::stalls::Stalls;
use crate::failure::Failure;
use crate::invariant::fits;

/// The head of a request has at most so many bytes.
const HEAD_BYTES: usize = 32 << 10;

/// What connections come from.
pub(super) enum Listener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(UnixListener),
}

impl Listener {
    pub(super) async fn bind(listen: &Listen) -> Result<Self, Failure> {
        match listen {
            Listen::Tcp(address) => {
                let refused = |error: io::Error| {
                    let failure = Failure::new(format!("cannot listen on `{address}`: {error}"));
                    if error.kind() == io::ErrorKind::AddrInUse {
                        return failure.help("another program listens there: stop it, or choose a different port with --listen");
                    }
                    failure
                };
                TcpListener::bind(address).await.map(Self::Tcp).map_err(refused)
            }
            #[cfg(unix)]
            Listen::Unix(path) => socket(path).map(Self::Unix),
            #[cfg(not(unix))]
            Listen::Unix(_) => Err(Failure::new("this system has no Unix sockets")),
        }
    }

    /// Where it can be reached.
    pub(super) fn address(&self, secure: bool) -> String {
        let scheme = if secure { "https" } else { "http" };
        match self {
            Self::Tcp(listener) => {
                listener.local_addr().map_or_else(|error| error.to_string(), |address| format!("{scheme}://{address}"))
            }
            #[cfg(unix)]
            Self::Unix(listener) => {
                let path = listener.local_addr().ok().and_then(|address| address.as_pathname().map(Path::to_owned));
                format!("unix:{}", path.map_or_else(String::new, |path| path.display().to_string()))
            }
        }
    }
}

/// Binds a socket of the file system; one that a server left behind when it was killed is replaced.
#[cfg(unix)]
fn socket(path: &Path) -> Result<UnixListener, Failure> {
    use std::os::unix::fs::FileTypeExt as _;
    let left = std::fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket());
    if left && std::os::unix::net::UnixStream::connect(path).is_err() {
        // If it cannot be removed, binding says so.
        let _ = std::fs::remove_file(path);
    }
    UnixListener::bind(path).map_err(|error| {
        let shown = path.display();
        Failure::new(format!("cannot listen on `{shown}`: {error}")).help("name a socket in a folder that you may write to")
    })
}

/// What makes connections secure, from certificate and key.
pub(super) fn acceptor(options: &Options) -> Result<Option<TlsAcceptor>, Failure> {
    let Some((cert, key)) = &options.tls else { return Ok(None) };
    let read = |path: &Path| std::fs::read(path).map_err(|error| Failure::reading(path, error));
    let unusable = |path: &Path, what: &str| {
        Failure::new(format!("`{}` has no {what} in PEM", path.display())).help("name the files that the certificate came with")
    };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(cert)?).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or_else(|| unusable(cert, "certificate"))?;
    let secret = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|_| unusable(key, "private key"))?;
    let refused = |error: rustls::Error| Failure::new("the certificate and its key cannot be used").because(error);
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider())).with_safe_default_protocol_versions();
    let mut config = builder.map_err(refused)?.with_no_client_auth().with_single_cert(chain, secret).map_err(refused)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}

/// Accepts connections until the server stops, then waits for requests under way, but not longer than the grace.
pub(super) async fn accept(
    listener: Listener,
    tls: Option<TlsAcceptor>,
    app: Arc<App>,
    router: Router,
    mut stop: watch::Receiver<bool>,
) {
    let limits = app.options.limits;
    let open = Arc::new(Semaphore::new(limits.connections));
    let asked = stop.clone();
    loop {
        // Beyond the limit connections wait to be accepted.
        let permit = tokio::select! {
            permit = Arc::clone(&open).acquire_owned() => permit,
            () = stopped(&mut stop) => break,
        };
        let Ok(permit) = permit else { break };
        let accepted = tokio::select! {
            accepted = next(&listener, tls.as_ref()) => accepted,
            () = stopped(&mut stop) => break,
        };
        let connection = match accepted {
            Ok(connection) => connection,
            Err(error) => {
                tracing::warn!(detail = %error, "a connection could not be accepted");
                // Out of file descriptors, as a rule: some may be closed soon.
                sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let (router, stop, counted) = (router.clone(), asked.clone(), app.metrics.connection());
        let head = limits.head;
        let patience = limits.timeout;
        tokio::spawn(async move {
            let _held = (permit, counted);
            match connection {
                Accepted::Plain(stream) => serve(Stalls::new(stream, patience), router, head, stop).await,
                Accepted::Secure(accept) => {
                    if let Ok(Ok(stream)) = timeout(head, accept).await {
                        serve(Stalls::new(stream, patience), router, head, stop).await;
                    }
                }
            }
        });
    }
    drop(listener);
    if timeout(limits.grace, open.acquire_many(fits(limits.connections))).await.is_err() {
        tracing::warn!("requests were still under way when the grace ended");
    }
}

/// Waits until the server is asked to stop.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    // Whoever could ask is gone with the server.
    drop(stop.wait_for(|stop| *stop).await);
}

/// A stream of any kind.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A connection that was accepted.
enum Accepted {
    Plain(Box<dyn Stream>),
    Secure(tokio_rustls::Accept<Box<dyn Stream>>),
}

async fn next(listener: &Listener, tls: Option<&TlsAcceptor>) -> io::Result<Accepted> {
    let stream: Box<dyn Stream> = match listener {
        Listener::Tcp(listener) => {
            let (stream, _) = listener.accept().await?;
            // Answers are written in one piece; nothing is gained by waiting for more.
            stream.set_nodelay(true)?;
            Box::new(stream)
        }
        #[cfg(unix)]
        Listener::Unix(listener) => Box::new(listener.accept().await?.0),
    };
    Ok(match tls {
        Some(tls) => Accepted::Secure(tls.accept(stream)),
        None => Accepted::Plain(stream),
    })
}

async fn serve(stream: impl Stream + 'static, router: Router, head: Duration, mut stop: watch::Receiver<bool>) {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(head).max_buf_size(HEAD_BYTES);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)));
    // What fails here is the client's doing: it broke off, or does not speak HTTP.
    tokio::select! {
        _ended = connection.as_mut() => {}
        () = stopped(&mut stop) => {
            connection.as_mut().graceful_shutdown();
            let _ended = connection.await;
        }
    }
}
