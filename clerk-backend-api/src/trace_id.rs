use http::HeaderMap;

/// Returns the trace id from the response headers: Clerk's own, or that of the network in front of it.
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
