//! A file beside the database with what a start would else work out of all usage: one block of bytes for each account.
//!
//! Invariant: the database stays the truth. A block is handed out only when the file belongs to this very database, the
//! account's stamp is the one it had when the block was made, and its checksum is right; whoever gets none reads usage.
//!
//! Layout, little-endian: magic, layout, format of the blocks | blocks | directory | its place and length, checksum.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::domain::AccountId;

use super::view::Stamp;

const MAGIC: &[u8; 8] = b"ETSMCKPT";
/// Grows with each change of the layout.
const LAYOUT: u32 = 1;
const HEADER_BYTES: u64 = 16;
/// Place and length of the directory, and the checksum of all that is no block.
const TRAILER_BYTES: u64 = 8 + 8 + 4;
/// A file in the making that is older was left by a process that was killed.
const LEFT_BEHIND: Duration = Duration::from_secs(3_600);
const MAKING: &str = ".new";

/// Where a checkpoint is kept.
#[derive(Debug, Clone)]
pub struct CheckpointFile {
    path: PathBuf,
}

/// What is kept of one account.
#[derive(Debug, Clone)]
pub struct Block {
    /// Whose it is.
    pub account: AccountId,
    /// The state of the usage that it was made of.
    pub stamp: Stamp,
    /// What only its maker reads.
    pub bytes: Vec<u8>,
}

/// An open checkpoint of this database.
#[derive(Debug)]
pub struct Checkpoint {
    file: File,
    places: HashMap<AccountId, Place>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    stamp: Stamp,
    offset: u64,
    length: u32,
    checksum: u32,
}

impl CheckpointFile {
    /// The checkpoint of a database file.
    pub(super) fn beside(database: &Path) -> Self {
        Self { path: with_ending(database, ".checkpoint") }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The write-ahead log of the database beside it.
    #[must_use]
    pub(super) fn log(&self) -> PathBuf {
        with_ending(&self.path.with_extension(""), "-wal")
    }

    /// Opens the checkpoint of `database` whose blocks have this format. `None` when there is none; an error tells why
    /// the file that is there is not used.
    pub fn open(&self, database: &str, format: u32) -> io::Result<Option<Checkpoint>> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(none) if none.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(other) => return Err(other),
        };
        let length = file.metadata()?.len();
        if length < HEADER_BYTES + TRAILER_BYTES {
            return Err(bad("it is too short"));
        }
        let mut header = [0; HEADER_BYTES as usize];
        file.read_exact_at(&mut header, 0)?;
        if header != header_of(format) {
            return Err(bad("it is of another version of etsm, or no checkpoint"));
        }
        let mut trailer = [0; TRAILER_BYTES as usize];
        file.read_exact_at(&mut trailer, length - TRAILER_BYTES)?;
        let mut fields = Fields(&trailer);
        let (offset, size, checksum) = (fields.u64()?, fields.u64()?, fields.u32()?);
        let whole = offset.checked_add(size).and_then(|end| end.checked_add(TRAILER_BYTES));
        if whole != Some(length) {
            return Err(bad("it is cut off"));
        }
        let mut directory = vec![0; usize::try_from(size).map_err(|_large| bad("it is cut off"))?];
        file.read_exact_at(&mut directory, offset)?;
        if checksum != checksum_of(&[&header, &directory, &trailer[..16]]) {
            return Err(bad("its directory is damaged"));
        }
        let (name, places) = read_directory(&directory)?;
        if name != database.as_bytes() {
            return Err(bad("it belongs to another database"));
        }
        Ok(Some(Checkpoint { file, places }))
    }

    /// Replaces the checkpoint as a whole: until the last byte is safe, the old one stands.
    pub fn write(
        &self,
        database: &str,
        format: u32,
        blocks: impl IntoIterator<Item = Block>,
    ) -> io::Result<()> {
        let folder = self.path.parent().filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."));
        self.sweep(folder)?;
        let making = with_ending(&self.path, &format!(".{:016x}{MAKING}", rand::random::<u64>()));
        let written = write_whole(&making, database, format, blocks)
            .and_then(|()| fs::rename(&making, &self.path))
            .and_then(|()| File::open(folder)?.sync_all());
        if written.is_err() {
            // It is gone when only the last step failed.
            let _gone = fs::remove_file(&making);
        }
        written
    }

    /// Removes what killed processes left behind.
    fn sweep(&self, folder: &Path) -> io::Result<()> {
        let own = with_ending(&self.path, ".");
        let own = own.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let age = entry.metadata().and_then(|data| data.modified()).map(|at| at.elapsed());
            let is_old = matches!(age, Ok(Ok(age)) if age > LEFT_BEHIND);
            if is_old && name.starts_with(&own) && name.ends_with(MAKING) {
                // Another process may sweep too.
                let _gone = fs::remove_file(entry.path());
            }
        }
        Ok(())
    }
}

impl Checkpoint {
    /// What was kept of an account whose usage is in this state; `None` when it was in another. Any number of threads
    /// may ask.
    pub fn block(&self, account: &AccountId, stamp: Stamp) -> io::Result<Option<Vec<u8>>> {
        let Some(place) = self.places.get(account).filter(|place| place.stamp == stamp) else {
            return Ok(None);
        };
        let mut bytes = vec![0; place.length as usize];
        self.file.read_exact_at(&mut bytes, place.offset)?;
        if checksum_of(&[&bytes]) != place.checksum {
            return Err(bad("one of its blocks is damaged"));
        }
        Ok(Some(bytes))
    }
}

fn header_of(format: u32) -> [u8; HEADER_BYTES as usize] {
    let mut header = [0; HEADER_BYTES as usize];
    header[..8].copy_from_slice(MAGIC);
    header[8..12].copy_from_slice(&LAYOUT.to_le_bytes());
    header[12..].copy_from_slice(&format.to_le_bytes());
    header
}

fn write_whole(
    path: &Path,
    database: &str,
    format: u32,
    blocks: impl IntoIterator<Item = Block>,
) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create_new(path)?);
    let header = header_of(format);
    out.write_all(&header)?;
    let mut offset = HEADER_BYTES;
    let mut directory = Vec::new();
    put_text(&mut directory, database)?;
    for block in blocks {
        let length = u32::try_from(block.bytes.len()).map_err(|_large| bad("a block is too large"))?;
        out.write_all(&block.bytes)?;
        put_text(&mut directory, block.account.as_str())?;
        directory.extend(block.stamp.0.to_le_bytes());
        directory.extend(offset.to_le_bytes());
        directory.extend(length.to_le_bytes());
        directory.extend(checksum_of(&[&block.bytes]).to_le_bytes());
        offset += u64::from(length);
    }
    let mut trailer = Vec::with_capacity(TRAILER_BYTES as usize);
    trailer.extend(offset.to_le_bytes());
    trailer.extend((directory.len() as u64).to_le_bytes());
    trailer.extend(checksum_of(&[&header, &directory, &trailer]).to_le_bytes());
    out.write_all(&directory)?;
    out.write_all(&trailer)?;
    out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}

fn put_text(out: &mut Vec<u8>, text: &str) -> io::Result<()> {
    out.push(u8::try_from(text.len()).map_err(|_long| bad("a name is too long"))?);
    out.extend(text.as_bytes());
    Ok(())
}

fn read_directory(directory: &[u8]) -> io::Result<(Vec<u8>, HashMap<AccountId, Place>)> {
    let mut fields = Fields(directory);
    let name = fields.text()?.to_vec();
    let mut places = HashMap::new();
    while !fields.0.is_empty() {
        let account = std::str::from_utf8(fields.text()?).ok().and_then(|text| text.parse().ok());
        let account: AccountId = account.ok_or_else(|| bad("a name in its directory is no account"))?;
        let stamp = Stamp(fields.u64()?.cast_signed());
        let (offset, length, checksum) = (fields.u64()?, fields.u32()?, fields.u32()?);
        places.insert(account, Place { stamp, offset, length, checksum });
    }
    Ok((name, places))
}

/// Walks over bytes; running out of them is an error.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, count: usize) -> io::Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or_else(|| bad("its directory is cut off"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn u32(&mut self) -> io::Result<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> io::Result<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn text(&mut self) -> io::Result<&'a [u8]> {
        let [length] = self.array()?;
        self.take(usize::from(length))
    }
}

/// CRC-32 of all parts, one after the other.
fn checksum_of(parts: &[&[u8]]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize()
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn bad(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FORMAT: u32 = 3;

    fn blocks() -> Vec<Block> {
        let block = |(n, text): (i64, &str)| Block {
            account: format!("acc-{n}").parse().unwrap(),
            stamp: Stamp(n * 7),
            bytes: text.as_bytes().to_vec(),
        };
        (0..).zip(["first", "", "the third block"]).map(block).collect()
    }

    fn file(folder: &Path) -> CheckpointFile {
        CheckpointFile::beside(&folder.join("etsm.db"))
    }

    fn read_all(file: &CheckpointFile) -> io::Result<Option<Vec<Option<Vec<u8>>>>> {
        let Some(checkpoint) = file.open("db", FORMAT)? else { return Ok(None) };
        let read = blocks().into_iter().map(|block| checkpoint.block(&block.account, block.stamp));
        read.collect::<io::Result<Vec<_>>>().map(Some)
    }

    fn written() -> Vec<Option<Vec<u8>>> {
        blocks().into_iter().map(|block| Some(block.bytes)).collect()
    }

    #[test]
    fn blocks_come_back_for_the_same_state_of_the_same_database_only() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path());
        assert!(read_all(&file).unwrap().is_none());
        file.write("db", FORMAT, blocks()).unwrap();
        assert_eq!(read_all(&file).unwrap(), Some(written()));
        let open = file.open("db", FORMAT).unwrap().unwrap();
        assert_eq!(open.block(&"acc-2".parse().unwrap(), Stamp(15)).unwrap(), None);
        assert_eq!(open.block(&"acc-9".parse().unwrap(), Stamp(63)).unwrap(), None);
        let refused = |database, format| file.open(database, format).unwrap_err().to_string();
        assert_eq!(refused("other", FORMAT), "it belongs to another database");
        assert_eq!(refused("db", FORMAT + 1), "it is of another version of etsm, or no checkpoint");
    }

    #[test]
    fn the_old_one_stands_until_the_new_one_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path());
        file.write("db", FORMAT, blocks()).unwrap();
        let dies =
            blocks().into_iter().inspect(|block| assert_ne!(block.account.as_str(), "acc-1", "killed here"));
        let killed =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| file.write("db", FORMAT, dies)));
        assert!(killed.is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "what was begun lies beside it");
        assert_eq!(read_all(&file).unwrap(), Some(written()));
    }

    proptest! {
        #[test]
        fn damage_is_always_found(at in any::<prop::sample::Index>(), flip in 1_u8.., cut in any::<bool>()) {
            let folder = tempfile::tempdir().unwrap();
            let file = file(folder.path());
            file.write("db", FORMAT, blocks()).unwrap();
            let mut bytes = fs::read(file.path()).unwrap();
            let at = at.index(bytes.len());
            if cut { bytes.truncate(at) } else { bytes[at] ^= flip }
            fs::write(file.path(), bytes).unwrap();
            prop_assert!(read_all(&file).is_err());
        }
    }
}
