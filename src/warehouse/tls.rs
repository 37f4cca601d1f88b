//! How a connection is encrypted: the modes of PostgreSQL's `sslmode`.

use std::sync::Arc;

use postgres::config::SslMode;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::Fault;

/// How safe a connection has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Security {
    /// Not encrypted.
    Disable,
    /// Encrypted where the server can; its certificate is not looked at.
    Prefer,
    /// Encrypted; the certificate is not looked at.
    Require,
    /// Encrypted, with a certificate of the host that a known authority signed.
    VerifyFull,
}

impl Security {
    pub(super) fn named(name: &str) -> Result<Self, Fault> {
        Ok(match name {
            "disable" => Self::Disable,
            "prefer" => Self::Prefer,
            "require" => Self::Require,
            "verify-full" => Self::VerifyFull,
            _other => {
                return Err(Fault::new(format!("there is no sslmode `{name}` here"))
                    .help("the modes are disable, prefer, require and verify-full"));
            }
        })
    }

    pub(super) fn mode(self) -> SslMode {
        match self {
            Self::Disable => SslMode::Disable,
            Self::Prefer => SslMode::Prefer,
            Self::Require | Self::VerifyFull => SslMode::Require,
        }
    }
}

/// What encrypts connections; `roots` is a file of certificates that are trusted in place of the system's.
pub(super) fn connector(security: Security, roots: Option<&str>) -> Result<MakeRustlsConnect, Fault> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| Fault::new(format!("connections cannot be encrypted: {error}")))?;
    let config = if security == Security::VerifyFull {
        builder.with_root_certificates(trusted(roots)?).with_no_client_auth()
    } else {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider))).with_no_client_auth()
    };
    Ok(MakeRustlsConnect::new(config))
}

fn trusted(file: Option<&str>) -> Result<RootCertStore, Fault> {
    let mut store = RootCertStore::empty();
    let certificates = match file {
        Some(file) => {
            let wrong = |why: &dyn std::fmt::Display| {
                Fault::new(format!("sslrootcert: `{file}` cannot be read: {why}")).help("name a file of certificates in PEM form")
            };
            let read = CertificateDer::pem_file_iter(file).map_err(|e| wrong(&e))?;
            read.collect::<Result<Vec<_>, _>>().map_err(|e| wrong(&e))?
        }
        None => rustls_native_certs::load_native_certs().certs,
    };
    store.add_parsable_certificates(certificates);
    if store.is_empty() {
        return Err(Fault::new("sslmode=verify-full: no certificate is trusted here")
            .help("install the system's certificates (ca-certificates), or name a file with sslrootcert=FILE"));
    }
    Ok(store)
}

/// Takes every certificate, as `prefer` and `require` do in PostgreSQL's own programs; that the server holds its key is checked.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
