//! A certificate authority of the benchmark's own, made anew for each run. Its chain is as long as that of an AWS
//! endpoint, with RSA keys of 2,048 bits as there. Beside it in the file are Amazon's five authorities, so that a client
//! reads as much as it does on AWS.

use holdfast_tests::terminal::Problem;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_RSA_SHA256, RsaKeySize, SanType,
};
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::version::TLS13;

const AMAZONS_OWN: &str = include_str!("../../../../shared/aws/src/connections/amazon-roots.pem");

/// Who vouches for the endpoints of a run.
pub(in super::super) struct Authority {
    root: String,
    chain: Vec<CertificateDer<'static>>,
    key: Vec<u8>,
}

impl Authority {
    /// A root, an authority that it vouches for, and a server at the loopback.
    pub(in super::super) fn new() -> Result<Self, Problem> {
        let mut root = named("Bench Root CA")?;
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        root.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let root_key = key()?;
        let root_certificate = root.self_signed(&root_key)?;
        let root = Issuer::new(root, root_key);
        let mut middle = named("Bench RSA 2048 M01")?;
        middle.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        middle.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let middle_key = key()?;
        let middle_certificate = middle.signed_by(&middle_key, &root)?;
        let middle = Issuer::new(middle, middle_key);
        let server_key = key()?;
        let mut server = named("127.0.0.1")?;
        server.subject_alt_names = vec![SanType::IpAddress(Ipv4Addr::LOCALHOST.into())];
        let server = server.signed_by(&server_key, &middle)?;
        Ok(Self {
            root: root_certificate.pem(),
            chain: vec![server.der().clone(), middle_certificate.der().clone()],
            key: server_key.serialize_der(),
        })
    }

    /// Writes whom a client is to trust.
    pub(in super::super) fn write(&self, file: &Path) -> Result<(), Problem> {
        Ok(std::fs::write(file, format!("{}{AMAZONS_OWN}", self.root))?)
    }

    /// TLS 1.3 with tickets, by which a client takes up a session again, and HTTP/1.1, as at AWS.
    pub(super) fn server(&self) -> Result<Arc<ServerConfig>, Problem> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(self.key.clone()));
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13])?
            .with_no_client_auth()
            .with_single_cert(self.chain.clone(), key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config.ticketer = aws_lc_rs::Ticketer::new()?;
        Ok(Arc::new(config))
    }
}

/// OpenSSL tells issuers apart by their names.
fn named(name: &str) -> Result<CertificateParams, Problem> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn key() -> Result<KeyPair, Problem> {
    Ok(KeyPair::generate_rsa_for(
        &PKCS_RSA_SHA256,
        RsaKeySize::_2048,
    )?)
}
