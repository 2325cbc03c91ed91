//! Floor 1: what TLS connections of ours trust. The system's certificates; where the system has
//! none, those that come with the program.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use tracing::debug;

/// A configuration that trusts whom the system trusts. Reads the system's certificates.
pub fn trusting_the_system() -> Result<ClientConfig, rustls::Error> {
    let builder =
        ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    match builder.clone().with_platform_verifier() {
        Ok(builder) => Ok(builder.with_no_client_auth()),
        Err(why) => {
            debug!("the system's certificates are not usable, using our own: {why}");
            let roots = RootCertStore {
                roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
            };
            Ok(builder.with_root_certificates(roots).with_no_client_auth())
        }
    }
}

/// A configuration that trusts nobody, for connections that never leave this machine: it reads no
/// file and costs no memory.
pub fn trusting_nobody() -> Result<ClientConfig, rustls::Error> {
    Ok(ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth())
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_configurations_can_be_made() {
        assert!(trusting_the_system().is_ok());
        assert!(trusting_nobody().is_ok());
    }
}
