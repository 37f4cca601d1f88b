//! Expressions to registers: conditions to two masks, where true and where false.

use super::Lowerer;
use crate::bytecode::{Clock, CodeReg, ColumnRef, Domain, InstrKind, IntReg, MaskReg, NumReg, TextBase, TextOperand, Window};
use crate::hir::{ArithmeticOp, DefId, Expr, ExprKind, Unit};
use crate::schema::EventId;
use crate::source::Span;
use crate::value::{Type, Value};

/// A text that is taken in some rows, where no other one is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chosen {
    /// The rows.
    pub(super) when: MaskReg,
    /// The text.
    pub(super) text: TextOperand,
}

/// What an expression became.
#[derive(Debug, Clone, Copy)]
pub(super) enum Val {
    /// A condition: where true, where false.
    Truth(MaskReg, MaskReg),
    /// A whole number, day, moment or score, and where it is known.
    Int(IntReg, MaskReg),
    /// A float, and where it is known.
    Num(NumReg, MaskReg),
    /// A code.
    Code(CodeReg),
    /// A text.
    Text(TextOperand),
    /// One of several texts, by its place among [`Lowerer::chosen`].
    Texts(u32),
    /// A set.
    Set(ColumnRef),
}

impl Lowerer<'_> {
    /// Where a condition is true and where it is false.
    pub(super) fn truth(&mut self, expr: &Expr, domain: Domain) -> (MaskReg, MaskReg) {
        match self.lower(expr, domain) {
            Val::Truth(t, f) => (t, f),
            Val::Int(..) | Val::Num(..) | Val::Code(_) | Val::Text(_) | Val::Texts(_) | Val::Set(_) => {
                self.never(domain, expr.span)
            }
        }
    }

    /// A whole number, day, moment or score.
    pub(super) fn int(&mut self, expr: &Expr, domain: Domain) -> (IntReg, MaskReg) {
        match self.lower(expr, domain) {
            Val::Int(value, known) => (value, known),
            Val::Truth(..) | Val::Num(..) | Val::Code(_) | Val::Text(_) | Val::Texts(_) | Val::Set(_) => {
                let (value, _) = self.builder.int(InstrKind::ConstInt(0), domain, expr.span);
                (value, self.builder.fill(false, domain, expr.span))
            }
        }
    }

    /// A float.
    pub(super) fn num(&mut self, expr: &Expr, domain: Domain) -> (NumReg, MaskReg) {
        match self.lower(expr, domain) {
            Val::Num(value, known) => (value, known),
            Val::Truth(..) | Val::Int(..) | Val::Code(_) | Val::Text(_) | Val::Texts(_) | Val::Set(_) => {
                let (value, _) = self.builder.num(InstrKind::ConstNum(0), domain, expr.span);
                (value, self.builder.fill(false, domain, expr.span))
            }
        }
    }

    /// A code.
    pub(super) fn code(&mut self, expr: &Expr, domain: Domain) -> CodeReg {
        match self.lower(expr, domain) {
            Val::Code(code) => code,
            Val::Truth(..) | Val::Int(..) | Val::Num(..) | Val::Text(_) | Val::Texts(_) | Val::Set(_) => {
                self.builder.code(InstrKind::NoCode, domain, expr.span)
            }
        }
    }

    pub(super) fn never(&mut self, domain: Domain, span: Span) -> (MaskReg, MaskReg) {
        let none = self.builder.fill(false, domain, span);
        (none, none)
    }

    /// A test that holds where `mask` does: true and false where the operand is known.
    pub(super) fn leaf(&mut self, mask: MaskReg, known: MaskReg, domain: Domain, span: Span) -> Val {
        let t = self.builder.and(mask, known, domain, span);
        let f = self.builder.and_not(known, mask, domain, span);
        Val::Truth(t, f)
    }

    /// Where the value is known.
    pub(super) fn known(&mut self, value: Val, domain: Domain, span: Span) -> MaskReg {
        match value {
            Val::Truth(t, f) => self.builder.or(t, f, domain, span),
            Val::Int(_, known) | Val::Num(_, known) => known,
            Val::Code(code) => self.builder.mask(InstrKind::CodeKnown(code), domain, span),
            Val::Text(TextOperand { base: TextBase::Column(column @ ColumnRef::Property(_)), domains: 0 })
                if domain == Domain::Records =>
            {
                self.builder.mask(InstrKind::Known(column), domain, span)
            }
            Val::Text(text) => self.builder.mask(InstrKind::TextKnown(text), domain, span),
            Val::Texts(_) => self.texts_known(value, domain, span),
            Val::Set(_) => self.builder.fill(true, domain, span),
        }
    }

    /// The value of an expression over the rows of `domain`; over events, what looks at no field is worked out once a record.
    pub(super) fn lower(&mut self, expr: &Expr, domain: Domain) -> Val {
        let value = match domain {
            Domain::Events(event) if !mentions_field(expr) => {
                let value = self.lower(expr, Domain::Records);
                return self.spread(value, event, expr.span);
            }
            Domain::Events(_) | Domain::Records => self.lower_kind(expr, domain),
        };
        self.probe(expr, domain, value);
        value
    }

    pub(super) fn spread(&mut self, value: Val, event: EventId, span: Span) -> Val {
        let domain = Domain::Events(event);
        let b = &mut self.builder;
        match value {
            Val::Truth(t, f) => {
                let t = b.mask(InstrKind::SpreadMask(event, t), domain, span);
                Val::Truth(t, b.mask(InstrKind::SpreadMask(event, f), domain, span))
            }
            Val::Int(value, known) => {
                let known = b.mask(InstrKind::SpreadMask(event, known), domain, span);
                Val::Int(b.int(InstrKind::SpreadInt(event, value), domain, span).0, known)
            }
            Val::Num(value, known) => {
                let known = b.mask(InstrKind::SpreadMask(event, known), domain, span);
                Val::Num(b.num(InstrKind::SpreadNum(event, value), domain, span).0, known)
            }
            Val::Code(code) => Val::Code(b.code(InstrKind::SpreadCode(event, code), domain, span)),
            Val::Text(TextOperand { base: TextBase::Codes(codes, texts), domains }) => {
                let codes = b.code(InstrKind::SpreadCode(event, codes), domain, span);
                Val::Text(TextOperand { base: TextBase::Codes(codes, texts), domains })
            }
            Val::Texts(_) => {
                let texts = self.chosen(value).into_iter().map(|chosen| {
                    let when = self.builder.mask(InstrKind::SpreadMask(event, chosen.when), domain, span);
                    let text = self.spread(Val::Text(chosen.text), event, span);
                    Chosen { when, text: if let Val::Text(text) = text { text } else { chosen.text } }
                });
                let texts = texts.collect();
                self.choose(texts)
            }
            Val::Text(_) | Val::Set(_) => value,
        }
    }

    fn lower_kind(&mut self, expr: &Expr, domain: Domain) -> Val {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Literal(value) => self.literal(value, domain, span),
            ExprKind::Property(id) => self.column(ColumnRef::Property(*id), &expr.ty, domain, span),
            ExprKind::Field(event, field) => self.column(ColumnRef::Field(*event, *field), &expr.ty, domain, span),
            ExprKind::Definition(id) => self.definition(*id),
            ExprKind::Score(id) => {
                let (value, known) = self.builder.int(InstrKind::Score(*id), domain, span);
                Val::Int(value, known)
            }
            ExprKind::Label(id) => {
                let values = self.model.sure_label(*id).values.clone();
                let texts = self.tables.texts(values);
                let codes = self.builder.code(InstrKind::Label(*id), domain, span);
                Val::Text(TextOperand { base: TextBase::Codes(codes, texts), domains: 0 })
            }
            ExprKind::Stage(id) => Val::Code(self.builder.code(InstrKind::Stage(*id), domain, span)),
            ExprKind::Move(id) => Val::Code(self.builder.code(InstrKind::Moves(*id), domain, span)),
            ExprKind::NoStage => Val::Code(self.builder.code(InstrKind::NoCode, domain, span)),
            ExprKind::Excluded => {
                let t = self.builder.mask(InstrKind::Excluded, domain, span);
                Val::Truth(t, self.builder.not(t, domain, span))
            }
            ExprKind::Not(_) | ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Unless(..) => self.logic(expr, domain),
            ExprKind::AtLeast(count, parts) => self.at_least(*count as usize, parts, domain, span),
            ExprKind::Pick(function, values) => self.pick(*function, values, &expr.ty, domain, span),
            ExprKind::Compare(op, a, b) => self.compare(*op, a, b, domain, span),
            ExprKind::InRange(value, range) => self.in_range(value, range, domain, span),
            ExprKind::InOptions(value, codes) => {
                let code = self.code(value, domain);
                self.code_in(code, codes.iter().copied(), domain, span)
            }
            ExprKind::InValues(value, values) => self.in_values(value, values, domain, span),
            ExprKind::HasOptions { .. } | ExprKind::HasTexts { .. } | ExprKind::IsEmpty(_) | ExprKind::SizeOf(_) => {
                self.set_test(expr, domain)
            }
            ExprKind::TextTest { .. }
            | ExprKind::Matches(..)
            | ExprKind::DomainOf(_)
            | ExprKind::LengthOf(_)
            | ExprKind::WordsOf(_) => self.text_function(expr, domain),
            ExprKind::IsKnown(value) => {
                let value = self.lower(value, domain);
                let t = self.known(value, domain, span);
                Val::Truth(t, self.builder.not(t, domain, span))
            }
            ExprKind::NoEvents(event) => {
                let exists = self.existing(*event, span);
                let any = self.builder.mask(InstrKind::HasEvent(*event, exists), domain, span);
                Val::Truth(self.builder.not(any, domain, span), any)
            }
            ExprKind::Within { .. } | ExprKind::MoreThanAgo(..) | ExprKind::Elapsed { .. } => self.calendar(expr, domain),
            ExprKind::Aggregate(aggregate) => self.aggregate(aggregate, span),
            ExprKind::Negate(_)
            | ExprKind::Arithmetic(..)
            | ExprKind::ToNumber(_)
            | ExprKind::ScoreToNumber(_)
            | ExprKind::ToDate(_)
            | ExprKind::Moved(..) => self.arithmetic(expr, domain),
        }
    }

    fn literal(&mut self, value: &Value, domain: Domain, span: Span) -> Val {
        let int = |this: &mut Self, n: i64| {
            let (value, known) = this.builder.int(InstrKind::ConstInt(n), domain, span);
            Val::Int(value, known)
        };
        match value {
            Value::Boolean(bit) => {
                let t = self.builder.fill(*bit, domain, span);
                Val::Truth(t, self.builder.fill(!*bit, domain, span))
            }
            Value::Integer(n) => int(self, *n),
            Value::Date(day) => int(self, i64::from(*day)),
            Value::DateTime(micros) => int(self, *micros),
            Value::Number(n) => {
                let (value, known) = self.builder.num(InstrKind::ConstNum(n.to_bits()), domain, span);
                Val::Num(value, known)
            }
            Value::Decimal(n) => {
                let (value, known) = self.builder.num(InstrKind::ConstNum(n.to_f64().to_bits()), domain, span);
                Val::Num(value, known)
            }
            Value::Text(text) => {
                let table = self.tables.texts(vec![std::sync::Arc::clone(text)]);
                Val::Text(TextOperand { base: TextBase::Constant(table), domains: 0 })
            }
            Value::Option(code) => Val::Code(self.builder.code(InstrKind::ConstCode(*code), domain, span)),
            Value::Set(_) | Value::TextSet(_) => Val::Code(self.builder.code(InstrKind::NoCode, domain, span)),
        }
    }

    pub(super) fn column(&mut self, column: ColumnRef, ty: &Type, domain: Domain, span: Span) -> Val {
        match ty {
            Type::Integer | Type::Date | Type::DateTime | Type::Score => {
                let (value, known) = self.builder.int(InstrKind::LoadInt(column), domain, span);
                Val::Int(value, known)
            }
            Type::Number => {
                let (value, known) = self.builder.num(InstrKind::LoadNum(column), domain, span);
                Val::Num(value, known)
            }
            Type::Boolean => {
                let t = self.builder.mask(InstrKind::Truth(column), domain, span);
                let known = self.builder.mask(InstrKind::Known(column), domain, span);
                Val::Truth(t, self.builder.and_not(known, t, domain, span))
            }
            Type::OneOf(_) => Val::Code(self.builder.code(InstrKind::LoadCode(column), domain, span)),
            Type::Text | Type::Label => Val::Text(TextOperand { base: TextBase::Column(column), domains: 0 }),
            Type::SetOf(_) | Type::SetOfText => Val::Set(column),
        }
    }

    /// A definition always means the record's, and is worked out once a block. Those that it refers to come first, so that a long
    /// chain of them does not deepen the recursion.
    fn definition(&mut self, id: DefId) -> Val {
        let span = self.model.sure_definition(id).value.span;
        for before in self.facts.chain(id, |id| self.defined.contains_key(&id)) {
            if let Some(definition) = self.model.definition(before) {
                let value = self.lower(&definition.value, Domain::Records);
                self.defined.insert(before, value);
            }
        }
        match self.defined.get(&id) {
            Some(value) => *value,
            None => {
                let (t, f) = self.never(Domain::Records, span);
                Val::Truth(t, f)
            }
        }
    }

    fn logic(&mut self, expr: &Expr, domain: Domain) -> Val {
        let span = expr.span;
        #[expect(clippy::wildcard_enum_match_arm, reason = "called for the four connectives only")]
        match &expr.kind {
            ExprKind::Not(a) => {
                let (t, f) = self.truth(a, domain);
                Val::Truth(f, t)
            }
            ExprKind::And(parts) => {
                let mut t = self.builder.fill(true, domain, span);
                let mut f = self.builder.fill(false, domain, span);
                for part in parts {
                    let (pt, pf) = self.truth(part, domain);
                    t = self.builder.and(t, pt, domain, span);
                    f = self.builder.or(f, pf, domain, span);
                }
                Val::Truth(t, f)
            }
            ExprKind::Or(parts) => {
                let mut t = self.builder.fill(false, domain, span);
                let mut f = self.builder.fill(true, domain, span);
                for part in parts {
                    let (pt, pf) = self.truth(part, domain);
                    t = self.builder.or(t, pt, domain, span);
                    f = self.builder.and(f, pf, domain, span);
                }
                Val::Truth(t, f)
            }
            ExprKind::Unless(c, d) => {
                let (ct, cf) = self.truth(c, domain);
                let (dt, _) = self.truth(d, domain);
                let t = self.builder.and_not(ct, dt, domain, span);
                Val::Truth(t, self.builder.or(cf, dt, domain, span))
            }
            _ => {
                let (t, f) = self.never(domain, span);
                Val::Truth(t, f)
            }
        }
    }

    /// True where so many are true, false where more than the others are false.
    fn at_least(&mut self, count: usize, parts: &[Expr], domain: Domain, span: Span) -> Val {
        let truths: Vec<(MaskReg, MaskReg)> = parts.iter().map(|part| self.truth(part, domain)).collect();
        let trues: Vec<MaskReg> = truths.iter().map(|(t, _)| *t).collect();
        let falses: Vec<MaskReg> = truths.iter().map(|(_, f)| *f).collect();
        let t = self.so_many(count, &trues, domain, span);
        Val::Truth(t, self.so_many(parts.len().saturating_sub(count) + 1, &falses, domain, span))
    }

    /// Where at least so many of these masks have the row: row by row of them, where so far at least one, two, .. have.
    fn so_many(&mut self, count: usize, masks: &[MaskReg], domain: Domain, span: Span) -> MaskReg {
        let none = self.builder.fill(false, domain, span);
        let mut reached = vec![none; count];
        for mask in masks {
            for at in (0..count).rev() {
                let before = match at.checked_sub(1) {
                    Some(before) => reached.get(before).copied().unwrap_or(none),
                    None => self.builder.fill(true, domain, span),
                };
                let more = self.builder.and(before, *mask, domain, span);
                if let Some(slot) = reached.get_mut(at) {
                    *slot = self.builder.or(*slot, more, domain, span);
                }
            }
        }
        reached.last().copied().unwrap_or(none)
    }

    pub(super) fn none(&mut self, domain: Domain, span: Span) -> Val {
        let (t, f) = self.never(domain, span);
        Val::Truth(t, f)
    }

    pub(super) fn code_in(&mut self, code: CodeReg, codes: impl IntoIterator<Item = u32>, domain: Domain, span: Span) -> Val {
        let table = self.tables.bits(codes);
        let mask = self.builder.mask(InstrKind::CodeIn(code, table), domain, span);
        let known = self.builder.mask(InstrKind::CodeKnown(code), domain, span);
        self.leaf(mask, known, domain, span)
    }

    fn set_test(&mut self, expr: &Expr, domain: Domain) -> Val {
        let span = expr.span;
        #[expect(clippy::wildcard_enum_match_arm, reason = "called for tests of sets only")]
        let operand = match &expr.kind {
            ExprKind::HasOptions { set, .. } | ExprKind::HasTexts { set, .. } => set,
            ExprKind::IsEmpty(set) | ExprKind::SizeOf(set) => set,
            _ => {
                let (t, f) = self.never(domain, span);
                return Val::Truth(t, f);
            }
        };
        let Val::Set(set) = self.lower(operand, domain) else {
            let (t, f) = self.never(domain, span);
            return Val::Truth(t, f);
        };
        #[expect(clippy::wildcard_enum_match_arm, reason = "called for tests of sets only")]
        let op = match &expr.kind {
            ExprKind::HasOptions { codes, all, .. } => {
                InstrKind::SetHas { set, codes: self.tables.bits(codes.iter().copied()), all: *all }
            }
            ExprKind::HasTexts { texts, all, .. } => InstrKind::TextSetHas { set, texts: self.folded(texts), all: *all },
            ExprKind::SizeOf(_) => {
                let (value, known) = self.builder.int(InstrKind::SetSize(set), domain, span);
                return Val::Int(value, known);
            }
            _ => InstrKind::SetEmpty(set),
        };
        let t = self.builder.mask(op, domain, span);
        Val::Truth(t, self.builder.not(t, domain, span))
    }

    /// A date or moment as a calendar day.
    pub(super) fn day(&mut self, expr: &Expr, domain: Domain) -> (IntReg, MaskReg) {
        let (value, known) = self.int(expr, domain);
        if expr.ty == Type::DateTime {
            (self.builder.int(InstrKind::ToDay(value), domain, expr.span).0, known)
        } else {
            (value, known)
        }
    }

    fn calendar(&mut self, expr: &Expr, domain: Domain) -> Val {
        let span = expr.span;
        #[expect(clippy::wildcard_enum_match_arm, reason = "called for functions of time only")]
        match &expr.kind {
            ExprKind::Within { date, duration, next } => {
                let window = if *next { Window::WithinNext(*duration) } else { Window::Within(*duration) };
                self.window(date, window, duration.unit, domain, span)
            }
            ExprKind::MoreThanAgo(date, duration) => {
                self.window(date, Window::MoreThanAgo(*duration), duration.unit, domain, span)
            }
            ExprKind::Elapsed { unit: Unit::Hours, until, date } => {
                let (value, known) = self.int(date, domain);
                Val::Int(self.builder.int(InstrKind::ElapsedHours(value, *until), domain, span).0, known)
            }
            ExprKind::Elapsed { unit, until, date } => {
                let (value, known) = self.day(date, domain);
                Val::Int(self.builder.int(InstrKind::ElapsedDays(value, *unit, *until), domain, span).0, known)
            }
            _ => {
                let (t, f) = self.never(domain, span);
                Val::Truth(t, f)
            }
        }
    }

    fn window(&mut self, date: &Expr, window: Window, unit: Unit, domain: Domain, span: Span) -> Val {
        let (value, known, clock) = if unit == Unit::Hours {
            let (value, known) = self.int(date, domain);
            (value, known, Clock::Micros)
        } else {
            let (value, known) = self.day(date, domain);
            (value, known, Clock::Days)
        };
        let mask = self.builder.mask(InstrKind::Window(value, clock, window), domain, span);
        self.leaf(mask, known, domain, span)
    }

    fn arithmetic(&mut self, expr: &Expr, domain: Domain) -> Val {
        let span = expr.span;
        if let Some(x) = self.model.computed(expr) {
            if !self.options.fuse {
                expr.operands().for_each(|operand| {
                    self.lower(operand, domain);
                });
            }
            let (value, known) = self.exact_number(&x, domain, span);
            return Val::Num(value, known);
        }
        #[expect(clippy::wildcard_enum_match_arm, reason = "called for arithmetic and conversions only")]
        match &expr.kind {
            ExprKind::Negate(a) if expr.ty == Type::Integer => {
                let (a, known) = self.int(a, domain);
                let (value, ok) = self.builder.int(InstrKind::NegInt(a), domain, span);
                Val::Int(value, self.builder.and(known, ok, domain, span))
            }
            ExprKind::Negate(a) => {
                let (a, known) = self.num(a, domain);
                Val::Num(self.builder.num(InstrKind::NegNum(a), domain, span).0, known)
            }
            ExprKind::Arithmetic(op, a, b) if expr.ty == Type::Integer && *op != ArithmeticOp::Divide => {
                let (a, ka) = self.int(a, domain);
                let (b, kb) = self.int(b, domain);
                let (value, ok) = self.builder.int(InstrKind::ArithInt(*op, a, b), domain, span);
                let known = self.builder.and(ka, kb, domain, span);
                Val::Int(value, self.builder.and(known, ok, domain, span))
            }
            ExprKind::Arithmetic(op, a, b) => {
                let (a, ka) = self.num(a, domain);
                let (b, kb) = self.num(b, domain);
                let (value, ok) = self.builder.num(InstrKind::ArithNum(*op, a, b), domain, span);
                let known = self.builder.and(ka, kb, domain, span);
                Val::Num(value, self.builder.and(known, ok, domain, span))
            }
            ExprKind::ToNumber(a) => match self.lower(a, domain) {
                Val::Int(value, known) => Val::Num(self.builder.num(InstrKind::IntToNum(value), domain, span).0, known),
                other @ (Val::Truth(..) | Val::Num(..) | Val::Code(_) | Val::Text(_) | Val::Texts(_) | Val::Set(_)) => other,
            },
            ExprKind::ScoreToNumber(a) => match self.lower(a, domain) {
                Val::Int(value, known) => Val::Num(self.builder.num(InstrKind::PointsToNum(value), domain, span).0, known),
                other @ (Val::Truth(..) | Val::Num(..) | Val::Code(_) | Val::Text(_) | Val::Texts(_) | Val::Set(_)) => other,
            },
            ExprKind::Moved(a, by, later) => {
                let (value, known) = self.int(a, domain);
                Val::Int(self.builder.int(InstrKind::Moved(value, *by, *later), domain, span).0, known)
            }
            ExprKind::ToDate(a) => {
                let (value, known) = self.day(a, domain);
                Val::Int(value, known)
            }
            _ => {
                let (t, f) = self.never(domain, span);
                Val::Truth(t, f)
            }
        }
    }
}

/// Whether the expression looks at a field of the event; a definition never does.
fn mentions_field(expr: &Expr) -> bool {
    if matches!(expr.kind, ExprKind::Field(..)) {
        return true;
    }
    let mut found = false;
    super::facts::children(expr, &mut |child| found |= mentions_field(child));
    found
}
