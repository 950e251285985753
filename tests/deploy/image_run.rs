//! The image, built and run: on a Debian made on the spot, with the binary of the tests instead of a compiled
//! one, since neither needs a registry of images.

use crate::compose::health_check;
use crate::samples::file;
use crate::service::{SERVICES, Service, reports, wait_for};
use crate::support::Place;
use crate::yaml::output;
use baogao_testkit::servers::{PostgresDatabase, RabbitVhost, want_programs};
use baogao_testkit::{FakeWeb, Plan};
use baogao_tests::accounting::{self, Owed};
use baogao_tests::binary;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The distribution of the Dockerfile's base.
const DISTRIBUTION: &str = "bookworm";

/// Where a machine's certificates commonly are.
const CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Where the services read their configuration.
const CONFIG: &str = "/etc/baogao/baogao.toml";

/// Images and containers of this test alone.
struct Store {
    place: Place,
}

impl Store {
    fn new() -> Self {
        want_programs(&["buildah", "podman", "runc", "debootstrap"]);
        Self { place: Place::new() }
    }

    fn tool(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        // Neither an overlay file system nor name spaces of its own are to be had everywhere.
        command.args(["--storage-driver", "vfs"]).env("BUILDAH_ISOLATION", "chroot");
        command.arg("--root").arg(self.place.path("images")).arg("--runroot").arg(self.place.path("running"));
        command
    }

    fn podman(&self) -> Command {
        let mut podman = self.tool("podman");
        podman.args(["--runtime", "runc", "--cgroup-manager", "cgroupfs"]);
        podman
    }

    /// `podman run` of the image as `compose.yaml` does it: nothing can be written but the volumes.
    fn run(&self, name: &str) -> Command {
        let mut run = self.podman();
        run.args(["run", "--rm", "--name", name, "--network", "host", "--read-only", "--cap-drop", "all"]);
        run.args(["--security-opt", "no-new-privileges"]);
        // The default limits may be above what this machine allows.
        run.args(["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096"]);
        run
    }

    fn build(&self, dockerfile: &Path, tag: &str, context: &Path, more: &[&str]) {
        let mut build = self.tool("buildah");
        output(build.args(["bud", "--tag", tag, "--file"]).arg(dockerfile).args(more).arg(context));
    }

    /// An image of the distribution with nothing but what every Debian has.
    fn build_base(&self, tag: &str) {
        let (root, context) = (self.place.path("debian"), self.place.path("base"));
        std::fs::create_dir(&context).expect("the temporary directory is writable");
        output(Command::new("debootstrap").args(["--variant=minbase", DISTRIBUTION]).arg(&root));
        output(Command::new("tar").arg("-C").arg(&root).arg("-cf").arg(context.join("root.tar")).arg("."));
        let dockerfile = self.place.write("base/Dockerfile", "FROM scratch\nADD root.tar /\n");
        self.build(&dockerfile, tag, &context, &[]);
    }

    /// The image of `deploy/Dockerfile`.
    fn build_image(&self, tag: &str) {
        self.build_base("localhost/base");
        let context = self.place.path("context");
        std::fs::create_dir(&context).expect("the temporary directory is writable");
        for (from, name) in [(binary(), "baogao"), (Path::new(CERTIFICATES), "ca-certificates.crt")] {
            std::fs::copy(from, context.join(name)).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
        }
        let more = ["--target", "prebuilt", "--build-arg", "BASE_IMAGE=localhost/base"];
        self.build(&file("Dockerfile"), tag, &context, &more);
    }
}

/// Ends what is left of a container, whose processes are no children of ours.
struct Container<'a> {
    store: &'a Store,
    name: &'a str,
}

impl Container<'_> {
    /// Runs a command in it.
    fn execute(&self, command: &[String]) -> bool {
        self.store.podman().args(["exec", self.name]).args(command).output().is_ok_and(|output| output.status.success())
    }

    /// Asks it to end as an orchestrator does.
    fn stop(&self) {
        output(self.store.podman().args(["stop", "--time", "40", self.name]));
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        // Most have ended and are removed.
        let _ = self.store.podman().args(["rm", "--force", "--ignore", "--time", "0", self.name]).output();
    }
}

/// The sample of the services, for a web on loopback and four services on one network.
fn configuration(place: &Place, web: &FakeWeb) -> PathBuf {
    let sample = std::fs::read_to_string(file("config/services.toml")).expect("there is a sample");
    let mut settings: toml::Table = sample.parse().expect("it is TOML");
    let mut set = |section: &str, key: &str, value: toml::Value| {
        let section = settings.entry(section).or_insert_with(|| toml::Table::new().into());
        section.as_table_mut().expect("a section").insert(key.to_owned(), value);
    };
    set("seeds", "urls", web.seeds().into());
    set("fetch", "connect_to", web.connect_to().into());
    set("crawler", "host_delay_ms", 1.into());
    set("crawler", "min_free_bytes", 1.into());
    set("frontier", "retry_base_ms", 100.into());
    set("frontier", "retry_max_ms", 500.into());
    set("health", "listen", "0.0.0.0:0".into());
    set("log", "format", "text".into());
    place.write("services.toml", toml::to_string(&settings).expect("settings are TOML"))
}

#[test]
#[ignore = "makes a Debian and runs containers as root; it has a command of its own"]
fn the_image_is_built_and_runs_every_role_as_nobody_on_a_read_only_file_system() {
    let (store, place) = (Store::new(), Place::new());
    let image = "localhost/baogao";
    store.build_image(image);

    let user = output(store.run("user").args(["--entrypoint", "id", image, "-u"]));
    assert_eq!(user.trim(), crate::image::user().to_string());
    let help = output(store.run("help").arg(image));
    assert!(help.contains("Usage: baogao"), "{help}");
    // A sample of the embedded mode: its file is good, and there are certificates.
    let sample = format!("{}:{CONFIG}:ro", file("config/embedded.toml").display());
    let said = output(store.run("sample").args(["--volume", &sample, image, "config", "check", CONFIG]));
    assert!(said.contains("is good"), "{said}");
    // The whole pipeline in one process, into a new volume.
    let data = ["--volume", "data:/var/lib/baogao", image, "demo", "--data", "/var/lib/baogao/demo"];
    let said = output(store.run("demo").args(data));
    assert!(said.contains("baogao records list"), "{said}");

    let web = FakeWeb::start(Plan { seed: 61, hosts: 2, pages_per_host: 8, ..Plan::default() }).expect("a port");
    let (vhost, database) = (RabbitVhost::create(), PostgresDatabase::create());
    let config = format!("{}:{CONFIG}:ro", configuration(&place, &web).display());
    let start = |name: &str| {
        let mut command = store.run(name);
        command.args(["--volume", &config]);
        match name {
            "crawler" => command.args(["--volume", "archive:/var/lib/baogao/archive"]),
            "scraper" => command.args(["--volume", "archive:/var/lib/baogao/archive:ro"]),
            _ => &mut command,
        };
        command.arg("--env").arg(format!("BAOGAO_AMQP_URL={}", vhost.url()));
        command.arg("--env").arg(format!("BAOGAO_DATABASE_URL={}", database.url()));
        command.arg(image);
        command
    };
    let said = output(start("migrate").args(["migrate", "--config", CONFIG]));
    assert!(said.contains("up to date"), "{said}");
    // The scraper before the crawler: whoever mounts a new volume first, it is the user's.
    let mut services = Vec::new();
    for name in SERVICES.into_iter().rev() {
        let container = Container { store: &store, name };
        let service = Service::start_by(name, start(name).args(["service", name, "--config", CONFIG]));
        services.push((service, container));
    }
    for (service, container) in &services {
        service.wait_until(&[]);
        // The sample's port is one for each container; here they share the machine's.
        let port = service.address().port().to_string();
        let asks: Vec<String> = health_check().iter().map(|word| word.replace("9464", &port)).collect();
        assert!(container.execute(&asks), "{}: {asks:?}", service.name);
    }
    let owed: Vec<Owed> = web.truth().records.iter().map(|r| Owed { parts: r.parts.clone(), text: r.text() }).collect();
    assert!(owed.len() > 3, "{} records are owed", owed.len());
    let reading = place.write("reading.toml", format!("[database]\nurl = {:?}\n", database.url()));
    wait_for("every record", || accounting::faults(&owed, &reports(&reading)).is_empty());
    for (service, container) in services {
        container.stop();
        service.stopped();
    }
    println!("{} records by four containers", owed.len());
}
