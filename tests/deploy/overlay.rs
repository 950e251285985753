//! The overlay that the documentation shows.

use crate::manifests::Rendered;
use crate::samples::file;
use crate::support::Place;
use crate::yaml::text;
use baogao_tests::root;
use std::path::Path;

/// The line before the overlay in the documentation.
const HEADING: &str = "`deploy/kustomize/mine/kustomization.yaml`:\n\n```yaml\n";

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        std::fs::create_dir_all(to).expect("the temporary directory is writable");
        for entry in std::fs::read_dir(from).expect("the folder can be read") {
            let entry = entry.expect("the folder can be read").path();
            copy(&entry, &to.join(entry.file_name().expect("an entry has a name")));
        }
    } else {
        std::fs::copy(from, to).expect("the temporary directory is writable");
    }
}

#[test]
fn the_overlay_in_the_documentation_renders_and_is_valid() {
    let operating = std::fs::read_to_string(root().join("docs/operating.md")).expect("it can be read");
    let (_, rest) = operating.split_once(HEADING).expect("docs/operating.md shows an overlay");
    let (overlay, _) = rest.split_once("```").expect("the block ends");
    let place = Place::new();
    copy(&file("config"), &place.path("config"));
    copy(&file("kustomize/base"), &place.path("kustomize/base"));
    let mine = place.path("kustomize/mine");
    std::fs::create_dir_all(&mine).expect("the temporary directory is writable");
    std::fs::write(mine.join("kustomization.yaml"), overlay).expect("the temporary directory is writable");
    let sample = std::fs::read_to_string(file("config/services.toml")).expect("there is a sample");
    let own = sample.replace("# contact = ", "contact = ");
    std::fs::write(mine.join("baogao.toml"), &own).expect("the temporary directory is writable");

    let rendered = Rendered::of(&mine);
    rendered.validate();
    assert_eq!(text(rendered.one("ConfigMap"), "/data/baogao.toml"), own);
    for (role, pod) in rendered.pods() {
        assert_eq!(text(pod, "/spec/containers/0/image"), "registry.example.org/baogao:2026-11", "{role}");
        let config = text(pod, "/spec/volumes/0/configMap/name");
        assert_eq!(config, text(rendered.one("ConfigMap"), "/metadata/name"), "{role}");
    }
    assert_eq!(text(rendered.one("PersistentVolumeClaim"), "/spec/storageClassName"), "nfs");
    assert_eq!(rendered.deployment("scraper")["spec"]["replicas"], 6);
}
