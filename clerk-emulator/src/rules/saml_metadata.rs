//! SAML metadata: how an identity provider describes itself.

use roxmltree::{Document, Node};

const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";

/// The binding of sign-in URLs that browsers are sent to.
const REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";

/// What the metadata of an identity provider says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct IdpMetadata {
    pub(super) entity_id: Option<String>,
    pub(super) sso_url: Option<String>,
    pub(super) certificate: Option<String>,
}

/// Reads metadata. Whatever it does not say is `None`, and a text that is no metadata says nothing.
pub(super) fn read(xml: &str) -> IdpMetadata {
    let Ok(document) = Document::parse(xml) else {
        return IdpMetadata::default();
    };
    let provider = document
        .descendants()
        .find(|node| node.has_tag_name((METADATA, "IDPSSODescriptor")));
    let Some(provider) = provider else {
        return IdpMetadata::default();
    };
    let services = || {
        let nodes = provider.children();
        nodes.filter(|node| node.has_tag_name((METADATA, "SingleSignOnService")))
    };
    let service = services()
        .find(|node| node.attribute("Binding") == Some(REDIRECT))
        .or_else(|| services().next());
    let entity = provider.parent_element();
    IdpMetadata {
        entity_id: entity.and_then(|node| attribute(node, "entityID")),
        sso_url: service.and_then(|node| attribute(node, "Location")),
        certificate: certificate(provider),
    }
}

fn attribute(node: Node<'_, '_>, name: &str) -> Option<String> {
    node.attribute(name).map(str::to_owned)
}

/// Returns the first certificate that signs the provider's responses.
fn certificate(provider: Node<'_, '_>) -> Option<String> {
    provider
        .children()
        .filter(|node| node.has_tag_name((METADATA, "KeyDescriptor")))
        .filter(|node| node.attribute("use").is_none_or(|used| used == "signing"))
        .flat_map(|node| node.descendants())
        .find(|node| node.has_tag_name((SIGNATURE, "X509Certificate")))
        .and_then(|node| node.text())
        .map(|text| text.split_whitespace().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_metadata_says_nothing() {
        for text in ["", "<xml/>", "<a><b></a>", "metadata"] {
            assert_eq!(read(text), IdpMetadata::default(), "{text}");
        }
    }
}
