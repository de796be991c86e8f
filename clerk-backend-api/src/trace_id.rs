use http::HeaderMap;

/// Returns the trace ID from the response headers: Clerk's own, or that of the network in front of Clerk.
pub(crate) fn trace_id(headers: &HeaderMap) -> Option<String> {
    ["clerk-trace-id", "cf-ray"]
        .iter()
        .find_map(|name| {
            headers
                .get(*name)?
                .to_str()
                .ok()
                .filter(|id| !id.is_empty())
        })
        .map(str::to_owned)
}
