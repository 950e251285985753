//! The command line: the commands here, the arguments of each in a module of its own.

mod archive;
mod config;
mod crawl;
mod dead;
mod fetching;
mod forget;
mod help;
mod intake;
mod page;
mod place;
mod profile;
mod records;
mod regions;
mod service;
mod tail;
mod time;

pub use archive::{ArchiveCatArgs, ArchiveCommand, ArchiveListArgs, ArchiveVerifyArgs};
pub use config::ConfigCommand;
pub use crawl::{CrawlArgs, DemoArgs, RunArgs, ScopeArg};
pub use dead::{DeadCommand, DeadDropArgs, DeadFilter, DeadListArgs, DeadReplayArgs, DeadShowArgs, Rate};
pub use fetching::FetchArgs;
pub use forget::ForgetArgs;
pub use intake::{ImportArgs, ReplayArgs};
pub use page::{ExtractArgs, ParseArgs};
pub use place::Place;
pub use profile::{ProfileCommand, ProfileTestArgs};
pub use records::{
    FormatArg, RecordsCommand, RecordsExportArgs, RecordsFilter, RecordsListArgs, RecordsPlace, RecordsShowArgs,
    WhatArg,
};
pub use regions::{RegionsCommand, RegionsCrosswalkArgs, RegionsListArgs};
pub use service::{MigrateArgs, ServiceArgs, ServiceCommand};
pub use tail::TailArgs;

use crate::lang::Lang;
use clap::{FromArgMatches, Parser, Subcommand};
use std::ffi::OsString;

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

/// Parses the arguments in a language; ends the process with help, version or an error.
pub fn parse(lang: Lang, args: impl Iterator<Item = OsString>) -> Cli {
    let matches = help::command(lang).get_matches_from(args);
    // The matches come from this very command.
    Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}
