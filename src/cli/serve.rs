//! `lsrc serve RULES`.

use std::path::PathBuf;

use clap::Args;
use miette::Report;

use super::{Status, Terminal, data, rules};
use crate::analysis::{Configs, ServeTable};
use crate::serve::{Options, Server, start_log};

/// Score records over HTTP, as they happen
///
/// Every flag can be in `lsrc.toml` too, under `[serve]`. SIGHUP loads rules and tokens again; SIGTERM stops.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lsrc serve score.lsr\n  lsrc serve score.lsr --watch --listen unix:/run/lsrc.sock\n  \
                        lsrc serve score.lsr --listen 0.0.0.0:8443 --token-file tokens.txt --tls-cert cert.pem --tls-key key.pem")]
pub(super) struct Serve {
    /// The rules
    rules: PathBuf,
    /// Set a param, as in `--set sql_at=70`; may be repeated
    #[arg(long, value_name = "PARAM=VALUE", value_parser = data::pair)]
    set: Vec<(String, String)>,
    /// Where to listen: an address with a port, or unix:PATH [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Load the rules again when a file in their folder changes
    #[arg(long)]
    watch: bool,
    /// Keep records in FILE.db or a PostgreSQL database: `PUT /v1/records/KEY`, `POST /v1/events/LIST`
    #[arg(long, value_name = "STORE", help_heading = "Records that are kept")]
    store: Option<String>,
    /// The address that HubSpot calls, as in `https://scores.example.com`; LSRC_HUBSPOT_SECRET has the app's secret
    #[arg(long, value_name = "URL", help_heading = "Records that are kept")]
    public_url: Option<String>,
    /// Send moves of kept records to a webhook
    #[arg(long, value_name = "URL", help_heading = "Records that are kept")]
    notify: Option<String>,
    /// The format of messages: slack, teams or standard [default: from the address]
    #[arg(long, value_name = "FORMAT", help_heading = "Records that are kept")]
    notify_format: Option<String>,
    /// Send only moves of records for which this condition is true
    #[arg(long, value_name = "CONDITION", help_heading = "Records that are kept")]
    notify_where: Option<String>,
    /// A file with a token a line: a name, its scopes (score, read, write, admin), the token
    #[arg(long, value_name = "FILE", help_heading = "Who may ask")]
    token_file: Option<PathBuf>,
    /// The certificate and its chain, in PEM
    #[arg(long, value_name = "FILE", help_heading = "Who may ask")]
    tls_cert: Option<PathBuf>,
    /// The key of the certificate, in PEM
    #[arg(long, value_name = "FILE", help_heading = "Who may ask")]
    tls_key: Option<PathBuf>,
    /// Answer at most N requests a second for each token, as in `--rate 100/s`
    #[arg(long, value_name = "N/s", help_heading = "Limits")]
    rate: Option<String>,
    /// The largest body [default: 16MiB]
    #[arg(long, value_name = "SIZE", help_heading = "Limits")]
    max_body: Option<String>,
    /// The most records of a batch in one document; records by line have no limit [default: 1000]
    #[arg(long, value_name = "N", help_heading = "Limits")]
    max_records: Option<usize>,
    /// The most connections at once; further ones wait [default: 1024]
    #[arg(long, value_name = "N", help_heading = "Limits")]
    max_connections: Option<usize>,
    /// How long a request may take [default: 30s]
    #[arg(long, value_name = "TIME", help_heading = "Limits")]
    timeout: Option<String>,
    /// How long requests may go on after SIGTERM [default: 10s]
    #[arg(long, value_name = "TIME", help_heading = "Limits")]
    grace: Option<String>,
    /// Serve a page at / to try rules in a browser
    #[arg(long)]
    playground: bool,
    /// What to log: error, warn or info, which is every request but health checks [default: info]
    #[arg(long, value_name = "LEVEL")]
    log: Option<String>,
}

pub(super) fn run(args: &Serve, terminal: &Terminal) -> Result<Status, Report> {
    let folder = args.rules.parent().map_or_else(PathBuf::new, ToOwned::to_owned);
    let config = Configs::on_disk(terminal.global.config.clone()).of(&folder.join("lsrc.toml"))?;
    let flags = ServeTable {
        listen: args.listen.clone(),
        token_file: args.token_file.clone(),
        tls_cert: args.tls_cert.clone(),
        tls_key: args.tls_key.clone(),
        store: args.store.clone(),
        public_url: args.public_url.clone(),
        notify: args.notify.clone(),
        notify_format: args.notify_format.clone(),
        notify_where: args.notify_where.clone(),
        watch: args.watch.then_some(true),
        max_body: args.max_body.clone(),
        max_records: args.max_records,
        max_connections: args.max_connections,
        rate: args.rate.clone(),
        timeout: args.timeout.clone(),
        grace: args.grace.clone(),
        log: args.log.clone(),
        playground: args.playground.then_some(true),
    };
    let options = Options::of(&args.rules, flags, &config.serve, config.folder())?;
    // Errors of the rules are shown in full, as `lsrc check` shows them.
    rules::right(&args.rules, &args.set, terminal)?;
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let options = Options { set: args.set.clone(), allow_outside: terminal.global.allow_outside, variable, ..options };
    start_log(&options, terminal.err_color);
    let server = Server::start(options)?;
    terminal.say(&format!("listening on {}; Ctrl-C stops", server.address()));
    server.run()?;
    Ok(Status::Fine)
}
