//! From a path to bytes: opening, decompression with a bound, decoding to UTF-8.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use encoding_rs::{CoderResult, DecoderResult, UTF_8, UTF_16BE, UTF_16LE};

use crate::invariant::SureAt as _;

use super::error::{InputError, shown};

/// A text encoding by its usual name: `utf-8`, `windows-1252`, `utf-16le`, `iso-8859-15`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding(&'static encoding_rs::Encoding);

impl Encoding {
    /// The encoding of this name; upper and lower case are one.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        encoding_rs::Encoding::for_label(name.as_bytes()).map(Self)
    }

    /// Its usual name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }
}

/// So many bytes at the start say what a file is.
const HEAD: usize = 4096;

/// An opened file, decompressed, with its first bytes looked at but not taken.
pub(crate) struct Opened {
    /// What is left to read, from the first byte on.
    pub(crate) reader: Box<dyn Read + Send>,
    /// A copy of the first bytes.
    pub(crate) head: Vec<u8>,
    /// Whether the bytes came compressed.
    pub(crate) compressed: bool,
    /// How far it has been read.
    pub(crate) taken: Taken,
}

/// How many bytes of a file have been read, as they are on disk.
#[derive(Debug, Clone, Default)]
pub(crate) struct Taken {
    bytes: Arc<AtomicU64>,
    /// How many there are; `None` for a pipe.
    pub(crate) size: Option<u64>,
}

impl Taken {
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

/// Counts what is read.
struct Counted<R> {
    inner: R,
    bytes: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(out)?;
        self.bytes.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// Opens a file (`-` is standard input) and takes gzip or zstd off.
pub(crate) fn open(path: &Path, max_decoded: Option<u64>) -> Result<Opened, InputError> {
    let mut taken = Taken::default();
    let raw: Box<dyn Read + Send> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        let file = File::open(path).map_err(|e| InputError::io(path, e))?;
        let meta = file.metadata().map_err(|e| InputError::io(path, e))?;
        if meta.is_dir() {
            let inside = path.join("*.csv");
            return Err(InputError::new(format!("{} is a folder, not a file", shown(path)))
                .help(format!("name its files, for example with \"{}\"", inside.display())));
        }
        taken.size = meta.is_file().then_some(meta.len());
        let bytes = Arc::clone(&taken.bytes);
        if meta.is_file() {
            Box::new(Counted { inner: Steady { file, left: meta.len(), name: shown(path) }, bytes })
        } else {
            Box::new(Counted { inner: file, bytes })
        }
    };
    let failed = |e| InputError::io(path, e);
    let (head, raw) = peek(raw).map_err(failed)?;
    let (reader, compressed) = decompressed(&head, raw, path)?;
    if !compressed {
        return Ok(Opened { reader, head, compressed, taken });
    }
    let limited = Limited { inner: reader, left: max_decoded.unwrap_or(u64::MAX), name: shown(path) };
    let (head, reader) = peek(Box::new(limited)).map_err(failed)?;
    Ok(Opened { reader, head, compressed, taken })
}

/// A text in memory, as a file of it would be.
pub(crate) fn in_memory(text: &Arc<str>) -> Opened {
    let bytes: Arc<[u8]> = Arc::from(Arc::clone(text));
    let head = bytes.sure_at(..HEAD.min(bytes.len())).to_vec();
    let taken = Taken { size: Some(bytes.len() as u64), ..Taken::default() };
    Opened { reader: Box::new(io::Cursor::new(bytes)), head, compressed: false, taken }
}

/// The bytes without gzip or zstd, and whether they came compressed.
#[cfg(feature = "data")]
fn decompressed(head: &[u8], raw: Box<dyn Read + Send>, path: &Path) -> Result<(Box<dyn Read + Send>, bool), InputError> {
    match head {
        [0x1f, 0x8b, ..] => Ok((Box::new(flate2::read::MultiGzDecoder::new(raw)), true)),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            let decoder = zstd::stream::read::Decoder::new(raw).map_err(|e| InputError::io(path, e))?;
            Ok((Box::new(decoder), true))
        }
        _ => Ok((raw, false)),
    }
}

/// The bytes; compressed ones are refused.
#[cfg(not(feature = "data"))]
fn decompressed(head: &[u8], raw: Box<dyn Read + Send>, path: &Path) -> Result<(Box<dyn Read + Send>, bool), InputError> {
    match head {
        [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..] => Err(not_built_in(path)),
        _ => Ok((raw, false)),
    }
}

/// The failure that this build leaves the format of a file out.
#[cfg(not(feature = "data"))]
pub(super) fn not_built_in(path: &Path) -> InputError {
    InputError::new(format!("{} has a format that this build of lsrc does not read", shown(path)))
        .help("build lsrc with its feature `data`, or convert the file to CSV or JSON Lines")
}

/// Turns an opened file into UTF-8 without byte order mark.
pub(crate) fn decode(opened: Opened, path: &Path, asked: Option<Encoding>) -> Box<dyn Read + Send> {
    // What a page gives is UTF-8; the tables of all other encodings need not travel to it.
    if cfg!(target_family = "wasm") {
        let left = if opened.head.starts_with(&[0xef, 0xbb, 0xbf]) { 3 } else { 0 };
        return Box::new(Skip { inner: opened.reader, left });
    }
    let (found, mark) = match opened.head.as_slice() {
        [0xef, 0xbb, 0xbf, ..] => (UTF_8, 3),
        [0xff, 0xfe, ..] => (UTF_16LE, 2),
        [0xfe, 0xff, ..] => (UTF_16BE, 2),
        head => (without_mark(head), 0),
    };
    // A byte order mark is certain knowledge, so it outweighs what was asked for.
    let encoding = match asked {
        Some(asked) if mark == 0 => asked.0,
        Some(_) | None => found,
    };
    let reader = Skip { inner: opened.reader, left: mark };
    if encoding == UTF_8 {
        return Box::new(reader);
    }
    Box::new(Decoded {
        inner: reader,
        decoder: encoding.new_decoder_without_bom_handling(),
        input: vec![0; 64 << 10],
        start: 0,
        end: 0,
        eof: false,
        done: false,
        spare: Vec::new(),
        name: shown(path),
        encoding: encoding.name(),
    })
}

/// UTF-16 text of mostly Latin letters has a zero in every other byte.
fn without_mark(head: &[u8]) -> &'static encoding_rs::Encoding {
    let zeros = |parity: usize| head.iter().skip(parity).step_by(2).filter(|&&b| b == 0).count();
    let half = head.len() / 2;
    if half < 2 {
        UTF_8
    } else if zeros(1) * 2 > half && zeros(0) * 8 < half {
        UTF_16LE
    } else if zeros(0) * 2 > half && zeros(1) * 8 < half {
        UTF_16BE
    } else {
        UTF_8
    }
}

fn peek(mut reader: Box<dyn Read + Send>) -> io::Result<(Vec<u8>, Box<dyn Read + Send>)> {
    let mut head = Vec::with_capacity(HEAD);
    reader.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
    let chained = io::Cursor::new(head.clone()).chain(reader);
    Ok((head, Box::new(chained)))
}

/// A file that must not end before the length that it had when it was opened: what somebody cuts off meanwhile would be lost in silence.
struct Steady {
    file: File,
    left: u64,
    name: String,
}

impl Read for Steady {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(buffer)?;
        if n == 0 && self.left > 0 && !buffer.is_empty() {
            let error = InputError::new(format!("{} became shorter while it was read", self.name));
            return Err(io::Error::other(error.help("run again when no other program writes to it")));
        }
        self.left = self.left.saturating_sub(n as u64);
        Ok(n)
    }
}

/// Stops after so many bytes, because a small compressed file can hold any amount.
struct Limited {
    inner: Box<dyn Read + Send>,
    left: u64,
    name: String,
}

impl Read for Limited {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer).map_err(|e| {
            let damaged = [io::ErrorKind::InvalidInput, io::ErrorKind::InvalidData, io::ErrorKind::Other].contains(&e.kind());
            if !damaged {
                return e;
            }
            io::Error::other(InputError::new(format!("{} is damaged: its compressed bytes cannot be read", self.name)).cause(e))
        })?;
        self.left = self.left.checked_sub(n as u64).ok_or_else(|| io::Error::other(too_much(&self.name)))?;
        Ok(n)
    }
}

/// The failure that a compressed file holds more than `--max-decoded`.
pub(super) fn too_much(name: &str) -> InputError {
    InputError::new(format!("{name} holds more decompressed bytes than allowed")).help("allow more with --max-decoded")
}

struct Skip {
    inner: Box<dyn Read + Send>,
    left: usize,
}

impl Read for Skip {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.left > 0 {
            let mut mark = [0; 3];
            let n = self.inner.read(mark.get_mut(..self.left.min(3)).unwrap_or(&mut []))?;
            if n == 0 {
                return Ok(0);
            }
            self.left -= n;
        }
        self.inner.read(buffer)
    }
}

/// Decodes to UTF-8 while it is read.
struct Decoded {
    inner: Skip,
    decoder: encoding_rs::Decoder,
    input: Vec<u8>,
    start: usize,
    end: usize,
    eof: bool,
    done: bool,
    /// Decoded bytes that did not fit in a very small buffer.
    spare: Vec<u8>,
    name: String,
    encoding: &'static str,
}

impl Read for Decoded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // The decoder wants room for the longest character.
        if buffer.len() < 16 || !self.spare.is_empty() {
            return self.read_small(buffer);
        }
        loop {
            if self.done {
                return Ok(0);
            }
            if self.start == self.end && !self.eof {
                self.end = self.inner.read(&mut self.input)?;
                self.start = 0;
                self.eof = self.end == 0;
            }
            let input = self.input.sure_at(self.start..self.end);
            let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(input, buffer, self.eof);
            self.start += read;
            match result {
                DecoderResult::Malformed(..) => {
                    let message = format!("{} is not {} text", self.name, self.encoding);
                    return Err(io::Error::other(InputError::new(message).help("name its encoding with --encoding")));
                }
                DecoderResult::InputEmpty if self.eof => self.done = true,
                DecoderResult::InputEmpty | DecoderResult::OutputFull => {}
            }
            if written > 0 {
                return Ok(written);
            }
        }
    }
}

impl Decoded {
    fn read_small(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.spare.is_empty() {
            let mut room = vec![0; 64];
            let n = self.read(&mut room)?;
            room.truncate(n);
            self.spare = room;
        }
        let n = buffer.len().min(self.spare.len());
        for (to, from) in buffer.iter_mut().zip(self.spare.drain(..n)) {
            *to = from;
        }
        Ok(n)
    }
}

/// Windows-1252 text of these bytes, to show what they would mean.
pub(crate) fn as_windows_1252(bytes: &[u8]) -> String {
    if cfg!(target_family = "wasm") {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let mut decoder = encoding_rs::WINDOWS_1252.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(bytes.len() * 3);
    let (result, ..) = decoder.decode_to_string(bytes, &mut text, true);
    debug_assert_eq!(result, CoderResult::InputEmpty);
    text
}
