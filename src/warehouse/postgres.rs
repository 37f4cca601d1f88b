//! PostgreSQL, over a socket.

use std::time::Duration;

use miette::Report;
use postgres::error::SqlState;
use postgres::fallible_iterator::FallibleIterator as _;
use postgres::types::{Kind, Type};
use postgres::{Config, Error};

use super::tls::{Security, connector};
use super::{Address, Client, Fault, Row, Storage, TableColumn, address};
use crate::sql::DialectName;

/// How long a server may take to answer at all.
const WAIT: Duration = Duration::from_secs(15);

pub(super) struct Postgres {
    client: postgres::Client,
    place: String,
}

/// What the environment says where the address says nothing, as with PostgreSQL's own programs.
fn fill(config: &mut Config, variable: &dyn Fn(&str) -> Option<String>) -> Result<(), Fault> {
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        config.host(&variable("PGHOST").unwrap_or_else(|| "localhost".to_owned()));
    }
    if config.get_ports().is_empty()
        && let Some(port) = variable("PGPORT")
    {
        let port = port
            .parse()
            .map_err(|_| Fault::new(format!("PGPORT is not a port: `{port}`")).help("write a number, such as 5432"))?;
        config.port(port);
    }
    if config.get_user().is_none()
        && let Some(user) = variable("PGUSER")
    {
        config.user(&user);
    }
    if config.get_dbname().is_none()
        && let Some(name) = variable("PGDATABASE")
    {
        config.dbname(&name);
    }
    if config.get_password().is_none()
        && let Some(password) = variable("PGPASSWORD")
    {
        config.password(password);
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(WAIT);
    }
    if config.get_application_name().is_none() {
        config.application_name("lsrc");
    }
    Ok(())
}

impl Postgres {
    pub(super) fn connect(address: &Address, writes: bool, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, Fault> {
        let mut it = Self { client: open(address, variable)?, place: address.database() };
        // Dates in texts are ISO 8601 and in UTC whatever the server's habits; compiling a query of hundreds of columns takes longer
        // than it saves.
        let access = if writes { "READ WRITE" } else { "READ ONLY" };
        let begin = format!("BEGIN {access}; SET LOCAL datestyle = 'ISO'; SET LOCAL timezone = 'UTC'; SET LOCAL jit = off");
        it.client.batch_execute(&begin).map_err(|error| told(&error, &it.place))?;
        Ok(it)
    }
}

/// A connection without a transaction.
pub(super) fn open(address: &Address, variable: &dyn Fn(&str) -> Option<String>) -> Result<postgres::Client, Fault> {
    let mut rest = Vec::new();
    let (mut mode, mut roots) = (variable("PGSSLMODE"), variable("PGSSLROOTCERT"));
    for (name, value) in address.options() {
        match name.as_str() {
            "sslmode" => mode = Some(address::decoded(value)),
            "sslrootcert" => roots = Some(address::decoded(value)),
            _other => rest.push(format!("{name}={value}")),
        }
    }
    let text = if rest.is_empty() { address.place().to_owned() } else { format!("{}?{}", address.place(), rest.join("&")) };
    let mut config: Config = text.parse().map_err(|_| Address::wrong())?;
    fill(&mut config, variable)?;
    let security = Security::named(mode.as_deref().unwrap_or("prefer"))?;
    config.ssl_mode(security.mode());
    config.connect(connector(security, roots.as_deref())?).map_err(|error| unreached(&error, &address.database()))
}

/// Why there is no connection, in the user's words.
fn unreached(error: &Error, place: &str) -> Fault {
    let code = error.code();
    if code == Some(&SqlState::INVALID_PASSWORD) || code == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION) {
        return Fault::new(format!("the server does not let this user in: {place} ({})", message(error)))
            .help("check the user, and give the password in PGPASSWORD or in the address");
    }
    if code == Some(&SqlState::INVALID_CATALOG_NAME) {
        return Fault::new(format!("there is no such database: {place}")).help("`psql -l` lists those of the server");
    }
    let source = std::error::Error::source(error);
    let why = source.map_or_else(|| message(error), ToString::to_string);
    if why.contains("password missing") {
        return Fault::new(format!("the server wants a password: {place}")).help("give it in PGPASSWORD or in the address");
    }
    if why.contains("certificate") {
        return Fault::new(format!("the server's certificate is not trusted: {place} ({why})"))
            .help("name the file of its authority with sslrootcert=FILE; sslmode=require encrypts without looking at it");
    }
    let io = source.and_then(|source| source.downcast_ref::<std::io::Error>());
    if let Some(io) = io {
        let refused = io.kind() == std::io::ErrorKind::ConnectionRefused;
        let what = if refused { "no server answers there".to_owned() } else { io.to_string() };
        return Fault::new(format!("cannot reach {place}: {what}")).help("check host and port, and that the server runs");
    }
    Fault::new(format!("cannot connect to {place}: {why}"))
        .help("sslmode says how: `disable`, `prefer`, `require` or `verify-full`")
}

/// The server's own words, else the client's.
fn message(error: &Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |db| db.message().to_owned())
}

/// Why a statement did not work, in the user's words.
pub(super) fn told(error: &Error, place: &str) -> Fault {
    let Some(db) = error.as_db_error() else {
        return Fault::new(format!("the connection to {place} broke: {error}"))
            .help("nothing was written; run it again when the server is back");
    };
    let said = db.message();
    if *db.code() == SqlState::LOCK_NOT_AVAILABLE {
        return Fault::busy(format!("another program is writing to {place}")).help("let it finish, then run this again");
    }
    if *db.code() == SqlState::INSUFFICIENT_PRIVILEGE {
        return Fault::new(format!("this user may not do that in {place}: {said}"))
            .help("ask the owner of the database for the right to read the tables, and to create one for the scores");
    }
    if *db.code() == SqlState::READ_ONLY_SQL_TRANSACTION {
        return Fault::new(format!("{place} can only be read: {said}")).help("write the scores to a file with -o FILE.csv");
    }
    let fault = Fault::new(format!("PostgreSQL cannot do this in {place}: {said}"));
    match (db.detail(), db.hint()) {
        (Some(more), _) | (None, Some(more)) => fault.help(more.to_owned()),
        (None, None) => fault,
    }
}

fn storage(ty: &Type) -> Storage {
    if let Kind::Domain(inner) = ty.kind() {
        return storage(inner);
    }
    let named = [
        (Storage::Text, &[Type::TEXT, Type::VARCHAR, Type::BPCHAR, Type::NAME][..]),
        (Storage::Whole, &[Type::INT2, Type::INT4, Type::INT8]),
        (Storage::Decimal, &[Type::NUMERIC]),
        (Storage::Float, &[Type::FLOAT4, Type::FLOAT8]),
        (Storage::Boolean, &[Type::BOOL]),
        (Storage::Date, &[Type::DATE]),
        (Storage::Instant, &[Type::TIMESTAMPTZ]),
        (Storage::Local, &[Type::TIMESTAMP]),
        (Storage::Texts, &[Type::TEXT_ARRAY, Type::VARCHAR_ARRAY]),
    ];
    let known = named.iter().find(|(_, types)| types.contains(ty)).map(|(storage, _)| *storage);
    known.unwrap_or(if matches!(ty.kind(), Kind::Array(_)) { Storage::Texts } else { Storage::Other })
}

impl Client for Postgres {
    fn dialect(&self) -> DialectName {
        DialectName::Postgres
    }

    fn columns(&mut self, table: &str) -> Result<Vec<TableColumn>, Fault> {
        // A fault would end the transaction, so it is asked first whether the table is there.
        let name = DialectName::Postgres.table(table);
        let there = self.client.query_one("SELECT to_regclass($1) IS NOT NULL", &[&name]);
        if !there.and_then(|row| row.try_get::<_, bool>(0)).map_err(|error| told(&error, &self.place))? {
            return Err(Fault::no_table(table, &self.place));
        }
        let statement = self.client.prepare(&format!("SELECT * FROM {name}")).map_err(|error| told(&error, &self.place))?;
        let column = |c: &postgres::Column| TableColumn {
            name: c.name().to_owned(),
            storage: storage(c.type_()),
            declared: c.type_().name().to_owned(),
        };
        Ok(statement.columns().iter().map(column).collect())
    }

    fn tables(&mut self) -> Result<Vec<String>, Fault> {
        let query = "SELECT CASE WHEN table_schema = ANY (current_schemas(false)) THEN table_name ELSE table_schema || '.' || table_name END \
                     FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1";
        let rows = self.client.query(query, &[]).map_err(|error| told(&error, &self.place))?;
        rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>().map_err(|error| told(&error, &self.place))
    }

    fn run(&mut self, statement: &str) -> Result<u64, Fault> {
        self.client.execute(statement, &[]).map_err(|error| told(&error, &self.place))
    }

    fn rows(&mut self, query: &str, take: &mut dyn FnMut(Row<'_>) -> Result<(), Report>) -> Result<(), Report> {
        let place = self.place.clone();
        let told = |error: Error| Report::new(told(&error, &place));
        let mut rows = self.client.query_raw(query, std::iter::empty::<i32>()).map_err(told)?;
        while let Some(row) = rows.next().map_err(told)? {
            let mut cells = Vec::with_capacity(row.len());
            for at in 0..row.len() {
                cells.push(row.try_get::<_, Option<&str>>(at).map_err(told)?);
            }
            take(&cells)?;
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<(), Fault> {
        self.client.batch_execute("COMMIT").map_err(|error| told(&error, &self.place))
    }
}
