//! Where the responses are kept: a folder, or a bucket whose keys the environment has.

use super::ArchiveSection;
use baogao_archive::{BucketAddress, BucketOptions, Location};
use baogao_runtime::config::File;
use baogao_runtime::server_url::Unread;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The store's address in the environment, before the one of the file.
const ENDPOINT: [&str; 2] = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"];

/// The region in the environment, before the one of the file.
const REGION: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/// The section `archive` as it stands in the file. Addresses may hold a key that nobody is to see.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ArchiveAsRead {
    dir: Option<PathBuf>,
    url: Option<Unread>,
    endpoint: Option<Unread>,
    region: Option<String>,
    allow_http: bool,
}

/// The section `archive`, with whatever is wrong with it noted in `file`.
pub fn section(file: &mut File) -> ArchiveSection {
    let ArchiveAsRead { dir, url, endpoint, region, allow_http } = file.section("archive");
    if dir.is_some() && url.is_some() {
        file.problem("archive.url", "stands beside archive.dir; an archive is in one of them, so leave the other out");
    }
    let address = url.as_ref().and_then(|Unread(text)| {
        BucketAddress::parse(text).map_err(|error| file.problem("archive.url", error.to_string())).ok()
    });
    if url.is_none() && (endpoint.is_some() || region.is_some() || allow_http) {
        file.problem("archive.url", "is missing: endpoint, region and allow_http are about a bucket");
    }
    let endpoint = endpoint.map(|Unread(text)| text);
    let section = ArchiveSection { dir, url: address, endpoint, region, allow_http };
    if let Some(error) = section.bucket().and_then(|options| options.check().err()) {
        file.problem("archive.endpoint", error.to_string());
        // What may hold a key is not carried on.
        return ArchiveSection { endpoint: None, ..section };
    }
    section
}

impl ArchiveSection {
    /// Where the archive is: in the bucket or the folder named, else in `default`.
    pub fn location(&self, default: &Path) -> Location {
        let environment =
            |names: [&str; 2]| names.iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
        match self.bucket() {
            Some(options) => Location::Bucket(BucketOptions {
                endpoint: environment(ENDPOINT).or(options.endpoint),
                region: environment(REGION).or(options.region),
                ..options
            }),
            None => Location::Folder(self.dir.clone().unwrap_or_else(|| default.to_owned())),
        }
    }

    /// The bucket as the file has it.
    fn bucket(&self) -> Option<BucketOptions> {
        let address = self.url.clone()?;
        Some(BucketOptions {
            endpoint: self.endpoint.clone(),
            region: self.region.clone(),
            allow_http: self.allow_http,
            ..BucketOptions::new(address)
        })
    }
}
