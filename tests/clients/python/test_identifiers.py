from emulator import EmulatorTest


class Identifiers(EmulatorTest):
    def test_email_addresses(self):
        emails = self.clerk.email_addresses
        user, other = self.user(), self.user()
        email = emails.create(request={"user_id": user.id, "email_address": self.email(), "verified": False})
        self.assertEqual(emails.get(email_address_id=email.id).email_address, email.email_address)
        started = emails.prepare_verification(email_address_id=email.id)
        self.assertEqual(started.status, "unverified")
        wrong = emails.attempt_verification(email_address_id=email.id, verification_id=started.id, code="000000")
        self.assertNotEqual(wrong.status, "verified")
        updated = emails.update(email_address_id=email.id, verified=True, primary=True)
        self.assertEqual(updated.verification.status, "verified")
        self.assertEqual(self.clerk.users.get(user_id=user.id).primary_email_address_id, email.id)
        replaced = emails.replace_for_user(user_id=user.id, email_address=self.email())
        self.assertEqual([one.id for one in self.clerk.users.get(user_id=user.id).email_addresses], [replaced.id])
        self.refused(404, "resource_not_found", emails.get, email_address_id=email.id)
        taken = other.email_addresses[0].email_address
        self.refused(422, "form_identifier_exists", emails.create, request={"user_id": user.id, "email_address": taken})
        self.refused(422, "form_param_format_invalid", emails.create, request={"user_id": user.id, "email_address": "x"})
        extra = emails.create(request={"user_id": user.id, "email_address": self.email()})
        self.assertTrue(emails.delete(email_address_id=extra.id).deleted)
        self.refused(404, "resource_not_found", emails.delete, email_address_id=extra.id)

    def test_codes_of_test_addresses(self):
        user = self.user()
        email = self.clerk.email_addresses.create(
            request={"user_id": user.id, "email_address": "someone+clerk_test@example.com"}
        )
        verification = self.clerk.email_addresses.prepare_verification(email_address_id=email.id)
        seen = self.clerk.email_addresses.attempt_verification(
            email_address_id=email.id, verification_id=verification.id, code="424242"
        )
        self.assertEqual(seen.status, "verified")

    def test_phone_numbers(self):
        phones = self.clerk.phone_numbers
        user = self.user()
        phone = phones.create(request={
            "user_id": user.id, "phone_number": "+15555550100", "verified": False, "reserved_for_second_factor": False,
        })
        verification = phones.prepare_verification(phone_number_id=phone.id)
        seen = phones.attempt_verification(phone_number_id=phone.id, verification_id=verification.id, code="424242")
        self.assertEqual(seen.status, "verified")
        updated = phones.update(phone_number_id=phone.id, primary=True, reserved_for_second_factor=True)
        self.assertTrue(updated.reserved_for_second_factor)
        self.assertEqual(phones.get(phone_number_id=phone.id).phone_number, "+15555550100")
        replaced = phones.replace_for_user(user_id=user.id, phone_number="+15555550103")
        self.assertEqual([one.id for one in self.clerk.users.get(user_id=user.id).phone_numbers], [replaced.id])
        self.refused(422, "form_identifier_exists", phones.create,
                     request={"user_id": user.id, "phone_number": "+15555550103"})
        self.refused(422, "form_param_format_invalid", phones.create, request={"user_id": user.id, "phone_number": "12"})
        self.assertTrue(phones.delete(phone_number_id=replaced.id).deleted)
        self.refused(404, "resource_not_found", phones.get, phone_number_id=replaced.id)
