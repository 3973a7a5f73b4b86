//! Which certificates a connection trusts. The endpoints of AWS show certificates of Amazon's own authorities, and those
//! five are part of this program. To read all certificates of an image takes more than half of a start.
//! Source: Amazon Trust Services, "Repository"; AWS security blog, "How to prepare for AWS's move to its own certificate
//! authority".
//!
//! An endpoint may show another one: in China, or behind a proxy that looks into TLS. Then the handshake fails, and
//! nothing has been sent. From then on the connections of that service trust what the image trusts, as they would
//! without this file. Who names certificates by `SSL_CERT_FILE` or `SSL_CERT_DIR` has those from the start.
//!
//! Races: calls side by side may fail so together. Each of them sets the same mark and sends its own request again.

use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use aws_smithy_runtime_api::client::result::ConnectorError;
use rustls::CertificateError;
use std::env;
use std::error::Error;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

/// Amazon Root CA 1 to 4, and Starfield Services Root Certificate Authority G2.
const AMAZONS_OWN: &[u8] = include_bytes!("amazon-roots.pem");

/// How a person names certificates. `rustls-native-certs` reads both.
const NAMED_BY: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// Whose word on a server's name is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Roots {
    /// That of Amazon's own authorities.
    AmazonsOwn,
    /// That of everybody whom the image trusts, or whom the environment names.
    OfTheImage,
}

impl Roots {
    /// What a start takes.
    pub(super) fn at_first() -> Self {
        let is_named = |name: &&str| env::var_os(name).is_some();
        if NAMED_BY.iter().any(is_named) {
            Self::OfTheImage
        } else {
            Self::AmazonsOwn
        }
    }

    /// What a connection over TLS checks a server's certificate with; none: the client's default, the image's.
    pub(super) fn context(self) -> Option<TlsContext> {
        let own = TrustStore::empty().with_pem_certificate(AMAZONS_OWN);
        match self {
            Self::AmazonsOwn => TlsContext::builder().with_trust_store(own).build().ok(),
            Self::OfTheImage => None,
        }
    }
}

/// The SHA-256 of each certificate in the program, in hexadecimal digits.
#[cfg(test)]
pub(super) fn checksums() -> Vec<String> {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    use sha2::{Digest, Sha256};
    let ders = CertificateDer::pem_slice_iter(AMAZONS_OWN);
    let digests = ders.flatten().map(|der| Sha256::digest(&der));
    let digits = digests.map(|digest| {
        let bytes: Vec<String> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        bytes.concat()
    });
    digits.collect()
}

/// The roots that the connections of one service take.
#[derive(Debug)]
pub(super) struct Trusted {
    is_image: AtomicBool,
}

impl Trusted {
    pub(super) fn new(at_first: Roots) -> Self {
        Self {
            is_image: AtomicBool::new(at_first == Roots::OfTheImage),
        }
    }

    pub(super) fn roots(&self) -> Roots {
        if self.is_image.load(Ordering::Relaxed) {
            Roots::OfTheImage
        } else {
            Roots::AmazonsOwn
        }
    }

    pub(super) fn take_those_of_the_image(&self) {
        self.is_image.store(true, Ordering::Relaxed);
    }
}

/// Whether the server showed a certificate that no root vouches for. It ends a handshake, so no request was sent.
pub(super) fn is_unknown_issuer(error: &ConnectorError) -> bool {
    let mut causes: Vec<&(dyn Error + 'static)> = error.source().into_iter().collect();
    while let Some(cause) = causes.pop() {
        if let Some(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)) =
            cause.downcast_ref()
        {
            return true;
        }
        // An `io::Error` leaves the error that it was made of out of its chain of sources.
        if let Some(inner) = cause
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            causes.push(inner);
        }
        causes.extend(cause.source());
    }
    false
}
