//! What a bootstrap node counts, and the loopback port that Prometheus reads it from.
//!
//! Numbers only: no address, peer id or record key is ever a label, so that whoever reads the metrics learns how
//! busy the node is and nothing about whom it serves.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::{
    Router, extract::State, http::StatusCode, http::header::CONTENT_TYPE, response::IntoResponse,
    routing::get,
};
use kith_node::net::records::{RecordError, Records, Stored};
use libp2p::relay;
use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};
use tokio::net::TcpListener;

use crate::error::StartError;

/// What Prometheus expects of the text format.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// How a put ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Outcome {
    Stored,
    Known,
    Older,
    Invalid,
    Full,
    Throttled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: Outcome,
}

/// The node's own counters, beside those of libp2p.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    connections: Gauge,
    records: Gauge,
    record_bytes: Gauge,
    puts: Family<OutcomeLabel, Counter>,
    reservations: Gauge,
    circuits: Gauge,
    relay_denials: Counter,
}

impl Metrics {
    /// Fresh counters, entered into the registry.
    pub fn new(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let registry = registry.sub_registry_with_prefix("kith_bootstrap");
        registry.register(
            "connections",
            "Connections that stand",
            metrics.connections.clone(),
        );
        registry.register("records", "Address records held", metrics.records.clone());
        registry.register(
            "record_bytes",
            "Bytes of address records held",
            metrics.record_bytes.clone(),
        );
        registry.register(
            "puts",
            "Address records received, by what became of them",
            metrics.puts.clone(),
        );
        registry.register(
            "reservations",
            "Nodes reachable through this relay",
            metrics.reservations.clone(),
        );
        registry.register(
            "circuits",
            "Relayed connections that stand",
            metrics.circuits.clone(),
        );
        registry.register(
            "relay_denials",
            "Reservations and circuits denied for a limit",
            metrics.relay_denials.clone(),
        );
        metrics
    }

    pub(crate) fn connected(&self) {
        self.connections.inc();
    }

    pub(crate) fn disconnected(&self) {
        self.connections.dec();
    }

    pub(crate) fn put(&self, result: &Result<Stored, RecordError>) {
        let outcome = match result {
            Ok(Stored::New | Stored::Newer) => Outcome::Stored,
            Ok(Stored::Same) => Outcome::Known,
            Err(RecordError::Older) => Outcome::Older,
            Err(RecordError::Invalid(_)) => Outcome::Invalid,
            Err(RecordError::SourceFull | RecordError::Full) => Outcome::Full,
        };
        self.count(outcome);
    }

    /// A record that was not even looked at, since its source sends too many.
    pub(crate) fn throttled(&self) {
        self.count(Outcome::Throttled);
    }

    fn count(&self, outcome: Outcome) {
        self.puts.get_or_create(&OutcomeLabel { outcome }).inc();
    }

    pub(crate) fn holds(&self, records: &Records) {
        self.records.set(i64::try_from(records.len()).unwrap_or(i64::MAX));
        self.record_bytes
            .set(i64::try_from(records.size_bytes()).unwrap_or(i64::MAX));
    }

    pub(crate) fn reserved(&self, nodes: usize) {
        self.reservations.set(i64::try_from(nodes).unwrap_or(i64::MAX));
    }

    pub(crate) fn relay(&self, event: &relay::Event) {
        match event {
            relay::Event::CircuitReqAccepted { .. } => {
                self.circuits.inc();
            }
            relay::Event::CircuitClosed { .. } => {
                self.circuits.dec();
            }
            relay::Event::ReservationReqDenied { .. } | relay::Event::CircuitReqDenied { .. } => {
                self.relay_denials.inc();
            }
            _ => {}
        }
    }
}

/// An open metrics port.
pub(crate) struct Endpoint {
    listener: TcpListener,
    /// Where it answers.
    pub(crate) address: SocketAddr,
}

impl Endpoint {
    /// Opens the port on loopback, so that a port in use is an error at the start and not a line in a log.
    pub(crate) async fn bind(port: u16) -> Result<Self, StartError> {
        let failed = |source| StartError::Metrics { port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address })
    }

    /// Answers until dropped.
    pub(crate) async fn serve(self, registry: Arc<Registry>) {
        let router = Router::new().route("/metrics", get(scrape)).with_state(registry);
        if let Err(error) = axum::serve(self.listener, router).await {
            tracing::warn!(%error, "the metrics port closed");
        }
    }
}

async fn scrape(State(registry): State<Arc<Registry>>) -> impl IntoResponse {
    let mut text = String::new();
    match encode(&mut text, &registry) {
        Ok(()) => (StatusCode::OK, [(CONTENT_TYPE, OPENMETRICS)], text),
        Err(error) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            [(CONTENT_TYPE, "text/plain")],
            error.to_string(),
        ),
    }
}
