from clerk_backend_api import models

from emulator import EmulatorTest


class Instance(EmulatorTest):
    def test_invitations(self):
        invitations = self.clerk.invitations
        email = self.email("invited")
        invitation = invitations.create(request={
            "email_address": email, "redirect_url": "https://app.example.com/", "public_metadata": {"a": 1},
            "notify": True, "expires_in_days": 7,
        })
        self.assertEqual((invitation.email_address, invitation.status), (email, "pending"))
        self.refused(400, "duplicate_record", invitations.create, request={"email_address": email})
        self.refused(422, "form_param_format_invalid", invitations.create, request={"email_address": "nobody"})
        bulk = invitations.bulk_create(request=[{"email_address": self.email("bulk")}, {"email_address": self.email("bulk")}])
        self.assertEqual(len(bulk), 2)
        self.assertEqual(len(invitations.list(status="pending", limit=2)), 2)
        self.assertEqual([one.id for one in invitations.list(query=email)], [invitation.id])
        revoked = invitations.revoke(invitation_id=invitation.id)
        self.assertEqual(revoked.status, "revoked")
        self.refused(404, "resource_not_found", invitations.revoke, invitation_id="inv_0")

    def test_lists_of_identifiers(self):
        allowed = self.clerk.allowlist_identifiers.create(request={"identifier": "ada@allowed.example", "notify": False})
        self.assertEqual([one.id for one in self.clerk.allowlist_identifiers.list()], [allowed.id])
        self.assertTrue(self.clerk.allowlist_identifiers.delete(identifier_id=allowed.id).deleted)
        self.refused(404, "resource_not_found", self.clerk.allowlist_identifiers.delete, identifier_id=allowed.id)
        blocked = self.clerk.blocklist_identifiers.create(request={"identifier": "*@blocked.example"})
        self.assertEqual([one.id for one in self.clerk.blocklist_identifiers.list().data], [blocked.id])
        self.assertTrue(self.clerk.blocklist_identifiers.delete(identifier_id=blocked.id).deleted)
        self.refused(404, "resource_not_found", self.clerk.blocklist_identifiers.delete, identifier_id=blocked.id)

    def test_redirect_urls(self):
        urls = self.clerk.redirect_urls
        url = urls.create(request={"url": "myapp://callback"})
        self.assertEqual(urls.get(id=url.id).url, "myapp://callback")
        self.assertEqual([one.id for one in urls.list()], [url.id])
        self.assertTrue(urls.delete(id=url.id).deleted)
        self.refused(404, "resource_not_found", urls.get, id=url.id)

    def test_the_waitlist(self):
        waitlist = self.clerk.waitlist_entries
        entry = waitlist.create(request={"email_address": self.email("waiting"), "notify": True})
        self.assertEqual(entry.status, "pending")
        bulk = waitlist.bulk_create(request=[{"email_address": self.email("waiting")}, {"email_address": self.email("waiting")}])
        self.assertEqual(waitlist.list(status="pending").total_count, 3)
        self.assertEqual(waitlist.invite(waitlist_entry_id=entry.id).status, "invited")
        self.assertEqual(waitlist.reject(waitlist_entry_id=bulk[0].id).status, "rejected")
        self.assertTrue(waitlist.delete(waitlist_entry_id=bulk[1].id).deleted)
        self.refused(404, "resource_not_found", waitlist.delete, waitlist_entry_id=bulk[1].id)

    def test_domains(self):
        domains = self.clerk.domains
        domain = domains.add(request={"name": "satellite.example", "is_satellite": True})
        self.assertTrue(domain.is_satellite)
        self.assertEqual(domains.update(domain_id=domain.id, name="moon.example").name, "moon.example")
        self.assertIn(domain.id, [one.id for one in domains.list().data])
        self.assertTrue(domains.delete(domain_id=domain.id).deleted)
        self.refused(404, "resource_not_found", domains.delete, domain_id=domain.id)

    def test_settings(self):
        settings = self.clerk.instance_settings
        self.assertEqual(settings.get().environment_type, "development")
        settings.update(request={"test_mode": True, "support_email": "help@example.com", "allowed_origins": ["app://x"]})
        self.assertTrue(settings.update_restrictions(request={"blocklist": True}).blocklist)
        settings.update_restrictions(request={"blocklist": False})
        self.assertEqual(settings.update_organization_settings(request={"max_allowed_memberships": 9}).max_allowed_memberships, 9)
        self.assertEqual(settings.get_organization_settings().max_allowed_memberships, 9)
        settings.update_communication(request={"blocked_country_codes": ["KP"]})
        self.assertEqual(settings.get_communication().blocked_country_codes, ["KP"])
        settings.update_o_auth_application_settings(request={"dynamic_oauth_client_registration": True})
        self.assertTrue(settings.get_o_auth_application_settings().dynamic_oauth_client_registration)
        settings.update_instance_protect(request={"rules_enabled": True})
        self.assertTrue(settings.get_instance_protect().rules_enabled)
        settings.change_domain(request={"home_url": "https://new.example"})
        self.clerk.beta_features.update_production_instance_domain(request={"home_url": "https://newer.example"})
        seen = self.clerk.beta_features.update_instance_settings(request={"restricted_to_allowlist": False})
        self.assertFalse(seen.restricted_to_allowlist)

    def test_templates(self):
        templates = self.clerk.email_sms_templates
        listed = templates.list(template_type="email")
        self.assertTrue(listed)
        slug = listed[0].slug
        self.assertEqual(templates.get(template_type="email", slug=slug).slug, slug)
        changed = self.clerk.email_and_sms_templates.upsert(template_type="email", slug=slug, name="Changed", subject="Hello", markup="", body=listed[0].body)
        self.assertEqual(changed.subject, "Hello")
        self.clerk.templates.preview(template_type="email", slug=slug, subject="Hi", body="<p>x</p>")
        self.assertFalse(templates.toggle_template_delivery(template_type="email", slug=slug, delivered_by_clerk=False).delivered_by_clerk)
        self.assertNotEqual(templates.revert(template_type="email", slug=slug).subject, "Hello")
        self.assertTrue(templates.list(template_type="sms"))
        self.refused(404, "resource_not_found", templates.get, template_type="email", slug="nothing")

    def test_webhooks_have_a_portal(self):
        self.clerk.webhooks.create_svix_app()
        self.assertTrue(self.clerk.webhooks.generate_svix_auth_url().svix_url)
        self.clerk.webhooks.delete_svix_app()
        with self.assertRaises(models.ClerkErrors):
            self.clerk.webhooks.delete_svix_app()

    def test_the_rest(self):
        self.clerk.miscellaneous.get_public_interstitial(publishable_key=self.env["CLERK_PUBLISHABLE_KEY"])
        self.refused(404, "resource_not_found", self.clerk.sign_ups.get, id="sua_0")
        self.refused(404, "resource_not_found", self.clerk.sign_ups.update, id="sua_0", external_id="x")
        with self.assertRaises(models.ClerkErrors):
            self.clerk.proxy_checks.verify(request={"domain_id": "dmn_0", "proxy_url": "https://x.example/__clerk"})
