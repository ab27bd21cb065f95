//! One connection: what the client says goes to the server and what the server says comes back, until something is to be
//! lost on the way.

use crate::{
    faults::{Loss, Shared},
    flow::{Flow, Passing},
    frames::Frame,
    statements::Prepared,
    upstream::{Reader, Upstream, Writer},
};
use std::{
    future::pending,
    io,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, BufWriter},
    net::TcpStream,
    sync::watch,
};
use tokio_util::sync::CancellationToken;

/// Says that the connection is not encrypted.
const NO_ENCRYPTION: &[u8] = b"N";

/// Carries a connection from its first message to its end.
pub(crate) async fn carry(client: TcpStream, upstream: &Upstream, shared: &Shared) -> io::Result<()> {
    let cut = CancellationToken::new();
    let number = shared.enter(cut.clone());
    let session = Session { shared, number, cut: cut.clone(), flow: Mutex::default() };
    let ended = tokio::select! {
        () = cut.cancelled() => Ok(()),
        ended = session.carry(client, upstream) => ended,
    };
    shared.leave(number);
    ended
}

struct Session<'a> {
    shared: &'a Shared,
    number: u64,
    cut: CancellationToken,
    flow: Mutex<Flow>,
}

impl Session<'_> {
    async fn carry(&self, client: TcpStream, upstream: &Upstream) -> io::Result<()> {
        client.set_nodelay(true)?;
        let (from_client, mut to_client) = client.into_split();
        let mut from_client = BufReader::new(from_client);
        let opening = self.opening(&mut from_client, &mut to_client).await?;
        let (from_server, mut to_server) = upstream.connect().await?;
        to_server.write_all(opening.bytes()).await?;
        let asking = self.ask(from_client, to_server);
        let answering = self.answer(from_server, to_client);
        tokio::pin!(asking, answering);
        tokio::select! {
            answered = &mut answering => return answered,
            asked = &mut asking => asked?,
        }
        // What the client sent before it went is carried out all the same.
        answering.await
    }

    /// The client's first message, after it was told that nothing is encrypted here.
    async fn opening(
        &self,
        from_client: &mut (impl AsyncRead + Unpin),
        to_client: &mut (impl AsyncWrite + Unpin),
    ) -> io::Result<Frame> {
        loop {
            let frame = Frame::read_first(from_client).await?;
            self.unfrozen().await;
            if !frame.asks_for_encryption() {
                return Ok(frame);
            }
            to_client.write_all(NO_ENCRYPTION).await?;
        }
    }

    /// Passes on what the client says, until it goes.
    async fn ask(&self, mut from_client: BufReader<impl AsyncRead + Unpin>, to_server: Writer) -> io::Result<()> {
        let mut to_server = BufWriter::new(to_server);
        let mut prepared = Prepared::default();
        while let Ok(frame) = Frame::read(&mut from_client).await {
            self.unfrozen().await;
            let statement = prepared.hear(&frame);
            if let Some(fault) = statement.as_ref().and_then(|name| self.shared.fault(&[name], Loss::Request)) {
                fault.strike();
                self.cut.cancel();
                return pending().await;
            }
            self.flow().asked(frame.kind(), statement, self.shared);
            self.shared.is_at_work(self.number, true);
            to_server.write_all(frame.bytes()).await?;
            if from_client.buffer().is_empty() {
                to_server.flush().await?;
            }
        }
        self.unfrozen().await;
        to_server.shutdown().await
    }

    /// Passes on what the server says, until it goes. A client that has gone is not missed.
    async fn answer(&self, from_server: Reader, to_client: impl AsyncWrite + Unpin) -> io::Result<()> {
        let mut from_server = BufReader::new(from_server);
        let mut to_client = BufWriter::new(to_client);
        while let Ok(frame) = Frame::read(&mut from_server).await {
            self.unfrozen().await;
            let passing = self.flow().answered(frame, self.number, self.shared);
            let frames = match passing {
                Passing::Held => continue,
                Passing::On(frames) => frames,
                Passing::Lost(fault) => {
                    fault.strike();
                    self.cut.cancel();
                    return pending().await;
                }
            };
            for frame in frames {
                drop(to_client.write_all(frame.bytes()).await);
            }
            if from_server.buffer().is_empty() {
                drop(to_client.flush().await);
            }
            self.shared.is_at_work(self.number, self.flow().is_at_work());
        }
        to_client.shutdown().await
    }

    fn flow(&self) -> MutexGuard<'_, Flow> {
        self.flow.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nothing is frozen.
    async fn unfrozen(&self) {
        let mut frozen: watch::Receiver<bool> = self.shared.frozen.subscribe();
        // It fails when the proxy is gone, which cuts this connection.
        drop(frozen.wait_for(|frozen| !frozen).await);
    }
}
