use std::borrow::Cow;

use crate::random;
use serde::{Deserialize, Serialize};

/// The browser and device that a session is used from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Activity {
    pub(crate) id: String,
    pub(crate) device_type: Option<Cow<'static, str>>,
    pub(crate) is_mobile: bool,
    pub(crate) browser_name: Option<Cow<'static, str>>,
    pub(crate) browser_version: Option<String>,
}

impl Activity {
    /// Reads the browser and device from a `User-Agent` header.
    pub(crate) fn of_user_agent(user_agent: &str) -> Self {
        // Newer browsers also name older ones, so the first match in this order is the right one.
        let (browser_name, browser_version) = [
            ("Edg/", "Edge"),
            ("OPR/", "Opera"),
            ("Firefox/", "Firefox"),
            ("HeadlessChrome/", "Chrome"),
            ("Chrome/", "Chrome"),
            ("Version/", "Safari"),
        ]
        .into_iter()
        .find_map(|(mark, name)| {
            let version = user_agent.split_once(mark)?.1;
            Some((name, version.split([' ', ';', ')']).next()?.to_owned()))
        })
        .unzip();
        let device_type = [
            ("iPhone", "iPhone"),
            ("iPad", "iPad"),
            ("Android", "Android"),
            ("Macintosh", "Macintosh"),
            ("Windows", "Windows"),
            ("Linux", "Linux"),
        ]
        .into_iter()
        .find(|(mark, _)| user_agent.contains(mark))
        .map(|(_, name)| name);
        Self {
            id: random::id("sess_activity"),
            device_type: device_type.map(Cow::Borrowed),
            is_mobile: user_agent.contains("Mobile"),
            browser_name: browser_name.map(Cow::Borrowed),
            browser_version,
        }
    }
}
