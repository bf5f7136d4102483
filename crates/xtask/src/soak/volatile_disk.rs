//! A disk whose write cache is lost with the power: an NBD server (the protocol of `doc/proto.md` in the NBD project, fixed
//! newstyle) that keeps what was written since the last flush apart from what is durable.
//!
//! At a power cut each write that no flush has covered is dropped, kept, or torn at its 512-byte sectors, by chance. What
//! was flushed, or written with "force unit access", is always there afterwards.

use std::io::{self, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// What a disk loses at most in one piece less than another.
const SECTOR_BYTES: usize = 512;
/// The largest request that is taken.
const REQUEST_BYTES_MAX: u32 = 32 << 20;

const MAGIC: u64 = 0x4e42_444d_4147_4943;
const OPTION_MAGIC: u64 = 0x4948_4156_454f_5054;
const OPTION_REPLY_MAGIC: u64 = 0x0003_e889_0455_65a9;
const REQUEST_MAGIC: u32 = 0x2560_9513;
const REPLY_MAGIC: u32 = 0x6744_6698;
const OPTION_ABORT: u32 = 2;
const OPTION_GO: u32 = 7;
const REPLY_ACK: u32 = 1;
const REPLY_INFO: u32 = 3;
const REPLY_UNSUPPORTED: u32 = (1 << 31) + 1;
/// Has flags, takes flushes, takes "force unit access".
const TRANSMISSION_FLAGS: u16 = 1 | 4 | 8;
const FLAG_FUA: u16 = 1;

/// What became of writes at power cuts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Losses {
    pub dropped: u64,
    pub torn: u64,
    pub kept: u64,
}

#[derive(Debug)]
struct Content {
    /// What survives a power cut for certain.
    durable: Vec<u8>,
    /// What a reader sees.
    current: Vec<u8>,
    /// Where was written since the last flush, in order.
    pending: Vec<(usize, Vec<u8>)>,
    powered: bool,
    /// Says that it flushed, and does nothing.
    deaf: bool,
    flushes: u64,
}

/// See the module.
#[derive(Debug, Clone)]
pub struct VolatileDisk {
    content: Arc<Mutex<Content>>,
}

impl VolatileDisk {
    /// A disk with this content, all of it durable.
    pub fn new(content: Vec<u8>) -> Self {
        let content = Content {
            current: content.clone(),
            durable: content,
            pending: Vec::new(),
            powered: false,
            deaf: false,
            flushes: 0,
        };
        Self { content: Arc::new(Mutex::new(content)) }
    }

    /// Serves machines that connect to the socket, until the process ends.
    ///
    /// # Errors
    /// When the socket cannot be made.
    pub fn serve(&self, socket: &Path) -> io::Result<()> {
        let listener = UnixListener::bind(socket)?;
        let disk = self.clone();
        thread::Builder::new().name("volatile-disk".to_owned()).spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                // A machine that lost its power leaves in the middle of a request; that is no news.
                let _left = disk.serve_one(stream);
            }
        })?;
        Ok(())
    }

    /// From now on the disk lies about flushes, as some cheap ones do: whatever stands on it must fail.
    pub fn turn_deaf(&self) {
        self.lock().deaf = true;
    }

    /// Gives the disk power again.
    pub fn power_on(&self) {
        self.lock().powered = true;
    }

    /// Takes the power away: from now on nothing is written, and of what was not flushed only what chance leaves stays.
    pub fn power_cut(&self, mut chance: impl FnMut() -> u64) -> Losses {
        let mut content = self.lock();
        content.powered = false;
        let mut losses = Losses::default();
        for (offset, bytes) in std::mem::take(&mut content.pending) {
            match chance() % 10 {
                0..4 => losses.dropped += 1,
                4..7 => {
                    losses.kept += 1;
                    content.durable[offset..offset + bytes.len()].copy_from_slice(&bytes);
                }
                _ => {
                    losses.torn += 1;
                    for (index, sector) in bytes.chunks(SECTOR_BYTES).enumerate() {
                        if chance().is_multiple_of(2) {
                            let at = offset + index * SECTOR_BYTES;
                            content.durable[at..at + sector.len()].copy_from_slice(sector);
                        }
                    }
                }
            }
        }
        content.current = content.durable.clone();
        losses
    }

    /// What is durable now.
    pub fn durable(&self) -> Vec<u8> {
        self.lock().durable.clone()
    }

    /// Flushes that machines asked for so far.
    pub fn flushes(&self) -> u64 {
        self.lock().flushes
    }

    fn lock(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve_one(&self, mut stream: UnixStream) -> io::Result<()> {
        if !self.greet(&mut stream)? {
            return Ok(());
        }
        loop {
            if number::<4>(&mut stream)? != REQUEST_MAGIC.to_be_bytes() {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let flags = u16::from_be_bytes(number(&mut stream)?);
            let kind = u16::from_be_bytes(number(&mut stream)?);
            let handle: [u8; 8] = number(&mut stream)?;
            let offset = u64::from_be_bytes(number(&mut stream)?);
            let length = u32::from_be_bytes(number(&mut stream)?);
            if length > REQUEST_BYTES_MAX {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let mut bytes = vec![0; length as usize];
            if kind == 1 {
                stream.read_exact(&mut bytes)?;
            }
            let answer = match kind {
                0 => self.read(offset, &mut bytes),
                1 => self.write(offset, &bytes, flags & FLAG_FUA != 0),
                2 => return Ok(()),
                3 => self.flush(),
                _ => Err(22),
            };
            stream.write_all(&REPLY_MAGIC.to_be_bytes())?;
            stream.write_all(&answer.err().unwrap_or(0).to_be_bytes())?;
            stream.write_all(&handle)?;
            if kind == 0 && answer.is_ok() {
                stream.write_all(&bytes)?;
            }
        }
    }

    /// Agrees on the export. `false` when the client wanted nothing more.
    fn greet(&self, stream: &mut UnixStream) -> io::Result<bool> {
        stream.write_all(&MAGIC.to_be_bytes())?;
        stream.write_all(&OPTION_MAGIC.to_be_bytes())?;
        // Fixed newstyle, no zeroes at the end.
        stream.write_all(&3_u16.to_be_bytes())?;
        let _client_flags: [u8; 4] = number(stream)?;
        loop {
            if number::<8>(stream)? != OPTION_MAGIC.to_be_bytes() {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let option = u32::from_be_bytes(number(stream)?);
            let length = u32::from_be_bytes(number(stream)?).min(REQUEST_BYTES_MAX);
            stream.read_exact(&mut vec![0; length as usize])?;
            match option {
                OPTION_GO => {
                    let mut info = Vec::from(0_u16.to_be_bytes());
                    info.extend((self.lock().current.len() as u64).to_be_bytes());
                    info.extend(TRANSMISSION_FLAGS.to_be_bytes());
                    option_reply(stream, option, REPLY_INFO, &info)?;
                    option_reply(stream, option, REPLY_ACK, &[])?;
                    return Ok(true);
                }
                OPTION_ABORT => {
                    option_reply(stream, option, REPLY_ACK, &[])?;
                    return Ok(false);
                }
                _ => option_reply(stream, option, REPLY_UNSUPPORTED, &[])?,
            }
        }
    }

    fn read(&self, offset: u64, bytes: &mut [u8]) -> Result<(), u32> {
        let content = self.lock();
        let range = range(offset, bytes.len(), content.current.len())?;
        bytes.copy_from_slice(&content.current[range]);
        Ok(())
    }

    fn write(&self, offset: u64, bytes: &[u8], durable: bool) -> Result<(), u32> {
        let mut content = self.lock();
        let range = range(offset, bytes.len(), content.current.len())?;
        if !content.powered {
            return Err(5);
        }
        content.current[range.clone()].copy_from_slice(bytes);
        if durable && !content.deaf {
            content.durable[range].copy_from_slice(bytes);
        } else {
            content.pending.push((range.start, bytes.to_vec()));
        }
        Ok(())
    }

    fn flush(&self) -> Result<(), u32> {
        let mut content = self.lock();
        if !content.powered {
            return Err(5);
        }
        content.flushes += 1;
        if content.deaf {
            return Ok(());
        }
        for (offset, bytes) in std::mem::take(&mut content.pending) {
            content.durable[offset..offset + bytes.len()].copy_from_slice(&bytes);
        }
        Ok(())
    }
}

fn range(offset: u64, length: usize, size: usize) -> Result<std::ops::Range<usize>, u32> {
    let start = usize::try_from(offset).map_err(|_| 22_u32)?;
    let end = start.checked_add(length).filter(|end| *end <= size).ok_or(22_u32)?;
    Ok(start..end)
}

fn number<const BYTES: usize>(stream: &mut UnixStream) -> io::Result<[u8; BYTES]> {
    let mut bytes = [0; BYTES];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn option_reply(stream: &mut UnixStream, option: u32, kind: u32, data: &[u8]) -> io::Result<()> {
    stream.write_all(&OPTION_REPLY_MAGIC.to_be_bytes())?;
    stream.write_all(&option.to_be_bytes())?;
    stream.write_all(&kind.to_be_bytes())?;
    stream.write_all(&u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes())?;
    stream.write_all(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_flushed_stays_and_what_was_not_may_go() {
        let disk = VolatileDisk::new(vec![0; 4096]);
        disk.power_on();
        disk.write(0, &[1; 512], false).expect("written");
        disk.flush().expect("flushed");
        disk.write(512, &[2; 512], false).expect("written");
        disk.write(1024, &[3; 512], true).expect("written through");
        let mut seen = [0; 1536];
        disk.read(0, &mut seen).expect("read");
        assert_eq!((seen[0], seen[512], seen[1024]), (1, 2, 3), "a reader sees everything");
        assert_eq!(disk.power_cut(|| 0), Losses { dropped: 1, torn: 0, kept: 0 });
        assert_eq!(disk.write(0, &[9; 512], false), Err(5), "without power nothing is written");
        let left = disk.durable();
        assert_eq!((left[0], left[512], left[1024]), (1, 0, 3));
        assert_eq!(disk.write(4000, &[9; 512], false), Err(22), "beyond the end");
    }

    #[test]
    fn a_torn_write_leaves_whole_sectors_of_itself() {
        let disk = VolatileDisk::new(vec![0; 4096]);
        disk.power_on();
        disk.write(0, &[7; 2048], false).expect("written");
        let mut throws = [9_u64, 0, 1, 1, 0].into_iter();
        assert_eq!(
            disk.power_cut(|| throws.next().expect("one and four")),
            Losses { dropped: 0, torn: 1, kept: 0 }
        );
        let sectors: Vec<u8> = disk.durable().chunks(512).take(4).map(|sector| sector[0]).collect();
        assert_eq!(sectors, [7, 0, 0, 7]);
    }

    #[test]
    fn a_client_is_greeted_and_its_requests_are_answered() {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("disk");
        let disk = VolatileDisk::new(vec![0; 4096]);
        disk.power_on();
        disk.serve(&socket).expect("served");
        let mut client = UnixStream::connect(&socket).expect("connected");
        let mut greeting = [0; 18];
        client.read_exact(&mut greeting).expect("greeted");
        client.write_all(&3_u32.to_be_bytes()).expect("flags");
        for option in [8_u32, OPTION_GO] {
            client.write_all(&OPTION_MAGIC.to_be_bytes()).expect("sent");
            client.write_all(&option.to_be_bytes()).expect("sent");
            client.write_all(&0_u32.to_be_bytes()).expect("sent");
        }
        // Refused; the export's size and flags; agreed.
        let mut answers = [0; 20 + 32 + 20];
        client.read_exact(&mut answers).expect("answered");
        assert_eq!(&answers[12..16], &REPLY_UNSUPPORTED.to_be_bytes());
        assert_eq!(&answers[42..50], &4096_u64.to_be_bytes());
        for (kind, data) in [(1_u16, &[5_u8; 512][..]), (3, &[])] {
            client.write_all(&REQUEST_MAGIC.to_be_bytes()).expect("sent");
            client.write_all(&0_u16.to_be_bytes()).expect("sent");
            client.write_all(&kind.to_be_bytes()).expect("sent");
            client.write_all(&77_u64.to_be_bytes()).expect("sent");
            client.write_all(&0_u64.to_be_bytes()).expect("sent");
            client.write_all(&u32::try_from(data.len()).expect("small").to_be_bytes()).expect("sent");
            client.write_all(data).expect("sent");
            let mut reply = [0; 16];
            client.read_exact(&mut reply).expect("answered");
            assert_eq!((&reply[4..8], &reply[8..16]), (&[0; 4][..], &77_u64.to_be_bytes()[..]));
        }
        assert_eq!((disk.durable()[0], disk.flushes()), (5, 1));
    }
}
