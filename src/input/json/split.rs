//! Where the records of a JSON document are: the values that follow one another in it, the elements of its lists, or of a list within an
//! object.

use super::wrap::Verdict;

/// How far a document has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stand {
    /// Between the values of the document; `first` before the first of them.
    Between {
        /// Whether there was none before.
        first: bool,
    },
    /// In a list of records.
    Records {
        /// Whether no element was before.
        first: bool,
        /// How many objects the list is within.
        depth: usize,
    },
    /// In so many objects, after the list of records.
    After {
        /// How many objects are open.
        depth: usize,
    },
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    /// A record at these bytes.
    Record(std::ops::Range<usize>),
    /// The bytes end; those before this one are done with.
    More(usize),
    /// Something that is not JSON or not a record, at this byte.
    Broken(usize, &'static str),
}

/// The next record from byte `at` on. `judge` says whether an object is a record or has a list of records.
pub(crate) fn next(bytes: &[u8], mut at: usize, stand: &mut Stand, judge: &mut dyn FnMut(usize) -> Verdict) -> Next {
    loop {
        match *stand {
            Stand::Between { first } => {
                at = skip_between(bytes, at, !first);
                match bytes.get(at) {
                    None => return Next::More(at),
                    Some(b'[') => {
                        at += 1;
                        *stand = Stand::Records { first: true, depth: 0 };
                    }
                    Some(b'{') => match judge(at) {
                        Verdict::List { at: start, depth } => {
                            at = start + 1;
                            *stand = Stand::Records { first: true, depth };
                        }
                        Verdict::Record(end) => {
                            *stand = Stand::Between { first: false };
                            return Next::Record(at..end);
                        }
                        Verdict::More => return Next::More(at),
                        Verdict::Broken(place) => return Next::Broken(place, "the document is not JSON from here on"),
                    },
                    Some(_) if first => return Next::Broken(at, "a list of records starts with `[`"),
                    Some(_) => return Next::Broken(at, "after a JSON value only another list or record can follow"),
                }
            }
            Stand::Records { first, depth } => {
                let mut place = skip_space(bytes, at);
                match bytes.get(place) {
                    None => return Next::More(at),
                    Some(b']') => {
                        at = place + 1;
                        *stand = if depth == 0 { Stand::Between { first: false } } else { Stand::After { depth } };
                        continue;
                    }
                    Some(b',') if !first => place = skip_space(bytes, place + 1),
                    Some(_) if first => {}
                    Some(_) => return Next::Broken(place, "a comma or `]` was expected here"),
                }
                return match value_end(bytes, place) {
                    Some(end) if end > place => {
                        *stand = Stand::Records { first: false, depth };
                        Next::Record(place..end)
                    }
                    Some(_) => Next::Broken(place, "a record was expected here"),
                    None => Next::More(at),
                };
            }
            Stand::After { depth } => {
                let place = skip_space(bytes, at);
                match bytes.get(place) {
                    None => return Next::More(at),
                    Some(b'}') => {
                        at = place + 1;
                        *stand = if depth > 1 { Stand::After { depth: depth - 1 } } else { Stand::Between { first: false } };
                    }
                    Some(b',') => match member(bytes, skip_space(bytes, place + 1)) {
                        Member::Found { value, .. } => at = value.end,
                        Member::More => return Next::More(at),
                        Member::Broken(place) => return Next::Broken(place, "the document is not JSON from here on"),
                    },
                    Some(_) => return Next::Broken(place, "a comma or `}` was expected here"),
                }
            }
        }
    }
}

/// A key of an object and its value.
pub(super) enum Member {
    /// Where they are, the key with its quotes.
    Found { key: std::ops::Range<usize>, value: std::ops::Range<usize> },
    /// The bytes end first.
    More,
    /// Something else, at this byte.
    Broken(usize),
}

/// The key at `at` and its value.
pub(super) fn member(bytes: &[u8], at: usize) -> Member {
    let (key, start) = match key(bytes, at) {
        Ok(found) => found,
        Err(other) => return other,
    };
    match value_end(bytes, start) {
        None => Member::More,
        Some(end) if end == start => Member::Broken(start),
        Some(end) => Member::Found { key, value: start..end },
    }
}

/// The key at `at`, and where its value starts.
pub(super) fn key(bytes: &[u8], at: usize) -> Result<(std::ops::Range<usize>, usize), Member> {
    match bytes.get(at) {
        None => return Err(Member::More),
        Some(b'"') => {}
        Some(_) => return Err(Member::Broken(at)),
    }
    let Some(end) = value_end(bytes, at) else { return Err(Member::More) };
    let colon = skip_space(bytes, end);
    match bytes.get(colon) {
        None => Err(Member::More),
        Some(b':') => Ok((at..end, skip_space(bytes, colon + 1))),
        Some(_) => Err(Member::Broken(colon)),
    }
}

/// The records of a text that is one JSON value after the other, with or without commas between them: objects, and the elements of lists.
/// `None` where it is anything else, or one object alone.
pub(super) fn sequence(bytes: &[u8], text: std::ops::Range<usize>) -> Option<Vec<std::ops::Range<usize>>> {
    let whole = bytes.get(..text.end)?;
    let mut records = Vec::new();
    let mut stand = Stand::Between { first: false };
    let mut at = text.start;
    loop {
        let mut judge = |at| value_end(whole, at).map_or(Verdict::More, Verdict::Record);
        match next(whole, at, &mut stand, &mut judge) {
            Next::Record(record) => {
                at = record.end;
                records.push(record);
            }
            Next::More(end) if end == whole.len() && matches!(stand, Stand::Between { .. }) => break,
            Next::More(_) | Next::Broken(..) => return None,
        }
    }
    let alone = records.first().is_some_and(|first| {
        let same = |part: std::ops::Range<usize>| bytes.get(part).is_some_and(|rest| rest.trim_ascii().is_empty());
        records.len() == 1 && same(text.start..first.start) && same(first.end..text.end)
    });
    (!alone).then_some(records)
}

pub(super) fn skip_space(bytes: &[u8], at: usize) -> usize {
    at + bytes.get(at..).map_or(0, |rest| rest.iter().take_while(|b| b.is_ascii_whitespace()).count())
}

/// Skips what may be before a value: white space, the record separator of RFC 7464, the byte order mark of a file that was appended, and
/// between two values commas.
fn skip_between(bytes: &[u8], mut at: usize, commas: bool) -> usize {
    const MARK: &[u8] = "\u{feff}".as_bytes();
    loop {
        at = skip_space(bytes, at);
        match bytes.get(at) {
            Some(0x1e) => at += 1,
            Some(b',') if commas => at += 1,
            Some(_) if bytes.get(at..).is_some_and(|rest| rest.starts_with(MARK)) => at += MARK.len(),
            Some(_) | None => return at,
        }
    }
}

/// One byte after the value at `at`; `None` when the bytes end first. Brackets are counted, so depth costs nothing.
pub(super) fn value_end(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    match rest.first()? {
        b'"' => string_end(bytes, at),
        b'{' | b'[' => {
            let mut depth = 0_usize;
            let mut at = at;
            loop {
                match *bytes.get(at)? {
                    b'"' => {
                        at = string_end(bytes, at)?;
                        continue;
                    }
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => {
                        depth -= 1;
                        if depth == 0 {
                            return Some(at + 1);
                        }
                    }
                    _ => {}
                }
                at += 1;
            }
        }
        _ => rest.iter().position(|b| matches!(b, b',' | b']' | b'}' | b':') || b.is_ascii_whitespace()).map(|n| at + n),
    }
}

fn string_end(bytes: &[u8], at: usize) -> Option<usize> {
    let mut at = at + 1;
    loop {
        let found = memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        at += found;
        if bytes.get(at) == Some(&b'"') {
            return Some(at + 1);
        }
        at += 2;
    }
}
