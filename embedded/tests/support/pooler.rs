//! A pooler that gives each transaction whatever session is free, as PgBouncer does with `pool_mode = transaction`. This one
//! has a single session for all who connect.

use sqlx::postgres::PgConnectOptions;
use std::{io, path::PathBuf, str::FromStr, sync::Arc};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixStream},
    sync::{Mutex, OwnedMutexGuard},
};

/// The way through it, for as long as the test runs.
pub(crate) struct Pooler {
    /// The address of the database by this way.
    pub(crate) url: String,
}

/// The session, and what the server said when it began.
struct Session {
    server: UnixStream,
    greeting: Vec<u8>,
}

impl Pooler {
    /// Before the database of that address, which must be a socket's.
    pub(crate) async fn before(url: &str) -> Self {
        let options = PgConnectOptions::from_str(url).unwrap();
        let socket = options.get_socket().unwrap().join(format!(".s.PGSQL.{}", options.get_port()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (user, database) = (options.get_username(), options.get_database().unwrap());
        let url = format!("postgres://{user}@127.0.0.1:{port}/{database}?sslmode=disable");
        let session: Arc<Mutex<Option<Session>>> = Arc::default();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                // Whoever hangs up is done.
                tokio::spawn(serve(client, socket.clone(), Arc::clone(&session)));
            }
        });
        Self { url }
    }
}

async fn serve(mut client: TcpStream, socket: PathBuf, shared: Arc<Mutex<Option<Session>>>) -> io::Result<()> {
    let length = client.read_u32().await?;
    let mut startup = length.to_be_bytes().to_vec();
    startup.resize(usize::try_from(length).unwrap(), 0);
    client.read_exact(&mut startup[4..]).await?;
    let greeting = {
        let mut session = shared.lock().await;
        if session.is_none() {
            let mut server = UnixStream::connect(socket).await?;
            server.write_all(&startup).await?;
            let mut greeting = Vec::new();
            while said(&mut server, &mut greeting).await?.0 != b'Z' {}
            *session = Some(Session { server, greeting });
        }
        session.as_ref().unwrap().greeting.clone()
    };
    client.write_all(&greeting).await?;
    let mut mine: Option<OwnedMutexGuard<Option<Session>>> = None;
    loop {
        let mut question = Vec::new();
        let (kind, _) = said(&mut client, &mut question).await?;
        // The session outlives whoever leaves.
        if kind == b'X' {
            return Ok(());
        }
        let mut session = match mine.take() {
            Some(session) => session,
            None => Arc::clone(&shared).lock_owned().await,
        };
        let server = &mut session.as_mut().unwrap().server;
        server.write_all(&question).await?;
        // Of a statement in several messages the last has it answered to the end.
        if !matches!(kind, b'Q' | b'S') {
            mine = Some(session);
            continue;
        }
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

/// Reads a message on; gives its kind and the first byte of what it says.
async fn said(from: &mut (impl AsyncRead + Unpin), into: &mut Vec<u8>) -> io::Result<(u8, u8)> {
    let kind = from.read_u8().await?;
    let length = from.read_u32().await?;
    let mut body = vec![0; usize::try_from(length).unwrap() - 4];
    from.read_exact(&mut body).await?;
    into.push(kind);
    into.extend(length.to_be_bytes());
    into.extend(&body);
    Ok((kind, body.first().copied().unwrap_or_default()))
}
