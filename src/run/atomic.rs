//! Files that are complete or absent: written beside their place, synced, renamed.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tempfile::NamedTempFile;

/// Files being written, to be removed when the user interrupts.
static PENDING: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A file that takes its place only when it is finished with [`AtomicFile::finish`]; dropped before, it leaves nothing.
///
/// A symbolic link stays one: the file that it leads to is replaced. What is no regular file (`/dev/null`, a pipe) is written directly.
#[derive(Debug)]
pub struct AtomicFile {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Beside { file: BufWriter<NamedTempFile>, place: PathBuf },
    Direct(BufWriter<File>),
}

impl AtomicFile {
    /// Begins the file that is to stand at `path`.
    ///
    /// # Errors
    /// That nothing can be written there.
    pub fn create(path: &Path) -> io::Result<Self> {
        let place = follow(path)?;
        let existing = fs::metadata(&place).ok();
        if let Some(meta) = &existing {
            if meta.is_dir() {
                return Err(io::ErrorKind::IsADirectory.into());
            }
            if !meta.is_file() {
                let file = File::options().write(true).open(&place)?;
                return Ok(Self { kind: Kind::Direct(BufWriter::new(file)) });
            }
            // A file that may not be written is not to be replaced behind its owner's back.
            File::options().write(true).open(&place)?;
        }
        let folder = place.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        builder.prefix(".lsrc-").suffix(".tmp");
        let file = with_permissions(&mut builder, existing.as_ref()).tempfile_in(folder)?;
        pending().push(file.path().to_owned());
        Ok(Self { kind: Kind::Beside { file: BufWriter::with_capacity(1 << 16, file), place } })
    }

    /// Puts the finished file in its place.
    ///
    /// # Errors
    /// That it cannot be written, synced or renamed; then nothing is left.
    pub fn finish(self) -> io::Result<()> {
        match self.kind {
            Kind::Direct(mut file) => file.flush(),
            Kind::Beside { file, place } => {
                let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
                let beside = file.path().to_owned();
                let done = file.as_file().sync_all().and_then(|()| file.persist(&place).map_err(|e| e.error));
                pending().retain(|p| *p != beside);
                done.map(drop)
            }
        }
    }

    /// Writes a whole file at once.
    ///
    /// # Errors
    /// That it cannot be written.
    pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = Self::create(path)?;
        file.write_all(bytes)?;
        file.finish()
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.kind {
            Kind::Beside { file, .. } => file.write(bytes),
            Kind::Direct(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.kind {
            Kind::Beside { file, .. } => file.flush(),
            Kind::Direct(file) => file.flush(),
        }
    }
}

fn pending() -> std::sync::MutexGuard<'static, Vec<PathBuf>> {
    PENDING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The path behind symbolic links, whether or not a file is there yet.
fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut place = path.to_owned();
    for _ in 0..40 {
        match fs::read_link(&place) {
            Ok(target) => place = place.parent().unwrap_or(Path::new("")).join(target),
            Err(_) => return Ok(place),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

/// A replaced file keeps its permissions; a new one has those that the user's mask leaves.
#[cfg(unix)]
fn with_permissions<'a, 'b, 'c>(
    builder: &'a mut tempfile::Builder<'b, 'c>,
    existing: Option<&fs::Metadata>,
) -> &'a mut tempfile::Builder<'b, 'c> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = existing.map_or(0o666, |meta| meta.permissions().mode() & 0o777);
    builder.permissions(fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn with_permissions<'a, 'b, 'c>(
    builder: &'a mut tempfile::Builder<'b, 'c>,
    _existing: Option<&fs::Metadata>,
) -> &'a mut tempfile::Builder<'b, 'c> {
    builder
}

/// Removes the files that are being written, for a program that is about to end.
pub fn remove_unfinished() {
    for path in pending().iter() {
        let _gone = fs::remove_file(path);
    }
}
