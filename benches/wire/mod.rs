//! A process that serves HTTP, and connections to it that cost the machine next to nothing.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long a process may take until it answers.
const START_MAX: Duration = Duration::from_secs(120);

/// A process that serves; it ends when this is dropped.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    process: Child,
}

impl Served {
    /// Starts a program that listens where `arguments` say, and waits until it answers `ready`.
    pub(crate) async fn start(
        program: &Path,
        arguments: impl FnOnce(SocketAddr) -> Vec<String>,
        ready: &str,
    ) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = Command::new(program);
        command.args(arguments(address)).stdout(Stdio::null()).stdin(Stdio::null());
        let served = Self { address, process: command.spawn().unwrap() };
        let begun = Instant::now();
        loop {
            if let Ok(mut wire) = Wire::to(address).await
                && wire.get(ready).await.is_ok_and(|got| got.status == 200)
            {
                return served;
            }
            assert!(begun.elapsed() < START_MAX, "{} does not answer", program.display());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Resident memory in bytes.
    pub(crate) fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap() * 1_024
    }

    /// CPU that all its threads have used.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        // Linux counts in hundredths of a second.
        let ticks = |at: usize| fields[at].parse::<u64>().unwrap();
        Duration::from_millis((ticks(11) + ticks(12)) * 10)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _gone_already = self.process.kill();
        let _reaped = self.process.wait();
    }
}

/// One kept connection.
pub(crate) struct Wire {
    pub(crate) socket: TcpStream,
    read: Vec<u8>,
}

/// An answer, as far as a load is concerned.
pub(crate) struct Got {
    pub(crate) status: u16,
    /// With its head.
    pub(crate) bytes: usize,
    pub(crate) body: Vec<u8>,
}

impl Wire {
    pub(crate) async fn to(address: SocketAddr) -> io::Result<Self> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        Ok(Self { socket, read: Vec::with_capacity(16 * 1_024) })
    }

    /// Asks for a path as a browser does, packed, and reads all of the answer.
    pub(crate) async fn get(&mut self, path: &str) -> io::Result<Got> {
        self.ask(path, "accept-encoding: br\r\n").await?;
        self.answer().await
    }

    /// The same, not packed.
    pub(crate) async fn get_plain(&mut self, path: &str) -> io::Result<Got> {
        self.ask(path, "").await?;
        self.answer().await
    }

    pub(crate) async fn ask(&mut self, path: &str, headers: &str) -> io::Result<()> {
        let ask = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n");
        self.socket.write_all(ask.as_bytes()).await
    }

    /// The head of an answer whose body goes on.
    pub(crate) async fn head(&mut self) -> io::Result<u16> {
        let end = self.until(b"\r\n\r\n", 0).await?;
        let status = status(&self.read[..end])?;
        self.read.drain(..end);
        Ok(status)
    }

    async fn answer(&mut self) -> io::Result<Got> {
        let head = self.until(b"\r\n\r\n", 0).await?;
        let text = String::from_utf8_lossy(&self.read[..head]).to_ascii_lowercase();
        let header = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let end = match header("content-length:") {
            Some(length) => head + length.parse::<usize>().map_err(io::Error::other)?,
            None if header("transfer-encoding:").is_some() => self.until(b"\r\n0\r\n\r\n", head).await?,
            None => head,
        };
        while self.read.len() < end {
            self.more().await?;
        }
        let got = Got { status: status(&self.read)?, bytes: end, body: self.read[head..end].to_vec() };
        self.read.drain(..end);
        Ok(got)
    }

    /// Where the text ends that begins at `from` or later.
    async fn until(&mut self, last: &[u8], from: usize) -> io::Result<usize> {
        loop {
            if let Some(at) = self.read[from..].windows(last.len()).position(|part| part == last) {
                return Ok(from + at + last.len());
            }
            self.more().await?;
        }
    }

    async fn more(&mut self) -> io::Result<()> {
        match self.socket.read_buf(&mut self.read).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

fn status(head: &[u8]) -> io::Result<u16> {
    let text = head.get(9..12).and_then(|text| std::str::from_utf8(text).ok());
    text.and_then(|text| text.parse().ok()).ok_or_else(|| io::ErrorKind::InvalidData.into())
}
