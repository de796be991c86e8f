from clerk_backend_api import models

from emulator import PIXEL, EmulatorTest


class Organizations(EmulatorTest):
    def test_organizations(self):
        organizations = self.clerk.organizations
        organization, owner = self.organization(
            "Acme", slug="acme-inc", max_allowed_memberships=7, public_metadata={"a": {"b": 1}}, private_metadata={"c": 2}
        )
        self.assertEqual((organization.name, organization.slug, organization.max_allowed_memberships), ("Acme", "acme-inc", 7))
        self.assertEqual((organization.public_metadata, organization.private_metadata), ({"a": {"b": 1}}, {"c": 2}))
        self.assertEqual(organizations.get(organization_id="acme-inc", include_members_count=True).members_count, 1)
        updated = organizations.update(organization_id=organization.id, name="Ace", slug="ace", max_allowed_memberships=3)
        self.assertEqual((updated.name, updated.slug, updated.max_allowed_memberships), ("Ace", "ace", 3))
        merged = organizations.merge_metadata(organization_id=organization.id, public_metadata={"a": {"b": None, "d": 3}})
        self.assertEqual(merged.public_metadata, {"a": {"d": 3}})
        replaced = organizations.replace_metadata(organization_id=organization.id, public_metadata={"e": 4})
        self.assertEqual(replaced.public_metadata, {"e": 4})
        file = {"file_name": "logo.png", "content": PIXEL, "content_type": "image/png"}
        self.assertTrue(organizations.upload_logo(organization_id=organization.id, file=file, uploader_user_id=owner.id).has_image)
        self.assertFalse(organizations.delete_logo(organization_id=organization.id).has_image)
        entry = organizations.adjust_billing_credit_balance(
            organization_id=organization.id, amount=500, action="increase", idempotency_key="once"
        )
        self.assertTrue(entry.id)
        self.assertEqual(organizations.get_billing_credit_balance(organization_id=organization.id).balance.amount, 500)
        self.refused(404, "resource_not_found", organizations.get, organization_id="nobody")
        self.assertTrue(organizations.delete(organization_id=organization.id).deleted)
        self.refused(404, "resource_not_found", organizations.get, organization_id=organization.id)
        self.refused(404, "resource_not_found", organizations.update, organization_id=organization.id, name="x")
        self.refused(404, "resource_not_found", organizations.delete, organization_id=organization.id)

    def test_lists(self):
        for name in ("Listed B", "Listed A", "Listed C"):
            _, owner = self.organization(name)

        def names(**arguments):
            return [one.name for one in self.clerk.organizations.list(query="Listed", **arguments).data]

        self.assertEqual(names(), ["Listed C", "Listed A", "Listed B"])
        self.assertEqual(names(order_by="name", limit=2), ["Listed A", "Listed B"])
        self.assertEqual(names(order_by="+name", limit=2, offset=2), ["Listed C"])
        self.assertEqual(names(user_id=[owner.id]), ["Listed C"])
        seen = self.clerk.organizations.list(query="Listed", include_members_count=True, limit=1)
        self.assertEqual((seen.total_count, seen.data[0].members_count), (3, 1))

    def test_memberships(self):
        memberships = self.clerk.organization_memberships
        organization, owner = self.organization()
        user = self.user(username="member_bob", first_name="Bob")
        membership = memberships.create(
            organization_id=organization.id, user_id=user.id, role="org:member", public_metadata={"seat": 1}
        )
        self.assertEqual((membership.role, membership.public_user_data.user_id), ("org:member", user.id))
        self.assertTrue(membership.permissions)
        self.assertEqual(memberships.update(organization_id=organization.id, user_id=user.id, role="org:admin").role, "org:admin")
        merged = memberships.update_metadata(organization_id=organization.id, user_id=user.id, public_metadata={"row": 2})
        self.assertEqual(merged.public_metadata, {"seat": 1, "row": 2})
        for filters in ({"user_id": [user.id]}, {"username": ["member_bob"]}, {"query": "member_bob"},
                        {"name_query": "bob"}, {"role": ["org:admin"], "order_by": "-created_at", "limit": 1}):
            seen = memberships.list(organization_id=organization.id, **filters)
            self.assertEqual(seen.data[0].public_user_data.user_id, user.id, filters)
        self.assertEqual(memberships.list(organization_id=organization.id).total_count, 2)
        self.refused(404, "resource_not_found", memberships.update, organization_id=organization.id, user_id="user_0", role="org:admin")
        for arguments in ({"user_id": owner.id, "role": "org:member"}, {"user_id": user.id, "role": "org:member"}):
            with self.assertRaises(models.ClerkErrors):
                memberships.create(organization_id=organization.id, **arguments)
        removed = memberships.delete(organization_id=organization.id, user_id=user.id)
        self.assertEqual(removed.id, membership.id)
        self.refused(404, "resource_not_found", memberships.delete, organization_id=organization.id, user_id=user.id)

    def test_invitations(self):
        invitations = self.clerk.organization_invitations
        organization, owner = self.organization()
        email = self.email("guest")
        invitation = invitations.create(
            organization_id=organization.id, email_address=email, role="org:member", inviter_user_id=owner.id,
            public_metadata={"from": "test"}, redirect_url="https://app.example.com/welcome", expires_in_days=3,
        )
        self.assertEqual((invitation.email_address, invitation.status, invitation.role_name), (email, "pending", "Member"))
        self.assertEqual(invitations.get(organization_id=organization.id, invitation_id=invitation.id).id, invitation.id)
        bulk = invitations.bulk_create(organization_id=organization.id, request_body=[
            {"email_address": self.email("bulk"), "role": "org:member", "inviter_user_id": owner.id},
            {"email_address": self.email("bulk"), "role": "org:admin"},
        ])
        self.assertEqual(bulk.total_count, 2)
        self.assertEqual(invitations.list(organization_id=organization.id, status="pending").total_count, 3)
        self.assertEqual(invitations.list(organization_id=organization.id, email_address=email).total_count, 1)
        self.assertEqual(invitations.list_pending(organization_id=organization.id).total_count, 3)
        self.assertEqual(invitations.get_all(query=email).data[0].id, invitation.id)
        with self.assertRaises(models.ClerkErrors):
            invitations.create(organization_id=organization.id, email_address=email, role="org:member")
        self.refused(422, "form_param_format_invalid", invitations.create,
                     organization_id=organization.id, email_address="nobody", role="org:member")
        revoked = invitations.revoke(organization_id=organization.id, invitation_id=invitation.id, requesting_user_id=owner.id)
        self.assertEqual(revoked.status, "revoked")
        self.refused(404, "resource_not_found", invitations.get, organization_id=organization.id, invitation_id="orginv_0")

    def test_domains(self):
        domains = self.clerk.organization_domains
        organization, _ = self.organization()
        domain = domains.create(organization_id=organization.id, name="acme-domain.com", enrollment_mode="manual_invitation", verified=False)
        self.assertEqual((domain.name, domain.enrollment_mode), ("acme-domain.com", "manual_invitation"))
        self.assertEqual(domains.list(organization_id=organization.id).total_count, 1)
        self.assertEqual(domains.list(organization_id=organization.id, verified="true").total_count, 0)
        updated = domains.update(organization_id=organization.id, domain_id=domain.id, enrollment_mode="automatic_invitation", verified=True)
        self.assertEqual(updated.enrollment_mode, "automatic_invitation")
        self.assertEqual(domains.list_all(organization_id=organization.id, enrollment_mode=["automatic_invitation"]).total_count, 1)
        self.assertEqual(domains.verify_ownership(organization_id=organization.id, domain_id=domain.id).id, domain.id)
        self.assertTrue(domains.delete(organization_id=organization.id, domain_id=domain.id).deleted)
        self.refused(404, "resource_not_found", domains.delete, organization_id=organization.id, domain_id=domain.id)

    def test_permissions_roles_and_role_sets(self):
        permissions, roles, sets = self.clerk.organization_permissions, self.clerk.organization_roles, self.clerk.role_sets
        permission = permissions.create(name="Read reports", key="org:reports:read", description="May read")
        self.assertEqual(permissions.get(permission_id=permission.id).key, "org:reports:read")
        self.assertEqual(permissions.update(permission_id=permission.id, name="See reports").name, "See reports")
        self.assertTrue(permissions.list(query="reports").total_count)
        role = roles.create(name="Reporter", key="org:reporter", permissions=[permission.id])
        self.assertEqual([one.key for one in role.permissions], ["org:reports:read"])
        self.assertEqual(roles.update(organization_role_id=role.id, name="Correspondent").name, "Correspondent")
        self.assertEqual(roles.remove_permission(organization_role_id=role.id, permission_id=permission.id).permissions, [])
        self.assertEqual(len(roles.assign_permission(organization_role_id=role.id, permission_id=permission.id).permissions), 1)
        self.assertEqual(roles.get(organization_role_id=role.id).id, role.id)
        self.assertTrue(roles.list(order_by="key").total_count >= 3)
        role_set = sets.create(name="Press", key="role_set:press", default_role_key="org:reporter",
                               creator_role_key="org:admin", roles=["org:admin", "org:reporter"])
        self.assertEqual(len(role_set.roles), 2)
        self.assertEqual(sets.get(role_set_key_or_id=role_set.key).id, role_set.id)
        self.assertEqual(sets.update(role_set_key_or_id=role_set.id, name="The press").name, "The press")
        self.assertEqual(len(sets.add_roles(role_set_key_or_id=role_set.id, role_keys=["org:member"]).roles), 3)
        self.assertEqual(len(sets.replace_role(role_set_key_or_id=role_set.id, role_key="org:reporter", to_role_key="org:member").roles), 2)
        other = next(one for one in sets.list().data if one.id != role_set.id)
        self.assertTrue(sets.replace(role_set_key_or_id=role_set.id, dest_role_set_key=other.key).deleted)
        self.refused(404, "resource_not_found", sets.get, role_set_key_or_id=role_set.id)
        self.assertTrue(roles.delete(organization_role_id=role.id).deleted)
        self.assertTrue(permissions.delete(permission_id=permission.id).deleted)
        self.refused(404, "resource_not_found", roles.get, organization_role_id=role.id)
        self.refused(404, "resource_not_found", permissions.get, permission_id=permission.id)
