//! Certificates for a server that nobody but a test trusts.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::fs;
use std::io;
use std::path::Path;

/// An authority and what it gave a server on 127.0.0.1; all in PEM.
pub(super) struct Certificates {
    pub(super) authority: String,
    server: String,
    key: String,
}

impl Certificates {
    pub(super) fn new() -> Self {
        let mut authority = params(&[]);
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(authority, key()).expect("it can sign itself");
        let key = key();
        let server = params(&["127.0.0.1"]).signed_by(&key, &issuer).expect("the issuer can sign");
        Self { authority: issuer.pem(), server: server.pem(), key: key.serialize_pem() }
    }

    /// Writes them to `dir` and gives a broker's settings to listen on `port` with them.
    ///
    /// # Errors
    ///
    /// When the directory cannot be written to.
    pub(super) fn write(&self, dir: &Path, port: u16) -> io::Result<String> {
        let mut settings = format!(
            "listeners.ssl.default = 127.0.0.1:{port}\n\
             ssl_options.verify = verify_none\n\
             ssl_options.fail_if_no_peer_cert = false\n"
        );
        let files = [("cacertfile", &self.authority), ("certfile", &self.server), ("keyfile", &self.key)];
        for (name, pem) in files {
            let path = dir.join(name).with_extension("pem");
            fs::write(&path, pem)?;
            settings += &format!("ssl_options.{name} = {}\n", path.display());
        }
        Ok(settings)
    }
}

fn key() -> KeyPair {
    KeyPair::generate().expect("there is randomness")
}

fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    CertificateParams::new(names).expect("they are names")
}
