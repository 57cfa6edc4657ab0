//! A connection whose client must read: one that lets an answer lie is dropped, however it goes about it.

use std::io;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::time::Instant;
use tokio::time::Sleep;

/// Every byte that is taken earns time at this pace, so that reading a byte now and then does not hold a connection for
/// ever. A telephone at the edge of its network is faster.
const BYTES_A_SECOND_MIN: u64 = 1_024;

/// A stream with an end to its patience for a client that does not read.
pub(super) struct Patient<S> {
    stream: S,
    /// How long the client may keep us waiting when it takes nothing.
    longest: Duration,
    /// What is left of that.
    left: Duration,
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl<S> Patient<S> {
    pub(super) fn new(stream: S, longest: Duration) -> Self {
        Self { stream, longest, left: longest, waiting: None }
    }

    fn judge(&mut self, cx: &mut Context<'_>, taken: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &taken {
            Poll::Ready(Ok(bytes)) => {
                if let Some((since, _)) = self.waiting.take() {
                    self.left = self.left.saturating_sub(since.elapsed());
                }
                let earned = Duration::from_millis(*bytes as u64 * 1_000 / BYTES_A_SECOND_MIN);
                self.left = self.left.saturating_add(earned).min(self.longest);
                taken
            }
            Poll::Ready(Err(_)) => taken,
            Poll::Pending => {
                let left = self.left;
                let (_, end) =
                    self.waiting.get_or_insert_with(|| (Instant::now(), Box::pin(tokio::time::sleep(left))));
                match end.as_mut().poll(cx) {
                    Poll::Pending => Poll::Pending,
                    Poll::Ready(()) => {
                        metrics::counter!("etsm_connections_dropped_total", "why" => "slow_reader")
                            .increment(1);
                        Poll::Ready(Err(io::Error::new(
                            io::ErrorKind::TimedOut,
                            "the client does not read its answer",
                        )))
                    }
                }
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let taken = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.judge(cx, taken)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let taken = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.judge(cx, taken)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    /// How writing goes to a client that takes so many bytes each hundredth of a second.
    async fn written(bytes: usize, longest: Duration, at_a_time: usize) -> io::Result<()> {
        let (server, mut client) = tokio::io::duplex(64);
        let mut server = Patient::new(server, longest);
        let read = async {
            let mut taken = vec![0; at_a_time];
            loop {
                tokio::time::sleep(Duration::from_millis(10)).await;
                client.read_exact(&mut taken).await.unwrap();
            }
        };
        let answer = vec![7; bytes];
        tokio::select! {
            done = server.write_all(&answer) => done,
            () = read => unreachable!("a client reads for ever"),
        }
    }

    #[tokio::test]
    async fn a_client_that_takes_nothing_is_dropped() {
        let done = written(100_000, Duration::from_millis(200), 0).await;
        assert_eq!(done.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_client_that_takes_a_drop_now_and_then_is_dropped_a_little_later() {
        let done = written(1_000_000, Duration::from_millis(400), 1).await;
        assert_eq!(done.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_client_on_a_thin_line_gets_all_of_it_however_long_it_takes() {
        let begun = Instant::now();
        let longest = Duration::from_secs(1);
        written(8_192, longest, 64).await.unwrap();
        assert!(begun.elapsed() > longest, "{:?}", begun.elapsed());
    }
}
