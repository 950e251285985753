//! The kustomize base: rendered by `kubectl`, held against the schemas of Kubernetes and against the binary.

use crate::image;
use crate::samples::{Sample, check_variables, file};
use crate::service::SERVICES;
use crate::support::Place;
use crate::yaml::{documents, list, named, output, text, texts};
use baogao_testkit::python;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The oldest and the newest Kubernetes whose schemas the manifests are held against, and some between.
const VERSIONS: [&str; 4] = ["1.29.0", "1.32.0", "1.35.0", "1.37.0"];

/// What a kustomization comes to.
pub struct Rendered {
    place: Place,
    objects: Vec<Value>,
}

impl Rendered {
    /// Renders with the `kubectl` of the test tools. Needs no cluster.
    pub fn of(kustomization: &Path) -> Self {
        let place = Place::new();
        let text = output(Command::new(python::program("kubectl")).arg("kustomize").arg(kustomization));
        let objects = documents(&place.write("rendered.yaml", text));
        Self { place, objects }
    }

    fn base() -> Self {
        Self::of(&file("kustomize/base"))
    }

    fn path(&self) -> PathBuf {
        self.place.path("rendered.yaml")
    }

    pub fn of_kind(&self, kind: &'static str) -> impl Iterator<Item = &Value> {
        self.objects.iter().filter(move |object| object["kind"] == kind)
    }

    /// The only object of its kind.
    pub fn one(&self, kind: &'static str) -> &Value {
        let mut found = self.of_kind(kind);
        let one = found.next().unwrap_or_else(|| panic!("there is no {kind}"));
        assert!(found.next().is_none(), "there are several of {kind}");
        one
    }

    pub fn deployment(&self, role: &str) -> &Value {
        let name = format!("baogao-{role}");
        let mut found = self.of_kind("Deployment").filter(|object| object["metadata"]["name"] == name);
        found.next().unwrap_or_else(|| panic!("there is no {name}"))
    }

    /// The pods of all roles, by name.
    pub fn pods(&self) -> Vec<(&str, &Value)> {
        let services = SERVICES.into_iter().map(|role| (role, self.deployment(role)));
        let all = services.chain([("migrate", self.one("Job"))]);
        all.map(|(role, object)| (role, &object["spec"]["template"])).collect()
    }

    /// Holds every object against the schemas, strictly: an unknown field is a mistake.
    pub fn validate(&self) {
        for version in VERSIONS {
            let mut validator = Command::new(python::program("kubernetes-validate"));
            let said = output(validator.args(["--strict", "-k", version]).arg(self.path()));
            let passed = said.lines().filter(|line| line.contains(" passed for resource ")).count();
            assert_eq!(passed, self.objects.len(), "{version}: {said}");
        }
    }
}

/// The one container of a pod.
fn container(pod: &Value) -> &Value {
    let containers = list(pod, "/spec/containers");
    assert_eq!(containers.len(), 1);
    &containers[0]
}

/// Where a volume is mounted, and whether read-only.
fn mount<'a>(pod: &'a Value, volume: &str) -> Option<(&'a str, bool)> {
    let mounts = list(container(pod), "/volumeMounts");
    let mount = mounts.iter().find(|mount| mount["name"] == volume)?;
    Some((text(mount, "/mountPath"), mount["readOnly"] == true))
}

#[test]
fn the_base_renders_and_every_object_is_valid() {
    let rendered = Rendered::base();
    rendered.validate();
    assert_eq!(rendered.of_kind("Deployment").count(), SERVICES.len());
}

#[test]
fn a_misspelt_field_would_be_found() {
    let rendered = Rendered::base();
    let text = std::fs::read_to_string(rendered.path()).expect("just written").replace("replicas:", "replicsa:");
    let wrong = rendered.place.write("wrong.yaml", text);
    let validator = Command::new(python::program("kubernetes-validate")).arg("--strict").arg(wrong).output();
    assert!(!validator.expect("it starts").status.success());
}

#[test]
fn every_pod_gets_arguments_variables_and_a_file_that_the_binary_knows() {
    let rendered = Rendered::base();
    let config_map = rendered.one("ConfigMap");
    let sample = std::fs::read_to_string(file("config/services.toml")).expect("there is a sample");
    assert_eq!(text(config_map, "/data/baogao.toml"), sample);
    for (role, pod) in rendered.pods() {
        let container = container(pod);
        let args = texts(list(container, "/args"));
        let wanted = if role == "migrate" { vec!["migrate"] } else { vec!["service", role] };
        assert!(args.starts_with(&wanted), "{role}: {args:?}");
        assert_eq!(container["command"], Value::Null, "{role}: the image says what is run");
        let (folder, is_read_only) = mount(pod, "config").expect("the configuration is mounted");
        assert!(is_read_only, "{role}");
        let volume = named(list(pod, "/spec/volumes"), "config");
        assert_eq!(volume["configMap"]["name"], config_map["metadata"]["name"], "{role}");
        let variables = list(container, "/env");
        for variable in variables {
            assert_eq!(variable["valueFrom"]["secretKeyRef"]["key"], variable["name"], "{role}");
            assert_eq!(variable["valueFrom"]["secretKeyRef"]["name"], "baogao-servers", "{role}");
        }
        let given = variables.iter().map(|variable| text(variable, "/name").to_owned()).collect();
        check_variables(&args, &format!("{folder}/baogao.toml"), &given);
    }
}

#[test]
fn probes_ports_and_times_are_those_of_the_sample() {
    let (rendered, sample) = (Rendered::base(), Sample::services());
    for role in SERVICES {
        let pod = &rendered.deployment(role)["spec"]["template"];
        let container = container(pod);
        assert_eq!(container["ports"], json!([{ "name": "health", "containerPort": sample.health_port() }]), "{role}");
        for (probe, path) in [("livenessProbe", "/live"), ("readinessProbe", "/ready")] {
            assert_eq!(container[probe]["httpGet"], json!({ "path": path, "port": "health" }), "{role}");
        }
        let grace = pod["spec"]["terminationGracePeriodSeconds"].as_u64().expect("seconds");
        assert!(Duration::from_secs(grace) >= sample.longest_stop(), "{role}");
    }
    let metrics = rendered.one("Service");
    let ports = json!([{ "name": "health", "port": sample.health_port(), "targetPort": "health" }]);
    assert_eq!(metrics["spec"]["ports"], ports);
    let selector = metrics["spec"]["selector"].as_object().expect("labels");
    assert!(!selector.is_empty());
    for (role, pod) in rendered.pods() {
        let has = |(name, value): (&String, &Value)| pod["metadata"]["labels"][name] == *value;
        assert!(selector.iter().all(has), "{role} is not selected");
    }
}

#[test]
fn the_archive_is_where_the_sample_says_and_only_crawlers_write_to_it() {
    let (rendered, sample) = (Rendered::base(), Sample::services());
    let claim = rendered.one("PersistentVolumeClaim");
    assert_eq!(claim["spec"]["accessModes"], json!(["ReadWriteMany"]));
    for (role, pod) in rendered.pods() {
        let wanted = match role {
            "crawler" => Some((sample.archive(), false)),
            "scraper" => Some((sample.archive(), true)),
            _ => None,
        };
        assert_eq!(mount(pod, "archive"), wanted, "{role}");
        if wanted.is_some() {
            let volume = named(list(pod, "/spec/volumes"), "archive");
            assert_eq!(volume["persistentVolumeClaim"]["claimName"], claim["metadata"]["name"], "{role}");
        }
    }
}

#[test]
fn no_pod_may_more_than_it_needs() {
    let rendered = Rendered::base();
    for (role, pod) in rendered.pods() {
        let (spec, container) = (&pod["spec"], container(pod));
        assert_eq!(spec["automountServiceAccountToken"], false, "{role}");
        assert_eq!(spec["securityContext"]["runAsNonRoot"], true, "{role}");
        for id in ["runAsUser", "runAsGroup"] {
            assert_eq!(spec["securityContext"][id], image::user(), "{role}: {id}");
        }
        assert_eq!(spec["securityContext"]["seccompProfile"]["type"], "RuntimeDefault", "{role}");
        let wanted = json!({
            "allowPrivilegeEscalation": false,
            "readOnlyRootFilesystem": true,
            "capabilities": { "drop": ["ALL"] },
        });
        assert_eq!(container["securityContext"], wanted, "{role}");
        for resources in ["requests", "limits"] {
            for resource in ["cpu", "memory"] {
                assert!(container["resources"][resources][resource].is_string(), "{role}: no {resource} {resources}");
            }
        }
    }
}

#[test]
fn a_drain_of_nodes_takes_the_replicas_of_a_service_one_by_one() {
    let rendered = Rendered::base();
    for role in SERVICES {
        let deployment = rendered.deployment(role);
        let labels = &deployment["spec"]["selector"]["matchLabels"];
        let budgets = rendered.of_kind("PodDisruptionBudget");
        let of_role = budgets.filter(|budget| budget["spec"]["selector"]["matchLabels"] == *labels).count();
        let wanted = usize::from(deployment["spec"]["replicas"].as_u64().expect("a number") > 1);
        assert_eq!(of_role, wanted, "{role}");
    }
}
