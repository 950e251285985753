//! What the Dockerfile promises, read from it.

use crate::samples::{Sample, file};
use baogao_tests::root;
use serde_json::Value;

/// The Dockerfile's instructions with their arguments, in order.
struct Dockerfile {
    instructions: Vec<(String, String)>,
}

impl Dockerfile {
    fn read() -> Self {
        let text = std::fs::read_to_string(file("Dockerfile")).expect("there is a Dockerfile").replace("\\\n", "");
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let split = |line: &str| {
            let (name, arguments) = line.split_once(' ').expect("an instruction has arguments");
            (name.to_owned(), arguments.split_whitespace().collect::<Vec<_>>().join(" "))
        };
        Self { instructions: lines.map(split).collect() }
    }

    /// The arguments of an instruction in the stage that begins so.
    fn all(&self, stage: &str, name: &str) -> Vec<&str> {
        let is_stage = |(name, arguments): &&(String, String)| name == "FROM" && arguments == stage;
        let rest = self.instructions.iter().skip_while(|instruction| !is_stage(instruction)).skip(1);
        let own = rest.take_while(|(name, _)| name != "FROM");
        own.filter(|(found, _)| found == name).map(|(_, arguments)| arguments.as_str()).collect()
    }

    /// The arguments of an instruction that stands once in the stage that all images are made from.
    fn one(&self, name: &str) -> &str {
        let all = self.all("${BASE_IMAGE} AS base", name);
        assert_eq!(all.len(), 1, "{name}: {all:?}");
        all[0]
    }

    /// The default of a build argument.
    fn default(&self, argument: &str) -> &str {
        let mut found = self.instructions.iter().filter(|(name, _)| name == "ARG");
        let default = found.find_map(|(_, text)| text.strip_prefix(argument)?.strip_prefix('='));
        default.unwrap_or_else(|| panic!("{argument} has no default"))
    }
}

/// The number of the image's user, and of its group.
pub fn user() -> u64 {
    let dockerfile = Dockerfile::read();
    let (user, group) = dockerfile.one("USER").split_once(':').expect("a user and a group");
    assert_eq!(user, group);
    user.parse().expect("a number, so that Kubernetes can see that it is not root")
}

#[test]
fn the_image_runs_the_binary_as_nobody_and_stops_it_as_the_binary_expects() {
    let (dockerfile, services, embedded) =
        (Dockerfile::read(), Sample::services(), Sample::read("config/embedded.toml"));
    assert!(user() > 1000);
    assert_eq!(dockerfile.one("STOPSIGNAL"), "SIGTERM");
    let entry: Value = serde_json::from_str(dockerfile.one("ENTRYPOINT")).expect("a list, so that no shell is between");
    assert_eq!(entry, serde_json::json!(["baogao"]));
    assert_eq!(dockerfile.one("EXPOSE"), services.health_port().to_string());
    // The folders of both samples are the user's.
    let made = dockerfile.one("RUN");
    assert!(made.contains(&format!("--owner {0} --group {0} ", user())), "{made}");
    let folders: Vec<&str> = made.split(' ').filter(|word| word.starts_with('/')).collect();
    assert!(folders.contains(&services.archive()) && folders.contains(&embedded.data()), "{made}");
    assert_eq!(dockerfile.one("WORKDIR"), embedded.data());
    let compiled = ["/out/ca-certificates.crt /etc/ssl/certs/", "/out/baogao /usr/local/bin/"];
    assert_eq!(dockerfile.all("base", "COPY"), compiled.map(|copy| format!("--from=compiled {copy}")));
    assert_eq!(dockerfile.all("base AS prebuilt", "COPY"), compiled.map(|copy| copy.replace("/out/", "")));
}

#[test]
fn the_compiler_is_new_enough_and_of_the_same_distribution_as_the_base() {
    let dockerfile = Dockerfile::read();
    let (version, distribution) = dockerfile
        .default("RUST_IMAGE")
        .strip_prefix("docker.io/library/rust:")
        .and_then(|tag| tag.split_once('-'))
        .expect("the official image, by version and distribution");
    // A binary that was linked against a later glibc does not start.
    assert_eq!(dockerfile.default("BASE_IMAGE"), format!("docker.io/library/debian:{distribution}-slim"));
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("there is a manifest");
    let manifest: toml::Table = manifest.parse().expect("it is TOML");
    let least = manifest["workspace"]["package"]["rust-version"].as_str().expect("a version");
    let minor = |version: &str| version.split('.').nth(1).and_then(|minor| minor.parse::<u32>().ok()).expect("1.x");
    assert!(minor(version) >= minor(least), "{version} is older than {least}");
}
