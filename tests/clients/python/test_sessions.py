import httpx

from clerk_backend_api import models
from clerk_backend_api.security import VerifyTokenOptions, authenticate_request, verify_token
from clerk_backend_api.security.types import AuthenticateRequestOptions

from emulator import EmulatorTest


class Sessions(EmulatorTest):
    def authenticate(self, token, **options):
        request = httpx.Request("GET", "https://app.example.com/", headers={"authorization": f"Bearer {token}"})
        return authenticate_request(request, AuthenticateRequestOptions(secret_key=self.env["CLERK_SECRET_KEY"], **options))

    def test_sessions_are_created_listed_and_revoked(self):
        sessions = self.clerk.sessions
        user = self.user()
        first = sessions.create(request={"user_id": user.id})
        second = sessions.create(request={"user_id": user.id})
        self.assertEqual((first.status, first.user_id), ("active", user.id))
        self.assertEqual([one.id for one in sessions.list(user_id=user.id)], [second.id, first.id])
        self.assertEqual([one.id for one in sessions.list(user_id=user.id, limit=1, offset=1)], [first.id])
        self.assertEqual(sessions.revoke(session_id=first.id).status, "revoked")
        self.assertEqual([one.id for one in sessions.list(user_id=user.id, status="active")], [second.id])
        self.refused(404, "resource_not_found", sessions.get, session_id="sess_0")
        self.refused(404, "resource_not_found", sessions.revoke, session_id="sess_0")
        self.refused(404, "resource_not_found", sessions.create, request={"user_id": "user_0"})

    def test_tokens_are_verified_without_the_network(self):
        user = self.user()
        session = self.clerk.sessions.create(request={"user_id": user.id})
        token = self.clerk.sessions.create_token(session_id=session.id, expires_in_seconds=600)
        self.assertEqual(token.object.value, "token")
        payload = verify_token(token.jwt, VerifyTokenOptions(jwt_key=self.env_jwt_key()))
        self.assertEqual((payload["sub"], payload["sid"], payload["exp"] - payload["iat"]), (user.id, session.id, 600))
        state = self.authenticate(token.jwt, jwt_key=self.env_jwt_key())
        self.assertTrue(state.is_signed_in, state.reason)
        self.assertFalse(self.authenticate(token.jwt[:-8] + "AAAAAAAA", jwt_key=self.env_jwt_key()).is_signed_in)
        keys = self.clerk.jwks.get_jwks()
        self.assertEqual(keys.keys[0].kty, "RSA")

    def env_jwt_key(self):
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
        from jwt.algorithms import RSAAlgorithm

        key = self.clerk.jwks.get_jwks().model_dump(by_alias=True)["keys"][0]
        public = RSAAlgorithm.from_jwk({"kty": "RSA", "n": key["n"], "e": key["e"]})
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def test_templates_shape_tokens(self):
        templates = self.clerk.jwt_templates
        template = templates.create(request={"name": "reporting", "claims": {}, "lifetime": 120, "allowed_clock_skew": 10})
        self.assertEqual((template.name, template.lifetime, template.allowed_clock_skew), ("reporting", 120, 10))
        self.assertEqual(templates.get(template_id=template.id).id, template.id)
        self.assertEqual([one.id for one in templates.list()], [template.id])
        user = self.user()
        session = self.clerk.sessions.create(request={"user_id": user.id})
        token = self.clerk.sessions.create_token_from_template(session_id=session.id, template_name="reporting")
        payload = verify_token(token.jwt, VerifyTokenOptions(jwt_key=self.env_jwt_key()))
        self.assertEqual((payload["sub"], payload["exp"] - payload["iat"]), (user.id, 120))
        updated = templates.update(template_id=template.id, name="reports", claims={}, lifetime=60)
        self.assertEqual((updated.name, updated.lifetime), ("reports", 60))
        self.refused(404, "resource_not_found", self.clerk.sessions.create_token_from_template,
                     session_id=session.id, template_name="reporting")
        self.assertTrue(templates.delete(template_id=template.id).deleted)
        self.refused(404, "resource_not_found", templates.get, template_id=template.id)

    def test_refresh_refuses_what_is_not_its_own(self):
        user = self.user()
        session = self.clerk.sessions.create(request={"user_id": user.id})
        self.refused(401, None, self.clerk.sessions.refresh, session_id=session.id, expired_token="x",
                     refresh_token="y", request_origin="https://app.example.com")

    def test_clients(self):
        user = self.user()
        session = self.clerk.sessions.create(request={"user_id": user.id})
        client = self.clerk.clients.get(client_id=session.client_id)
        self.assertEqual([one.id for one in client.sessions], [session.id])
        self.assertTrue(self.clerk.clients.list())
        self.refused(404, "resource_not_found", self.clerk.clients.get, client_id="client_0")
        with self.assertRaises(models.ClerkErrors):
            self.clerk.clients.verify(request={"token": "nonsense"})

    def test_tickets(self):
        user, actor = self.user(), self.user()
        token = self.clerk.sign_in_tokens.create(request={"user_id": user.id, "expires_in_seconds": 600})
        self.assertEqual((token.status, token.user_id), ("pending", user.id))
        self.assertEqual(self.clerk.sign_in_tokens.revoke(sign_in_token_id=token.id).status, "revoked")
        acting = self.clerk.actor_tokens.create(request={"user_id": user.id, "actor": {"sub": actor.id}})
        self.assertEqual((acting.status, acting.user_id), ("pending", user.id))
        self.assertEqual(self.clerk.actor_tokens.revoke(actor_token_id=acting.id).status, "revoked")
        task = self.clerk.agent_tasks.create(request={
            "on_behalf_of": {"user_id": user.id},
            "permissions": "*",
            "agent_name": "robot",
            "task_description": "look around",
            "redirect_url": "https://app.example.com/",
        })
        self.assertTrue(task.url)
        self.clerk.agent_tasks.revoke(agent_task_id=task.agent_task_id)
        self.refused(404, "resource_not_found", self.clerk.sign_in_tokens.revoke, sign_in_token_id="sit_0")
        self.refused(404, "resource_not_found", self.clerk.actor_tokens.revoke, actor_token_id="act_0")
        testing = self.clerk.testing_tokens.create()
        self.assertTrue(testing.token)
