//! A pooler that gives each transaction another session is told from a server, whichever session it gives.

use super::shop::Shop;
use adapters::postgres::pooler::{NoSession, require_sessions};
use sqlx::postgres::PgConnectOptions;
use std::{path::PathBuf, sync::Arc};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixStream},
    sync::{Mutex, OnceCell, OwnedMutexGuard},
};

/// What PgBouncer does with `pool_mode = transaction`: a session of the server for as long as a transaction takes.
struct Pooler {
    socket: PathBuf,
    sessions: Vec<Arc<Mutex<Option<UnixStream>>>>,
    /// What the server says to who connects.
    greeting: OnceCell<Vec<u8>>,
    /// The session given next; the first is always preferred if they are not given in turn.
    next: Mutex<usize>,
    in_turn: bool,
}

impl Pooler {
    /// Listens, and gives the options to connect to it.
    async fn listen(sessions: usize, in_turn: bool) -> PgConnectOptions {
        let server = server().await;
        let socket = server.get_socket().unwrap().join(".s.PGSQL.5432");
        let sessions = (0..sessions).map(|_| Arc::default()).collect();
        let pooler = Arc::new(Self { socket, sessions, greeting: OnceCell::new(), next: Mutex::default(), in_turn });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                // Whoever hangs up is done.
                tokio::spawn(Arc::clone(&pooler).serve(client));
            }
        });
        PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(port)
            .username(server.get_username())
            .database("postgres")
            .ssl_mode(sqlx::postgres::PgSslMode::Disable)
    }

    async fn serve(self: Arc<Self>, mut client: TcpStream) -> std::io::Result<()> {
        let length = client.read_u32().await?;
        let mut startup = length.to_be_bytes().to_vec();
        startup.resize(usize::try_from(length).unwrap(), 0);
        client.read_exact(&mut startup[4..]).await?;
        let mut greeting = Vec::new();
        for session in &self.sessions {
            let mut session = session.lock().await;
            if session.is_none() {
                let mut server = UnixStream::connect(&self.socket).await?;
                server.write_all(&startup).await?;
                greeting.clear();
                while said(&mut server, &mut greeting).await?.0 != b'Z' {}
                *session = Some(server);
            }
        }
        client.write_all(self.greeting.get_or_init(async || greeting).await).await?;
        let mut mine: Option<OwnedMutexGuard<Option<UnixStream>>> = None;
        loop {
            let mut question = Vec::new();
            said(&mut client, &mut question).await?;
            let mut session = match mine.take() {
                Some(session) => session,
                None => self.free().await,
            };
            let server = session.as_mut().unwrap();
            server.write_all(&question).await?;
            let mut answer = Vec::new();
            let status = loop {
                if let (b'Z', status) = said(server, &mut answer).await? {
                    break status;
                }
            };
            client.write_all(&answer).await?;
            // Within a transaction it keeps the session.
            mine = (status != b'I').then_some(session);
        }
    }

    async fn free(&self) -> OwnedMutexGuard<Option<UnixStream>> {
        let mut next = self.next.lock().await;
        loop {
            for _ in 0..self.sessions.len() {
                let session = Arc::clone(&self.sessions[*next % self.sessions.len()]);
                *next = if self.in_turn || session.try_lock().is_err() { *next + 1 } else { 0 };
                if let Ok(free) = session.try_lock_owned() {
                    return free;
                }
            }
            tokio::task::yield_now().await;
        }
    }
}

/// Reads a message on; gives its kind and the first byte of what it says.
async fn said(from: &mut (impl AsyncRead + Unpin), into: &mut Vec<u8>) -> std::io::Result<(u8, u8)> {
    let kind = from.read_u8().await?;
    let length = from.read_u32().await?;
    let mut body = vec![0; usize::try_from(length).unwrap() - 4];
    from.read_exact(&mut body).await?;
    into.push(kind);
    into.extend(length.to_be_bytes());
    into.extend(&body);
    Ok((kind, body.first().copied().unwrap_or_default()))
}

async fn server() -> PgConnectOptions {
    PgConnectOptions::clone(&Shop::empty().await.database.durable.connect_options())
}

#[tokio::test]
async fn a_server_gives_each_connection_a_session() {
    require_sessions(&server().await).await.unwrap();
}

#[tokio::test]
async fn a_pooler_that_gives_each_transaction_another_session_is_found_out() {
    for (sessions, in_turn) in [(1, false), (3, false), (2, true), (3, true)] {
        let options = Pooler::listen(sessions, in_turn).await;
        let refused = require_sessions(&options).await;
        assert!(matches!(refused, Err(NoSession::Pooled)), "{sessions} sessions, in turn: {in_turn}: {refused:?}");
    }
    assert!(NoSession::Pooled.to_string().contains("pool_mode = session"));
}
