from clerk_backend_api import models

from emulator import PIXEL, EmulatorTest


class Machines(EmulatorTest):
    def test_api_keys(self):
        keys = self.clerk.api_keys
        user = self.user()
        key = keys.create_api_key(name="deploy", subject=user.id, description="for deployments", claims={"tier": "gold"},
                                  scopes=["read"], created_by=user.id, seconds_until_expiration=3600)
        self.assertEqual((key.name, key.subject, key.scopes, key.revoked, key.expired), ("deploy", user.id, ["read"], False, False))
        self.assertTrue(key.secret.startswith("ak_"))
        self.assertEqual(keys.get_api_key(api_key_id=key.id).id, key.id)
        self.assertEqual(keys.get_api_key_secret(api_key_id=key.id).secret, key.secret)
        self.assertEqual(keys.verify_api_key(secret=key.secret).id, key.id)
        self.assertEqual(keys.update_api_key(api_key_id=key.id, description="changed", scopes=["write"]).scopes, ["write"])
        second = keys.create_api_key(name="second", subject=user.id)
        self.assertEqual([one.id for one in keys.get_api_keys(subject=user.id).data], [second.id, key.id])
        self.assertEqual(keys.get_api_keys(subject=user.id, query="deploy").total_count, 1)
        self.assertTrue(keys.revoke_api_key(api_key_id=key.id, revocation_reason="leaked").revoked)
        self.assertEqual(keys.get_api_keys(subject=user.id, include_invalid="true", limit=1).total_count, 2)
        self.assertEqual(keys.delete_api_key(api_key_id=second.id).id, second.id)
        for call, arguments in (
            (keys.get_api_key, {"api_key_id": second.id}),
            (keys.get_api_key_secret, {"api_key_id": second.id}),
            (keys.update_api_key, {"api_key_id": second.id, "description": "x"}),
            (keys.revoke_api_key, {"api_key_id": second.id}),
            (keys.delete_api_key, {"api_key_id": second.id}),
            (keys.verify_api_key, {"secret": "ak_wrong"}),
        ):
            self.refused(404, None, call, **arguments)
        self.refused(404, None, keys.verify_api_key, secret=key.secret)

    def test_machines(self):
        machines = self.clerk.machines
        target = machines.create(request={"name": "billing"})
        machine = machines.create(request={"name": "worker", "scoped_machines": [target.id], "default_token_ttl": 120})
        self.assertTrue(machine.secret_key.startswith("ak_"))
        self.assertEqual([one.id for one in machine.scoped_machines], [target.id])
        self.assertEqual(machines.get(machine_id=machine.id).name, "worker")
        self.assertEqual(machines.update(machine_id=machine.id, name="crawler").name, "crawler")
        self.assertEqual(machines.list(query="crawl", order_by="-name").total_count, 1)
        self.assertEqual(machines.get_secret_key(machine_id=machine.id).secret, machine.secret_key)
        self.assertNotEqual(machines.rotate_secret_key(machine_id=machine.id, previous_token_ttl=0).secret, machine.secret_key)
        self.assertEqual(machines.delete_scope(machine_id=machine.id, other_machine_id=target.id).to_machine_id, target.id)
        self.assertEqual(machines.create_scope(machine_id=machine.id, to_machine_id=target.id).to_machine_id, target.id)
        self.assertEqual(machines.delete(machine_id=target.id).id, target.id)
        self.refused(404, "resource_not_found", machines.get, machine_id=target.id)
        self.refused(404, "resource_not_found", machines.delete_scope, machine_id=machine.id, other_machine_id=target.id)

    def test_m2m_tokens(self):
        target = self.clerk.machines.create(request={"name": "target"})
        source = self.clerk.machines.create(request={"name": "source", "scoped_machines": [target.id]})
        own, other = self.client(source.secret_key), self.client(target.secret_key)
        token = own.m2m.create_token(claims={"job": 7}, seconds_until_expiration=600)
        self.assertEqual((token.subject, token.revoked, token.expired), (source.id, False, False))
        self.assertEqual(other.m2m.verify_token(token=token.token).id, token.id)
        self.assertEqual(self.clerk.m2m.verify_token(token=token.token).id, token.id)
        self.assertEqual([one.id for one in own.m2m.list_tokens(subject=source.id).m2m_tokens], [token.id])
        self.assertTrue(self.clerk.m2m.revoke_token(m2m_token_id=token.id, revocation_reason="done").revoked)
        self.assertEqual(self.clerk.m2m.list_tokens(subject=source.id, revoked=True).total_count, 1)
        jwt = own.m2m.create_token(token_format="jwt", claims={"job": 8})
        self.assertEqual(jwt.token.count("."), 2)
        self.refused(404, None, self.clerk.m2m.verify_token, token="mt_wrong")
        self.refused(404, None, self.clerk.m2m.revoke_token, m2m_token_id="mt_0")

    def test_oauth_applications(self):
        applications = self.clerk.oauth_applications
        application = applications.create(request={
            "name": "Partner", "redirect_uris": ["https://partner.example/callback"], "scopes": "profile email", "public": False,
        })
        self.assertTrue(application.client_id and application.client_secret)
        self.assertEqual(applications.get(oauth_application_id=application.id).name, "Partner")
        updated = applications.update(oauth_application_id=application.id, name="Friend", scopes="email")
        self.assertEqual((updated.name, updated.scopes), ("Friend", "email"))
        self.assertEqual(applications.list(name_query="frie").total_count, 1)
        self.assertNotEqual(applications.rotate_secret(oauth_application_id=application.id).client_secret, application.client_secret)
        with self.assertRaises(models.ClerkBaseError):
            applications.revoke_token(oauth_application_id=application.id, token="oat_wrong")
        with self.assertRaises(models.ClerkBaseError):
            self.clerk.oauth_access_tokens.verify(access_token="oat_wrong")
        file = {"file_name": "logo.png", "content": PIXEL, "content_type": "image/png"}
        self.assertTrue(applications.upload_logo(oauth_application_id=application.id, file=file).client_image_url)
        self.assertTrue(applications.delete(oauth_application_id=application.id).deleted)
        self.refused(404, "resource_not_found", applications.get, oauth_application_id=application.id)
