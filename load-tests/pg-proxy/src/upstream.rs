//! Where the real server is: behind a socket's file or a port, as its URL says.

use std::{fmt, io, net::SocketAddr, path::PathBuf};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
};
use url::Url;

/// A database's URL, and how its server is reached.
#[derive(Clone, Debug)]
pub(crate) struct Upstream {
    url: Url,
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    Socket(PathBuf),
    Port(String, u16),
}

/// The URL of a database that a proxy cannot stand in front of.
#[derive(Debug)]
pub struct UnusableUrl(String);

impl fmt::Display for UnusableUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the database's URL {}; it must be postgres://USER@HOST:PORT/NAME, or have ?host=FOLDER", self.0)
    }
}

impl std::error::Error for UnusableUrl {}

pub(crate) type Reader = Box<dyn AsyncRead + Send + Unpin>;
pub(crate) type Writer = Box<dyn AsyncWrite + Send + Unpin>;

impl Upstream {
    pub(crate) fn of(database_url: &str) -> Result<Self, UnusableUrl> {
        let url = Url::parse(database_url).map_err(|error| UnusableUrl(error.to_string()))?;
        let port = url.port().unwrap_or(5432);
        let named = url.query_pairs().find(|(name, _)| name == "host").map(|(_, host)| host.into_owned());
        let host = named.or_else(|| url.host_str().map(str::to_owned));
        let place = match host {
            Some(folder) if folder.starts_with('/') => Place::Socket(format!("{folder}/.s.PGSQL.{port}").into()),
            Some(host) => Place::Port(host, port),
            None => return Err(UnusableUrl("names no host".to_owned())),
        };
        Ok(Self { url, place })
    }

    /// The same database through that address. What lies between is not encrypted, so that it can be read.
    pub(crate) fn url_by_way_of(&self, proxy: SocketAddr) -> String {
        let user = self.url.username();
        let password = self.url.password().map(|word| format!(":{word}")).unwrap_or_default();
        format!("{}://{user}{password}@{proxy}{}?sslmode=disable", self.url.scheme(), self.url.path())
    }

    pub(crate) async fn connect(&self) -> io::Result<(Reader, Writer)> {
        match &self.place {
            Place::Socket(file) => {
                let (reader, writer) = UnixStream::connect(file).await?.into_split();
                Ok((Box::new(reader), Box::new(writer)))
            }
            Place::Port(host, port) => {
                let stream = TcpStream::connect((host.as_str(), *port)).await?;
                stream.set_nodelay(true)?;
                let (reader, writer) = stream.into_split();
                Ok((Box::new(reader), Box::new(writer)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_keeps_its_user_and_database_on_the_way_through_the_proxy() {
        let proxy = "127.0.0.1:7".parse().unwrap();
        for (url, through) in [
            (
                "postgres://ann:pw@db.example/shop?host=%2Frun%2Fpg",
                "postgres://ann:pw@127.0.0.1:7/shop?sslmode=disable",
            ),
            ("postgres://ann@db.example:99/shop", "postgres://ann@127.0.0.1:7/shop?sslmode=disable"),
        ] {
            assert_eq!(Upstream::of(url).unwrap().url_by_way_of(proxy), through);
        }
        let upstream = Upstream::of("postgres://ann@localhost/shop?host=%2Frun%2Fpg").unwrap();
        assert!(matches!(upstream.place, Place::Socket(file) if file.ends_with("pg/.s.PGSQL.5432")));
        assert!(Upstream::of("shop").is_err());
    }
}
