//! The types and values of the language, exact decimals and points.

use std::fmt;
use std::sync::Arc;

use crate::invariant::Sure as _;

/// The type of an expression, a property or an event's field.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Type {
    /// Text, compared in simple lower case.
    Text,
    /// A signed 64-bit whole number.
    Integer,
    /// A finite 64-bit float.
    Number,
    /// True or false.
    Boolean,
    /// A calendar day.
    Date,
    /// A point in time, in microseconds.
    DateTime,
    /// One option of a closed list.
    OneOf(Arc<Options>),
    /// Any number of options of a closed list.
    SetOf(Arc<Options>),
    /// Any number of texts.
    SetOfText,
    /// A score, in exact hundredths; may be unknown.
    Score,
    /// The text that a label gives.
    Label,
}

impl Type {
    /// The options of a `one of` or `set of`.
    #[must_use]
    pub fn options(&self) -> Option<&Arc<Options>> {
        match self {
            Self::OneOf(options) | Self::SetOf(options) => Some(options),
            Self::Text
            | Self::Integer
            | Self::Number
            | Self::Boolean
            | Self::Date
            | Self::DateTime
            | Self::SetOfText
            | Self::Score
            | Self::Label => None,
        }
    }
}

impl fmt::Display for Type {
    /// As a schema writes it, options left out: `one of`, `set of text`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::OneOf(_) => "one of",
            Self::SetOf(_) => "set of options",
            Self::SetOfText => "set of text",
            Self::Score => "score",
            Self::Label => "label",
        })
    }
}

/// The closed list of options of a `one of` or `set of`; an option's code is its place in the list.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
pub struct Options {
    /// The options in the order of the schema.
    pub items: Vec<OptionItem>,
}

/// One option: its name in rules and the further forms that it takes in data.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct OptionItem {
    /// The name, as rules and outputs write it.
    pub name: Arc<str>,
    /// Forms in data besides the name, in the order of the schema.
    pub forms: Vec<Arc<str>>,
}

impl Options {
    /// The name of the option with this code.
    #[must_use]
    pub fn name(&self, code: u32) -> Option<&Arc<str>> {
        self.items.get(code as usize).map(|o| &o.name)
    }

    /// How many options there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is no option.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

/// A value that is known; an unknown one is `None` in an `Option<Value>`.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Value {
    /// A text as written.
    Text(Arc<str>),
    /// A whole number.
    Integer(i64),
    /// A finite float.
    Number(f64),
    /// True or false.
    Boolean(bool),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01T00:00Z.
    DateTime(i64),
    /// The code of an option.
    Option(u32),
    /// Codes of options, ascending, each once.
    Set(Vec<u32>),
    /// Texts, each once under folding, in order of appearance.
    TextSet(Vec<Arc<str>>),
    /// An exact decimal: a literal or a parameter opposite a score.
    Decimal(Decimal),
}

impl Value {
    /// The exact decimal that this is.
    #[must_use]
    pub const fn as_decimal(&self) -> Option<Decimal> {
        if let Self::Decimal(decimal) = self { Some(*decimal) } else { None }
    }

    /// The text that this is.
    #[must_use]
    pub const fn as_text(&self) -> Option<&Arc<str>> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
}

/// An exact decimal number: `mantissa` divided by ten to the `scale`.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
pub struct Decimal {
    /// The digits with their sign.
    pub mantissa: i128,
    /// How many of the digits stand behind the point; at most 30.
    pub scale: u32,
}

impl Decimal {
    /// The whole number `n`.
    #[must_use]
    pub const fn whole(n: i64) -> Self {
        Self { mantissa: n as i128, scale: 0 }
    }

    /// The number without trailing zeros behind the point.
    #[must_use]
    pub fn normalized(mut self) -> Self {
        while self.scale > 0 && self.mantissa % 10 == 0 {
            self.mantissa /= 10;
            self.scale -= 1;
        }
        self
    }

    /// The number as a whole number, if it is one and fits.
    #[must_use]
    pub fn as_integer(self) -> Option<i64> {
        let n = self.normalized();
        if n.scale == 0 { i64::try_from(n.mantissa).ok() } else { None }
    }

    /// The number in hundredths, if it has at most two decimals and fits.
    #[must_use]
    pub fn as_points(self) -> Option<Points> {
        let n = self.normalized();
        let factor = match n.scale {
            0 => 100,
            1 => 10,
            2 => 1,
            _ => return None,
        };
        i64::try_from(n.mantissa.checked_mul(factor)?).ok().map(Points)
    }

    /// The nearest float.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        // Through text: Rust's parser rounds to the nearest float, a division would round twice.
        self.to_string().parse().sure("a decimal is a number")
    }

    /// Compares with a number of hundredths, exactly.
    #[must_use]
    pub fn cmp_points(self, points: Points) -> std::cmp::Ordering {
        let n = self.normalized();
        let p = i128::from(points.0);
        if n.scale <= 2 {
            let factor = 10_i128.pow(2 - n.scale);
            n.mantissa.checked_mul(factor).map_or_else(|| n.mantissa.cmp(&0), |m| m.cmp(&p))
        } else {
            let factor = 10_i128.pow(n.scale.min(37) - 2);
            p.checked_mul(factor).map_or_else(|| 0.cmp(&p), |p| n.mantissa.cmp(&p))
        }
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (self.normalized(), other.normalized());
        a.mantissa == b.mantissa && a.scale == b.scale
    }
}

impl Eq for Decimal {}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.normalized();
        let digits = n.mantissa.unsigned_abs().to_string();
        let sign = if n.mantissa < 0 { "-" } else { "" };
        let scale = n.scale as usize;
        if scale == 0 {
            return write!(f, "{sign}{digits}");
        }
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = padded.split_at(padded.len() - scale);
        write!(f, "{sign}{whole}.{fraction}")
    }
}

/// Points in exact hundredths: `+12.5` is `Points(1250)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize)]
pub struct Points(pub i64);

impl Points {
    /// The bound that holds for every item, group and score: a thousand million points either way.
    pub const LIMIT: Self = Self(100_000_000_000);

    /// The whole points, what is behind the point cut off: 12 for 12.5, -12 for -12.5.
    #[must_use]
    pub const fn whole(self) -> i64 {
        self.0 / 100
    }

    /// All of it, in hundredths of a point: 1250 for 12.5.
    #[must_use]
    pub const fn hundredths(self) -> i64 {
        self.0
    }

    /// The nearest floating-point number; points up to 10^13 come out exact to the hundredth.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "that is what the name says")]
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / 100.0
    }

    /// With its sign, as rules write points: `+50`, `-12.5`, `0`.
    #[must_use]
    pub fn signed(self) -> String {
        if self.0 > 0 { format!("+{self}") } else { self.to_string() }
    }
}

/// Points as JSON has them, for `#[serde(serialize_with)]`: a whole number where they are one, else one with hundredths.
///
/// # Errors
/// The serializer's.
pub fn points_as_number<S: serde::Serializer>(points: &Points, serializer: S) -> Result<S::Ok, S::Error> {
    if points.0 % 100 == 0 { serializer.serialize_i64(points.whole()) } else { serializer.serialize_f64(points.to_f64()) }
}

/// The same, and `null` where there are none.
///
/// # Errors
/// The serializer's.
pub fn points_or_null<S: serde::Serializer>(points: &Option<Points>, serializer: S) -> Result<S::Ok, S::Error> {
    match points {
        Some(points) => points_as_number(points, serializer),
        None => serializer.serialize_none(),
    }
}

/// A text that is no number of points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PointsError {
    text: String,
}

impl fmt::Display for PointsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a number of points: write one such as 12, -0.5 or +12.25", self.text)
    }
}

impl std::error::Error for PointsError {}

impl std::str::FromStr for Points {
    type Err = PointsError;

    /// Reads what [`Display`](fmt::Display) and [`signed`](Self::signed) write: at most two digits behind the point.
    ///
    /// ```
    /// use lsrc::Points;
    /// let points: Points = "-12.5".parse()?;
    /// assert_eq!((points.whole(), points.hundredths(), points.to_string()), (-12, -1250, "-12.5".to_owned()));
    /// assert!("12.345".parse::<Points>().is_err());
    /// # Ok::<(), lsrc::PointsError>(())
    /// ```
    fn from_str(text: &str) -> Result<Self, PointsError> {
        let wrong = || PointsError { text: text.to_owned() };
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
        let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !plain(whole) || !plain(part) || part.len() > 2 {
            return Err(wrong());
        }
        let whole: i64 = whole.parse().map_err(|_| wrong())?;
        let scale = if part.len() == 1 { 10 } else { 1 };
        let part: i64 = part.parse().map_err(|_| wrong())?;
        let hundredths = whole.checked_mul(100).and_then(|n| n.checked_add(part * scale)).ok_or_else(wrong)?;
        Ok(Self(if negative { -hundredths } else { hundredths }))
    }
}

impl fmt::Display for Points {
    /// With the digits it needs: `65`, `12.5`, `-0.25`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let n = self.0.unsigned_abs();
        match (n / 100, n % 100) {
            (whole, 0) => write!(f, "{sign}{whole}"),
            (whole, part) if part % 10 == 0 => write!(f, "{sign}{whole}.{}", part / 10),
            (whole, part) => write!(f, "{sign}{whole}.{part:02}"),
        }
    }
}
