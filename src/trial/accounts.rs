//! Tests of accounts: their records scored, gathered, and the account worked out.

use super::{Fired, record_of};
use crate::column::Batch;
use crate::hir::{Expr, GivenAccount, Model, Rollup, Test};
use crate::invariant::Sure as _;
use crate::program::{Code, Wanted};
use crate::record::{self, Record};
use crate::rollup::{Accounts, Places, asked};
use crate::why::values::value_at;

/// An account that was worked out.
pub(super) struct Worked {
    /// What fired for it.
    pub(super) fired: Fired,
    /// It, as a record of its own model.
    pub(super) record: Record,
    /// What fired for each of its records.
    pub(super) of_records: Vec<Fired>,
}

/// What runs the tests of one rollup.
pub(super) struct Bench<'m> {
    pub(super) rollup: &'m Rollup,
    model: &'m Model,
    records: Code,
    account: Code,
}

impl<'m> Bench<'m> {
    /// Lowers the rules of records with what the rollup goes by, and those of its accounts with what the tests expect.
    pub(super) fn new(model: &'m Model, rollup: &'m Rollup, conditions: Vec<Expr>) -> Self {
        let (asked, key) = asked(rollup);
        let records = Code::of(model, &Wanted { conditions: asked, values: vec![key], ..Wanted::default() });
        let account = Code::of(&rollup.accounts, &Wanted { reasons: true, conditions, ..Wanted::default() });
        Self { rollup, model, records, account }
    }

    /// The account of the records of a test.
    ///
    /// # Errors
    /// Why they are not one account.
    pub(super) fn run(&self, test: &Test, given: &GivenAccount, look_up: impl Fn(&Record, &mut Batch)) -> Result<Worked, String> {
        let mut accounts = Accounts::new(self.model, self.rollup, Places::default());
        // Each record by itself, so that it is known what fired for it.
        let mut of_records = Vec::with_capacity(given.records.len());
        for it in &given.records {
            let record = record_of(&it.given, &it.events);
            let mut batch = record::batch(&self.model.schema, std::slice::from_ref(&record));
            look_up(&record, &mut batch);
            let fired = super::score(&self.records, test.as_of, &batch);
            accounts.add_one(&fired.scores);
            of_records.push(fired);
        }
        let name = &self.rollup.name;
        match accounts.len() {
            0 => return Err(format!("there is none: of the records given, none counts for `{name}`")),
            1 => {}
            many => return Err(format!("there are {many}: the records given differ in what `{name}` goes by")),
        }
        let batch = accounts.batches(self.rollup).next().sure("one account makes a batch");
        let fired = Fired { rollup: Some(given.rollup), ..super::score(&self.account, test.as_of, &batch) };
        let values = (0..).map(crate::schema::PropId).zip(&batch.columns);
        let properties = values.filter_map(|(id, column)| Some((id, value_at(column.as_ref()?, 0)?))).collect();
        let record = Record { properties, events: Vec::new() };
        Ok(Worked { fired, record, of_records })
    }
}
