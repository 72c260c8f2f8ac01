//! TLS from two files.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

/// What shakes hands with clients, from PEM files with the chain and its key.
///
/// # Errors
/// If a file cannot be read, or the two do not fit.
pub fn acceptor(chain: &Path, key: &Path) -> io::Result<TlsAcceptor> {
    let bad = |path: &Path, error: &dyn std::fmt::Display| {
        io::Error::other(format!("{}: {error}", path.display()))
    };
    let certificates = CertificateDer::pem_file_iter(chain).map_err(|it| bad(chain, &it))?;
    let certificates: Result<Vec<_>, _> = certificates.collect();
    let certificates = certificates.map_err(|it| bad(chain, &it))?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|it| bad(key, &it))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|it| bad(chain, &it))?
        .with_no_client_auth()
        .with_single_cert(certificates, private)
        .map_err(|it| bad(chain, &it))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
