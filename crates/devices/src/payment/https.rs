//! One HTTPS exchange: one connection, one request, one answer.
//!
//! A connection is never used twice and nothing is sent again, because a request that was sent may have moved money. A client
//! that keeps connections sends a request once more by itself when an old connection turns out to be closed.

use std::fmt;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{HeaderMap, Method, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::Fault;

/// The most bytes of one answer. A terminal's with both receipts has about twenty thousand.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// Where somebody is, and how one speaks with them.
pub(super) struct Endpoint {
    pub(super) device: String,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) name: ServerName<'static>,
    pub(super) tls: Arc<ClientConfig>,
    /// How long a connection with TLS may take.
    pub(super) connect: Duration,
}

/// One request.
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) content_type: &'static str,
    /// The header of this name, where one is needed.
    pub(super) authorization: Option<String>,
    pub(super) body: Vec<u8>,
}

/// One answer.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Endpoint {
    /// Sends a request and reads the answer. `during` names what is done, for people.
    pub(super) async fn exchange(
        &self,
        call: Call,
        limit: Duration,
        during: &'static str,
    ) -> Result<(StatusCode, Vec<u8>), Fault> {
        let answer = self.exchange_with(call, Vec::new(), limit, during).await?;
        Ok((answer.status, answer.body))
    }

    /// The same with headers of its own, in both directions.
    pub(super) async fn exchange_with(
        &self,
        call: Call,
        headers: Vec<(&'static str, String)>,
        limit: Duration,
        during: &'static str,
    ) -> Result<Answer, Fault> {
        let stream = match timeout(self.connect, self.open(during)).await {
            Ok(opened) => opened?,
            Err(_) => return Err(self.unreachable(io::ErrorKind::TimedOut.into())),
        };
        match timeout(limit, self.talk(stream, call, headers, during)).await {
            Ok(answered) => answered,
            Err(_) => Err(Fault::Silent { device: self.device.clone(), during }),
        }
    }

    async fn open(&self, during: &'static str) -> Result<TlsStream<TcpStream>, Fault> {
        let stream = TcpStream::connect((self.host.as_str(), self.port))
            .await
            .map_err(|cause| self.unreachable(cause))?;
        stream.set_nodelay(true).map_err(|cause| self.unreachable(cause))?;
        // Closing throws away what the network has not taken yet: a request that was given up must not arrive after the other
        // side was asked whether it knows of it.
        stream.set_zero_linger().map_err(|cause| self.unreachable(cause))?;
        let connector = TlsConnector::from(self.tls.clone());
        connector.connect(self.name.clone(), stream).await.map_err(|cause| {
            if cause.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) {
                let what = "its certificate is not that of this device, or its TLS does not fit".to_owned();
                Fault::NotTrusted { device: self.device.clone(), what }
            } else {
                self.disconnected(during, cause)
            }
        })
    }

    async fn talk(
        &self,
        stream: TlsStream<TcpStream>,
        call: Call,
        headers: Vec<(&'static str, String)>,
        during: &'static str,
    ) -> Result<Answer, Fault> {
        let broken = |cause: hyper::Error| self.disconnected(during, io::Error::other(cause));
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        let mut request = hyper::Request::builder()
            .method(call.method)
            .uri(call.path)
            .header(HOST, format!("{}:{}", self.host, self.port))
            .header(CONTENT_TYPE, call.content_type);
        if let Some(authorization) = call.authorization {
            request = request.header(hyper::header::AUTHORIZATION, authorization);
        }
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request
            .body(Full::new(Bytes::from(call.body)))
            .map_err(|_| self.garbled(during, "its address cannot stand in a request"))?;
        let mut answering = pin!(async {
            let response = sender.send_request(request).await.map_err(broken)?;
            let (status, headers) = (response.status(), response.headers().clone());
            match Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await {
                Ok(body) => Ok(Answer { status, headers, body: body.to_bytes().to_vec() }),
                Err(error) if error.is::<LengthLimitError>() => {
                    Err(self.garbled(during, "the answer is too long"))
                }
                Err(error) => Err(self.disconnected(during, io::Error::other(error))),
            }
        });
        let mut connection = pin!(connection);
        tokio::select! {
            biased;
            answered = &mut answering => return answered,
            // Its errors are also those of the answer.
            _ = &mut connection => {}
        }
        answering.await
    }

    fn unreachable(&self, cause: io::Error) -> Fault {
        Fault::Unreachable { device: self.device.clone(), cause: Arc::new(cause) }
    }

    fn disconnected(&self, during: &'static str, cause: io::Error) -> Fault {
        Fault::Disconnected { device: self.device.clone(), during, cause: Arc::new(cause) }
    }

    fn garbled(&self, during: &'static str, what: &str) -> Fault {
        Fault::Garbled { device: self.device.clone(), during, what: what.to_owned() }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}:{}", self.device, self.host, self.port)
    }
}
