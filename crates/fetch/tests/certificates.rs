//! A machine without CA certificates.
#![cfg(target_os = "linux")] // Elsewhere the system's own verifier is asked at each connection.

use baogao_fetch::{ConfigError, FetchConfig, Fetcher};
use std::process::Command;

/// Set in the process that has no certificates.
const BARE: &str = "BAOGAO_TEST_WITHOUT_CERTIFICATES";

#[test]
fn a_system_without_certificates_is_told_what_to_install() {
    if std::env::var_os(BARE).is_some() {
        let error = Fetcher::new(FetchConfig::default()).err().expect("no fetcher");
        assert!(matches!(error, ConfigError::Client { .. }), "{error:?}");
        assert!(error.to_string().contains("ca-certificates"), "{error}");
        return;
    }
    // The environment of this process is shared with other tests, so another is started.
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_system_without_certificates_is_told_what_to_install"])
        .envs([(BARE, "1"), ("SSL_CERT_FILE", "/nonexistent.pem"), ("SSL_CERT_DIR", "/nonexistent")])
        .status()
        .unwrap();
    assert!(status.success());
}
