//! A way to the database that can be cut without anybody being told: what is said on it waits, and no connection breaks.

use sqlx::postgres::PgConnectOptions;
use std::{path::PathBuf, str::FromStr};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, UnixStream},
    sync::watch,
};

/// The way, as long as it is not dropped.
pub(crate) struct Partition {
    /// The address of the database by this way.
    pub(crate) url: String,
    cut: watch::Sender<bool>,
}

impl Partition {
    /// To the database of that address, which must be a socket's.
    pub(crate) async fn before(url: &str) -> Self {
        let options = PgConnectOptions::from_str(url).unwrap();
        let socket = options.get_socket().unwrap().join(format!(".s.PGSQL.{}", options.get_port()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (user, database) = (options.get_username(), options.get_database().unwrap());
        let url = format!("postgres://{user}@127.0.0.1:{port}/{database}?sslmode=disable");
        let (cut, is_cut) = watch::channel(false);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, socket.clone(), is_cut.clone()));
            }
        });
        Self { url, cut }
    }

    /// From now on nothing is heard from the other side.
    pub(crate) fn cut(&self) {
        self.cut.send_replace(true);
    }

    /// All that was said meanwhile arrives.
    pub(crate) fn mend(&self) {
        self.cut.send_replace(false);
    }
}

async fn carry(client: tokio::net::TcpStream, socket: PathBuf, cut: watch::Receiver<bool>) -> std::io::Result<()> {
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = UnixStream::connect(socket).await?.into_split();
    tokio::try_join!(copy(from_client, to_server, cut.clone()), copy(from_server, to_client, cut))?;
    Ok(())
}

async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut cut: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = from.read(&mut buffer).await?;
        if cut.wait_for(|cut| !cut).await.is_err() {
            return Ok(());
        }
        if read == 0 {
            return to.shutdown().await;
        }
        to.write_all(&buffer[..read]).await?;
    }
}
