//! Accounts, grouped a second time: every account looks through all records anew.

use lsrc::hir::{AsOf, Fold, Model, Rollup};
use lsrc::value::{Decimal, Type, Value};

use super::exact::Fraction;
use super::expr::Scope;
use super::{LIMIT, Outcome, Record, evaluate, results, text, with_defaults};

/// What the reference says about one account.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    /// Its key as it is written.
    pub(crate) key: String,
    /// How many records make it.
    pub(crate) records: usize,
    /// Its scores, labels and stages.
    pub(crate) outcome: Outcome,
}

/// A record that counts.
struct Member {
    key: Value,
    record: Record,
    outcome: Outcome,
}

/// The accounts of these records, in the order of their keys.
pub(crate) fn accounts(model: &Model, rollup: &Rollup, records: &[Record], as_of: AsOf) -> Vec<Account> {
    let mut members = Vec::new();
    for record in records {
        let outcome = evaluate(model, record, as_of);
        let record = with_defaults(model, record, as_of);
        let scope = Scope { model, record: &record, as_of, event: None, outputs: None };
        let meets = rollup.filter.as_ref().is_none_or(|filter| scope.truth(filter) == Some(true));
        if let (None, true, Some(key)) = (outcome.excluded, meets, scope.value(&rollup.key)) {
            members.push(Member { key, record, outcome });
        }
    }
    let ignore = model.schema.ignore_accents;
    let mut keys: Vec<&Value> = Vec::new();
    for member in &members {
        if !keys.iter().any(|key| same(key, &member.key, ignore)) {
            keys.push(&member.key);
        }
    }
    keys.sort_by_key(|key| order(key, ignore));
    let account = |key: &Value| {
        let own: Vec<&Member> = members.iter().filter(|member| same(&member.key, key, ignore)).collect();
        let mut values = vec![Some(key.clone()), Some(Value::Integer(i64::try_from(own.len()).unwrap()))];
        values.extend(rollup.gathered.iter().map(|it| gathered(model, &it.fold, &own, as_of)));
        let record = Record { values, events: Vec::new() };
        let outcome = evaluate(&rollup.accounts, &record, as_of);
        Account { key: written(key, &rollup.key.ty, ignore), records: own.len(), outcome }
    };
    keys.iter().map(|key| account(key)).collect()
}

/// The cells of an account as its output has them.
pub(crate) fn cells(rollup: &Rollup, account: &Account) -> Vec<String> {
    let mut cells = vec![account.key.clone(), account.records.to_string()];
    let mut outputs = results::cells(&rollup.accounts, &account.outcome);
    // An account is never excluded, and has no such column.
    assert_eq!(outputs.pop(), Some(String::new()));
    cells.append(&mut outputs);
    cells
}

fn same(a: &Value, b: &Value, ignore_accents: bool) -> bool {
    if let (Value::Text(a), Value::Text(b)) = (a, b) { text::same(a, b, ignore_accents) } else { a == b }
}

/// Texts by code points in lower case, numbers by size, `false` first, options as they are declared.
fn order(key: &Value, ignore_accents: bool) -> (i64, Vec<char>) {
    match key {
        Value::Text(it) => (0, text::folded(it, ignore_accents)),
        Value::Integer(n) => (*n, Vec::new()),
        Value::Boolean(it) => (i64::from(*it), Vec::new()),
        Value::Option(code) => (i64::from(*code), Vec::new()),
        other => panic!("a key of {other:?}"),
    }
}

fn written(key: &Value, ty: &Type, ignore_accents: bool) -> String {
    match (key, ty) {
        (Value::Text(it), _) => text::folded(it, ignore_accents).into_iter().collect(),
        (Value::Integer(n), _) => n.to_string(),
        (Value::Boolean(it), _) => it.to_string(),
        (Value::Option(code), Type::OneOf(options)) => options.items[*code as usize].name.to_string(),
        other => panic!("a key of {other:?}"),
    }
}

fn gathered(model: &Model, fold: &Fold, own: &[&Member], as_of: AsOf) -> Option<Value> {
    let points = |id: &lsrc::hir::ScoreId| -> Vec<i64> { own.iter().filter_map(|it| it.outcome.scores[id.index()]).collect() };
    let meet = |condition: Option<&lsrc::hir::Expr>| {
        let truth = |member: &&&Member| {
            let scope = Scope { model, record: &member.record, as_of, event: None, outputs: Some(&member.outcome) };
            condition.is_none_or(|condition| scope.truth(condition) == Some(true))
        };
        own.iter().filter(truth).count()
    };
    let hundredths = match fold {
        Fold::Any(condition) => return Some(Value::Boolean(meet(Some(condition)) > 0)),
        Fold::Count(condition) => i128::try_from(meet(condition.as_ref())).unwrap() * 100,
        Fold::Max(id) => i128::from(points(id).into_iter().max()?),
        Fold::Min(id) => i128::from(points(id).into_iter().min()?),
        Fold::Sum(id) => points(id).into_iter().map(i128::from).sum(),
        Fold::Average(id) => {
            let all = points(id);
            let sum: i128 = all.iter().copied().map(i128::from).sum();
            if all.is_empty() {
                return None;
            }
            Fraction::new(sum, 100 * i128::try_from(all.len()).unwrap()).rounded()
        }
    };
    Some(Value::Decimal(Decimal { mantissa: hundredths.clamp(-LIMIT, LIMIT), scale: 2 }))
}
