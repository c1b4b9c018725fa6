//! What makes a request almost right: one to three changes to any of its parts, and sometimes none.

use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use serde_json::{Value, json};

use super::request::{Body, Request};

const METHODS: [&str; 9] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "get",
];

const TYPES: [&str; 9] = [
    "application/json",
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=utf-7",
    "multipart/form-data; boundary=x",
    "text/plain",
    "application/json; charset=\"",
    ";",
    "",
    "application/octet-stream",
];

const HEADERS: [(&str, &str); 26] = [
    ("accept", "*/*"),
    ("accept", "text/html"),
    ("accept-encoding", "gzip, br;q=9"),
    ("authorization", "Bearer"),
    ("authorization", "Bearer a.b.c"),
    ("authorization", "Basic !!!"),
    ("authorization", "Negotiate x"),
    ("content-encoding", "gzip"),
    ("content-length", "5"),
    ("content-length", "99999999999999999999"),
    ("cookie", "chess-mcp-session=; ;;=;a"),
    ("expect", "100-continue"),
    ("forwarded", "for=\"[::1\";host=evil.example"),
    ("host", "evil.example"),
    ("host", "[::1"),
    ("if-none-match", "*"),
    ("mcp-method", "tools/call"),
    ("mcp-name", "=?base64?////?="),
    ("mcp-protocol-version", "1999-01-01"),
    ("mcp-session-id", "1"),
    ("origin", "null"),
    ("origin", "https://evil.example"),
    ("range", "bytes=0-,5-1"),
    ("sec-fetch-site", "cross-site"),
    ("transfer-encoding", "chunked"),
    ("x-forwarded-for", "127.0.0.1, ,[::]"),
];

const TEXTS: [&str; 26] = [
    "",
    " ",
    "\0",
    "%",
    "%00",
    "%ff%fe",
    "null",
    "true",
    "-1",
    "1e400",
    "18446744073709551616",
    "\u{202e}\u{feff}\u{1f600}e\u{301}",
    "'; DROP TABLE grants; --",
    "<script>alert(1)</script>",
    "{{7*7}}${7*7}",
    "../../../../etc/passwd",
    "\r\nset-cookie: a=b",
    "javascript:alert(1)",
    "https://evil.example/cb#f",
    "https://u:p@chatgpt.com/cb",
    "http://127.0.0.1:1/callback",
    "chess-mcp-ffffffffffffffffffffffffffffffff",
    "plain",
    "none login",
    "K7/8/8/8/8/8/8/7k w KQkq e3 999 0",
    "O-O-O-O e9 Zz1 e8=K ...",
];

/// Changes a request; one in eight stays as it is.
pub(super) fn mutate(request: &mut Request, random: &mut StdRng) {
    if random.random_ratio(1, 8) {
        return;
    }
    for _ in 0..random.random_range(1..=3) {
        match random.random_range(0..20) {
            0..6 => parameter(request, random),
            6..12 => message(request, random),
            12 => request.method = METHODS.choose(random).copied().unwrap_or_default().to_owned(),
            13 => path(request, random),
            14 => content_type(request, random),
            15..17 => header(request, random),
            17 => raw(request, random),
            18 => request.withheld = random.random_range(1..50),
            _ => value(request, random),
        }
    }
}

fn text(random: &mut StdRng) -> String {
    match random.random_range(0..10) {
        0 => "a".repeat(*[1, 63, 65, 300, 4097, 9000].choose(random).unwrap_or(&1)),
        1 => (0..random.random_range(1..40))
            .map(|_| random.random::<char>())
            .collect(),
        _ => TEXTS.choose(random).copied().unwrap_or_default().to_owned(),
    }
}

/// Query or form: a parameter goes, comes twice, changes its name or its value.
fn parameter(request: &mut Request, random: &mut StdRng) {
    let fields = match &mut request.body {
        Body::Form(fields) if !fields.is_empty() => fields,
        _ => &mut request.query,
    };
    if fields.is_empty() {
        fields.push((text(random), text(random)));
        return;
    }
    let at = random.random_range(0..fields.len());
    match random.random_range(0..6) {
        0 => _ = fields.remove(at),
        1 => fields.push(fields[at].clone()),
        2 => fields[at].0 = text(random),
        3 => fields.push((fields[at].0.clone(), text(random))),
        _ => fields[at].1 = text(random),
    }
}

/// JSON: some value in it becomes another, goes, or gets company.
fn message(request: &mut Request, random: &mut StdRng) {
    match &mut request.body {
        Body::Json(json) => bend(json, random),
        _ => parameter(request, random),
    }
}

fn bend(node: &mut Value, random: &mut StdRng) {
    let here = random.random_ratio(1, 6);
    match node {
        Value::Object(fields) if !here && !fields.is_empty() => {
            let at = random.random_range(0..fields.len());
            match random.random_range(0..12) {
                0 => fields.retain({
                    let mut place = 0..;
                    move |_, _| place.next() != Some(at)
                }),
                1 => _ = fields.insert(text(random), odd(random)),
                _ => fields
                    .values_mut()
                    .nth(at)
                    .into_iter()
                    .for_each(|inner| bend(inner, random)),
            }
        }
        Value::Array(values) if !here && !values.is_empty() => {
            let at = random.random_range(0..values.len());
            bend(&mut values[at], random);
        }
        _ => *node = odd(random),
    }
}

fn odd(random: &mut StdRng) -> Value {
    match random.random_range(0..12) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(-1),
        3 => json!(u64::MAX),
        4 => json!(1e308),
        5 => json!([]),
        6 => json!({}),
        7 => json!(vec![text(random); random.random_range(1..200)]),
        8 => (0..random.random_range(1..140)).fold(json!(0), |inner, _| json!([inner])),
        _ => json!(text(random)),
    }
}

fn path(request: &mut Request, random: &mut StdRng) {
    let path = &mut request.path;
    match random.random_range(0..7) {
        0 => path.push('/'),
        1 => path.insert(0, '/'),
        2 => path.push_str("/%2e%2e/%00"),
        3 => path.push_str(&"/x".repeat(2000)),
        4 => *path = path.to_ascii_uppercase(),
        5 => *path = path.replace('o', "%6f"),
        _ => *path = format!("http://127.0.0.1{path}"),
    }
}

fn content_type(request: &mut Request, random: &mut StdRng) {
    request.headers.retain(|(name, _)| name != "content-type");
    if random.random_ratio(3, 4) {
        let kind = TYPES.choose(random).copied().unwrap_or_default();
        request.headers.push(("content-type".to_owned(), kind.into()));
    }
}

fn header(request: &mut Request, random: &mut StdRng) {
    let (name, value) = HEADERS.choose(random).copied().unwrap_or_default();
    if random.random_bool(0.5) {
        request.headers.retain(|(known, _)| known != name);
    }
    let mut value = value.as_bytes().to_vec();
    match random.random_range(0..12) {
        0 => value.extend([0xff, 0xfe]),
        1 => value.extend(vec![b'x'; 20_000]),
        2 => value.extend(
            text(random)
                .into_bytes()
                .into_iter()
                .filter(|byte| !b"\r\n\0".contains(byte)),
        ),
        _ => {}
    }
    request.headers.push((name.to_owned(), value));
}

/// A value of a header of the request itself is bent: a token, a cookie, an origin.
fn value(request: &mut Request, random: &mut StdRng) {
    if request.headers.is_empty() {
        return header(request, random);
    }
    let at = random.random_range(0..request.headers.len());
    let value = &mut request.headers[at].1;
    if value.is_empty() {
        return;
    }
    let place = random.random_range(0..value.len());
    match random.random_range(0..4) {
        0 => value.truncate(place),
        1 => value[place] = random.random_range(b' '..=b'~'),
        2 => _ = request.headers.remove(at),
        _ => request.headers.push(request.headers[at].clone()),
    }
}

/// The body as bytes: cut, bent, doubled, blown up.
fn raw(request: &mut Request, random: &mut StdRng) {
    let mut bytes = request.body.bytes();
    if bytes.is_empty() {
        bytes = text(random).into_bytes();
    }
    let place = random.random_range(0..=bytes.len());
    match random.random_range(0..6) {
        0 => bytes.truncate(place),
        1 => bytes.insert(place, random.random()),
        2 => bytes.extend(bytes.clone()),
        3 => bytes = vec![b'['; random.random_range(1..2000)],
        4 => bytes.extend(vec![b' '; 40_000]),
        _ if random.random_ratio(1, 8) => bytes = vec![b'a'; 300_000],
        _ => bytes.clear(),
    }
    request.body = Body::Raw(bytes);
}
