from clerk_backend_api import models
from clerk_backend_api.utils import BackoffStrategy, RetryConfig

from emulator import EmulatorTest


class Faults(EmulatorTest):
    def test_throttling_says_when_to_come_again(self):
        self.admin("POST", "/faults", {"kind": "too_many_requests", "path": "/v1/users", "retry_after_seconds": 7})
        with self.assertRaises(models.ClerkBaseError) as caught:
            self.clerk.users.get(user_id="user_0")
        self.assertEqual((caught.exception.status_code, caught.exception.headers["retry-after"]), (429, "7"))

    def test_failures_are_repeated_until_they_end(self):
        self.admin("DELETE", "/requests")
        self.admin("POST", "/faults", {"kind": "status", "status": 503, "path": "/v1/users/count", "times": 2})
        patient = self.client(retry=RetryConfig("backoff", BackoffStrategy(1, 10, 1.5, 60_000), True))
        self.assertEqual(patient.users.count(request={}).total_count, 0)
        recorded = self.admin("GET", "/requests")
        recorded = recorded.get("data", recorded) if isinstance(recorded, dict) else recorded
        self.assertEqual(len([one for one in recorded if one["path"] == "/v1/users/count"]), 3)

    def test_a_broken_gateway_is_an_error_with_a_status(self):
        self.admin("POST", "/faults", {"kind": "answer", "status": 502, "content_type": "text/html", "body": "<h1>Bad</h1>"})
        with self.assertRaises(models.ClerkBaseError) as caught:
            self.clerk.users.get(user_id="user_0")
        self.assertEqual(caught.exception.status_code, 502)
