//! Server-sent events: which stores have something new. The page then reads what it shows; hints carry no figures.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::stream::{self, Stream, StreamExt};
use tokio_stream::wrappers::BroadcastStream;

use crate::app::App;
use crate::http::refusal::{ApiError, ApiRefusal};
use crate::http::session::Viewer;

/// A stream ends after this long; the browser opens the next, which checks the session again.
const STREAM_MAX: Duration = Duration::from_secs(600);
/// Proxies close what is silent.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Hints of the sign-in's stores: `store` names one that has something new, `refresh` says that hints were missed.
#[utoipa::path(get, path = "/api/v1/live", tag = "reads", responses(
    (status = 200, content_type = "text/event-stream", body = String), (status = 401, body = ApiError),
    (status = 503, body = ApiError)))]
pub async fn live(
    State(app): State<Arc<App>>,
    viewer: Viewer,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiRefusal> {
    let permit = Arc::clone(&app.live_pages).try_acquire_owned().map_err(|_| ApiRefusal::busy())?;
    let counted = Counted::new(Arc::clone(&app));
    let scope = viewer.scope;
    let hints = BroadcastStream::new(app.live.subscribe()).filter_map(move |hint| {
        let event = match hint {
            Ok(store) if scope.covers(store) => Some(Event::default().event("store").data(store.to_string())),
            Ok(_) => None,
            Err(_) => Some(Event::default().event("refresh").data("missed")),
        };
        // The permit and the count live as long as the stream.
        let _held = (&permit, &counted);
        std::future::ready(event.map(Ok))
    });
    // An event without data is not handed to a page's script.
    let hello = stream::once(std::future::ready(Ok(Event::default().event("hello").data("live"))));
    let stop = app.stop.clone();
    let end = async move {
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(STREAM_MAX) => {}
        }
    };
    Ok(Sse::new(hello.chain(hints).take_until(Box::pin(end)))
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

struct Counted(Arc<App>);

impl Counted {
    fn new(app: Arc<App>) -> Self {
        app.metrics.live_pages.inc();
        Self(app)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.metrics.live_pages.dec();
    }
}
