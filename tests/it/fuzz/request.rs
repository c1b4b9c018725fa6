//! A request before it is bytes, so that its parts can be changed.

use serde_json::Value;

/// Longest body that a server surely reads to its end before it answers.
const SMALL: usize = 16 * 1024;

/// A request, right or not.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    /// Without `Host` and `Content-Length`, which are added where they are not given here.
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) body: Body,
    /// So many bytes of the body are announced and never sent.
    pub(super) withheld: usize,
}

#[derive(Debug, Clone)]
pub(super) enum Body {
    Empty,
    Form(Vec<(String, String)>),
    Json(Value),
    Raw(Vec<u8>),
}

impl Body {
    pub(super) fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Empty => Vec::new(),
            Self::Form(fields) => encoded(fields).into_bytes(),
            Self::Json(value) => value.to_string().into_bytes(),
            Self::Raw(bytes) => bytes.clone(),
        }
    }
}

fn encoded(pairs: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

impl Request {
    pub(super) fn get(path: &str) -> Self {
        Self {
            method: "GET".to_owned(),
            path: path.to_owned(),
            query: Vec::new(),
            headers: Vec::new(),
            body: Body::Empty,
            withheld: 0,
        }
    }

    pub(super) fn post(path: &str, body: Body) -> Self {
        let kind = match &body {
            Body::Form(_) => "application/x-www-form-urlencoded",
            _ => "application/json",
        };
        let request = Self {
            method: "POST".to_owned(),
            body,
            ..Self::get(path)
        };
        request.with("content-type", kind)
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into().into_bytes()));
        self
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.headers
            .iter()
            .any(|(known, _)| known.eq_ignore_ascii_case(name))
    }

    fn target(&self) -> String {
        if self.query.is_empty() {
            return self.path.clone();
        }
        format!("{}?{}", self.path, encoded(&self.query))
    }

    /// The bytes to send.
    pub(super) fn bytes(&self, host: &str) -> Vec<u8> {
        let body = self.body.bytes();
        let mut bytes = format!("{} {} HTTP/1.1\r\n", self.method, self.target()).into_bytes();
        let mut header = |name: &str, value: &[u8]| {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        };
        if !self.has("host") {
            header("host", host.as_bytes());
        }
        let framed = self.has("content-length") || self.has("transfer-encoding");
        if !framed && (!body.is_empty() || self.method == "POST") {
            header(
                "content-length",
                (body.len() + self.withheld).to_string().as_bytes(),
            );
        }
        for (name, value) in &self.headers {
            header(name, value);
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&body);
        bytes
    }

    /// Whether it is whole HTTP/1.1 of a usual size: then it has to be answered.
    pub(super) fn is_plain(&self) -> bool {
        let is_token = |text: &str| {
            !text.is_empty()
                && text
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        };
        let is_text = |text: &[u8]| text.iter().all(|b| b.is_ascii_graphic() || *b == b' ');
        let framing = [
            "connection",
            "content-length",
            "expect",
            "transfer-encoding",
            "upgrade",
        ];
        let header = |(name, value): &(String, Vec<u8>)| {
            is_token(name) && is_text(value) && value.len() < 1024 && !framing.contains(&name.as_str())
        };
        let target = self.target();
        is_token(&self.method)
            && target.starts_with('/')
            && target.bytes().all(|b| b.is_ascii_graphic())
            && target.len() < SMALL
            && self.headers.len() < 64
            && self.headers.iter().all(header)
            && self.withheld == 0
            && self.body.bytes().len() < SMALL
    }

    /// It, for whoever reads why a test failed.
    pub(super) fn shown(&self) -> String {
        let bytes = self.bytes("HOST");
        let shown = bytes[..bytes.len().min(2000)].escape_ascii();
        format!("({} bytes, {} withheld) {shown}", bytes.len(), self.withheld)
    }
}
