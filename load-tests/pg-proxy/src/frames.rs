//! Messages of PostgreSQL's protocol, version 3, as they lie on the wire: a letter (but for a connection's first
//! message), the length, the body.

use std::io;
use tokio::io::{AsyncRead, AsyncReadExt};

/// Larger ones are none of ours.
const MOST: usize = 256 * 1024 * 1024;
/// What a client asks first if it would rather be encrypted, by TLS or by GSSAPI.
const ENCRYPTION_REQUESTS: [u32; 2] = [80_877_103, 80_877_104];

/// A message, whole.
#[derive(Debug)]
pub(crate) struct Frame {
    bytes: Vec<u8>,
}

impl Frame {
    /// The next message.
    pub(crate) async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Self> {
        let kind = from.read_u8().await?;
        Self::rest(from, vec![kind]).await
    }

    /// The message that opens a connection, which has no letter.
    pub(crate) async fn read_first(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Self> {
        Self::rest(from, Vec::new()).await
    }

    async fn rest(from: &mut (impl AsyncRead + Unpin), mut bytes: Vec<u8>) -> io::Result<Self> {
        let length = from.read_u32().await?;
        let more = usize::try_from(length).ok().and_then(|length| length.checked_sub(4)).filter(|more| *more <= MOST);
        let more = more.ok_or_else(|| io::Error::other("a message of an impossible length"))?;
        bytes.extend(length.to_be_bytes());
        let head = bytes.len();
        bytes.resize(head + more, 0);
        from.read_exact(bytes.get_mut(head..).unwrap_or_default()).await?;
        Ok(Self { bytes })
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its letter; of a connection's first message it is none.
    pub(crate) fn kind(&self) -> u8 {
        self.bytes.first().copied().unwrap_or_default()
    }

    /// Whether, as a connection's first message, it asks for encryption.
    pub(crate) fn asks_for_encryption(&self) -> bool {
        let code = self.bytes.get(4..8).and_then(|code| code.try_into().ok()).map(u32::from_be_bytes);
        code.is_some_and(|code| ENCRYPTION_REQUESTS.contains(&code))
    }

    fn body(&self) -> &[u8] {
        self.bytes.get(5..).unwrap_or_default()
    }

    /// The zero-ended texts that its body begins with. What follows them may look like more.
    pub(crate) fn texts(&self) -> impl Iterator<Item = String> {
        self.body().split(|byte| *byte == 0).map(|text| String::from_utf8_lossy(text).into_owned())
    }

    /// The byte that its body begins with.
    pub(crate) fn first_byte(&self) -> u8 {
        self.body().first().copied().unwrap_or_default()
    }
}
