//! Texts, one of several texts, and what is asked of them.

use super::Lowerer;
use super::expr::{Chosen, Val};
use crate::bytecode::{CodeReg, Domain, InstrKind, IntReg, MaskReg, NumReg, TextBase, TextOperand};
use crate::hir::{Expr, ExprKind, PickFunction, TextTest, Texts};
use crate::invariant::SureAt as _;
use crate::source::Span;
use crate::value::Type;

impl Lowerer<'_> {
    /// A text: one, or one of several; a value that is not a text becomes an unknown one.
    pub(super) fn text(&mut self, expr: &Expr, domain: Domain) -> Val {
        match self.lower(expr, domain) {
            text @ (Val::Text(_) | Val::Texts(_)) => text,
            Val::Truth(..) | Val::Int(..) | Val::Num(..) | Val::Code(_) | Val::Set(_) => {
                Val::Text(TextOperand { base: TextBase::Constant(self.tables.texts(Vec::new())), domains: 0 })
            }
        }
    }

    /// One of several texts.
    pub(super) fn choose(&mut self, texts: Vec<Chosen>) -> Val {
        self.chosen.push(texts);
        Val::Texts(crate::invariant::number(self.chosen.len() - 1))
    }

    /// What a text is chosen from; nothing for any other value.
    pub(super) fn chosen(&self, value: Val) -> Vec<Chosen> {
        let Val::Texts(at) = value else { return Vec::new() };
        self.chosen.sure_at(at as usize).clone()
    }

    /// Where the text that is taken passes a test; `test` gives a mask for one text.
    pub(super) fn where_text(
        &mut self,
        text: Val,
        domain: Domain,
        span: Span,
        test: impl Fn(&mut Self, TextOperand) -> MaskReg,
    ) -> MaskReg {
        if let Val::Text(text) = text {
            return test(self, text);
        }
        let mut any = self.builder.fill(false, domain, span);
        for chosen in self.chosen(text) {
            let mask = test(self, chosen.text);
            let mask = self.builder.and(chosen.when, mask, domain, span);
            any = self.builder.or(any, mask, domain, span);
        }
        any
    }

    /// Where one of several texts is known.
    pub(super) fn texts_known(&mut self, texts: Val, domain: Domain, span: Span) -> MaskReg {
        self.where_text(texts, domain, span, |this, text| this.known(Val::Text(text), domain, span))
    }

    pub(super) fn folded(&mut self, texts: &Texts) -> u32 {
        self.tables.texts(texts.items.clone())
    }

    /// Where a text is one of the texts of a `match` line.
    pub(super) fn text_is(&mut self, text: Val, keys: Vec<std::sync::Arc<str>>, domain: Domain, span: Span) -> MaskReg {
        let mut keys = keys;
        keys.sort_unstable();
        keys.dedup();
        let table = self.tables.texts(keys);
        let mask = self.where_text(text, domain, span, |this, text| {
            this.builder.mask(InstrKind::Text(text, TextTest::Is, table), domain, span)
        });
        let known = self.known(text, domain, span);
        self.builder.and(mask, known, domain, span)
    }

    /// Where two texts are equal.
    pub(super) fn same_text(&mut self, a: Val, b: Val, domain: Domain, span: Span) -> Val {
        let mask = self.where_text(a, domain, span, |this, a| {
            this.where_text(b, domain, span, |this, b| this.builder.mask(InstrKind::TextEqual(a, b), domain, span))
        });
        let (ka, kb) = (self.known(a, domain, span), self.known(b, domain, span));
        let known = self.builder.and(ka, kb, domain, span);
        self.leaf(mask, known, domain, span)
    }

    pub(super) fn text_function(&mut self, expr: &Expr, domain: Domain) -> Val {
        let span = expr.span;
        #[expect(clippy::wildcard_enum_match_arm, reason = "called for functions of texts only")]
        match &expr.kind {
            ExprKind::TextTest { text, test, texts } => {
                let text = self.text(text, domain);
                let table = self.folded(texts);
                let mask = self.where_text(text, domain, span, |this, text| {
                    this.builder.mask(InstrKind::Text(text, *test, table), domain, span)
                });
                let known = self.known(text, domain, span);
                self.leaf(mask, known, domain, span)
            }
            ExprKind::Matches(text, pattern) => {
                let text = self.text(text, domain);
                let table = self.pattern(pattern);
                let mask = self.where_text(text, domain, span, |this, text| {
                    this.builder.mask(InstrKind::Matches(text, table), domain, span)
                });
                let known = self.known(text, domain, span);
                self.leaf(mask, known, domain, span)
            }
            ExprKind::DomainOf(text) => {
                let of = |text: TextOperand| TextOperand { base: text.base, domains: text.domains.saturating_add(1) };
                match self.text(text, domain) {
                    Val::Text(text) => Val::Text(of(text)),
                    texts => {
                        let texts = self.chosen(texts).into_iter().map(|c| Chosen { text: of(c.text), ..c }).collect();
                        self.choose(texts)
                    }
                }
            }
            ExprKind::LengthOf(text) => self.text_number(text, domain, span, InstrKind::Length),
            ExprKind::WordsOf(text) => self.text_number(text, domain, span, InstrKind::Words),
            _ => {
                let (t, f) = self.never(domain, span);
                Val::Truth(t, f)
            }
        }
    }

    fn text_number(&mut self, text: &Expr, domain: Domain, span: Span, number: impl Fn(TextOperand) -> InstrKind) -> Val {
        let text = self.text(text, domain);
        let known = self.known(text, domain, span);
        if let Val::Text(text) = text {
            return Val::Int(self.builder.int(number(text), domain, span).0, known);
        }
        let numbers: Vec<(IntReg, MaskReg)> =
            self.chosen(text).into_iter().map(|c| (self.builder.int(number(c.text), domain, span).0, c.when)).collect();
        let (value, _) = self.one_int(PickFunction::First, numbers, domain, span);
        Val::Int(value, known)
    }

    // ---- one of several values --------------------------------------------------------------------------------------

    pub(super) fn pick(&mut self, function: PickFunction, values: &[Expr], ty: &Type, domain: Domain, span: Span) -> Val {
        match ty {
            Type::Number => {
                let values = values.iter().map(|value| self.num(value, domain)).collect();
                let (value, known) = self.one_num(function, values, domain, span);
                Val::Num(value, known)
            }
            Type::Boolean => self.first_truth(values, domain, span),
            Type::OneOf(_) => {
                let codes: Vec<CodeReg> = values.iter().map(|value| self.code(value, domain)).collect();
                let first = codes.into_iter().reduce(|a, b| self.builder.code(InstrKind::PickCode(a, b), domain, span));
                first.map_or_else(|| self.none(domain, span), Val::Code)
            }
            Type::Text | Type::Label => self.first_text(values, domain, span),
            Type::Integer | Type::Date | Type::DateTime | Type::Score | Type::SetOf(_) | Type::SetOfText => {
                let values = values.iter().map(|value| self.int(value, domain)).collect();
                let (value, known) = self.one_int(function, values, domain, span);
                Val::Int(value, known)
            }
        }
    }

    /// One of several whole numbers, and where there is one.
    fn one_int(
        &mut self,
        function: PickFunction,
        values: Vec<(IntReg, MaskReg)>,
        domain: Domain,
        span: Span,
    ) -> (IntReg, MaskReg) {
        let picked = values.into_iter().reduce(|so_far, next| {
            let (picked, _) = self.builder.int(InstrKind::PickInt(function, so_far, next), domain, span);
            (picked, self.builder.or(so_far.1, next.1, domain, span))
        });
        picked
            .unwrap_or_else(|| (self.builder.int(InstrKind::ConstInt(0), domain, span).0, self.builder.fill(false, domain, span)))
    }

    /// One of several floats, and where there is one.
    fn one_num(
        &mut self,
        function: PickFunction,
        values: Vec<(NumReg, MaskReg)>,
        domain: Domain,
        span: Span,
    ) -> (NumReg, MaskReg) {
        let picked = values.into_iter().reduce(|so_far, next| {
            let (picked, _) = self.builder.num(InstrKind::PickNum(function, so_far, next), domain, span);
            (picked, self.builder.or(so_far.1, next.1, domain, span))
        });
        picked
            .unwrap_or_else(|| (self.builder.num(InstrKind::ConstNum(0), domain, span).0, self.builder.fill(false, domain, span)))
    }

    /// The first condition that is true or false.
    fn first_truth(&mut self, values: &[Expr], domain: Domain, span: Span) -> Val {
        let (mut t, mut f) = self.never(domain, span);
        for value in values {
            let (next, not) = self.truth(value, domain);
            let known = self.builder.or(t, f, domain, span);
            let (next, not) = (self.builder.and_not(next, known, domain, span), self.builder.and_not(not, known, domain, span));
            t = self.builder.or(t, next, domain, span);
            f = self.builder.or(f, not, domain, span);
        }
        Val::Truth(t, f)
    }

    /// The first text that is known.
    fn first_text(&mut self, values: &[Expr], domain: Domain, span: Span) -> Val {
        let mut so_far = self.builder.fill(false, domain, span);
        let mut texts = Vec::new();
        for value in values {
            let value = self.text(value, domain);
            let every = self.builder.fill(true, domain, span);
            let parts = if let Val::Text(text) = value { vec![Chosen { when: every, text }] } else { self.chosen(value) };
            for part in parts {
                let known = self.known(Val::Text(part.text), domain, span);
                let known = self.builder.and(known, part.when, domain, span);
                let when = self.builder.and_not(known, so_far, domain, span);
                texts.push(Chosen { when, text: part.text });
                so_far = self.builder.or(so_far, known, domain, span);
            }
        }
        self.choose(texts)
    }
}
