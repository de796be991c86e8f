use serde_json::Value;

use super::View;
use crate::model::enterprise_connection::EnterpriseConnection;

impl View<'_> {
    /// Renders a connection to the identity provider of a company. What is not set is left out.
    pub(in crate::frontend_api) fn enterprise_connection(
        self,
        one: &EnterpriseConnection,
    ) -> Value {
        let mut json = self.shared().enterprise_connection(one);
        drop_nulls(&mut json);
        json
    }
}

fn drop_nulls(json: &mut Value) {
    if let Value::Object(fields) = json {
        fields.retain(|_, value| !value.is_null());
        fields.values_mut().for_each(drop_nulls);
    }
}
