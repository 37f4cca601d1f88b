//! Tests of rollups: the records of one account are given, and what the account has is expected.

use rustc_hash::FxHashMap;

use super::checker::Checker;
use super::env::{Entity, RollupPart};
use super::near::as_name;
use crate::diag::{Code, Diagnostic};
use crate::hir::{Expectation, GivenAccount, GivenRecord, Test};
use crate::source::Span;
use crate::syntax::ast::{self, Expectation as Expected, ExpectationKind, Given, GivenValue, TestClauseKind, TestDecl};

impl Checker<'_> {
    /// The rollup that a test gives the records of, with where it does.
    pub(super) fn account_of<'a>(&self, decl: &'a TestDecl) -> Option<(usize, &'a Given)> {
        givens(decl).find_map(|given| match self.env.entities.get(&given.name.name) {
            Some((Entity::Rollup(at, RollupPart::Whole), _)) => Some((*at, given)),
            Some(_) | None => None,
        })
    }

    /// The records of an account.
    pub(super) fn given_account(&mut self, rollup: usize, given: &Given, decl: &TestDecl, test: &mut Test) -> Option<()> {
        let name = &given.name;
        self.look_up(name);
        let mut whole = true;
        for other in givens(decl).filter(|other| other.span != given.span) {
            whole = false;
            let message = format!("a test of `{}` gives its records and nothing beside", name.name);
            let problem = Diagnostic::new(Code::TypeMismatch, other.name.span, message)
                .also(name.span, "the records are given here")
                .help(format!("give it in the records: `{} = [{{ {}: .. }}]`", as_name(&name.name), as_name(&other.name.name)));
            self.push(problem);
        }
        if let Some(table) = &decl.table {
            whole = false;
            let message = format!("a table gives a record in each row, and this test gives the records of `{}`", name.name);
            self.error(Code::TypeMismatch, table.span, message, "leave out the table, or write a test of its own for it");
        }
        let records = match &given.value {
            GivenValue::Events(records, _) => records.as_slice(),
            GivenValue::Expr(ast::Expr { span, .. })
            | GivenValue::Ago(_, span)
            | GivenValue::Related(ast::GivenEvent { span, .. }) => {
                let message = format!("`{}` is a rollup, made of records", name.name);
                let help = format!("write its records: `{} = [{{ PROPERTY: .. }}, {{ PROPERTY: .. }}]`", as_name(&name.name));
                self.error(Code::TypeMismatch, *span, message, help);
                return None;
            }
        };
        let mut built = Vec::with_capacity(records.len());
        for record in records {
            let mut seen: FxHashMap<&str, Span> = FxHashMap::default();
            let mut one = Test { given: Vec::new(), events: Vec::new(), ..test.clone() };
            for field in &record.fields {
                if let Some(first) = seen.insert(&field.name.name, field.name.span) {
                    whole = false;
                    let message = format!("`{}` is given twice", field.name.name);
                    let problem = Diagnostic::new(Code::DuplicateName, field.name.span, message)
                        .also(first, "given here already")
                        .help("keep one of them");
                    self.push(problem);
                    continue;
                }
                whole &= self.given(field, &mut one).is_some();
            }
            built.push(GivenRecord { given: one.given, events: one.events });
        }
        test.account = Some(GivenAccount { rollup, records: built });
        whole.then_some(())
    }

    /// What is expected of an account.
    pub(super) fn account_expectation(&mut self, rollup: usize, expected: &Expected) -> Option<Expectation> {
        if let ExpectationKind::Excluded(_) = expected.kind {
            let help = "expect what its scores come to; a record that is excluded does not count";
            self.error(Code::TypeMismatch, expected.span, "no account is excluded", help);
            return None;
        }
        self.among_accounts(rollup, |checker| checker.expectation(expected))
    }
}

fn givens(decl: &TestDecl) -> impl Iterator<Item = &Given> {
    decl.clauses.iter().flat_map(|clause| match &clause.kind {
        TestClauseKind::Given(all) => all.as_slice(),
        TestClauseKind::Expect(_) => &[],
    })
}
