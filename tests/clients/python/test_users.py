import base64
import hashlib
import hmac
import struct
import time

from clerk_backend_api import models

from emulator import PIXEL, EmulatorTest

PASSWORD = "analytical-engine-1843"


def totp(secret):
    """Computes the code of RFC 6238 for now."""
    counter = struct.pack(">Q", int(time.time()) // 30)
    digest = hmac.new(base64.b32decode(secret), counter, "sha1").digest()
    start = digest[19] & 15
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


class Users(EmulatorTest):
    def test_a_user_has_everything_that_creation_gave(self):
        user = self.clerk.users.create(
            external_id="crm-1",
            first_name="Ada",
            last_name="Lovelace",
            locale="en-GB",
            email_address=[self.email("ada"), self.email("ada")],
            phone_number=["+15555550101"],
            web3_wallet=["0x1234567890abcdef1234567890abcdef12345678"],
            username="countess",
            password=PASSWORD,
            public_metadata={"plan": "pro"},
            private_metadata={"crm": 7},
            unsafe_metadata={"theme": "dark"},
            delete_self_enabled=False,
            create_organization_enabled=False,
            create_organizations_limit=3,
            created_at="2020-01-02T03:04:05.678Z",
            legal_accepted_at="2021-01-02T03:04:05.678Z",
        )
        for user in (user, self.clerk.users.get(user_id=user.id)):
            self.assertEqual(user.object, "user")
            self.assertEqual((user.first_name, user.last_name, user.username, user.external_id, user.locale),
                             ("Ada", "Lovelace", "countess", "crm-1", "en-GB"))
            self.assertEqual(len(user.email_addresses), 2)
            self.assertEqual(user.email_addresses[0].verification.status, "verified")
            self.assertEqual(user.phone_numbers[0].phone_number, "+15555550101")
            self.assertEqual(user.web3_wallets[0].web3_wallet, "0x1234567890abcdef1234567890abcdef12345678")
            self.assertEqual((user.public_metadata, user.private_metadata, user.unsafe_metadata),
                             ({"plan": "pro"}, {"crm": 7}, {"theme": "dark"}))
            self.assertEqual((user.created_at, user.legal_accepted_at), (1577934245678, 1609556645678))
            self.assertEqual((user.delete_self_enabled, user.create_organization_enabled, user.create_organizations_limit),
                             (False, False, 3))
            self.assertEqual((user.password_enabled, user.two_factor_enabled, user.banned, user.locked),
                             (True, False, False, False))
        self.clerk.users.delete(user_id=user.id)

    def test_what_cannot_become_a_user_is_refused(self):
        self.user(username="taken", external_id="taken", phone_number=["+15555550102"], email_address=["taken@example.com"])
        create = self.clerk.users.create
        for fields, code, parameter in [
            ({"email_address": ["taken@example.com"]}, "form_identifier_exists", "email_address"),
            ({"phone_number": ["+15555550102"]}, "form_identifier_exists", "phone_number"),
            ({"username": "TAKEN"}, "form_identifier_exists", "username"),
            ({"external_id": "taken"}, "form_identifier_exists", "external_id"),
            ({"email_address": ["nobody"]}, "form_param_format_invalid", "email_address"),
            ({"password": "short"}, "form_password_length_too_short", "password"),
            ({"password": "password"}, "form_password_pwned", "password"),
            ({"created_at": "yesterday"}, "form_param_format_invalid", "created_at"),
            ({"password": None}, "form_data_missing", "password"),
        ]:
            fields = {"email_address": [self.email()], "password": PASSWORD, **fields}
            error = self.refused(422, code, create, **fields)
            self.assertEqual(error["meta"]["param_name"], parameter, fields)

    def test_updates_change_what_is_given(self):
        user = self.user(first_name="Ada", last_name="Byron", username="ada_byron")
        updated = self.clerk.users.update(user_id=user.id, last_name="Lovelace", username=None)
        self.assertEqual((updated.first_name, updated.last_name, updated.username), ("Ada", "Lovelace", None))
        second = self.clerk.email_addresses.create(
            request={"user_id": user.id, "email_address": self.email(), "verified": True}
        )
        updated = self.clerk.users.update(user_id=user.id, primary_email_address_id=second.id, password=PASSWORD)
        self.assertEqual((updated.primary_email_address_id, updated.password_enabled), (second.id, True))
        self.refused(404, "resource_not_found", self.clerk.users.update, user_id="user_0", first_name="x")

    def test_metadata_is_merged_or_replaced(self):
        user = self.user(public_metadata={"a": {"b": 1, "c": 2}}, private_metadata={"k": 1})
        merged = self.clerk.users.update_metadata(user_id=user.id, public_metadata={"a": {"b": None, "d": 3}})
        self.assertEqual((merged.public_metadata, merged.private_metadata), ({"a": {"c": 2, "d": 3}}, {"k": 1}))
        replaced = self.clerk.users.replace_metadata(user_id=user.id, public_metadata={"e": 4})
        self.assertEqual((replaced.public_metadata, replaced.private_metadata), ({"e": 4}, {"k": 1}))

    def test_lists_have_pages_filters_and_an_order(self):
        for index, name in enumerate(["Cid", "Abe", "Bea", "Dot", "Eve"]):
            self.user(first_name=name, last_name="Listed", username=f"listed_{name.lower()}",
                      external_id=f"listed-{index}", created_at=f"2019-01-0{index + 1}T00:00:00Z")

        def names(**request):
            return [user.first_name for user in self.clerk.users.list(request=request)]

        self.assertEqual(names(query="listed_"), ["Eve", "Dot", "Bea", "Abe", "Cid"])
        self.assertEqual(names(query="listed_", limit=2, offset=1), ["Dot", "Bea"])
        self.assertEqual(names(query="listed_", order_by="+first_name"), ["Abe", "Bea", "Cid", "Dot", "Eve"])
        self.assertEqual(names(query="listed_", order_by="-username", limit=1), ["Eve"])
        self.assertEqual(names(username=["listed_abe", "listed_bea"], order_by="username"), ["Abe", "Bea"])
        self.assertEqual(names(external_id=["listed-3"]), ["Dot"])
        self.assertEqual(names(name_query="Abe Listed"), ["Abe"])
        self.assertEqual(names(username_query="listed_d"), ["Dot"])
        self.assertEqual(names(query="listed_", created_at_before=1546430400000 + 1), ["Abe", "Cid"])
        self.assertEqual(self.clerk.users.count(request={"query": "listed_"}).total_count, 5)
        self.refused(422, "form_param_value_invalid", self.clerk.users.list, request={"order_by": "shoe_size"})

    def test_bans_and_locks(self):
        user, other = self.user(), self.user()
        session = self.clerk.sessions.create(request={"user_id": user.id})
        self.assertTrue(self.clerk.users.ban(user_id=user.id).banned)
        self.assertNotEqual(self.clerk.sessions.get(session_id=session.id).status, "active")
        self.assertFalse(self.clerk.users.unban(user_id=user.id).banned)
        banned = self.clerk.users.bulk_ban(user_ids=[user.id, other.id])
        self.assertEqual([one.banned for one in banned], [True, True])
        self.assertEqual(len(self.clerk.users.list(request={"banned": True})), 2)
        unbanned = self.clerk.users.bulk_unban(user_ids=[user.id, other.id])
        self.assertEqual([one.banned for one in unbanned], [False, False])
        self.assertTrue(self.clerk.users.lock(user_id=user.id).locked)
        self.assertFalse(self.clerk.users.unlock(user_id=user.id).locked)
        for call in (self.clerk.users.ban, self.clerk.users.unban, self.clerk.users.lock, self.clerk.users.unlock):
            self.refused(404, "resource_not_found", call, user_id="user_0")

    def test_passwords(self):
        user = self.user(password=PASSWORD)
        self.assertTrue(self.clerk.users.verify_password(user_id=user.id, password=PASSWORD).verified)
        with self.assertRaises(models.ClerkBaseError) as caught:
            self.clerk.users.verify_password(user_id=user.id, password="something-else")
        self.assertEqual(caught.exception.status_code, 422)
        self.clerk.users.set_password_compromised(user_id=user.id, revoke_all_sessions=True)
        self.clerk.users.unset_password_compromised(user_id=user.id)
        self.assertFalse(self.clerk.users.remove_password(user_id=user.id).password_enabled)

    def test_digests_of_other_systems(self):
        salt = b"0123456789abcdef"
        raw = lambda data: base64.b64encode(data).decode().rstrip("=")
        encoded = PASSWORD.encode()
        for hasher, digest in {
            "md5": hashlib.md5(encoded).hexdigest(),
            "sha256": hashlib.sha256(encoded).hexdigest(),
            "ldap_ssha": "{SSHA}" + base64.b64encode(hashlib.sha1(encoded + salt).digest() + salt).decode(),
            "pbkdf2_sha1": f"pbkdf2_sha1$1000${raw(salt)}${raw(hashlib.pbkdf2_hmac('sha1', encoded, salt, 1000, 32))}",
            "pbkdf2_sha256_django":
                "pbkdf2_sha256$1000$salt$"
                + base64.b64encode(hashlib.pbkdf2_hmac("sha256", encoded, b"salt", 1000)).decode(),
            "pbkdf2_sha512_hex":
                f"pbkdf2_sha512$1000${salt.hex()}${hashlib.pbkdf2_hmac('sha512', encoded, salt, 1000).hex()}",
            "scrypt_werkzeug":
                f"scrypt:1024:8:1$salt${hashlib.scrypt(encoded, salt=b'salt', n=1024, r=8, p=1, dklen=64).hex()}",
        }.items():
            with self.subTest(hasher=hasher):
                user = self.clerk.users.create(email_address=[self.email()], password_digest=digest, password_hasher=hasher)
                self.assertTrue(self.clerk.users.verify_password(user_id=user.id, password=PASSWORD).verified)

    def test_second_factors(self):
        secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
        user = self.user(totp_secret=secret, backup_codes=["backup-code-1", "backup-code-2"])
        self.assertEqual((user.totp_enabled, user.backup_code_enabled, user.two_factor_enabled), (True, True, True))
        seen = self.clerk.users.verify_totp(user_id=user.id, code=totp(secret))
        self.assertEqual((seen.verified, seen.code_type.value), (True, "totp"))
        seen = self.clerk.users.verify_totp(user_id=user.id, code="backup-code-1")
        self.assertEqual((seen.verified, seen.code_type.value), (True, "backup_code"))
        with self.assertRaises(models.ClerkBaseError) as caught:
            self.clerk.users.verify_totp(user_id=user.id, code="backup-code-1")
        self.assertEqual(caught.exception.status_code, 422)
        self.assertEqual(self.clerk.users.delete_backup_codes(user_id=user.id).user_id, user.id)
        self.assertEqual(self.clerk.users.delete_totp(user_id=user.id).user_id, user.id)
        self.clerk.users.update(user_id=user.id, totp_secret=secret)
        self.assertEqual(self.clerk.users.disable_mfa(user_id=user.id).user_id, user.id)
        self.assertFalse(self.clerk.users.get(user_id=user.id).two_factor_enabled)

    def test_pictures(self):
        user = self.user()
        file = {"file_name": "me.png", "content": PIXEL, "content_type": "image/png"}
        self.assertTrue(self.clerk.users.set_profile_image(user_id=user.id, file=file).has_image)
        self.assertFalse(self.clerk.users.delete_profile_image(user_id=user.id).has_image)

    def test_what_a_user_lacks_cannot_be_removed(self):
        user = self.user()
        users = self.clerk.users
        self.refused(404, "resource_not_found", users.delete_passkey, user_id=user.id, passkey_identification_id="idn_0")
        self.refused(404, "resource_not_found", users.delete_web3_wallet, user_id=user.id, web3_wallet_identification_id="idn_0")
        self.refused(404, "resource_not_found", users.delete_external_account, user_id=user.id, external_account_id="eac_0")
        self.assertEqual(users.list_trusted_devices(user_id=user.id).total_count, 0)
        self.refused(404, "resource_not_found", users.revoke_trusted_device, user_id=user.id, trusted_device_id="td_0")

    def test_wallets_are_removed(self):
        user = self.user(web3_wallet=["0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"])
        deleted = self.clerk.users.delete_web3_wallet(
            user_id=user.id, web3_wallet_identification_id=user.web3_wallets[0].id
        )
        self.assertTrue(deleted.deleted)
        self.assertEqual(self.clerk.users.get(user_id=user.id).web3_wallets, [])

    def test_tokens_of_providers_are_listed(self):
        user = self.user()
        self.assertEqual(self.clerk.users.get_o_auth_access_token(user_id=user.id, provider="oauth_google"), [])
        self.refused(404, "resource_not_found", self.clerk.users.get_o_auth_access_token,
                     user_id="user_0", provider="oauth_google")

    def test_memberships_and_invitations(self):
        organization, owner = self.organization()
        seen = self.clerk.users.get_organization_memberships(user_id=owner.id)
        self.assertEqual((seen.total_count, seen.data[0].organization.id), (1, organization.id))
        everywhere = self.clerk.users.get_instance_organization_memberships(limit=500)
        self.assertIn(seen.data[0].id, [membership.id for membership in everywhere.data])
        guest = self.user()
        self.clerk.organization_invitations.create(
            organization_id=organization.id, email_address=guest.email_addresses[0].email_address, role="org:member"
        )
        invitations = self.clerk.users.get_organization_invitations(user_id=guest.id)
        self.assertEqual((invitations.total_count, invitations.data[0].status), (1, "pending"))

    def test_credits(self):
        user = self.user()
        for amount, action, balance in [(500, "increase", 500), (200, "decrease", 300)]:
            entry = self.clerk.users.adjust_billing_credit_balance(
                user_id=user.id, amount=amount, action=action, idempotency_key=f"{user.id}-{action}"
            )
            self.assertTrue(entry.id)
            seen = self.clerk.users.get_billing_credit_balance(user_id=user.id)
            self.assertEqual(seen.balance.amount, balance)

    def test_deleted_users_are_gone(self):
        user = self.user()
        deleted = self.clerk.users.delete(user_id=user.id)
        self.assertEqual((deleted.id, deleted.deleted, deleted.object), (user.id, True, "user"))
        self.refused(404, "resource_not_found", self.clerk.users.get, user_id=user.id)

    def test_a_wrong_key_is_refused(self):
        stranger = self.client("sk_test_wrong")
        self.refused(401, "clerk_key_invalid", stranger.users.list, request={})
