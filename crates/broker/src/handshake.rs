//! From the first byte of MQTT to a known till.

use std::io;
use std::net::SocketAddr;

use bytes::BytesMut;
use holdfast_domain::ids::TerminalId;
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::gate::Inner;
use crate::packet::{self, Connect, Received};
use crate::{Denied, Refusal};

/// A till that proved who it is.
#[derive(Debug)]
pub(crate) struct Identified {
    pub terminal: TerminalId,
    pub keep_alive_seconds: u16,
}

/// Why a handshake ended without one.
#[derive(Debug)]
pub(crate) enum Failed {
    Refused(Refusal),
    Gone,
}

impl From<Refusal> for Failed {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Reads the CONNECT and checks it. What came behind it stays in `buffer`.
pub(crate) async fn identify<R: AsyncRead + Unpin>(
    inner: &Inner,
    reader: &mut R,
    buffer: &mut BytesMut,
    peer: SocketAddr,
) -> Result<Identified, Failed> {
    loop {
        if let Some(received) = packet::read(buffer, inner.limits.connect_bytes_max)? {
            let Received::Connect(connect) = received else { return Err(Refusal::Malformed.into()) };
            return Ok(check(inner, &connect, peer)?);
        }
        match reader.read_buf(buffer).await {
            Ok(0) => return Err(Failed::Gone),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(Refusal::Malformed.into()),
            Err(_) => return Err(Failed::Gone),
        }
    }
}

fn check(inner: &Inner, connect: &Connect, peer: SocketAddr) -> Result<Identified, Refusal> {
    let terminal: TerminalId = connect.client_id.parse().map_err(|_| Refusal::Identity)?;
    // One spelling only: topics are compared as text.
    if connect.client_id != terminal.to_string() || connect.username != connect.client_id {
        return Err(Refusal::Identity);
    }
    if connect.has_will {
        return Err(Refusal::Will);
    }
    inner.authenticator.authenticate(terminal, connect.password.as_bytes(), peer).map_err(|denied| {
        match denied {
            Denied::UnknownTerminal => Refusal::UnknownTerminal,
            Denied::WrongSecret => Refusal::WrongSecret,
            Denied::Revoked => Refusal::CredentialRevoked,
        }
    })?;
    Ok(Identified { terminal, keep_alive_seconds: connect.keep_alive_seconds })
}
