//! HTTPS by hand for simulated devices, so that an answer can also be cut, doubled or left out.

use std::io;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// The most bytes of a request's head, and of its body.
const HEAD_BYTES_MAX: usize = 8 * 1024;
const BODY_BYTES_MAX: usize = 64 * 1024;
/// How long a client may take to greet and to say what it wants.
pub(super) const READING_MAX: Duration = Duration::from_secs(5);

pub(super) type Line = TlsStream<TcpStream>;

/// A request.
pub(super) struct Asked {
    /// Method and path, with one blank between them.
    pub(super) line: String,
    pub(super) authorization: String,
    /// Empty where there is none.
    pub(super) idempotency_key: String,
    pub(super) body: Vec<u8>,
}

/// Reads one request of HTTP/1.1 with a length or without a body, as the drivers send it.
pub(super) async fn read(line: &mut Line) -> io::Result<Asked> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= HEAD_BYTES_MAX {
            return Err(io::ErrorKind::InvalidData.into());
        }
        head.push(line.read_u8().await?);
    }
    let head = String::from_utf8(head).map_err(io::Error::other)?;
    let (first, headers) = head.split_once("\r\n").ok_or(io::ErrorKind::InvalidData)?;
    let header = |wanted: &str| {
        headers.lines().find_map(|header| {
            let (name, value) = header.split_once(':')?;
            name.eq_ignore_ascii_case(wanted).then(|| value.trim().to_owned())
        })
    };
    let length = match header("content-length") {
        Some(length) => length.parse::<usize>().map_err(io::Error::other)?,
        None => 0,
    };
    if length > BODY_BYTES_MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut body = vec![0; length];
    line.read_exact(&mut body).await?;
    Ok(Asked {
        line: first.strip_suffix(" HTTP/1.1").ok_or(io::ErrorKind::InvalidData)?.to_owned(),
        authorization: header("authorization").unwrap_or_default(),
        idempotency_key: header("idempotency-key").unwrap_or_default(),
        body,
    })
}

/// A whole answer.
pub(super) fn response(status: u16, body: &[u8]) -> Vec<u8> {
    response_with(status, "", body)
}

/// The same with more headers, each of which ends its line.
pub(super) fn response_with(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let reason = match status {
        200 => "OK",
        201 => "Created",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        404 => "Not Found",
        409 => "Conflict",
        429 => "Too Many Requests",
        _ => "Internal Server Error",
    };
    let head = format!(
        "HTTP/1.1 {status} {reason}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{headers}Connection: close\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}
