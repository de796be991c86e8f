use serde_json::{Value, json};

use super::Shapes;
use crate::model::proxy_check::ProxyCheck;

impl Shapes<'_> {
    pub(crate) fn proxy_check(self, check: &ProxyCheck) -> Value {
        json!({
            "object": "proxy_check",
            "id": check.id,
            "domain_id": check.domain_id,
            "last_run_at": check.last_run_at,
            "proxy_url": check.proxy_url,
            "successful": check.successful,
            "created_at": check.created_at,
            "updated_at": check.last_run_at,
        })
    }
}
