//! The user's own profiles of CMS families: a folder with a `NAME/profile.toml` or a `NAME.toml` each.

use crate::config::ExtractSection;
use anyhow::Context as _;
use baogao_extract::Extractor;
use std::path::Path;

/// The extractor with the built-in profiles and those of the configured folder.
///
/// # Errors
///
/// When the folder or a profile in it cannot be read.
pub fn extractor(config: &ExtractSection) -> anyhow::Result<Extractor> {
    match &config.profiles {
        Some(folder) => with_folder(folder),
        None => Ok(Extractor::new()),
    }
}

/// The extractor with the built-in profiles and those of `folder`.
///
/// # Errors
///
/// When the folder or a profile in it cannot be read.
pub fn with_folder(folder: &Path) -> anyhow::Result<Extractor> {
    let cannot = || format!("cannot read the profiles in {}", folder.display());
    let mut profiles: Vec<(String, String)> = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(cannot)? {
        let path = entry.with_context(cannot)?.path();
        let file = if path.is_dir() { path.join("profile.toml") } else { path.clone() };
        let is_profile = file.extension().is_some_and(|extension| extension == "toml") && file.is_file();
        let Some(name) = path.file_stem().and_then(|name| name.to_str()).filter(|_| is_profile) else { continue };
        let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        profiles.push((name.to_owned(), text));
    }
    // The order of a folder is no order; among equals the first profile wins.
    profiles.sort();
    let profiles: Vec<(&str, &str)> = profiles.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    Extractor::with_profiles(&profiles).with_context(cannot)
}
