//! Tombstones beside the segments: `tombstones/<time>-<name>.json`, one small object each.
//!
//! Segments are immutable, so what is taken down stays in them. A tombstone says that it is neither
//! read nor handed out any more. Who reads looks for new ones each minute.

use crate::archive::{Place, blocking};
use crate::directory::sync_folder;
use crate::error::ArchiveError;
use baogao_model::{ContentHash, Target, Tombstone, Tombstones};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// The folder of the tombstones.
const FOLDER: &str = "tombstones";

/// How long a look at the tombstones holds.
const FRESH: Duration = Duration::from_secs(60);

/// The tombstones of an archive, as last seen.
#[derive(Debug, Default)]
pub(crate) struct Graves {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    at: Option<Instant>,
    /// By the name of the object. One that is known is not read again: it never changes.
    by_name: BTreeMap<String, Tombstone>,
    all: Arc<Tombstones>,
}

impl Graves {
    /// The tombstones, looked at within the last minute.
    pub(crate) async fn known(&self, place: &Place) -> Result<Arc<Tombstones>, ArchiveError> {
        let mut seen = self.seen.lock().await;
        if seen.at.is_none_or(|at| at.elapsed() >= FRESH) {
            look(&mut seen, place).await?;
        }
        Ok(seen.all.clone())
    }

    /// Writes a tombstone, unless there is one of the same target.
    pub(crate) async fn dig(&self, place: &Place, tombstone: &Tombstone) -> Result<(), ArchiveError> {
        let mut seen = self.seen.lock().await;
        look(&mut seen, place).await?;
        if seen.all.of(&tombstone.target).is_some() {
            return Ok(());
        }
        let name = name_of(tombstone);
        // Plain structs with string keys.
        let body = serde_json::to_vec_pretty(tombstone).unwrap_or_default();
        write(place, &name, body).await?;
        look(&mut seen, place).await
    }

    /// Removes the tombstones of a target; false if there was none.
    pub(crate) async fn lift(&self, place: &Place, target: &Target) -> Result<bool, ArchiveError> {
        let mut seen = self.seen.lock().await;
        look(&mut seen, place).await?;
        let key = target.key();
        let is_it = |one: &Tombstone| one.target.key() == key;
        let names: Vec<String> =
            seen.by_name.iter().filter(|(_, one)| is_it(one)).map(|(name, _)| name.clone()).collect();
        for name in &names {
            remove(place, name).await?;
        }
        look(&mut seen, place).await?;
        Ok(!names.is_empty())
    }
}

/// When it was made, then its target: names sort by time, and the same tombstone has the same name.
fn name_of(tombstone: &Tombstone) -> String {
    let time = tombstone.at.strftime("%Y%m%dT%H%M%SZ");
    let target = ContentHash::of(tombstone.target.key().as_bytes());
    format!("{FOLDER}/{time}-{}.json", &target.as_str()[..32])
}

/// Reads what is new and drops what is gone.
async fn look(seen: &mut Seen, place: &Place) -> Result<(), ArchiveError> {
    let names = list(place).await?;
    let mut by_name = BTreeMap::new();
    for name in names {
        let tombstone = match seen.by_name.get(&name) {
            Some(known) => known.clone(),
            None => {
                // Lifted since it was listed.
                let Some(body) = read(place, &name).await? else { continue };
                serde_json::from_slice(&body)
                    .map_err(|error| ArchiveError::BadTombstone { name: name.clone(), what: error.to_string() })?
            }
        };
        by_name.insert(name, tombstone);
    }
    if seen.at.is_none() || by_name != seen.by_name {
        seen.all = Arc::new(by_name.values().cloned().collect());
        seen.by_name = by_name;
    }
    seen.at = Some(Instant::now());
    Ok(())
}

async fn list(place: &Place) -> Result<Vec<String>, ArchiveError> {
    match place {
        Place::Folder(root) => {
            let folder = root.join(FOLDER);
            blocking(move || names_in(&folder)).await
        }
        Place::Bucket(bucket) => {
            let names = bucket.names_below(FOLDER).await?;
            Ok(names.into_iter().filter(|name| name.ends_with(".json")).collect())
        }
    }
}

fn names_in(folder: &Path) -> Result<Vec<String>, ArchiveError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(ArchiveError::io("list", folder)(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(ArchiveError::io("list", folder))?;
        if let Ok(file) = entry.file_name().into_string()
            && file.ends_with(".json")
        {
            names.push(format!("{FOLDER}/{file}"));
        }
    }
    Ok(names)
}

async fn read(place: &Place, name: &str) -> Result<Option<Bytes>, ArchiveError> {
    match place {
        Place::Folder(root) => {
            let path = root.join(name);
            blocking(move || match fs::read(&path) {
                Ok(body) => Ok(Some(body.into())),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(ArchiveError::io("read", &path)(error)),
            })
            .await
        }
        Place::Bucket(bucket) => match bucket.read_all(name).await {
            Ok(body) => Ok(Some(body)),
            Err(ArchiveError::MissingSegment { .. }) => Ok(None),
            Err(error) => Err(error),
        },
    }
}

/// Writes an object; durable when this answers.
async fn write(place: &Place, name: &str, body: Vec<u8>) -> Result<(), ArchiveError> {
    match place {
        Place::Folder(root) => {
            let (root, path) = (root.clone(), root.join(name));
            blocking(move || write_file(&root, &path, &body)).await
        }
        Place::Bucket(bucket) => bucket.put(name, vec![body.into()]).await,
    }
}

/// Under another name first, so that nobody reads the half of it.
fn write_file(root: &Path, path: &Path, body: &[u8]) -> Result<(), ArchiveError> {
    let folder = root.join(FOLDER);
    fs::create_dir_all(&folder).map_err(ArchiveError::io("create", &folder))?;
    let draft = path.with_extension(format!("{}.tmp", std::process::id()));
    let written = File::create(&draft).and_then(|mut file| file.write_all(body).and_then(|()| file.sync_all()));
    written.map_err(ArchiveError::io("write to", &draft))?;
    fs::rename(&draft, path).map_err(ArchiveError::io("rename", &draft))?;
    sync_folder(&folder)?;
    sync_folder(root)
}

async fn remove(place: &Place, name: &str) -> Result<(), ArchiveError> {
    match place {
        Place::Folder(root) => {
            let path = root.join(name);
            blocking(move || match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(ArchiveError::io("remove", &path)(error)),
                _ => sync_folder(path.parent().unwrap_or(&path)),
            })
            .await
        }
        Place::Bucket(bucket) => bucket.delete(name).await,
    }
}
