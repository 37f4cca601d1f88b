//! Properties over generated programs and records.

mod contact;
mod pool;
mod program;
mod tape;

use tape::Tape;

#[test]
fn generated_programs_parse() {
    use rand_like::words;
    for seed in 0..300 {
        let words = words(seed, 400);
        let program = program::program(&mut Tape::new(&words));
        let parsed = lsrc::syntax::parse(lsrc::source::FileId(0), &program.source);
        for problem in parsed.diagnostics.iter() {
            panic!("{}\n{} at {:?}", program.source, problem.message, program.source.get(problem.span.start as usize..));
        }
    }
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
