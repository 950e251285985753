//! Finding the servers' programs, and installing them where they are missing.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What to say, and to install, where a server's programs are missing.
const SERVERS: [&str; 2] = ["rabbitmq-server", "postgresql"];

/// The folder of RabbitMQ's scripts.
///
/// # Panics
///
/// When it is neither there nor can be installed.
pub(super) fn rabbitmq() -> PathBuf {
    find_or_install(|| {
        // The one in /usr/sbin changes user and home directory.
        let places = ["/usr/lib/rabbitmq/bin", "/opt/rabbitmq/sbin", "/usr/local/opt/rabbitmq/sbin"];
        let mut found = places.iter().map(PathBuf::from);
        found.find(|dir| dir.join("rabbitmq-server").is_file() && in_path("epmd").is_some())
    })
}

/// The folder of PostgreSQL's programs, the newest version's.
///
/// # Panics
///
/// When it is neither there nor can be installed.
pub(super) fn postgres() -> PathBuf {
    find_or_install(|| {
        let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let mut dirs: Vec<(u32, PathBuf)> = versions
            .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
            .filter(|(_, dir)| ["initdb", "postgres", "psql"].iter().all(|name| dir.join(name).is_file()))
            .collect();
        dirs.sort();
        dirs.pop().map(|(_, dir)| dir).or_else(|| Some(in_path("initdb")?.parent()?.to_owned()))
    })
}

/// PostgreSQL's client.
///
/// # Panics
///
/// When it is neither there nor can be installed.
pub(super) fn psql() -> PathBuf {
    in_path("psql").unwrap_or_else(|| postgres().join("psql"))
}

/// Sees to it that there are programs whose packages have their names, such as `buildah`.
///
/// # Panics
///
/// When one of them is neither there nor can be installed.
pub fn want(names: &[&str]) {
    let missing: Vec<&str> = names.iter().copied().filter(|name| in_path(name).is_none()).collect();
    if missing.is_empty() {
        return;
    }
    if let Err(why) = install(&missing) {
        panic!("these tests need {}: {why}", missing.join(" and "));
    }
    let still: Vec<&str> = missing.into_iter().filter(|name| in_path(name).is_none()).collect();
    assert!(still.is_empty(), "{} are installed, but not in the search path", still.join(" and "));
}

/// The program `name` in the search path.
pub(crate) fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file())
}

/// Both are installed at once, so that it is done once.
fn find_or_install(find: impl Fn() -> Option<PathBuf>) -> PathBuf {
    find().unwrap_or_else(|| {
        if let Err(why) = install(&SERVERS) {
            panic!("these tests need {}: {why}", SERVERS.join(" and "));
        }
        find().unwrap_or_else(|| panic!("{} are installed, but not where they are looked for", SERVERS.join(" and ")))
    })
}

/// Installs the system's packages of these names.
///
/// # Errors
///
/// What to do, where it cannot be done from here.
pub(crate) fn install(packages: &[&str]) -> Result<(), String> {
    let wish = format!("install them (Debian: apt-get install {})", packages.join(" "));
    if in_path("apt-get").is_none() {
        return Err(wish);
    }
    let mut command = if rustix::process::getuid().is_root() {
        Command::new("sh")
    } else if in_path("sudo").is_some() && succeeds(Command::new("sudo").args(["-n", "true"])) {
        let mut command = Command::new("sudo");
        command.args(["-n", "sh"]);
        command
    } else {
        return Err(format!("{wish}; as root, or with a sudo that asks for no password, it is done from here"));
    };
    eprintln!("testkit: installing {} with apt-get", packages.join(" "));
    run_installer(command.args(["-c", INSTALLER, "baogao-test-install", "/usr/sbin"]).args(packages))
        .map_err(|why| format!("{why}; {wish}"))
}

const INSTALLER: &str = include_str!("install.sh");

/// Runs the installer and prints what it says.
fn run_installer(command: &mut Command) -> Result<(), String> {
    let status = command.stdin(std::process::Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("installing them failed with {status}, see above")),
        Err(error) => Err(format!("cannot start the installer: {error}")),
    }
}

fn succeeds(command: &mut Command) -> bool {
    command.stdin(std::process::Stdio::null()).output().is_ok_and(|output| output.status.success())
}

/// The user and group that servers run as which refuse to run as root; none where we are not root.
///
/// # Panics
///
/// When we are root and the system has neither `postgres` nor `nobody`.
pub(super) fn humble_user() -> Option<(u32, u32)> {
    rustix::process::getuid().is_root().then(|| {
        let users = std::fs::read_to_string(Path::new("/etc/passwd")).unwrap_or_default();
        let find = |name: &str| {
            let line = users.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            let mut fields = line.split(':').skip(1);
            Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
        };
        find("postgres").or_else(|| find("nobody")).expect("there is a user postgres or nobody")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the installer with an `apt-get` that notes its arguments and the policy in force, and
    /// leaves with `status`.
    fn install_with_stub(policy: Option<&str>, status: i32) -> (bool, String, Option<String>) {
        let dir = std::env::temp_dir().join(super::super::unique_name());
        let sbin = dir.join("sbin");
        std::fs::create_dir_all(&sbin).unwrap();
        if let Some(policy) = policy {
            std::fs::write(sbin.join("policy-rc.d"), policy).unwrap();
        }
        let stub = format!(
            "#!/bin/sh\necho \"$@\" >>'{0}/log'\nsh '{0}/sbin/policy-rc.d'; echo \"policy $?\" >>'{0}/log'\nexit {status}\n",
            dir.display()
        );
        std::fs::write(dir.join("apt-get"), stub).unwrap();
        std::fs::set_permissions(dir.join("apt-get"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let path = std::env::join_paths(
            std::iter::once(dir.clone()).chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
        );
        let mut command = Command::new("sh");
        command.args(["-c", INSTALLER, "install"]).arg(&sbin).args(SERVERS).env("PATH", path.unwrap());
        let is_installed = run_installer(&mut command).is_ok();
        let log = std::fs::read_to_string(dir.join("log")).unwrap();
        let left = std::fs::read_to_string(sbin.join("policy-rc.d")).ok();
        let entries = std::fs::read_dir(&sbin).unwrap().count();
        assert_eq!(entries, usize::from(left.is_some()), "something else was left");
        std::fs::remove_dir_all(dir).unwrap();
        (is_installed, log, left)
    }

    #[test]
    fn nothing_is_started_while_installing_and_no_policy_stays() {
        let (is_installed, log, left) = install_with_stub(None, 0);
        assert!(is_installed);
        assert!(log.contains("rabbitmq-server postgresql"), "{log}");
        assert!(log.contains("policy 101") && !log.contains("policy 0"), "{log}");
        assert_eq!(left, None);
    }

    #[test]
    fn a_policy_that_was_there_is_put_back_even_after_a_failure() {
        let (is_installed, log, left) = install_with_stub(Some("exit 0\n"), 100);
        assert!(!is_installed);
        assert!(log.contains("policy 101"), "{log}");
        assert_eq!(left.as_deref(), Some("exit 0\n"));
    }
}
