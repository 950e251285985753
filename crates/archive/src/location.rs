//! Where an archive lies, as configurations and command lines say it.

use crate::error::ArchiveError;
use std::fmt;
use std::path::PathBuf;
use url::{Host, Url};

/// An address that would do, for messages.
const EXAMPLE: &str = "s3://bucket/prefix";

/// Where an archive lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// In a folder of this machine, or of a volume that machines share.
    Folder(PathBuf),
    /// In a bucket of an object store.
    Bucket(BucketOptions),
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => folder.display().fmt(f),
            Self::Bucket(options) => options.address.fmt(f),
        }
    }
}

/// How a bucket is reached. What is missing here is looked for in the environment, under the names
/// that every S3 client knows: `AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL` and so on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketOptions {
    /// The bucket and the prefix of all names in it.
    pub address: BucketAddress,
    /// The store's own address where it is not Amazon's: `https://s3.example:9000`.
    pub endpoint: Option<String>,
    /// The region that requests are signed for; `us-east-1` where neither this nor the environment
    /// names one.
    pub region: Option<String>,
    /// Whether the endpoint may be spoken to without TLS. One on this machine always may.
    pub allow_http: bool,
    /// The key that requests are signed with.
    pub access_key: Option<AccessKey>,
}

impl BucketOptions {
    /// What is to be known of a bucket at Amazon, with the key in the environment.
    pub fn new(address: BucketAddress) -> Self {
        Self { address, endpoint: None, region: None, allow_http: false, access_key: None }
    }

    /// Whether plain HTTP may be spoken.
    ///
    /// # Errors
    ///
    /// When the endpoint is no address, holds a password, or needs a permission that is not given.
    pub fn check(&self) -> Result<bool, ArchiveError> {
        let Some(endpoint) = &self.endpoint else { return Ok(self.allow_http) };
        let bad = |what: String| Err(ArchiveError::BadAddress { what });
        // The text is not repeated: it may hold a password.
        let url = match Url::parse(endpoint) {
            Ok(url) => url,
            Err(error) => return bad(format!("the endpoint is no address such as https://s3.example:9000: {error}")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return bad(
                "the endpoint must not hold a key; give it in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY".into()
            );
        }
        match url.scheme() {
            "https" => Ok(self.allow_http),
            "http" if self.allow_http || is_loopback(&url) => Ok(true),
            "http" => {
                bad("the endpoint is not encrypted; use https, or allow_http = true in a network you trust".into())
            }
            other => bad(format!("the endpoint's scheme is {other:?}; there are https and http")),
        }
    }
}

/// Whether an address is on this machine.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

/// The key of a bucket's user. Its secret is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// The key's name.
    pub id: String,
    /// What only its owner knows.
    pub secret: String,
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey").field("id", &self.id).field("secret", &"***").finish()
    }
}

/// A bucket and a prefix in it: `s3://bucket/prefix`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketAddress {
    bucket: String,
    prefix: String,
}

impl BucketAddress {
    /// Reads an address.
    ///
    /// # Errors
    ///
    /// When it has another scheme, no bucket, a key in it, or a part that is no name. The text is not
    /// repeated: it may hold a secret.
    pub fn parse(text: &str) -> Result<Self, ArchiveError> {
        let bad = |what: String| ArchiveError::BadAddress { what };
        let rest =
            text.trim().strip_prefix("s3://").ok_or_else(|| bad(format!("must begin with s3://, as in {EXAMPLE}")))?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.contains(['@', ':']) {
            let env = "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_ENDPOINT_URL";
            return Err(bad(format!(
                "must name a bucket and nothing else before the prefix, as in {EXAMPLE}; see {env}"
            )));
        }
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        if bucket.len() < 3 || bucket.len() > 63 || !bucket.chars().all(is_name) {
            return Err(bad(format!("names no bucket of 3 to 63 letters, digits, dots and hyphens, as in {EXAMPLE}")));
        }
        let prefix = prefix.trim_matches('/');
        let is_part = |part: &str| !part.is_empty() && part != "." && part != ".." && part.chars().all(is_name);
        if !prefix.is_empty() && !prefix.split('/').all(is_part) {
            return Err(bad(format!(
                "has a prefix with other than letters, digits, dots, hyphens and single slashes, as in {EXAMPLE}"
            )));
        }
        Ok(Self { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
    }

    /// The bucket.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// What all names begin with, without the slash behind it; may be empty.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }
}

impl fmt::Display for BucketAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}", self.bucket)?;
        if self.prefix.is_empty() { Ok(()) } else { write!(f, "/{}", self.prefix) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_they_are_written() {
        for (text, shown) in [
            ("s3://archive", "s3://archive"),
            (" s3://archive/", "s3://archive"),
            ("s3://archive/baogao/warc/", "s3://archive/baogao/warc"),
        ] {
            assert_eq!(BucketAddress::parse(text).unwrap().to_string(), shown);
        }
        for wrong in [
            "",
            "/srv/archive",
            "https://archive/x",
            "s3://",
            "s3:///x",
            "s3://a",
            "s3://id:secret@archive/x",
            "s3://archive/../x",
            "s3://archive/a//b",
            "s3://archive/a b",
            "s3://archive:9000/x",
        ] {
            let error = BucketAddress::parse(wrong).expect_err(wrong);
            assert!(!error.is_transient() && !error.to_string().contains("secret@"), "{wrong}: {error}");
        }
    }

    #[test]
    fn plain_http_needs_a_permission_unless_it_stays_on_this_machine() {
        let with = |endpoint: &str, allow_http| BucketOptions {
            endpoint: Some(endpoint.to_owned()),
            allow_http,
            ..BucketOptions::new(BucketAddress::parse("s3://archive").unwrap())
        };
        for local in ["http://127.0.0.1:5000", "http://localhost:5000", "http://[::1]:5000"] {
            assert!(with(local, false).check().unwrap(), "{local}");
        }
        assert!(!with("https://s3.example", false).check().unwrap());
        assert!(with("http://s3.example:9000", true).check().unwrap());
        for wrong in ["http://s3.example:9000", "s3.example", "ftp://s3.example", "https://id:hush@s3.example"] {
            let error = with(wrong, false).check().expect_err(wrong);
            assert!(!error.to_string().contains("hush"), "{error}");
        }
    }

    #[test]
    fn a_secret_is_never_shown() {
        let key = AccessKey { id: "AKIA".to_owned(), secret: "hush".to_owned() };
        assert!(!format!("{key:?}").contains("hush"));
    }
}
