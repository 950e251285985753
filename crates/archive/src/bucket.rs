//! Segments as objects of a bucket: written whole, read in parts, never changed.

use crate::directory::check_name;
use crate::error::ArchiveError;
use crate::location::{BucketAddress, BucketOptions};
use crate::segments::SegmentEntry;
use baogao_model::PayloadRef;
use bytes::Bytes;
use futures::TryStreamExt;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path as Key;
use object_store::{BackoffConfig, ClientOptions, Error, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long one request may take: that of the largest record over a slow line.
const REQUEST: Duration = Duration::from_secs(60);

/// How long a failing request is repeated before whoever waits is told.
const RETRY: Duration = Duration::from_secs(10);

/// A store that has answered within this time is not asked again whether it is there: every look
/// costs a request.
const FRESH: Duration = Duration::from_secs(10);

/// The most letters of a store's own words that are repeated.
const WORDS: usize = 400;

/// Where a machine at Amazon is asked for its own key, if it is given none.
const MACHINE: &str = "169.254.169.254";

/// A bucket of an object store. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    store: AmazonS3,
    address: Arc<BucketAddress>,
    answered: Arc<Mutex<Option<Instant>>>,
}

impl Bucket {
    /// Prepares to speak with the store. Asks nothing yet.
    ///
    /// # Errors
    ///
    /// When the options or the environment make no sense.
    pub(crate) fn new(options: &BucketOptions) -> Result<Self, ArchiveError> {
        let allow_http = options.check()?;
        let retry = RetryConfig {
            backoff: BackoffConfig { max_backoff: Duration::from_secs(2), ..BackoffConfig::default() },
            max_retries: 6,
            retry_timeout: RETRY,
        };
        let client = ClientOptions::new().with_timeout(REQUEST).with_allow_http(allow_http);
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(options.address.bucket())
            .with_client_options(client)
            .with_retry(retry);
        if let Some(endpoint) = &options.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        if let Some(region) = &options.region {
            builder = builder.with_region(region);
        }
        if let Some(key) = &options.access_key {
            builder = builder.with_access_key_id(&key.id).with_secret_access_key(&key.secret);
        }
        let store = builder
            .build()
            .map_err(|error| ArchiveError::BadAddress { what: format!("cannot use {}: {error}", options.address) })?;
        Ok(Self { store, address: Arc::new(options.address.clone()), answered: Arc::default() })
    }

    /// Asks whether the bucket is there and may be listed.
    ///
    /// # Errors
    ///
    /// When it is not, or may not.
    pub(crate) async fn check(&self) -> Result<(), ArchiveError> {
        let is_fresh = self.answered().is_some_and(|at| at.elapsed() < FRESH);
        if is_fresh {
            return Ok(());
        }
        let prefix = self.key("");
        // The years only: one small answer however large the archive is.
        let listed = self.store.list_with_delimiter(Some(&prefix)).await;
        self.told(listed).map(drop).map_err(|error| self.error("list", "", &error))
    }

    /// Writes a segment, which is durable when this answers. Writing the same again changes nothing.
    ///
    /// # Errors
    ///
    /// When the store refuses or does not answer; then the segment may or may not be there.
    pub(crate) async fn put(&self, segment: &str, parts: Vec<Bytes>) -> Result<(), ArchiveError> {
        let payload: PutPayload = parts.into_iter().collect();
        let put = self.store.put(&self.key(segment), payload).await;
        self.told(put).map(drop).map_err(|error| self.error("write", segment, &error))
    }

    /// Reads the bytes at a reference.
    ///
    /// # Errors
    ///
    /// Transient ones when the segment is not there or the store is away; a permanent one when the
    /// segment is shorter than the reference says.
    pub(crate) async fn read(&self, at: &PayloadRef) -> Result<Bytes, ArchiveError> {
        check_name(&at.segment)?;
        let Some(end) = at.offset.checked_add(at.length).filter(|_| at.length > 0) else {
            return Err(ArchiveError::damaged(at, "no segment is that long"));
        };
        let key = self.key(&at.segment);
        match self.told(self.store.get_range(&key, at.offset..end).await) {
            Ok(bytes) if bytes.len() as u64 == at.length => Ok(bytes),
            Ok(bytes) => Err(ArchiveError::damaged(at, format!("only {} bytes are there", bytes.len()))),
            Err(error) => {
                // A range beyond the end is refused in many words; the size tells it from the rest.
                let size = self.store.head(&key).await.map(|meta| meta.size);
                match size {
                    Ok(size) if end > size => {
                        Err(ArchiveError::damaged(at, format!("the segment has only {size} bytes")))
                    }
                    _ => Err(self.error("read", &at.segment, &error)),
                }
            }
        }
    }

    /// Reads a whole segment.
    ///
    /// # Errors
    ///
    /// When it is not there or the store is away.
    pub(crate) async fn read_all(&self, segment: &str) -> Result<Bytes, ArchiveError> {
        check_name(segment)?;
        let read = async { self.store.get(&self.key(segment)).await?.bytes().await };
        self.told(read.await).map_err(|error| self.error("read", segment, &error))
    }

    /// All segments, in the order they were begun.
    ///
    /// # Errors
    ///
    /// When the store is away.
    pub(crate) async fn segments(&self) -> Result<Vec<SegmentEntry>, ArchiveError> {
        let prefix = self.key("");
        let listed: Result<Vec<_>, Error> = self
            .store
            .list(Some(&prefix))
            .try_filter_map(|meta| async move {
                let name = meta.location.as_ref().strip_prefix(self.address.prefix()).unwrap_or_default();
                let name = name.trim_start_matches('/').to_owned();
                Ok(name.ends_with(".warc.gz").then_some(SegmentEntry { name, bytes: meta.size, is_open: false }))
            })
            .try_collect()
            .await;
        let mut segments = self.told(listed).map_err(|error| self.error("list", "", &error))?;
        segments.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(segments)
    }

    /// The names of the objects below a folder of the archive.
    ///
    /// # Errors
    ///
    /// When the store is away.
    pub(crate) async fn names_below(&self, folder: &str) -> Result<Vec<String>, ArchiveError> {
        let prefix = self.key(folder);
        let listed: Result<Vec<_>, Error> = self.store.list(Some(&prefix)).try_collect().await;
        let found = self.told(listed).map_err(|error| self.error("list", folder, &error))?;
        let name =
            |key: &Key| key.as_ref().strip_prefix(self.address.prefix()).map(|n| n.trim_start_matches('/').to_owned());
        Ok(found.iter().filter_map(|meta| name(&meta.location)).collect())
    }

    /// Removes an object; one that is not there is gone already.
    ///
    /// # Errors
    ///
    /// When the store refuses or does not answer.
    pub(crate) async fn delete(&self, name: &str) -> Result<(), ArchiveError> {
        match self.told(self.store.delete(&self.key(name)).await) {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.error("remove", name, &error)),
        }
    }

    /// The object of a segment; of the whole archive where the name is empty.
    fn key(&self, segment: &str) -> Key {
        Key::from(format!("{}/{segment}", self.address.prefix()))
    }

    /// Notes whether the store has answered.
    fn told<T>(&self, answer: Result<T, Error>) -> Result<T, Error> {
        let now = answer.is_ok().then(Instant::now);
        *self.answered.lock().unwrap_or_else(PoisonError::into_inner) = now;
        answer
    }

    fn answered(&self) -> Option<Instant> {
        *self.answered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A store's refusal as ours.
    fn error(&self, action: &'static str, segment: &str, error: &Error) -> ArchiveError {
        match error {
            Error::NotFound { .. } if !segment.is_empty() && action == "read" => {
                ArchiveError::MissingSegment { segment: segment.to_owned(), root: self.address.to_string() }
            }
            _ => {
                let said = in_words(error);
                let no_key =
                    "no key is known; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Asked for the machine's own: ";
                let why = if said.contains(MACHINE) { format!("{no_key}{said}") } else { said };
                let place =
                    if segment.is_empty() { self.address.to_string() } else { format!("{}/{segment}", self.address) };
                ArchiveError::Store { action, place, why: why.chars().take(WORDS).collect() }
            }
        }
    }
}

/// An error with those of its causes that it does not repeat itself.
fn in_words(error: &Error) -> String {
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let more = error.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        cause = error.source();
    }
    words
}
