//! Constants that programs and records share, so that records stand on the edges of what programs ask.

/// How many options the large sets have: more than one word of bits.
pub(crate) const MANY: usize = 70;

pub(crate) const AS_OF: &[&str] = &[
    "2026-01-15",
    "2024-02-29",
    "2025-02-28",
    "2025-03-31",
    "2026-03-29",
    "2026-10-25T00:30Z",
    "2026-10-25T02:30",
    "2025-12-31",
    "2026-01-01T00:00",
    "2011-12-31",
    "2026-03-29T02:30",
];

pub(crate) const ZONES: &[&str] = &[
    "UTC",
    "Europe/Paris",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/Sao_Paulo",
    "Pacific/Kiritimati",
];

pub(crate) const INTEGERS: [i64; 12] = [i64::MIN + 1, -1_000_000_000_000, -10, -1, 0, 1, 2, 5, 10, 50, 1_000_000, i64::MAX];

pub(crate) const SMALL_INTEGERS: &[&str] = &["0", "1", "-1", "2", "5", "10", "50", "9223372036854775807", "1_000", "3k"];

pub(crate) const DECIMALS: &[&str] =
    &["0", "0.5", "0.1", "0.3", "-0.25", "1.005", "30%", "2.5", "1M", "9007199254740993", "0.000001", "0.0000005"];

/// Ascending.
pub(crate) const SCORE_ENDS: &[&str] = &["-1000000", "-12.5", "-0.01", "0", "0.3", "5", "9.99", "10", "33.33", "50.5", "2000000"];

pub(crate) const POINTS: &[&str] = &[
    "+10",
    "-5",
    "0",
    "+0.01",
    "-12.5",
    "+33.33",
    "+p1",
    "-p1",
    "+p2",
    "+1",
    "-0.01",
    "+99999999",
    "+999999999",
    "+0.1",
    "+0.2",
    "-1000000000",
];

/// For groups that count their best items.
pub(crate) const GIVEN: &[&str] = &["+10", "0", "+0.01", "+12.5", "+33.33", "+p1", "-p2", "+1", "+10", "+99999999", "+999999999"];

/// Ascending.
pub(crate) const DATES: &[&str] = &[
    "1969-12-31",
    "2011-12-29",
    "2023-02-28",
    "2024-02-28",
    "2024-02-29",
    "2024-03-01",
    "2024-12-31",
    "2025-01-31",
    "2025-02-28",
    "2025-12-16",
    "2025-12-31",
    "2026-01-15",
    "2026-03-29",
    "2026-10-25",
    "2030-06-30",
];

pub(crate) const MOMENTS: &[&str] = &[
    "2026-01-15T00:00",
    "2026-01-14T23:30Z",
    "2026-03-29T02:30",
    "2026-10-25T02:30",
    "2026-10-25T00:30Z",
    "2025-12-31T23:59:59.999999",
    "2024-02-29T12:00+05:30",
];

/// What text tests ask for; no two are equal when folded, with or without accents. As written in a program.
pub(crate) const NEEDLES: &[&str] = &[
    "vp",
    "sales",
    "straße",
    "istanbul",
    "é",
    "x.fr",
    "l'été",
    "a b",
    ".",
    "οδός",
    "k",
    "nan",
    "\\u{1F600}",
    "\\\"",
    "İ2",
    "vp sales",
    "ＡＢ",
];

pub(crate) const PATTERNS: &[&str] = &[
    "vp",
    "^vp",
    "sales$",
    "\\bvp\\b",
    "\\d",
    "(?-i)VP",
    "stra(ss|ß)e",
    "^$",
    ".",
    "\\/",
    "[é-ü]",
    "\\w+@\\w+",
    "k",
    "^(a|b)* ",
];

/// What records hold.
pub(crate) const TEXTS: &[&str] = &[
    "VP Sales",
    "vp",
    "EVP",
    "v p",
    "vp2",
    "vp_sales",
    "vp\u{301}",
    "\u{301}vp",
    "e\u{301}",
    "É",
    "é",
    "Straße",
    "STRAẞE",
    "strasse",
    "İstanbul",
    "ISTANBUL",
    "ıstanbul",
    "i\u{307}stanbul",
    "\u{212A}",
    "k",
    "NaN",
    "jane@X.fr",
    "a@b@x.FR",
    "jane@",
    "@",
    "no at",
    "L\u{2019}ÉTÉ",
    "l'ete",
    "ΟΔΟΣ",
    "ΟΔΌΣ",
    "οδος",
    "a  b",
    "a\u{a0}b",
    "a\tb c",
    "😀",
    "👩\u{200d}💻 vp",
    "\"",
    "/",
    ".",
    "İ2",
    "ＡＢ",
    "²vp",
    "vp½",
    "ⅷvp",
    "٣vp",
    "한글",
    "sales vp sales",
];
