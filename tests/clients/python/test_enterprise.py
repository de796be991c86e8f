from emulator import EmulatorTest


class Enterprise(EmulatorTest):
    def connection(self, domain):
        return self.clerk.enterprise_connections.create(request={
            "name": "Entra", "provider": "saml_microsoft", "domains": [domain],
            "saml": {"idp_entity_id": "urn:entra", "idp_sso_url": "https://entra.example/sso"},
        })

    def test_saml_connections(self):
        saml = self.clerk.saml_connections
        connection = saml.create(request={
            "name": "Okta", "domain": "saml.example", "provider": "saml_okta",
            "attribute_mapping": {"email_address": "mail", "first_name": "given", "last_name": "family", "user_id": "uid"},
        })
        self.assertEqual((connection.name, connection.provider, connection.active), ("Okta", "saml_okta", False))
        self.assertEqual(saml.get(saml_connection_id=connection.id).id, connection.id)
        self.assertEqual(saml.update(saml_connection_id=connection.id, name="Okta Inc", allow_subdomains=True).name, "Okta Inc")
        self.assertEqual(saml.list().total_count, 1)
        self.assertTrue(saml.delete(saml_connection_id=connection.id).deleted)
        self.refused(404, "resource_not_found", saml.get, saml_connection_id=connection.id)

    def test_enterprise_connections(self):
        connections = self.clerk.enterprise_connections
        connection = self.connection("enterprise.example")
        self.assertEqual((connection.name, connection.domains), ("Entra", ["enterprise.example"]))
        self.assertEqual(connections.get(enterprise_connection_id=connection.id).id, connection.id)
        self.assertEqual(connections.update(enterprise_connection_id=connection.id, name="Entra ID").name, "Entra ID")
        self.assertTrue(connections.list().total_count)
        self.assertTrue(connections.create_test_run(enterprise_connection_id=connection.id).url)
        self.assertEqual(connections.list_test_runs(enterprise_connection_id=connection.id).total_count, 1)
        self.assertTrue(connections.delete(enterprise_connection_id=connection.id).deleted)
        self.refused(404, "resource_not_found", connections.get, enterprise_connection_id=connection.id)

    def test_scim_directories(self):
        directories = self.clerk.scim_directories
        connection = self.connection("scim.example")
        organization, _ = self.organization()
        self.clerk.enterprise_connections.update(enterprise_connection_id=connection.id, organization_id=organization.id)
        directory = directories.create(request={"enterprise_connection_id": connection.id, "provider": "okta", "name": "Okta"})
        self.assertTrue(directory.id)
        self.assertEqual(directories.get(scim_directory_id=directory.id).id, directory.id)
        self.assertEqual(directories.update(scim_directory_id=directory.id, name="Okta Inc", group_role_mapping_enabled=True).name, "Okta Inc")
        self.assertEqual(directories.list().total_count, 1)
        self.assertTrue(directories.rotate_api_key(scim_directory_id=directory.id).api_key)
        role = next(role for role in self.clerk.organization_roles.list().data if role.key == "org:admin")
        self.assertEqual(directories.list_group_role_mappings(scim_directory_id=directory.id).total_count, 0)
        mapping = directories.create_group_role_mapping(
            scim_directory_id=directory.id, scim_group_id="scimgrp_admins", role_id=role.id
        )
        directories.delete_group_role_mapping(scim_directory_id=directory.id, mapping_id=mapping.id)
        self.assertEqual(directories.list_group_role_mappings(scim_directory_id=directory.id).total_count, 0)
        replaced = directories.replace_group_role_mappings(
            scim_directory_id=directory.id, mappings=[{"scim_group_id": "scimgrp_admins", "role_id": role.id}]
        )
        self.assertEqual(replaced.total_count, 1)
        self.refused(404, None, directories.delete_group_role_mapping, scim_directory_id=directory.id, mapping_id="scimgrm_0")
        self.assertTrue(directories.delete(scim_directory_id=directory.id).deleted)
        self.refused(404, "resource_not_found", directories.get, scim_directory_id=directory.id)

    def test_admin_portal_links(self):
        links = self.clerk.admin_portal_link_tokens
        organization, _ = self.organization()
        link = links.create_admin_portal_link_token(organization_id=organization.id, seconds_until_expiration=600)
        self.assertTrue(link.id)
        self.assertTrue(links.revoke_admin_portal_link_token(admin_portal_link_token_id=link.id, revocation_reason="done").revoked)
        self.refused(404, None, links.revoke_admin_portal_link_token, admin_portal_link_token_id="aplt_0")
