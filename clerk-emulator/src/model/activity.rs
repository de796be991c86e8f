use std::borrow::Cow;

use crate::random;
use serde::{Deserialize, Serialize};

/// Where a session is used.
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
    /// Reads what a `User-Agent` header says.
    pub(crate) fn of_user_agent(user_agent: &str) -> Self {
        // Later browsers name earlier ones: the first that is found here is the one.
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
