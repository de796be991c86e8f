//! `GET /metrics`, for Prometheus.

use std::fmt;

use clerk_axum::Clerk;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _, text};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use crate::statistics::NUMBERS;

/// The media type of the text.
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Reads the statistics when Prometheus asks, so that nothing is counted twice.
#[derive(Debug)]
struct ClerkCollector(Clerk);

impl Collector for ClerkCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let stats = self.0.stats();
        for number in NUMBERS {
            let Some(value) = (number.read)(&stats) else {
                continue;
            };
            let name = number.name.replace('.', "_");
            if number.is_counter {
                let metric = ConstCounter::new(value);
                let encoder =
                    encoder.encode_descriptor(&name, number.help, None, metric.metric_type())?;
                metric.encode(encoder)?;
            } else {
                let metric = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
                let encoder =
                    encoder.encode_descriptor(&name, number.help, None, metric.metric_type())?;
                metric.encode(encoder)?;
            }
        }
        Ok(())
    }
}

/// Creates the registry. An application registers its own metrics here as well.
pub(crate) fn registry(clerk: Clerk) -> Registry {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(ClerkCollector(clerk)));
    registry
}

/// Writes all metrics in the text format of OpenMetrics.
pub(crate) fn text(registry: &Registry) -> Result<String, fmt::Error> {
    let mut out = String::new();
    text::encode(&mut out, registry)?;
    Ok(out)
}
