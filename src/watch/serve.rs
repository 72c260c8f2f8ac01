//! Metrics and health over HTTP: three pages, for whoever may reach the port.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use super::board::{Board, on};
use super::exposition;
use crate::api::clock::Clock;

/// What the pages are made of.
#[derive(Clone)]
pub struct Pages {
    /// What is known of the cycles.
    pub board: Arc<Mutex<Board>>,
    /// The clock by which the loop runs.
    pub clock: Arc<dyn Clock>,
}

/// Serves `/metrics`, `/healthz` and `/readyz` for ever.
pub async fn serve(listener: TcpListener, pages: Pages) {
    let router = Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .with_state(pages);
    // It ends only with the process, and a connection that fails is that connection's matter.
    let _ = axum::serve(listener, router).await;
}

async fn metrics(State(pages): State<Pages>) -> Response {
    let text = on(&pages.board, |board| exposition::text(board));
    ([(header::CONTENT_TYPE, exposition::CONTENT_TYPE)], text).into_response()
}

async fn healthz(State(pages): State<Pages>) -> Response {
    let now = pages.clock.now();
    if on(&pages.board, |board| board.is_alive(now)) {
        (StatusCode::OK, "ok\n").into_response()
    } else {
        let text = "the loop is stuck: no cycle has begun for three intervals\n";
        (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
    }
}

async fn readyz(State(pages): State<Pages>) -> Response {
    let faults = on(&pages.board, |board| board.faults());
    if faults.is_empty() {
        (StatusCode::OK, "ok\n").into_response()
    } else {
        let text = format!("{}\n", faults.join("\n"));
        (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
    }
}
