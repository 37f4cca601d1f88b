//! Where the records of a JSON document stand: the elements of an array, or of the `results` of a list.

/// How far a document has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stand {
    /// Before the first character.
    Start,
    /// In the array of records; `first` before its first element.
    Records {
        /// Whether no element stood before.
        first: bool,
    },
    /// Behind the last record.
    End,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    /// A record at these bytes.
    Record(std::ops::Range<usize>),
    /// The end of the records, behind this byte.
    End(usize),
    /// The bytes end within a record.
    More,
    /// Something that is not JSON or not a list of records, at this byte.
    Broken(usize, &'static str),
}

/// The next record from byte `at` on.
pub(crate) fn next(bytes: &[u8], mut at: usize, stand: &mut Stand) -> Next {
    if *stand == Stand::Start {
        at = skip_space(bytes, at);
        match bytes.get(at) {
            None => return Next::More,
            Some(b'[') => at += 1,
            Some(b'{') => match results(bytes, at) {
                Results::At(start) => at = start + 1,
                Results::None(end) => {
                    *stand = Stand::End;
                    return Next::Record(at..end);
                }
                Results::More => return Next::More,
                Results::Broken(place) => return Next::Broken(place, "the document is not JSON from here on"),
            },
            Some(_) => return Next::Broken(at, "a list of records starts with `[`"),
        }
        *stand = Stand::Records { first: true };
    }
    let Stand::Records { first } = *stand else { return Next::End(at) };
    at = skip_space(bytes, at);
    match bytes.get(at) {
        None => return Next::More,
        Some(b']') => {
            *stand = Stand::End;
            return Next::End(at + 1);
        }
        Some(b',') if !first => at = skip_space(bytes, at + 1),
        Some(_) if first => {}
        Some(_) => return Next::Broken(at, "a comma or `]` was expected here"),
    }
    match value_end(bytes, at) {
        Some(end) if end > at => {
            *stand = Stand::Records { first: false };
            Next::Record(at..end)
        }
        Some(_) => Next::Broken(at, "a record was expected here"),
        None => Next::More,
    }
}

enum Results {
    /// The `[` of the records.
    At(usize),
    /// There is no `results`: the document is one record, which ends here.
    None(usize),
    More,
    Broken(usize),
}

/// Looks for `"results": [` among the keys of the object at `at`.
fn results(bytes: &[u8], at: usize) -> Results {
    let mut at = skip_space(bytes, at + 1);
    loop {
        match bytes.get(at) {
            None => return Results::More,
            Some(b'}') => return Results::None(at + 1),
            Some(b',') => at = skip_space(bytes, at + 1),
            Some(_) => {}
        }
        let key_start = at;
        if bytes.get(at).is_some_and(|&b| b != b'"') {
            return Results::Broken(at);
        }
        let Some(key_end) = value_end(bytes, at) else { return Results::More };
        at = skip_space(bytes, key_end);
        match bytes.get(at) {
            None => return Results::More,
            Some(b':') => at = skip_space(bytes, at + 1),
            Some(_) => return Results::Broken(at),
        }
        if bytes.get(key_start..key_end) == Some(b"\"results\"") && bytes.get(at) == Some(&b'[') {
            return Results::At(at);
        }
        match value_end(bytes, at) {
            None => return Results::More,
            Some(end) if end == at => return Results::Broken(at),
            Some(end) => at = skip_space(bytes, end),
        }
    }
}

fn skip_space(bytes: &[u8], at: usize) -> usize {
    at + bytes.get(at..).map_or(0, |rest| rest.iter().take_while(|b| b.is_ascii_whitespace()).count())
}

/// One byte behind the value at `at`; `None` when the bytes end first. Brackets are counted, so depth costs nothing.
fn value_end(bytes: &[u8], at: usize) -> Option<usize> {
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
