//! The lengths that an Arrow file claims, looked at before the library reserves memory for them: a failed reservation ends the process.
//!
//! The format: <https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc>

use std::io::{self, Read, Seek, SeekFrom};

use arrow_ipc::{Message, RecordBatch, root_as_footer, root_as_message};

/// So many bytes the compressed buffers of one batch may claim to hold.
const MOST_DECODED: u64 = 2 << 30;

/// What stands before a message's metadata, unless it is of the oldest kind.
const CONTINUATION: [u8; 4] = [0xff; 4];

/// How the lengths of a file agree with it.
pub(super) enum Fit {
    /// All of it is as they say, or cannot be read at all, which the library says.
    Whole,
    /// A length goes beyond the file.
    Damaged,
    /// Something comes after the end of the data, at this byte.
    GoesOn(u64),
}

/// Whether every length lies within the file, and nothing comes after the data.
pub(super) fn fit<R: Read + Seek>(reader: &mut R, is_file: bool) -> io::Result<Fit> {
    let end = reader.seek(SeekFrom::End(0))?;
    if !is_file {
        return messages_fit(reader, end);
    }
    if !blocks_fit(reader, end)? {
        return Ok(Fit::Damaged);
    }
    Ok(another(reader)?.map_or(Fit::Whole, Fit::GoesOn))
}

/// Where a file goes on behind its end: places are counted from the start, so that the second one's would be the first one's.
fn another<R: Read + Seek>(reader: &mut R) -> io::Result<Option<u64>> {
    const JOINT: &[u8] = b"ARROW1ARROW1";
    const PART: u64 = 1 << 20;
    let mut at = 0;
    loop {
        let bytes = part(reader, at, PART)?;
        if let Some(found) = memchr::memmem::find(&bytes, JOINT) {
            return Ok(Some(at + found as u64 + 6));
        }
        if (bytes.len() as u64) < PART {
            return Ok(None);
        }
        at += PART - JOINT.len() as u64;
    }
}

/// A file: its footer says where the messages are.
fn blocks_fit<R: Read + Seek>(reader: &mut R, end: u64) -> io::Result<bool> {
    let Some(tail) = end.checked_sub(10) else { return Ok(false) };
    let Some(length) = bytes_at::<R, 4>(reader, tail, end)? else { return Ok(false) };
    let Ok(length) = u64::try_from(i32::from_le_bytes(length)) else { return Ok(false) };
    let Some(begin) = tail.checked_sub(length) else { return Ok(false) };
    let bytes = part(reader, begin, length)?;
    let Ok(footer) = root_as_footer(&bytes) else { return Ok(true) };
    for block in footer.dictionaries().iter().flatten().chain(footer.recordBatches().iter().flatten()) {
        let numbers = (u64::try_from(block.offset()), u64::try_from(block.metaDataLength()), u64::try_from(block.bodyLength()));
        let (Ok(offset), Ok(meta), Ok(body)) = numbers else { return Ok(false) };
        let Some(body_at) = offset.checked_add(meta) else { return Ok(false) };
        if body_at.checked_add(body).is_none_or(|last| last > end) {
            return Ok(false);
        }
        let bytes = part(reader, offset, meta)?;
        let skip = if bytes.starts_with(&CONTINUATION) { 8 } else { 4 };
        // The library looks for the rest of such a message in the body, where it may claim anything.
        let Some(Ok(message)) = bytes.get(skip..).map(root_as_message) else { return Ok(false) };
        if !batch_fits(reader, &message, body_at, body)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A stream: one message behind the other.
fn messages_fit<R: Read + Seek>(reader: &mut R, end: u64) -> io::Result<Fit> {
    let mut at = 0;
    loop {
        let Some(mut first) = bytes_at::<R, 4>(reader, at, end)? else { return Ok(Fit::Whole) };
        at += 4;
        if first == CONTINUATION {
            let Some(next) = bytes_at::<R, 4>(reader, at, end)? else { return Ok(Fit::Whole) };
            first = next;
            at += 4;
        }
        let Ok(length) = u64::try_from(i32::from_le_bytes(first)) else { return Ok(Fit::Damaged) };
        if length == 0 {
            return Ok(if at < end { Fit::GoesOn(at) } else { Fit::Whole });
        }
        if length > end - at {
            return Ok(Fit::Damaged);
        }
        let bytes = part(reader, at, length)?;
        at += length;
        let Ok(message) = root_as_message(&bytes) else { return Ok(Fit::Whole) };
        let Ok(body) = u64::try_from(message.bodyLength()) else { return Ok(Fit::Damaged) };
        if body > end - at || !batch_fits(reader, &message, at, body)? {
            return Ok(Fit::Damaged);
        }
        at += body;
    }
}

/// Whether the buffers of a batch, if the message is one, lie within its body and hold no more than memory could.
fn batch_fits<R: Read + Seek>(reader: &mut R, message: &Message<'_>, at: u64, body: u64) -> io::Result<bool> {
    let dictionary = message.header_as_dictionary_batch().and_then(|batch| batch.data());
    let Some(batch): Option<RecordBatch<'_>> = message.header_as_record_batch().or(dictionary) else { return Ok(true) };
    let counts = batch.nodes().into_iter().flatten().map(|node| node.length());
    if counts.chain([batch.length()]).any(|count| u32::try_from(count).is_err()) {
        return Ok(false);
    }
    let mut decoded = 0_u64;
    for buffer in batch.buffers().into_iter().flatten() {
        let (Ok(offset), Ok(length)) = (u64::try_from(buffer.offset()), u64::try_from(buffer.length())) else { return Ok(false) };
        if offset.checked_add(length).is_none_or(|last| last > body) {
            return Ok(false);
        }
        if batch.compression().is_some() && length > 0 {
            let Some(claim) = bytes_at::<R, 8>(reader, at + offset, at + offset + length)? else { return Ok(false) };
            // -1 says that this buffer is not compressed after all.
            let claim = i64::from_le_bytes(claim);
            let Ok(claim) = u64::try_from(if claim == -1 { 0 } else { claim }) else { return Ok(false) };
            decoded = decoded.saturating_add(claim);
        }
    }
    Ok(decoded <= MOST_DECODED)
}

/// So many bytes from `at` on, where they end by `end`.
fn bytes_at<R: Read + Seek, const N: usize>(reader: &mut R, at: u64, end: u64) -> io::Result<Option<[u8; N]>> {
    if at.checked_add(N as u64).is_none_or(|last| last > end) {
        return Ok(None);
    }
    let mut bytes = [0; N];
    reader.seek(SeekFrom::Start(at))?;
    reader.read_exact(&mut bytes)?;
    Ok(Some(bytes))
}

/// `length` bytes from `at` on, both of which lie within the file.
fn part<R: Read + Seek>(reader: &mut R, at: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.seek(SeekFrom::Start(at))?;
    reader.by_ref().take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}
