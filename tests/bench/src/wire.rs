//! One kept connection and the requests of this benchmark on it.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use base64::Engine as _;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// The protocol revision that is spoken: no sessions, every request for itself.
const REVISION: &str = "2026-07-28";

/// An answer, read whole.
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// From the first byte sent to the last byte read.
    pub took: Duration,
}

impl Reply {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// What a tool answered.
pub struct Told {
    pub is_error: bool,
    pub text: String,
    /// The structured half.
    pub facts: serde_json::Value,
    pub took: Duration,
}

/// A connection that is kept open.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    host: HeaderValue,
}

impl Connection {
    pub async fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)
            .await
            .with_context(|| format!("connecting to {address}"))?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::task::spawn_local(connection);
        Ok(Self {
            sender,
            host: HeaderValue::from_str(address)?,
        })
    }

    pub async fn send(
        &mut self,
        method: Method,
        path: &Uri,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Reply> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = path.clone();
        *request.headers_mut() = headers.clone();
        request.headers_mut().insert(HOST, self.host.clone());
        self.sender.ready().await?;
        let began = Instant::now();
        let answer = self.sender.send_request(request).await?;
        let (parts, body) = answer.into_parts();
        let body = body.collect().await?.to_bytes();
        let took = began.elapsed();
        Ok(Reply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
            took,
        })
    }
}

impl Connection {
    /// Posts a form.
    pub async fn post_form(&mut self, path: &'static str, form: String) -> Result<Reply> {
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, kind)]);
        self.send(Method::POST, &Uri::from_static(path), &headers, Bytes::from(form))
            .await
    }
}

/// Calls of one tool with one token.
pub struct Tool {
    path: Uri,
    headers: HeaderMap,
    name: &'static str,
}

impl Tool {
    pub fn new(name: &'static str, token: Option<&str>) -> Result<Self> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(
            ACCEPT,
            HeaderValue::from_static("application/json, text/event-stream"),
        );
        headers.insert(
            HeaderName::from_static("mcp-protocol-version"),
            HeaderValue::from_static(REVISION),
        );
        headers.insert(
            HeaderName::from_static("mcp-method"),
            HeaderValue::from_static("tools/call"),
        );
        headers.insert(
            HeaderName::from_static("mcp-name"),
            HeaderValue::from_static(name),
        );
        if let Some(token) = token {
            headers.insert(AUTHORIZATION, HeaderValue::try_from(format!("Bearer {token}"))?);
        }
        Ok(Self {
            path: Uri::from_static("/mcp"),
            headers,
            name,
        })
    }

    /// The message that calls it with these arguments, given as JSON.
    pub fn message(&self, arguments: &str) -> Bytes {
        let name = self.name;
        Bytes::from(format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{name}","arguments":{arguments},"_meta":{{"io.modelcontextprotocol/protocolVersion":"{REVISION}","io.modelcontextprotocol/clientCapabilities":{{}},"io.modelcontextprotocol/clientInfo":{{"name":"bench","version":"1"}}}}}}}}"#
        ))
    }

    /// Whether the token it was made with still opens the door.
    pub async fn is_admitted(&self, connection: &mut Connection) -> Result<bool> {
        let message = self.message("{}");
        let reply = connection
            .send(Method::POST, &self.path, &self.headers, message)
            .await?;
        let known = matches!(reply.status, 200 | 401);
        anyhow::ensure!(known, "{}: {}", reply.status, reply.text());
        Ok(reply.status == 200)
    }

    /// Calls it, whatever it has to say.
    pub async fn ask(&self, connection: &mut Connection, arguments: &serde_json::Value) -> Result<Told> {
        let message = self.message(&arguments.to_string());
        let reply = connection
            .send(Method::POST, &self.path, &self.headers, message)
            .await?;
        anyhow::ensure!(reply.status == 200, "{}: {}", reply.status, reply.text());
        let mut body: serde_json::Value = serde_json::from_slice(&reply.body)?;
        let mut result = body["result"].take();
        Ok(Told {
            is_error: result["isError"] == true || result.is_null(),
            text: result["content"][0]["text"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            facts: result["structuredContent"].take(),
            took: reply.took,
        })
    }

    /// Calls it and checks that it worked and that the answer holds `expected`.
    pub async fn call(&self, connection: &mut Connection, message: Bytes, expected: &str) -> Result<Reply> {
        let reply = connection
            .send(Method::POST, &self.path, &self.headers, message)
            .await?;
        let holds = |text: &str| memchr::memmem::find(&reply.body, text.as_bytes()).is_some();
        let right = reply.status == 200 && holds(expected) && !holds(r#""isError":true"#);
        anyhow::ensure!(
            right,
            "{}: {} where {expected} was expected: {}",
            self.name,
            reply.status,
            reply.text()
        );
        Ok(reply)
    }
}

/// Random enough for a verifier or a state: nobody attacks a benchmark.
pub fn token_of(number: usize) -> String {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(format!("bench {number}"));
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest)
}
