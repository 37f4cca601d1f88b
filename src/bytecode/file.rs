//! The file format: a compiled program with the source that it came from.
//!
//! ```text
//! "LSRB"  version: u16  0: u16  checksum: u32  length: u64  payload
//! ```
//! Numbers are little-endian; the checksum is the payload's CRC-32; the payload is in the postcard format.

use std::sync::Arc;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::{Block, Chunk, Names, Probe, Region, Shape, Tables, VerifyError, verify};

const MAGIC: &[u8; 4] = b"LSRB";
/// Raised by every change of an instruction or of the format.
const VERSION: u16 = 2;
const HEADER: usize = 20;
/// The size of a pattern's automaton, as the checker allows it.
const PATTERN_SIZE: usize = 10 << 20;

/// What a file holds.
#[derive(Debug, Clone)]
pub struct Image {
    /// The compiled program, fused.
    pub chunk: Chunk,
    /// All sources, the first the one that was compiled; lists from files among them.
    pub sources: Vec<SourceText>,
    /// The params that were set, with their values as given.
    pub set: Vec<(String, String)>,
}

/// One source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceText {
    /// Its name in messages.
    pub name: String,
    /// Where it was, as `use` and `list from` see it.
    pub path: Option<String>,
    /// The text.
    pub text: Arc<str>,
}

/// Why a file is no compiled program.
#[derive(Debug)]
pub enum ImageError {
    /// It does not begin as one.
    NoMagic,
    /// It was written by another version.
    Version(u16),
    /// It ends too early, or goes on too long.
    Length,
    /// Its contents have changed.
    Checksum,
    /// Its contents cannot be read.
    Payload(postcard::Error),
    /// It names a time zone that there is not.
    Zone(String),
    /// It holds a pattern that cannot be compiled.
    Pattern(regex::Error),
    /// Its instructions are not sound.
    Unsound(VerifyError),
}

impl std::fmt::Display for ImageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoMagic => f.write_str("this is not a compiled program (`.lsrb`)"),
            Self::Version(version) => {
                write!(f, "this program was compiled to format {version}; this lsrc reads format {VERSION}")
            }
            Self::Length => f.write_str("this compiled program is not complete"),
            Self::Checksum => f.write_str("this compiled program is damaged: its checksum does not agree with its contents"),
            Self::Payload(_) => f.write_str("the contents of this compiled program cannot be read"),
            Self::Zone(zone) => {
                write!(f, "this compiled program counts its days in the time zone `{zone}`, which is not known here")
            }
            Self::Pattern(_) => f.write_str("this compiled program holds a pattern that cannot be read"),
            Self::Unsound(_) => f.write_str("the instructions of this compiled program are not sound"),
        }
    }
}

impl std::error::Error for ImageError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Payload(cause) => Some(cause),
            Self::Pattern(cause) => Some(cause),
            Self::Unsound(cause) => Some(cause),
            Self::NoMagic | Self::Version(_) | Self::Length | Self::Checksum | Self::Zone(_) => None,
        }
    }
}

impl miette::Diagnostic for ImageError {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        Some(Box::new("compile the rules again with `lsrc compile`"))
    }
}

/// A chunk without what is worked out again on reading.
#[derive(Serialize, Deserialize)]
struct Stored {
    main: Block,
    regions: Vec<Region>,
    tables: Tables,
    shape: Shape,
    names: Names,
    scores_of_items: Vec<bool>,
    zone: String,
    ignore_accents: bool,
    reasons: bool,
    probes: Vec<Probe>,
    sources: Vec<SourceText>,
    set: Vec<(String, String)>,
}

impl Image {
    /// The file's bytes.
    ///
    /// # Errors
    /// A program that the format cannot hold; every one that `lower` makes it can.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ImageError> {
        let chunk = &self.chunk;
        let stored = Stored {
            main: chunk.main.clone(),
            regions: chunk.regions.clone(),
            tables: chunk.tables.clone(),
            shape: chunk.shape,
            names: chunk.names.clone(),
            scores_of_items: chunk.scores_of_items.clone(),
            zone: chunk.zone.iana_name().unwrap_or("UTC").to_owned(),
            ignore_accents: chunk.ignore_accents,
            reasons: chunk.reasons,
            probes: chunk.probes.clone(),
            sources: self.sources.clone(),
            set: self.set.clone(),
        };
        let payload = postcard::to_stdvec(&stored).map_err(ImageError::Payload)?;
        let mut bytes = Vec::with_capacity(HEADER + payload.len());
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&[0, 0]);
        bytes.extend_from_slice(&crc32fast::hash(&payload).to_le_bytes());
        bytes.extend_from_slice(&(payload.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&payload);
        Ok(bytes)
    }

    /// Whether a file begins as a compiled program does.
    #[must_use]
    pub fn is_one(bytes: &[u8]) -> bool {
        bytes.starts_with(MAGIC)
    }

    /// Reads and verifies a file.
    ///
    /// # Errors
    /// What is wrong with it; no bytes whatever make this or a run of the program panic.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ImageError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(ImageError::NoMagic)?;
        let (version, rest) = rest.split_first_chunk::<2>().ok_or(ImageError::Length)?;
        let version = u16::from_le_bytes(*version);
        if version != VERSION {
            return Err(ImageError::Version(version));
        }
        let (_, rest) = rest.split_first_chunk::<2>().ok_or(ImageError::Length)?;
        let (checksum, rest) = rest.split_first_chunk::<4>().ok_or(ImageError::Length)?;
        let (length, payload) = rest.split_first_chunk::<8>().ok_or(ImageError::Length)?;
        if u64::from_le_bytes(*length) != payload.len() as u64 {
            return Err(ImageError::Length);
        }
        if u32::from_le_bytes(*checksum) != crc32fast::hash(payload) {
            return Err(ImageError::Checksum);
        }
        Self::from_payload(payload)
    }

    fn from_payload(payload: &[u8]) -> Result<Self, ImageError> {
        let stored: Stored = postcard::from_bytes(payload).map_err(ImageError::Payload)?;
        let zone = TimeZone::get(&stored.zone).map_err(|_| ImageError::Zone(stored.zone.clone()))?;
        let regexes = stored
            .tables
            .patterns
            .iter()
            .map(|p| regex::RegexBuilder::new(p).case_insensitive(true).size_limit(PATTERN_SIZE).nest_limit(100).build())
            .collect::<Result<Vec<_>, _>>()
            .map_err(ImageError::Pattern)?;
        let chunk = Chunk {
            main: stored.main,
            regions: stored.regions,
            tables: stored.tables,
            shape: stored.shape,
            names: stored.names,
            scores_of_items: stored.scores_of_items,
            zone,
            ignore_accents: stored.ignore_accents,
            reasons: stored.reasons,
            regexes,
            probes: stored.probes,
        };
        verify(&chunk).map_err(ImageError::Unsound)?;
        Ok(Self { chunk, sources: stored.sources, set: stored.set })
    }
}
