//! The command line. English here; `help.zh.tsv` holds the Chinese texts, and a test that none is missing.

mod archive;
mod dead;
mod forget;
mod intake;
mod place;
mod regions;
mod tail;

pub use archive::{ArchiveCatArgs, ArchiveCommand, ArchiveListArgs, ArchiveVerifyArgs};
pub use dead::{DeadCommand, DeadDropArgs, DeadFilter, DeadListArgs, DeadReplayArgs, DeadShowArgs, Rate};
pub use forget::ForgetArgs;
pub use intake::{ImportArgs, ReplayArgs};
pub use place::Place;
pub use regions::{RegionsCommand, RegionsCrosswalkArgs, RegionsListArgs};
pub use tail::TailArgs;

use crate::lang::Lang;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// China's government work reports as clean, structured, traceable data.
///
/// Crawls report pages politely, archives them, strips what is not the report, parses the text into
/// records with the evidence for every number, and stores them.
#[derive(Debug, Parser)]
#[command(name = "baogao", version, propagate_version = true, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Cli {
    /// The language of messages and help.
    #[arg(long, global = true, value_name = "LANG")]
    pub lang: Option<Lang>,

    /// What to log to standard error, as in `info` or `warn,baogao_crawler=debug`.
    #[arg(long, global = true, value_name = "FILTER")]
    pub log: Option<String>,

    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Shown under the help of every command line.
const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    some inputs could not be used; the rest was done
  2    the command line is wrong
  64   the configuration is wrong
  73   the data directory cannot be made or written to
  74   reading or writing failed
  75   the data directory is in use
  130  interrupted; the next run goes on

Examples:
  baogao demo
  baogao crawl http://www.example.gov.cn/zwgk/zfgzbg/ --contact me@example.org
  baogao records list";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the whole pipeline on a small bundled site, in seconds, without network or set-up.
    #[command(after_help = "\
Examples:
  baogao demo
  baogao demo --data ./demo-data --keep")]
    Demo(DemoArgs),

    /// Crawl URLs until nothing is due, and store the reports found.
    ///
    /// URLs given here are fetched now, whatever their revisit date. The crawl stays on the seeds'
    /// registrable sites unless told otherwise, obeys robots.txt, and ends when no URL is due within
    /// the patience and nothing is under way. Ctrl-C stops it within seconds; the next run goes on.
    #[command(
        args_override_self = true,
        after_help = "\
Examples:
  baogao crawl http://www.example.gov.cn/zwgk/zfgzbg/ --contact me@example.org
  baogao crawl http://a.example/1.html http://a.example/2.html --depth 0
  baogao crawl http://www.x.example/ --connect-to www.x.example:80:127.0.0.1:8080 --host-delay 100ms"
    )]
    Crawl(CrawlArgs),

    /// Crawl the configured seeds continuously.
    #[command(after_help = "\
Examples:
  baogao config show > baogao.toml   # then set seeds.urls and fetch.contact in it
  baogao run --config baogao.toml")]
    Run(RunArgs),

    /// Extract the clean article from saved pages.
    #[command(after_help = "\
Examples:
  baogao extract page.html
  baogao extract --json pages/*.html > articles.jsonl
  baogao extract --profiles profiles page.html")]
    Extract(ExtractArgs),

    /// List and show the profiles of CMS families, and test one on a page.
    #[command(
        subcommand,
        after_help = "\
Examples:
  baogao profile list
  baogao profile show jcms > profiles/mine/profile.toml
  baogao profile test profiles/mine/profile.toml page.html --url http://www.example.gov.cn/art/1.html
  baogao profile test jcms http://www.example.gov.cn/art/1.html --contact me@example.org"
    )]
    Profile(ProfileCommand),

    /// Parse clean text (.txt) or saved pages (.html) into records.
    #[command(after_help = "\
Examples:
  baogao parse report.txt
  baogao parse --json reports/*.txt > records.jsonl
  baogao parse --explain report.txt
  baogao parse --explain report.txt --at 131")]
    Parse(ParseArgs),

    /// List, show or export stored records. Works beside a running crawl.
    #[command(
        subcommand,
        after_help = "\
Examples:
  baogao records list --level county --year 2024
  baogao records show 3f2a
  baogao records export --format csv > reports.csv"
    )]
    Records(RecordsCommand),

    /// List administrative divisions of a year, and say what they are in another.
    #[command(
        subcommand,
        after_help = "\
Examples:
  baogao regions list 鼓楼区 --year 2021
  baogao regions crosswalk --from 2003 --to 2020 --changed"
    )]
    Regions(RegionsCommand),

    /// List, print and check archived responses. Works beside a running process.
    #[command(
        subcommand,
        after_help = "\
Environment:
  AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
       the key of a bucket
  AWS_ENDPOINT_URL, AWS_REGION
       come before what the configuration says

Examples:
  baogao archive list
  baogao archive cat http://www.example.gov.cn/zwgk/1.html > page.html
  baogao archive verify --config baogao.toml"
    )]
    Archive(ArchiveCommand),

    /// Run archived pages through today's scraper and parser.
    ///
    /// Every good response in the archive is read again, oldest segment first, and what is made of it is
    /// stored beside what was made before: a better extractor or parser makes new revisions, the same one
    /// changes nothing. Nothing is fetched.
    ///
    /// With `--from` the pages come from another archive, which is taken over: into an empty data
    /// directory that makes the same records again. In a data directory the command ends when all is done;
    /// where the configuration names servers, the services there do the work. Ctrl-C stops it; running it
    /// again begins anew and harms nothing.
    #[command(after_help = "\
Environment:
  AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
       the key of a bucket
  BAOGAO_DATABASE_URL, AWS_ENDPOINT_URL, AWS_REGION
       come before what the configuration says

Examples:
  baogao replay
  baogao replay --site example.gov.cn --since 2026-01-01
  baogao replay --from ./old-data --data ./new-data
  baogao replay --config baogao.toml --since 30d")]
    Replay(ReplayArgs),

    /// Take saved pages, texts and WARC files of any program through the pipeline.
    ///
    /// Takes .warc and .warc.gz files, .html, .htm, .shtml, .xhtml and .txt files, and folders of them.
    /// What they hold is archived and goes the way of fetched pages. A page that is there already, or
    /// whose address has a newer one, is left alone, so the command can be repeated.
    ///
    /// A saved page has the address that `--base` gives it by its path, else the one that the browser wrote
    /// into it, else one below http://import.invalid/ by folder and file name. Its time is that of the file.
    #[command(after_help = "\
Examples:
  baogao import crawl-2024.warc.gz
  baogao import ./pages --base http://www.example.gov.cn/zwgk/
  baogao import reports/*.txt --data ./my-data
  baogao import ./pages --config baogao.toml")]
    Import(ImportArgs),

    /// List, show, replay or drop messages that could not be processed. Works beside a running process.
    #[command(
        subcommand,
        after_help = "\
Examples:
  baogao dead list --stage scrape
  baogao dead show 17
  baogao dead replay --error checksum --rate 10/s
  baogao dead drop --older-than 30d"
    )]
    Dead(DeadCommand),

    /// Print events as they pass. Works beside a running process.
    ///
    /// Shows what is published from now on, of a data directory or over the broker of the services. It
    /// slows nobody down: what is not read in time is dropped and counted. Ctrl-C ends it.
    #[command(after_help = "\
Environment:
  BAOGAO_AMQP_URL, BAOGAO_AMQP_USER, BAOGAO_AMQP_PASSWORD
       come before what the configuration says

Examples:
  baogao tail
  baogao tail --key report.parsed.county.# --key 'document.other.*'
  baogao tail --json --count 10 > events.jsonl
  baogao tail --key '#' --config baogao.toml")]
    Tail(TailArgs),

    /// Take a document or a whole site down: it is deleted and never fetched again.
    ///
    /// A URL takes down the document of which it is a page, a host everything on it and on the hosts
    /// below it. The archive keeps its bytes but gives them out no more. Subscribers are told. Run
    /// again, it finishes what was broken off. Services go on meanwhile; `crawl` and `run` must not.
    #[command(after_help = "\
Examples:
  baogao forget http://www.example.gov.cn/zwgk/1.html --dry-run
  baogao forget example.gov.cn --reason 'their letter of 3 May' --yes
  baogao forget --list --config baogao.toml
  baogao forget --lift example.gov.cn")]
    Forget(ForgetArgs),

    /// Run one part of the pipeline as a service, over RabbitMQ and PostgreSQL.
    ///
    /// Any number of processes of each service may run, on any number of machines, with one
    /// configuration. What is away is waited for; /ready tells what. SIGTERM is answered with 0 once
    /// what is in hand is finished.
    #[command(
        subcommand,
        after_help = "\
Environment:
  BAOGAO_AMQP_URL, BAOGAO_AMQP_USER, BAOGAO_AMQP_PASSWORD, BAOGAO_DATABASE_URL,
  AWS_ENDPOINT_URL, AWS_REGION
       come before what the configuration says
  AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
       the key of the archive's bucket

Examples:
  baogao service crawler --config baogao.toml
  BAOGAO_AMQP_PASSWORD=… baogao service parser --config baogao.toml"
    )]
    Service(ServiceCommand),

    /// Bring the database's schema up to this program's. Services do the same at their start.
    #[command(after_help = "\
Examples:
  baogao migrate --config baogao.toml")]
    Migrate(MigrateArgs),

    /// Check or show the configuration.
    #[command(
        subcommand,
        after_help = "\
Examples:
  baogao config check baogao.toml
  baogao config show"
    )]
    Config(ConfigCommand),
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Where to put the demo's data; a temporary directory where missing.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// Keep the temporary directory.
    #[arg(long)]
    pub keep: bool,
}

/// Arguments of `crawl`.
#[derive(Debug, Args)]
pub struct CrawlArgs {
    /// Where to begin: list pages or articles.
    #[arg(required = true, value_name = "URL")]
    pub urls: Vec<String>,

    /// The data directory [default: ./baogao-data].
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// A configuration file; the flags here override it.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Links to follow from the URLs given; parts of one article do not count [default: unlimited].
    #[arg(long, value_name = "N")]
    pub depth: Option<u32>,

    /// How far to go: the seeds' sites, hosts, directories, or anywhere.
    #[arg(long, value_enum, default_value_t = ScopeArg::Site)]
    pub scope: ScopeArg,

    /// The least time between two requests to one host [default: 5s].
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub host_delay: Option<Duration>,

    /// Pages to request at most [default: unlimited].
    #[arg(long, value_name = "N")]
    pub max_pages: Option<u64>,

    /// End when no URL is due within this time.
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "2m")]
    pub patience: Duration,

    /// Connect to ADDR:PORT for requests to HOST:PORT, as in curl; may be private. May be repeated.
    #[arg(long, value_name = "HOST:PORT:ADDR:PORT")]
    pub connect_to: Vec<String>,

    /// Your e-mail address or web page, sent with every request; needed for public hosts.
    #[arg(long, value_name = "CONTACT")]
    pub contact: Option<String>,
}

/// How far a crawl may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ScopeArg {
    /// The seeds' registrable sites.
    Site,
    /// The seeds' hosts.
    Host,
    /// The seeds' directories.
    Path,
    /// Anywhere.
    Any,
}

/// Arguments of `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,

    /// The data directory, instead of the configured one.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// The services.
#[derive(Debug, Subcommand)]
pub enum ServiceCommand {
    /// URL to page: fetches politely, archives, keeps the frontier. Needs broker, database, archive.
    #[command(after_help = "\
Examples:
  baogao service crawler --config baogao.toml")]
    Crawler(ServiceArgs),
    /// Page to article: needs the broker and the archive.
    #[command(after_help = "\
Examples:
  baogao service scraper --config baogao.toml")]
    Scraper(ServiceArgs),
    /// Article to record: needs the broker.
    #[command(after_help = "\
Examples:
  baogao service parser --config baogao.toml")]
    Parser(ServiceArgs),
    /// Record to store: needs broker and database.
    #[command(after_help = "\
Examples:
  baogao service publisher --config baogao.toml")]
    Publisher(ServiceArgs),
}

/// Arguments of a service.
#[derive(Debug, Args)]
pub struct ServiceArgs {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
}

/// Arguments of `migrate`.
#[derive(Debug, Args)]
pub struct MigrateArgs {
    /// The configuration file that names the database.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
}

/// Arguments of `extract`.
#[derive(Debug, Args)]
pub struct ExtractArgs {
    /// Saved pages; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// Print one JSON object a line.
    #[arg(long)]
    pub json: bool,

    /// The address the page was saved from; links are resolved against it.
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,

    /// A folder of own profiles.
    #[arg(long, value_name = "DIR")]
    pub profiles: Option<PathBuf>,
}

/// The commands on profiles.
#[derive(Debug, Subcommand)]
pub enum ProfileCommand {
    /// List the profiles.
    #[command(after_help = "\
Examples:
  baogao profile list
  baogao profile list --profiles profiles")]
    List {
        /// A folder of own profiles.
        #[arg(long, value_name = "DIR")]
        profiles: Option<PathBuf>,
    },
    /// Print a profile.
    #[command(after_help = "\
Examples:
  baogao profile show jcms > profiles/mine.toml")]
    Show {
        /// The profile.
        #[arg(value_name = "PROFILE")]
        name: String,

        /// A folder of own profiles.
        #[arg(long, value_name = "DIR")]
        profiles: Option<PathBuf>,
    },
    /// Show what a profile picks on a page, saved or fetched.
    #[command(after_help = "\
An address is asked for once, after robots.txt, with the delay between requests.

Examples:
  baogao profile test jcms page.html --url http://www.example.gov.cn/art/1.html
  baogao profile test ./mine.toml http://www.example.gov.cn/art/1.html --contact me@example.org")]
    Test(ProfileTestArgs),
}

/// Arguments of `profile test`.
#[derive(Debug, Args)]
pub struct ProfileTestArgs {
    /// The profile: its name, or a file.
    #[arg(value_name = "PROFILE")]
    pub profile: String,

    /// A saved page, `-` for standard input, or an address that begins with http:// or https://.
    #[arg(value_name = "FILE|URL")]
    pub page: String,

    /// The address a saved page was saved from.
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,

    /// A folder of own profiles.
    #[arg(long, value_name = "DIR")]
    pub profiles: Option<PathBuf>,

    /// A configuration file, for what is set in it about fetching; the flags here override it.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// The least time between two requests to one host [default: 5s].
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub host_delay: Option<Duration>,

    /// Connect to ADDR:PORT for requests to HOST:PORT, as in curl; may be private. May be repeated.
    #[arg(long, value_name = "HOST:PORT:ADDR:PORT")]
    pub connect_to: Vec<String>,

    /// Your e-mail address or web page, sent with every request; needed for public hosts.
    #[arg(long, value_name = "CONTACT")]
    pub contact: Option<String>,
}

/// Arguments of `parse`.
#[derive(Debug, Args)]
pub struct ParseArgs {
    /// Clean texts or saved pages; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// Print one record a line.
    #[arg(long)]
    pub json: bool,

    /// Print the text with its measurements marked and, for each, the rules that made it.
    #[arg(long)]
    pub explain: bool,

    /// Tell only of the number at this character of the text, and why where it is no measurement; may be repeated.
    #[arg(long, value_name = "OFFSET", requires = "explain")]
    pub at: Vec<u32>,
}

/// The commands on records.
#[derive(Debug, Subcommand)]
pub enum RecordsCommand {
    /// List records, one a line.
    #[command(after_help = "\
Examples:
  baogao records list --level county --year 2024
  baogao records list --kind all --region 青岚")]
    List(RecordsListArgs),
    /// Show one record.
    #[command(after_help = "\
Examples:
  baogao records show 3f2a
  baogao records show 3f2a --json")]
    Show(RecordsShowArgs),
    /// Write records to standard output.
    #[command(after_help = "\
Examples:
  baogao records export > reports.jsonl
  baogao records export --format csv --what measurements > figures.csv")]
    Export(RecordsExportArgs),
}

/// Where the records are.
#[derive(Debug, Args)]
pub struct RecordsPlace {
    /// The data directory.
    #[arg(long, value_name = "DIR", default_value = "./baogao-data")]
    pub data: PathBuf,

    /// A configuration file: the records are in the database or data directory that it names.
    #[arg(long, value_name = "FILE", conflicts_with = "data")]
    pub config: Option<PathBuf>,
}

/// Which records.
#[derive(Debug, Args)]
pub struct RecordsFilter {
    /// Where the records are.
    #[command(flatten)]
    pub place: RecordsPlace,

    /// Only records of this kind, such as `report`; `all` for every kind [default: the kinds of reports].
    #[arg(long, value_name = "KIND")]
    pub kind: Vec<String>,

    /// Only governments of this level: nation, province, prefecture, county, township, zone.
    #[arg(long, value_name = "LEVEL")]
    pub level: Option<String>,

    /// Only regions whose name holds this.
    #[arg(long, value_name = "NAME")]
    pub region: Option<String>,

    /// Only regions whose code begins with this: 41 is a province, 4110 a prefecture.
    #[arg(long, value_name = "CODE")]
    pub adcode: Option<String>,

    /// Only reports delivered in this year.
    #[arg(long, value_name = "YEAR")]
    pub year: Option<i32>,

    /// Only records from this site.
    #[arg(long, value_name = "SITE")]
    pub site: Option<String>,
}

/// Arguments of `records list`.
#[derive(Debug, Args)]
pub struct RecordsListArgs {
    /// Which records.
    #[command(flatten)]
    pub filter: RecordsFilter,

    /// Records to list at most, up to 1000; `records export` has no limit.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub limit: u32,

    /// Print one JSON object a line.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `records show`.
#[derive(Debug, Args)]
pub struct RecordsShowArgs {
    /// The record's id, or its beginning.
    #[arg(value_name = "ID")]
    pub id: String,

    /// Where the records are.
    #[command(flatten)]
    pub place: RecordsPlace,

    /// Print the record as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `records export`.
#[derive(Debug, Args)]
pub struct RecordsExportArgs {
    /// Which records.
    #[command(flatten)]
    pub filter: RecordsFilter,

    /// JSON lines with everything, or CSV (UTF-8 with BOM) with one row a report.
    #[arg(long, value_enum, default_value_t = FormatArg::Jsonl)]
    pub format: FormatArg,

    /// For CSV: one row a report, or one row a measurement.
    #[arg(long, value_enum, default_value_t = WhatArg::Reports)]
    pub what: WhatArg,
}

/// The form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatArg {
    /// One JSON object a line.
    Jsonl,
    /// Comma-separated values.
    Csv,
}

/// What a row of an export is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WhatArg {
    /// A report.
    Reports,
    /// A measurement.
    Measurements,
}

/// The commands on the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check a file and list every mistake in it.
    #[command(after_help = "\
Examples:
  baogao config check baogao.toml")]
    Check {
        /// The configuration file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Print every setting as it stands, as a file to start from.
    #[command(after_help = "\
Examples:
  baogao config show > baogao.toml
  baogao config show --config baogao.toml")]
    Show {
        /// A configuration file; the defaults where missing.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

/// Reads `5s`, `100ms`, `2m`, `1h 30m`; a bare number is seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is not a time; write it as in 5s, 100ms or 2m");
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).map_err(|_| wrong());
    }
    let signed: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
    Duration::try_from(signed).map_err(|_| wrong())
}

/// Parses the arguments in a language; ends the process with help, version or an error.
pub fn parse(lang: Lang, args: impl Iterator<Item = OsString>) -> Cli {
    let matches = command(lang).get_matches_from(args);
    // The matches come from this very command.
    Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

/// The command with its help in a language.
fn command(lang: Lang) -> clap::Command {
    match lang {
        Lang::En => Cli::command(),
        Lang::Zh => localise(Cli::command(), "baogao", &chinese_help()),
    }
}

/// The Chinese texts by the name of what they describe: `crawl`, `crawl.depth`, `crawl/after`.
type HelpTexts = std::collections::HashMap<&'static str, String>;

/// Reads `help.zh.tsv`: name, text, with `\n` for a line break.
fn chinese_help() -> HelpTexts {
    let rows = include_str!("help.zh.tsv").lines().skip(1);
    rows.filter_map(|row| row.split_once('\t')).map(|(name, text)| (name, text.replace("\\n", "\n"))).collect()
}

/// Puts the texts in place of the English ones, throughout.
fn localise(mut command: clap::Command, path: &str, texts: &HelpTexts) -> clap::Command {
    if let Some(about) = texts.get(path) {
        command = command.about(about.clone()).long_about(None::<&'static str>);
    }
    if let Some(after) = texts.get(format!("{path}/after").as_str()) {
        command = command.after_help(after.clone());
    }
    let args: Vec<_> = command.get_arguments().map(|arg| arg.get_id().clone()).collect();
    for id in args {
        let own = texts.get(format!("{path}.{id}").as_str());
        if let Some(help) = own.or_else(|| texts.get(format!("*.{id}").as_str())) {
            command = command.mut_arg(&id, |arg| arg.help(help.clone()).long_help(None::<&'static str>));
        }
    }
    let names: Vec<_> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for name in names {
        let path = format!("{path} {name}");
        command = command.mut_subcommand(name, |sub| localise(sub, &path, texts));
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        command(Lang::En).debug_assert();
        command(Lang::Zh).debug_assert();
    }

    #[test]
    fn every_command_and_argument_has_a_chinese_help() {
        fn check(command: &clap::Command, path: &str, texts: &HelpTexts, missing: &mut Vec<String>) {
            if !texts.contains_key(path) {
                missing.push(path.to_owned());
            }
            for arg in command.get_arguments() {
                let (own, any) = (format!("{path}.{}", arg.get_id()), format!("*.{}", arg.get_id()));
                if !texts.contains_key(own.as_str()) && !texts.contains_key(any.as_str()) {
                    missing.push(own);
                }
            }
            for sub in command.get_subcommands() {
                check(sub, &format!("{path} {}", sub.get_name()), texts, missing);
            }
        }
        let mut missing = Vec::new();
        check(&Cli::command(), "baogao", &chinese_help(), &mut missing);
        assert!(missing.is_empty(), "without Chinese help: {missing:#?}");
    }

    #[test]
    fn every_command_has_examples_in_both_languages() {
        fn check(command: &clap::Command, path: &str, word: &str, missing: &mut Vec<String>) {
            let has = command.get_after_help().is_some_and(|help| help.to_string().contains(word));
            if !has && !command.has_subcommands() {
                missing.push(path.to_owned());
            }
            for sub in command.get_subcommands() {
                check(sub, &format!("{path} {}", sub.get_name()), word, missing);
            }
        }
        let mut missing = Vec::new();
        for (lang, word) in [(Lang::En, "Example"), (Lang::Zh, "示例")] {
            check(&command(lang), "baogao", word, &mut missing);
        }
        assert!(missing.is_empty(), "without examples: {missing:#?}");
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        assert_eq!(duration("5s"), Ok(Duration::from_secs(5)));
        assert_eq!(duration("100ms"), Ok(Duration::from_millis(100)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(duration("0.5"), Ok(Duration::from_millis(500)));
        assert!(duration("soon").is_err() && duration("-5s").is_err() && duration("-1").is_err());
    }
}
