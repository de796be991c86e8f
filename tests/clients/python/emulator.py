"""Starts the emulator's command, as any program would, and makes the clients for it."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest
import urllib.request

from clerk_backend_api import Clerk, models
from clerk_backend_api.utils import BackoffStrategy, RetryConfig

COMMAND = (
    [os.environ["CLERK_EMULATOR"]]
    if "CLERK_EMULATOR" in os.environ
    else ["cargo", "run", "--quiet", "-p", "clerk-emulator", "--"]
)
# The package repeats a failed call for up to an hour unless it is told not to.
NO_RETRIES = RetryConfig("backoff", BackoffStrategy(1, 1, 1, 1), False)
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6364f8cf500f0003860180"
    "5a347d6a0000000049454e44ae426082"
)


class EmulatorTest(unittest.TestCase):
    """A test case with an emulator of its own, which starts with `seed` and the arguments `args`."""

    seed = None
    args = []

    @classmethod
    def setUpClass(cls):
        arguments = ["--port", "0", "--json", *cls.args]
        if cls.seed is not None:
            folder = tempfile.TemporaryDirectory()
            cls.addClassCleanup(folder.cleanup)
            path = pathlib.Path(folder.name, "seed.json")
            path.write_text(json.dumps(cls.seed))
            arguments += ["--seed", str(path)]
        process = subprocess.Popen(COMMAND + arguments, stdout=subprocess.PIPE, text=True)
        cls.addClassCleanup(process.stdout.close)
        cls.addClassCleanup(process.wait)
        cls.addClassCleanup(process.terminate)
        ready = json.loads(process.stdout.readline())
        cls.url = ready["backend_api_url"]
        cls.admin_url = ready["admin_url"]
        cls.env = ready["env"]
        cls.clerk = cls.client()
        cls.count = 0

    @classmethod
    def client(cls, key=None, retry=NO_RETRIES):
        """Makes a client; `key` stands for the secret key."""
        clerk = Clerk(
            bearer_auth=key or cls.env["CLERK_SECRET_KEY"],
            server_url=f"{cls.url}/v1",
            retry_config=retry,
            timeout_ms=30_000,
        )
        cls.addClassCleanup(clerk.__exit__, None, None, None)
        return clerk

    @classmethod
    def admin(cls, method, path, body=None):
        """Calls the admin interface."""
        request = urllib.request.Request(
            cls.admin_url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"content-type": "application/json"},
        )
        with urllib.request.urlopen(request) as response:
            text = response.read()
        return json.loads(text) if text else None

    @classmethod
    def email(cls, name="user"):
        """Makes an address that no other user has."""
        cls.count += 1
        return f"{name}.{cls.count}@example.com"

    @classmethod
    def user(cls, **fields):
        """Creates a user with an address of their own."""
        fields.setdefault("email_address", [cls.email()])
        return cls.clerk.users.create(skip_password_requirement=True, **fields)

    @classmethod
    def organization(cls, name="Acme", **fields):
        """Creates an organization and its owner."""
        owner = cls.user()
        organization = cls.clerk.organizations.create(request={"name": name, "created_by": owner.id, **fields})
        return organization, owner

    def refused(self, status, code, call, *arguments, **fields):
        """Asserts that a call is refused with a status and a code, and returns the first error."""
        with self.assertRaises(models.ClerkBaseError) as caught:
            call(*arguments, **fields)
        error = caught.exception
        self.assertEqual(error.status_code, status, error.body)
        # Not every operation declares every status that it answers, and then the package leaves the body unread.
        first = json.loads(error.body)["errors"][0]
        if code is not None:
            self.assertEqual(first["code"], code, error.body)
        self.assertTrue(first["message"] and first["long_message"])
        return first
