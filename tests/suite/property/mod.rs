//! Properties over generated programs and records.

mod contact;
mod pool;
mod program;
mod tape;

use std::path::Path;

use lsrc::check::{self, LoadOptions, Texts};
use lsrc::hir::{AsOf, Model};
use tape::Tape;

use crate::oracle::{self, Record};

/// The model of a generated program; every one is well typed.
fn model(source: &str) -> Result<Model, String> {
    let texts = Texts::new().with("rules.lsr", source);
    let program = check::load(&texts, Path::new("rules.lsr"), &LoadOptions::default());
    let checked = check::check(&program, &[]);
    checked.model.ok_or_else(|| {
        let said = checked.diagnostics.iter().map(|finding| {
            let place = program.sources.place(finding.span);
            let line = source.lines().nth(place.line - 1).unwrap_or_default();
            format!("{}:{} {}: {}\n    {line}", place.line, place.column, finding.code.name(), finding.message)
        });
        said.collect::<Vec<_>>().join("\n")
    })
}

#[test]
fn generated_programs_check() {
    use rand_like::words;
    let mut wrong = String::new();
    for seed in 0..1000 {
        let tape = words(seed, 400);
        let program = program::program(&mut Tape::new(&tape));
        match model(&program.source) {
            Err(said) => { wrong += &said; wrong += "\n"; }
            Ok(model) => {
                let as_of = AsOf::parse(program.as_of, &model.schema.zone).unwrap();
                for row in 0..20 {
                    let tape = words(seed * 1000 + row, 200);
                    let record = contact::contact(&mut Tape::new(&tape), &model, as_of);
                    let _ = oracle::evaluate(&model, &record, as_of);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

mod rand_like {
    pub(crate) fn words(seed: u64, count: usize) -> Vec<u32> {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03;
        (0..count)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                (state >> 32) as u32
            })
            .collect()
    }
}
