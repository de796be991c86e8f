//! Traces and metrics for OpenTelemetry.

use clerk_axum::Clerk;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{
    ExporterBuildError, MetricExporter, Protocol, SpanExporter, WithExportConfig as _,
};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;

use crate::statistics::NUMBERS;

/// Sends spans and statistics to a collector.
#[derive(Clone, Debug)]
pub struct Telemetry {
    spans: SdkTracerProvider,
    metrics: SdkMeterProvider,
}

impl Telemetry {
    /// Creates the exporters to a collector at this URL, such as `http://localhost:4318`.
    ///
    /// # Errors
    /// Returns an error if the URL is not valid.
    pub fn new(collector: &str) -> Result<Self, ExporterBuildError> {
        let collector = collector.trim_end_matches('/');
        let spans = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpJson)
            .with_endpoint(format!("{collector}/v1/traces"))
            .build()?;
        let metrics = MetricExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpJson)
            .with_endpoint(format!("{collector}/v1/metrics"))
            .build()?;
        Ok(Self {
            spans: SdkTracerProvider::builder()
                .with_batch_exporter(spans)
                .build(),
            metrics: SdkMeterProvider::builder()
                .with_periodic_exporter(metrics)
                .build(),
        })
    }

    /// Returns the layer that turns spans of `tracing` into spans of OpenTelemetry: `clerk.authenticate` around
    /// requests that wait for Clerk, and `clerk.request` around calls of the Backend API. Both have the level DEBUG.
    #[must_use]
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        tracing_opentelemetry::layer().with_tracer(self.spans.tracer("observability"))
    }

    /// Exports the statistics of this instance from now on.
    pub fn watch(&self, clerk: &Clerk) {
        let meter = self.metrics.meter("observability");
        for number in NUMBERS {
            let clerk = clerk.clone();
            if number.is_counter {
                meter
                    .u64_observable_counter(number.name)
                    .with_description(number.help)
                    .with_callback(move |observer| {
                        if let Some(value) = (number.read)(&clerk.stats()) {
                            observer.observe(value, &[]);
                        }
                    })
                    .build();
            } else {
                meter
                    .u64_observable_gauge(number.name)
                    .with_description(number.help)
                    .with_callback(move |observer| {
                        if let Some(value) = (number.read)(&clerk.stats()) {
                            observer.observe(value, &[]);
                        }
                    })
                    .build();
            }
        }
    }

    /// Sends what has not been sent yet.
    ///
    /// # Errors
    /// Returns an error if the collector cannot be reached.
    pub fn flush(&self) -> OTelSdkResult {
        self.spans.force_flush()?;
        self.metrics.force_flush()
    }
}
