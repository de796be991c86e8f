"""An application in Python, tested with the emulator: `python -m unittest`."""

import json
import os
import subprocess
import unittest

from clerk_backend_api import Clerk


def directory(clerk):
    """The application under test: it lists the members of each organization."""
    return {
        organization.name: [
            membership.public_user_data.identifier
            for membership in clerk.organization_memberships.list(organization_id=organization.id).data
        ]
        for organization in clerk.organizations.list().data
    }


class DirectoryTest(unittest.TestCase):
    def setUp(self):
        # The emulator prints one line of JSON once it is ready.
        command = os.environ.get("CLERK_EMULATOR", "clerk-emulator")
        emulator = subprocess.Popen([command, "--port", "0", "--json"], stdout=subprocess.PIPE)
        self.addCleanup(emulator.stdout.close)
        self.addCleanup(emulator.wait)
        self.addCleanup(emulator.terminate)
        ready = json.loads(emulator.stdout.readline())
        self.clerk = Clerk(
            server_url=f"{ready['backend_api_url']}/v1",
            bearer_auth=ready["env"]["CLERK_SECRET_KEY"],
        )

    def test_members_are_listed(self):
        ada = self.clerk.users.create(email_address=["ada@example.com"], skip_password_requirement=True)
        self.clerk.organizations.create(request={"name": "Acme", "created_by": ada.id})
        self.assertEqual(directory(self.clerk), {"Acme": ["ada@example.com"]})

    def test_at_first_there_is_nobody(self):
        self.assertEqual(directory(self.clerk), {})


if __name__ == "__main__":
    unittest.main()
