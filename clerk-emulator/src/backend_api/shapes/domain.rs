use serde_json::{Value, json};

use super::Shapes;
use crate::model::domain::Domain;
use crate::rules::settings;

impl Shapes<'_> {
    pub(crate) fn domain(self, domain: &Domain) -> Value {
        let url = &self.instance.url;
        let frontend_api_url = match (&domain.proxy_url, domain.is_satellite) {
            (Some(proxy_url), _) => proxy_url.clone(),
            (None, true) => format!("https://clerk.{}", domain.name),
            (None, false) => url.clone(),
        };
        let cname_targets = domain.is_satellite.then(|| {
            json!([{
                "host": format!("clerk.{}", domain.name),
                "value": "frontend-api.clerk.services",
                "required": domain.proxy_url.is_none(),
            }])
        });
        let development_origin =
            settings::get(self.tables).map_or("", |set| set.development_origin.as_str());
        json!({
            "object": "domain",
            "id": domain.id,
            "name": domain.name,
            "is_satellite": domain.is_satellite,
            "frontend_api_url": frontend_api_url,
            "accounts_portal_url": (!domain.is_satellite).then_some(url),
            "proxy_url": domain.proxy_url,
            "development_origin": development_origin,
            "cname_targets": cname_targets,
        })
    }
}
