//! Reads over plain HTTP on loopback: just enough for the demo's own questions, without a TLS library.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long one question may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// More than the largest answer the demo asks for.
const ANSWER_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// A server on loopback, and what a sign-in there left.
#[derive(Debug, Clone)]
pub struct Server {
    address: SocketAddr,
    /// The header that says who asks.
    credential: Option<(&'static str, String)>,
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    head: String,
    pub body: Vec<u8>,
}

impl Server {
    /// From a URL such as `http://127.0.0.1:4711`.
    pub fn at(url: &str) -> Result<Self> {
        let rest =
            url.strip_prefix("http://").with_context(|| format!("HF-DEMO-008: {url} is not an http URL"))?;
        let address =
            rest.trim_end_matches('/').parse().with_context(|| format!("HF-DEMO-008: address of {url}"))?;
        Ok(Self { address, credential: None })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Opens a session for a program and keeps its token.
    ///
    /// # Errors
    /// HF-DEMO-008 when the server does not answer with a token.
    pub async fn sign_in(&mut self, path: &str, name: &str, password: &str) -> Result<()> {
        let body = serde_json::json!({ "name": name, "password": password }).to_string();
        let answer = self.ask("POST", path, &[("Content-Type", "application/json")], &body).await?;
        let token = serde_json::from_slice::<Value>(&answer.body).ok().and_then(|answer| {
            let token = answer["token"].as_str()?;
            Some(token.to_owned())
        });
        if answer.status != 200 || token.is_none() {
            bail!(
                "HF-DEMO-008: the sign-in at {path} was answered with {}: {}",
                answer.status,
                answer.beginning()
            );
        }
        self.credential = token.map(|token| ("Authorization", format!("Bearer {token}")));
        Ok(())
    }

    /// The same server as a person reads it who signed in at its pages.
    ///
    /// # Errors
    /// HF-DEMO-008 when nobody is let in.
    pub async fn as_person(&self, number: &str, pin: &str) -> Result<Self> {
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        let answer = self.ask("POST", "/sign-in", &form, &format!("number={number}&pin={pin}")).await?;
        let cookie = answer.header("set-cookie").and_then(|cookie| cookie.split(';').next());
        let cookie = cookie.filter(|_| answer.status == 303);
        let cookie = cookie.with_context(|| format!("HF-DEMO-008: {number} was not let in"))?;
        Ok(Self { address: self.address, credential: Some(("Cookie", cookie.to_owned())) })
    }

    /// The same server as a till reads it.
    #[must_use]
    pub fn as_till(&self, terminal: &str, secret: &str) -> Self {
        let credential = STANDARD.encode(format!("{terminal}:{secret}"));
        Self { address: self.address, credential: Some(("Authorization", format!("Basic {credential}"))) }
    }

    /// Reads JSON.
    ///
    /// # Errors
    /// HF-DEMO-008 when the answer is an error or not JSON.
    pub async fn json(&self, path: &str) -> Result<Value> {
        let answer = self.ask("GET", path, &[("Accept", "application/json")], "").await?;
        ensure!(
            answer.status == 200,
            "HF-DEMO-008: {path} answered {}: {}",
            answer.status,
            answer.beginning()
        );
        serde_json::from_slice(&answer.body)
            .with_context(|| format!("HF-DEMO-008: {path} is not JSON: {}", answer.beginning()))
    }

    /// Reads text of any kind.
    ///
    /// # Errors
    /// HF-DEMO-008 when the answer is an error or not text.
    pub async fn text(&self, path: &str) -> Result<String> {
        let answer = self.read(path).await?;
        let beginning = answer.beginning();
        String::from_utf8(answer.body)
            .with_context(|| format!("HF-DEMO-008: {path} is not text: {beginning}"))
    }

    /// Reads anything, with what the answer says about it.
    ///
    /// # Errors
    /// HF-DEMO-008 when the answer is an error.
    pub async fn read(&self, path: &str) -> Result<Answer> {
        let answer = self.ask("GET", path, &[], "").await?;
        let (status, beginning) = (answer.status, answer.beginning());
        ensure!(status == 200, "HF-DEMO-008: {path} answered {status}: {beginning}");
        Ok(answer)
    }

    /// Sends JSON and reads what is answered, whatever it is.
    ///
    /// # Errors
    /// HF-DEMO-008 when nothing is answered.
    pub async fn post(&self, path: &str, body: &Value) -> Result<(u16, Value)> {
        let headers = [("Content-Type", "application/json"), ("Accept", "application/json")];
        let answer = self.ask("POST", path, &headers, &body.to_string()).await?;
        Ok((answer.status, serde_json::from_slice(&answer.body).unwrap_or(Value::Null)))
    }

    /// Sends a form as a page does, and says the answer's status.
    ///
    /// # Errors
    /// HF-DEMO-008 when nothing is answered.
    pub async fn submit(&self, path: &str, form: &str) -> Result<u16> {
        let headers = [("Content-Type", "application/x-www-form-urlencoded")];
        Ok(self.ask("POST", path, &headers, form).await?.status)
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Result<Answer> {
        let url = format!("http://{}{path}", self.address);
        timeout(ANSWER_WITHIN, self.exchange(method, path, headers, body))
            .await
            .with_context(|| format!("HF-DEMO-008: {url} did not answer within {ANSWER_WITHIN:?}"))?
            .with_context(|| format!("HF-DEMO-008: {url}"))
    }

    /// HTTP/1.0 on purpose: the body then ends with the connection or has a length, and is never chunked.
    async fn exchange(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Answer> {
        let mut request = format!("{method} {path} HTTP/1.0\r\nHost: {}\r\n", self.address);
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        if let Some((name, value)) = &self.credential {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        let mut stream = TcpStream::connect(self.address).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut bytes = Vec::new();
        stream.take(ANSWER_BYTES_MAX).read_to_end(&mut bytes).await?;
        parse(&bytes)
    }
}

impl Answer {
    /// A header by its name, whatever case it is written in.
    pub fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        headers.filter(|(of, _)| of.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
    }

    fn beginning(&self) -> String {
        String::from_utf8_lossy(&self.body).chars().take(300).collect()
    }
}

fn parse(bytes: &[u8]) -> Result<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").context("no end of the headers")?;
    let head = std::str::from_utf8(&bytes[..end]).context("headers are not text")?;
    let status =
        head.lines().next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
    Ok(Answer {
        status: status.context("no status")?,
        head: head.to_owned(),
        body: bytes[end + 4..].to_vec(),
    })
}

/// A value as it may stand in a query.
pub fn escaped(value: &str) -> String {
    value
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    #[test]
    fn an_answer_is_taken_apart() {
        let answer = parse(b"HTTP/1.0 303 See Other\r\nSet-Cookie: a=b; Path=/\r\n\r\nbody\r\n\r\nmore")
            .expect("valid");
        assert_eq!((answer.status, answer.body.as_slice()), (303, b"body\r\n\r\nmore".as_slice()));
        assert_eq!((answer.header("set-cookie"), answer.header("a")), (Some("a=b; Path=/"), None));
        assert_eq!(escaped("a b&c=ü"), "a%20b%26c%3D%C3%BC");
        assert!(parse(b"HTTP/1.0 200 OK\r\n").is_err());
    }

    #[tokio::test]
    async fn a_sign_in_is_kept_for_later_reads_and_an_error_status_is_an_error() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let mut server =
            Server::at(&format!("http://{}", listener.local_addr().expect("bound"))).expect("a URL");
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = vec![0; 4096];
                let length = stream.read(&mut request).await.expect("a request");
                let request = String::from_utf8_lossy(&request[..length]).into_owned();
                let answer = if request.starts_with("POST /session")
                    && request.ends_with(r#"{"name":"hq","password":"x y"}"#)
                {
                    "HTTP/1.0 200 OK\r\n\r\n{\"token\":\"t1\"}"
                } else if request.contains("Authorization: Bearer t1\r\n") {
                    "HTTP/1.0 200 OK\r\n\r\n{\"a\":1}"
                } else {
                    "HTTP/1.0 401 Unauthorized\r\n\r\nsign in"
                };
                stream.write_all(answer.as_bytes()).await.expect("answered");
            }
        });
        let refused = server.json("/api").await.expect_err("not signed in").to_string();
        assert!(refused.contains("401") && refused.contains("sign in"), "{refused}");
        server.sign_in("/session", "hq", "x y").await.expect("signed in");
        assert_eq!(server.json("/api").await.expect("answered")["a"], 1);
    }
}
