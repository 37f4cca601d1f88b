//! A small generator of numbers that gives the same on every machine.

/// SplitMix64, after Steele, Lea and Flood, "Fast splittable pseudorandom number generators".
pub(crate) struct Rng(pub u64);

impl Rng {
    /// The next 64 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let a = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let b = (a ^ (a >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        b ^ (b >> 31)
    }

    /// A whole number below `n`.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64
    }

    /// A number from 0 to below 1.
    pub(crate) fn share(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True so often.
    pub(crate) fn chance(&mut self, p: f64) -> bool {
        self.share() < p
    }

    /// Any of them, each as likely.
    pub(crate) fn pick<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len() as u64) as usize]
    }

    /// Any of them, the first most likely.
    pub(crate) fn lean<'a>(&mut self, all: &[&'a str]) -> &'a str {
        let u = self.share();
        all[(u * u * all.len() as f64) as usize]
    }

    /// A whole number from 1 to below `max`, small ones as likely in all as large ones.
    pub(crate) fn size(&mut self, max: f64) -> i64 {
        (max.ln() * self.share()).exp() as i64
    }

    /// Some of them, each once, in their order.
    pub(crate) fn some<'a>(&mut self, all: &[&'a str], count: usize) -> Vec<&'a str> {
        let mut left: Vec<&str> = all.to_vec();
        while left.len() > count {
            let out = self.below(left.len() as u64) as usize;
            left.remove(out);
        }
        left
    }
}
