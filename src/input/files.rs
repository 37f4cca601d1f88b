//! The files of a data set: which they are, how each is opened, and where each has what is wanted.

use std::collections::BTreeSet;
#[cfg(feature = "data")]
use std::io::Read;
use std::path::{Path, PathBuf};

#[cfg(feature = "data")]
use super::arrow::{ArrowSource, Whole};
use super::bytes::{self, Opened, Taken};
use super::csv::CsvSource;
use super::error::{InputError, shown};
use super::foreign;
use super::header::{Headers, Match};
use super::json::JsonSource;
use super::piece::Piece;
use super::report::shorten;
use super::table::{ColumnBuilder, Kind, Mapping, Source};
#[cfg(feature = "data")]
use super::xlsx::XlsxSource;
use super::{Content, Format, Spec};

/// What a file lacks: the place of each wanted column, list and carried column that it has none for, with the nearest headers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lacking {
    pub(crate) columns: Vec<(usize, Vec<String>)>,
    pub(crate) lists: Vec<usize>,
    pub(crate) carried: Vec<(usize, Vec<String>)>,
    /// What the file has instead, in words.
    pub(crate) found: Option<String>,
}

/// A file being read, and how far it has been read.
type Reading = (Box<dyn Source>, Taken);

/// The files of a data set, read one after the other.
pub(crate) struct Files {
    spec: Spec,
    /// Files to come, the next one last; standard input stays open, because it opens once only.
    waiting: Vec<(PathBuf, Option<Reading>)>,
    source: Option<Reading>,
    /// Bytes of the files that have been read, and of all; `None` where a file does not tell how far it has been read.
    read: u64,
    size: Option<u64>,
    /// Whether the cells of rows are wanted as they are in the data.
    keep: bool,
    /// The headers of the first file.
    pub(crate) headers: Vec<String>,
    /// What each file lacks.
    pub(crate) lacking: Vec<(PathBuf, Lacking)>,
    /// Lists that a file has.
    pub(crate) lists: BTreeSet<usize>,
    /// What is to be told of how files were read, where there was a choice.
    pub(crate) notes: Vec<String>,
    /// Whether records name their own columns.
    pub(crate) is_json: bool,
    /// Whether records of every file can be cut off to be decoded elsewhere.
    pub(crate) can_cut: bool,
}

impl Files {
    /// Looks into every file before the first is read.
    pub(crate) fn open(spec: &Spec, builder: &mut ColumnBuilder, keep: bool) -> Result<Self, InputError> {
        let mut files = Self {
            spec: spec.clone(),
            waiting: Vec::new(),
            source: None,
            read: 0,
            size: Some(0),
            keep,
            headers: Vec::new(),
            lacking: Vec::new(),
            lists: BTreeSet::new(),
            notes: Vec::new(),
            is_json: false,
            can_cut: true,
        };
        let paths = if spec.content.is_some() { spec.paths.clone() } else { expand(&spec.paths)? };
        for (at, path) in paths.into_iter().enumerate() {
            let (source, lacking, taken) = files.open_file(&path, builder)?;
            files.size = files.size.zip(taken.size).map(|(size, more)| size + more);
            files.lists.extend((0..builder.lists.len()).filter(|list| !lacking.lists.contains(list)));
            files.can_cut &= source.can_cut();
            files.notes.extend(source.note().map(|note| format!("{}: {note}", shown(&path))));
            files.lacking.push((path.clone(), lacking));
            if at == 0 {
                files.is_json = source.headers().is_none();
                files.headers = source.headers().map_or_else(|| vec!["record".to_owned()], |h| h.names.clone());
            }
            let kept = (at == 0 || path == Path::new("-")).then_some((source, taken));
            files.waiting.push((path, kept));
        }
        files.waiting.reverse();
        Ok(files)
    }

    /// Reads at most `max_rows` records of one file; 0 means that there are no more in any.
    pub(crate) fn fill(&mut self, builder: &mut ColumnBuilder, max_rows: usize) -> Result<usize, InputError> {
        let filled =
            self.each_file(builder, |source, builder| source.fill(builder, max_rows).map(|rows| (rows > 0).then_some(rows)))?;
        Ok(filled.unwrap_or_default())
    }

    /// Cuts off the records that `fill` would read; `None` means that there are no more in any file.
    pub(crate) fn cut(&mut self, builder: &mut ColumnBuilder, max_rows: usize) -> Result<Option<Piece>, InputError> {
        self.each_file(builder, |source, builder| {
            let piece = source.cut(max_rows)?;
            builder.empty_rows += source.skipped();
            Ok(piece)
        })
    }

    /// Takes back the memory of records that were cut off.
    pub(crate) fn reuse(&mut self, piece: Piece) {
        if let Some((source, _)) = &mut self.source {
            source.reuse(piece);
        }
    }

    /// What `take` gives of the present file, or of the next that it gives something of.
    fn each_file<T>(
        &mut self,
        builder: &mut ColumnBuilder,
        take: impl Fn(&mut dyn Source, &mut ColumnBuilder) -> Result<Option<T>, InputError>,
    ) -> Result<Option<T>, InputError> {
        loop {
            if let Some((source, taken)) = &mut self.source {
                let found = take(source.as_mut(), builder)?;
                if found.is_some() {
                    return Ok(found);
                }
                self.read += taken.size.map_or(0, |size| size);
            }
            self.source = match self.waiting.pop() {
                None => return Ok(None),
                Some((_, Some(source))) => Some(source),
                Some((path, None)) => {
                    let (source, _, taken) = self.open_file(&path, builder)?;
                    Some((source, taken))
                }
            };
        }
    }

    /// All cells of a record of the last `fill`.
    pub(crate) fn cells(&self, row: usize) -> Vec<String> {
        self.source.as_ref().map_or_else(Vec::new, |(source, _)| source.cells(row))
    }

    /// Which part of the data has been read, from 0 to 1; `None` where their length is not known.
    #[expect(clippy::cast_precision_loss, reason = "a share for people")]
    pub(crate) fn share(&self) -> Option<f64> {
        let size = self.size.filter(|&size| size > 0)?;
        let present = self.source.as_ref().map_or(0, |(_, taken)| taken.bytes());
        Some(((self.read + present) as f64 / size as f64).min(1.0))
    }

    /// The paths of all keys of JSON files: `email`, `properties.jobtitle`.
    pub(crate) fn json_paths(spec: &Spec) -> Result<Vec<String>, InputError> {
        let mut paths: Vec<String> = Vec::new();
        for path in expand(&spec.paths)? {
            let opened = bytes::open(&path, spec.max_decoded)?;
            let lines = spec.format.unwrap_or_else(|| detect(&opened.head, &path)) == Format::JsonLines;
            let reader = bytes::decode(opened, &path, spec.encoding);
            JsonSource::open(&path, reader, lines, &ColumnBuilder::default(), false)?.paths(&mut paths)?;
        }
        Ok(paths)
    }

    /// The bytes of a file, or of a text in memory.
    fn open_bytes(&self, path: &Path) -> Result<Opened, InputError> {
        if let Some(Content::Text(text)) = &self.spec.content {
            return Ok(bytes::in_memory(text));
        }
        bytes::open(path, self.spec.max_decoded)
    }

    fn open_file(&self, path: &Path, builder: &mut ColumnBuilder) -> Result<(Box<dyn Source>, Lacking, Taken), InputError> {
        #[cfg(feature = "data")]
        if let Some(Content::Frame(frame)) = &self.spec.content {
            by_position(builder, Format::Arrow, path)?;
            let source = Box::new(ArrowSource::frame(path, frame, self.keep));
            return self
                .mapped(source, Format::Arrow, path, builder)
                .map(|(source, lacking)| (source, lacking, Taken::default()));
        }
        let opened = self.open_bytes(path)?;
        let mut taken = opened.taken.clone();
        let format = match self.spec.format {
            Some(format) => format,
            None => {
                foreign::refuse(&opened.head, path)?;
                detect(&opened.head, path)
            }
        };
        by_position(builder, format, path)?;
        let header_row = self.spec.header_row;
        let source: Box<dyn Source> = match format {
            Format::Csv => {
                Box::new(CsvSource::open(path, bytes::decode(opened, path, self.spec.encoding), header_row, self.keep)?)
            }
            Format::JsonLines | Format::Json => {
                let (source, lacking) = self.open_json(path, opened, format == Format::JsonLines, builder)?;
                return Ok((source, lacking, taken));
            }
            #[cfg(feature = "data")]
            Format::Parquet => Box::new(ArrowSource::parquet(path, whole(path, opened)?, self.keep)?),
            #[cfg(feature = "data")]
            Format::Arrow => Box::new(ArrowSource::ipc(path, whole(path, opened)?, self.keep)?),
            #[cfg(feature = "data")]
            Format::Xlsx => {
                let mut all = Vec::new();
                let mut reader = opened.reader;
                reader.read_to_end(&mut all).map_err(|e| InputError::io(path, e))?;
                Box::new(XlsxSource::open(path, all, self.spec.sheet.as_deref(), header_row, self.spec.max_decoded)?)
            }
            #[cfg(not(feature = "data"))]
            Format::Parquet | Format::Arrow | Format::Xlsx => return Err(bytes::not_built_in(path)),
        };
        if format != Format::Csv {
            // Not read from the first byte to the last.
            taken.size = None;
        }
        self.mapped(source, format, path, builder).map(|(source, lacking)| (source, lacking, taken))
    }

    /// A source that knows where it has what is wanted.
    fn mapped(
        &self,
        mut source: Box<dyn Source>,
        format: Format,
        path: &Path,
        builder: &mut ColumnBuilder,
    ) -> Result<(Box<dyn Source>, Lacking), InputError> {
        let headers = source.headers().map_or_else(Headers::default, Headers::clone);
        let (mapping, mut lacking) = mapping(&headers, path, builder)?;
        if !lacking.columns.is_empty() || !lacking.carried.is_empty() {
            let headers = instead(&headers, &source.head(), self.spec.header_row, format, builder);
            lacking.found = joined(source.found(), headers);
        }
        source.map(mapping);
        Ok((source, lacking))
    }

    /// Which keys JSON records have is known only when they have been read: a look ahead, as far as it takes.
    fn open_json(
        &self,
        path: &Path,
        opened: Opened,
        lines: bool,
        builder: &mut ColumnBuilder,
    ) -> Result<(Box<dyn Source>, Lacking), InputError> {
        let source = JsonSource::open(path, bytes::decode(opened, path, self.spec.encoding), lines, builder, self.keep)?;
        let ahead = if path == Path::new("-") {
            source.first_block(lines, builder)?
        } else {
            let again = self.open_bytes(path)?;
            JsonSource::open(path, bytes::decode(again, path, self.spec.encoding), lines, builder, false)?
        };
        let mut found: Vec<bool> = builder.wanted.iter().map(|wanted| !wanted.kind.is_sought()).collect();
        found.resize(builder.wanted.len() + builder.lists.len() + builder.carried.len(), false);
        let (found, keys) = ahead.survey(found)?;
        let mut lacking = Lacking::default();
        let headers = Headers::new(keys);
        let (columns, lists) = (builder.wanted.len(), builder.lists.len());
        for (at, _) in found.iter().enumerate().filter(|(_, found)| !**found) {
            if let Some(wanted) = builder.wanted.get(at) {
                lacking.columns.push((at, headers.nearest(wanted.names.iter().map(|n| &**n))));
            } else if at < columns + lists {
                lacking.lists.push(at - columns);
            } else if let Some(name) = builder.carried_names.get(at - columns - lists) {
                lacking.carried.push((at - columns - lists, headers.nearest([name.as_str()])));
            }
        }
        if !lacking.columns.is_empty() || !lacking.carried.is_empty() {
            lacking.found = joined(source.found(), instead(&headers, &[], None, Format::Json, builder));
        }
        Ok((Box::new(source), lacking))
    }
}

/// What was taken for the records, and what they have.
fn joined(taken: Option<String>, has: Option<String>) -> Option<String> {
    match (taken, has) {
        (Some(taken), Some(has)) => Some(format!("{taken}; {has}")),
        (taken, has) => taken.or(has),
    }
}

/// Refuses to read a column by its position where columns have none.
fn by_position(builder: &ColumnBuilder, format: Format, path: &Path) -> Result<(), InputError> {
    let wanted = builder.wanted.iter().find_map(|wanted| Some((wanted.position?, wanted.builder.name())));
    match wanted.filter(|_| !matches!(format, Format::Csv | Format::Xlsx)) {
        None => Ok(()),
        Some((position, name)) => {
            let message = format!(
                "the schema reads `{name}` from column {position}, but {} has columns with names in no order",
                shown(path)
            );
            Err(InputError::new(message).help("name the column in the schema: `from \"..\"`"))
        }
    }
}

/// What a file has where a column is missing: its header, and the row below that looks more like one.
fn instead(
    headers: &Headers,
    head: &[(u64, Vec<String>)],
    header_row: Option<u32>,
    format: Format,
    builder: &ColumnBuilder,
) -> Option<String> {
    /// So many headers are listed.
    const SHOWN: usize = 12;
    let fitting = |names: Vec<String>| {
        let headers = Headers::new(names);
        let wanted = builder.wanted.iter().map(|w| w.names.iter().map(|n| &**n).collect::<Vec<&str>>());
        let carried = builder.carried_names.iter().map(|name| vec![name.as_str()]);
        wanted.chain(carried).filter(|names| headers.find(names.iter().copied()) != Match::None).count()
    };
    let shown = |names: &[String]| {
        let named: Vec<&String> = names.iter().filter(|name| !name.trim().is_empty()).collect();
        let list: Vec<String> = named.iter().take(SHOWN).map(|name| format!("\"{}\"", shorten(name))).collect();
        let more = named.len().saturating_sub(SHOWN);
        if more > 0 { format!("{} and {more} more", list.join(", ")) } else { list.join(", ") }
    };
    let place = if format == Format::Xlsx { "row" } else { "line" };
    let line = head.first().map(|(line, _)| *line);
    let is = fitting(headers.names.clone());
    let better = head
        .iter()
        .skip(1)
        .map(|(line, cells)| (fitting(cells.clone()), *line, cells))
        .filter(|(fits, _, _)| *fits > is)
        .max_by_key(|(fits, line, _)| (*fits, std::cmp::Reverse(*line)));
    let header = match line.or(header_row.map(u64::from)) {
        Some(line) => format!("the header in {place} {line} is {}", shown(&headers.names)),
        None if headers.names.is_empty() => return None,
        None if format == Format::Json => format!("its records have {}", shown(&headers.names)),
        None => format!("its columns are {}", shown(&headers.names)),
    };
    Some(match better {
        Some((_, line, cells)) => {
            format!("{header}; {place} {line} looks like the header ({}): say --header-row {line}", shown(cells))
        }
        None => header,
    })
}

/// Finds what is wanted among the headers of a file.
fn mapping(headers: &Headers, path: &Path, builder: &mut ColumnBuilder) -> Result<(Mapping, Lacking), InputError> {
    let mut mapping = Mapping::default();
    let mut lacking = Lacking::default();
    for (at, wanted) in builder.wanted.iter_mut().enumerate() {
        let names = || wanted.names.iter().map(|n| &**n);
        let by_position = wanted.position.map(|position| match (position as usize).checked_sub(1) {
            Some(place) if place < headers.names.len() => Match::One(place),
            Some(_) | None => Match::None,
        });
        let object = wanted.kind.is_object().then(|| names().find_map(|name| headers.object(name)));
        let object = object.map(|place| place.map_or(Match::None, Match::One));
        let place = match by_position.or(object).unwrap_or_else(|| headers.find(names())) {
            Match::One(place) => Some(place),
            Match::Several(places) => return Err(several(&wanted.column, headers, &places, path)),
            Match::None => {
                let by_name = wanted.position.is_none() && wanted.kind == Kind::Column;
                let nearest = if by_name { headers.nearest(names()) } else { Vec::new() };
                lacking.columns.push((at, nearest));
                None
            }
        };
        if let Some(header) = place.and_then(|p| headers.names.get(p)) {
            wanted.column.clone_from(header);
        }
        mapping.columns.push(place);
    }
    for (at, list) in builder.lists.iter().enumerate() {
        let place = match headers.find([&*list.name]) {
            Match::One(place) => Some(place),
            Match::Several(places) => return Err(several(&list.name, headers, &places, path)),
            Match::None => {
                lacking.lists.push(at);
                None
            }
        };
        mapping.lists.push(place);
    }
    for (at, name) in builder.carried_names.iter().enumerate() {
        // Where the same file has it again, or another file in the same place.
        let here = builder.carried_places.get(at).filter(|&&place| headers.is_at(name, place));
        let place = match here.map_or_else(|| headers.find([name.as_str()]), |&place| Match::One(place)) {
            Match::One(place) => Some(place),
            Match::Several(places) if !builder.carried_places.is_empty() => places.first().copied(),
            Match::Several(places) => return Err(several(name, headers, &places, path)),
            Match::None => {
                lacking.carried.push((at, headers.nearest([name.as_str()])));
                None
            }
        };
        mapping.carried.push(place);
    }
    Ok((mapping, lacking))
}

fn several(name: &str, headers: &Headers, places: &[usize], path: &Path) -> InputError {
    let fitting: Vec<String> =
        places.iter().filter_map(|&at| headers.names.get(at).map(|header| format!("`{header}` (column {})", at + 1))).collect();
    InputError::new(format!("{} has {} columns that equally fit `{name}`: {}", shown(path), places.len(), fitting.join(" and ")))
        .help("rename one of them in the file, or say in the schema which it is: exactly with `from \"..\"`, or by its position with `from column N`")
}

/// The format of a file by its first bytes, and by its name where they leave a doubt.
fn detect(head: &[u8], path: &Path) -> Format {
    match head {
        [b'P', b'A', b'R', b'1', ..] => return Format::Parquet,
        [b'A', b'R', b'R', b'O', b'W', b'1', ..] | [0xff, 0xff, 0xff, 0xff, ..] => return Format::Arrow,
        // A zip archive is a modern workbook, a compound file an old one.
        [b'P', b'K', 3, 4, ..] | [0xd0, 0xcf, 0x11, 0xe0, ..] => return Format::Xlsx,
        _ => {}
    }
    let name = path.to_string_lossy().to_lowercase();
    let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
    if [".csv", ".tsv", ".txt"].iter().any(|ending| name.ends_with(ending)) {
        return Format::Csv;
    }
    let text = head.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(head).trim_ascii_start();
    match text.first() {
        Some(b'[') => Format::Json,
        // The reader of JSON looks at more of it.
        Some(b'{') if name.ends_with(".json") => Format::Json,
        Some(b'{') => Format::JsonLines,
        Some(_) | None if name.ends_with(".jsonl") || name.ends_with(".ndjson") => Format::JsonLines,
        Some(_) | None if name.ends_with(".json") => Format::Json,
        Some(_) | None => Format::Csv,
    }
}

/// A file that has to be read at any place: from disk, or from memory when it came compressed or through a pipe.
#[cfg(feature = "data")]
fn whole(path: &Path, opened: Opened) -> Result<Whole, InputError> {
    if !opened.compressed && path != Path::new("-") {
        return std::fs::File::open(path).map(Whole::File).map_err(|e| InputError::io(path, e));
    }
    let mut all = Vec::new();
    let mut reader = opened.reader;
    reader.read_to_end(&mut all).map_err(|e| InputError::io(path, e))?;
    Ok(Whole::Bytes(all.into()))
}

/// The files that paths and globs name, in order.
pub(crate) fn expand(paths: &[PathBuf]) -> Result<Vec<PathBuf>, InputError> {
    let mut files: Vec<PathBuf> = Vec::new();
    for path in paths {
        let pattern = path.to_string_lossy();
        if path.exists() || !pattern.contains(['*', '?', '[']) {
            files.push(path.clone());
            continue;
        }
        let found = glob::glob(&pattern)
            .map_err(|e| InputError::new(format!("`{pattern}` is not a pattern for file names")).cause(e))?
            .filter_map(Result::ok)
            .filter(|p| p.is_file());
        let before = files.len();
        files.extend(found);
        if files.len() == before {
            return Err(InputError::new(format!("no file fits `{pattern}`")));
        }
    }
    if files.is_empty() {
        return Err(InputError::new("no data are named").help("name a file, or - for standard input"));
    }
    Ok(files)
}
