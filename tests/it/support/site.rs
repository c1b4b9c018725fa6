//! A web site on loopback, for what the server fetches: it says what it is told to, and counts who asks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::App;
use super::oauth::CALLBACK;

/// A running site. Dropping it closes it.
pub(crate) struct Site {
    port: u16,
    pages: Arc<Pages>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Pages(Mutex<HashMap<String, Entry>>);

#[derive(Default)]
struct Entry {
    answer: Option<Answer>,
    hits: usize,
}

/// What a page answers.
#[derive(Clone)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    gate: Option<Arc<Semaphore>>,
}

impl Answer {
    pub(crate) fn json(document: &Value) -> Self {
        Self::raw("application/json", document.to_string())
    }

    pub(crate) fn raw(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type", content_type.to_owned())];
        Self {
            status: 200,
            headers,
            body: body.into(),
            gate: None,
        }
    }

    pub(crate) fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Waits with the answer until the semaphore has a permit; it is given back at once.
    pub(crate) fn behind(mut self, gate: &Arc<Semaphore>) -> Self {
        self.gate = Some(Arc::clone(gate));
        self
    }
}

impl Site {
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("a bound socket").port();
        let pages = Arc::<Pages>::default();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&pages));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { port, pages, task }
    }

    /// The address of a page.
    pub(crate) fn url(&self, path: &str) -> String {
        self.url_at("127.0.0.1", path)
    }

    /// The same by another name of this machine.
    pub(crate) fn url_at(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.port)
    }

    /// From now on, a page answers this.
    pub(crate) fn put(&self, path: &str, answer: Answer) {
        self.pages.entries().entry(path.to_owned()).or_default().answer = Some(answer);
    }

    /// How often a page was asked for.
    pub(crate) fn hits(&self, path: &str) -> usize {
        self.pages.entries().get(path).map_or(0, |entry| entry.hits)
    }

    /// How often anything was asked for.
    pub(crate) fn all_hits(&self) -> usize {
        self.pages.entries().values().map(|entry| entry.hits).sum()
    }

    /// A metadata document without fault for this page; `changes` is laid over it, null removes.
    pub(crate) fn document(&self, path: &str, changes: &Value) -> Value {
        document(&self.url(path), changes)
    }

    /// Publishes such a document, and is its client.
    pub(crate) fn publish(&self, path: &str, changes: &Value) -> App {
        let document = self.document(path, changes);
        self.put(path, Answer::json(&document));
        App {
            id: self.url(path),
            secret: None,
            redirect_uri: document["redirect_uris"][0]
                .as_str()
                .unwrap_or(CALLBACK)
                .to_owned(),
        }
    }
}

/// A metadata document without fault at this address; `changes` is laid over it, null removes.
pub(crate) fn document(url: &str, changes: &Value) -> Value {
    let mut document = json!({
        "client_id": url,
        "client_name": "Documented App",
        "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    });
    let fields = document.as_object_mut().expect("it is an object");
    for (name, value) in changes.as_object().expect("changes are an object") {
        if value.is_null() {
            fields.remove(name);
        } else {
            fields.insert(name.clone(), value.clone());
        }
    }
    document
}

impl Pages {
    fn entries(&self) -> std::sync::MutexGuard<'_, HashMap<String, Entry>> {
        self.0.lock().expect("no test panics while it holds this")
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(pages): State<Arc<Pages>>, request: Request) -> Response {
    let answer = {
        let mut entries = pages.entries();
        let entry = entries.entry(request.uri().path().to_owned()).or_default();
        entry.hits += 1;
        entry.answer.clone()
    };
    let Some(answer) = answer else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if let Some(gate) = &answer.gate {
        drop(gate.acquire().await);
    }
    let mut response = answer.body.into_response();
    *response.status_mut() = StatusCode::from_u16(answer.status).expect("a status");
    let headers = response.headers_mut();
    headers.clear();
    for (name, value) in answer.headers {
        headers.append(name, value.parse().expect("a header value"));
    }
    response
}
