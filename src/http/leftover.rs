//! What a handler leaves of a request's body.
//!
//! # Design
//!
//! Many answers do not depend on the body: no token, a foreign page, too many requests. A connection on which part of
//! a body is left cannot carry another request. It would be closed without a word, and a client that already uses it
//! again finds it gone, perhaps before it has read the answer. So what is left is read and dropped, within bounds;
//! beyond them the answer says that the connection ends (RFC 9112 section 9.6).

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::middleware::Next;
use axum::response::Response;
use http_body_util::BodyExt as _;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// Most that is read for nothing, in bytes, and for how long.
const MOST: usize = 512 * 1024;
const PATIENCE: Duration = Duration::from_secs(2);

/// Sees to it that the connection can go on after the answer, or says that it does not.
pub(super) async fn finish(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let (back, mut left) = oneshot::channel();
    let request = request.map(|body| {
        Body::new(Lent {
            body: Some(body),
            back: Some(back),
        })
    });
    let mut response = next.run(request).await;
    if let Ok(rest) = left.try_recv()
        && !matches!(timeout(PATIENCE, is_drained(rest)).await, Ok(true))
    {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(CONNECTION, close);
    }
    response
}

/// Reads to the end; says whether there was one within bounds.
async fn is_drained(mut body: Body) -> bool {
    let mut read = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return false };
        read += frame.data_ref().map_or(0, Bytes::len);
        if read > MOST {
            return false;
        }
    }
    true
}

/// A body that comes back when it is dropped before its end.
struct Lent {
    body: Option<Body>,
    back: Option<oneshot::Sender<Body>>,
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or_else(SizeHint::default, HttpBody::size_hint)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let unfinished = self.body.take().filter(|body| !body.is_end_stream());
        if let (Some(body), Some(back)) = (unfinished, self.back.take()) {
            // Nobody waits for it when the request was given up.
            drop(back.send(body));
        }
    }
}
