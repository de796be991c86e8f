import datetime

from emulator import EmulatorTest


class Billing(EmulatorTest):
    seed = {
        "plans": [
            {"slug": "pro", "name": "Pro", "payer": "user", "amount": 2000, "annual_monthly_amount": 1600},
            {"slug": "trial", "name": "Trial", "payer": "user", "amount": 900, "free_trial_days": 7},
            {"slug": "team", "name": "Team", "payer": "org", "amount": 5000},
        ],
        "users": [
            {"email_addresses": ["ada@example.com"], "plan": "pro"},
            {"email_addresses": ["bob@example.com"], "plan": "trial"},
            {"email_addresses": ["eve@example.com"], "plan": "pro"},
        ],
        "organizations": [
            {"name": "Acme", "slug": "acme", "plan": "team", "members": [{"user": "ada@example.com", "role": "org:admin"}]}
        ],
    }

    def id_of(self, email):
        return self.clerk.users.list(request={"email_address": [email]})[0].id

    def test_plans_and_prices(self):
        billing = self.clerk.billing
        plans = billing.list_plans(payer_type="user", limit=100)
        pro = next(plan for plan in plans.data if plan.slug == "pro")
        self.assertEqual(pro.name, "Pro")
        price = billing.create_price(plan_id=pro.id, amount=1000, description="For friends")
        self.assertIn(price.id, [one.id for one in billing.list_prices(plan_id=pro.id).data])

    def test_subscriptions(self):
        billing = self.clerk.billing
        ada = self.clerk.users.get_billing_subscription(user_id=self.id_of("ada@example.com"))
        item = next(one for one in ada.subscription_items if one.plan.slug == "pro")
        self.assertEqual(item.status, "active")
        acme = self.clerk.organizations.get_billing_subscription(organization_id=self.clerk.organizations.get(organization_id="acme").id)
        self.assertTrue(acme.subscription_items)
        self.assertTrue(billing.list_subscription_items(include_free=True, limit=100).total_count >= 3)
        prices = [one.id for one in billing.list_prices(plan_id=item.plan.id).data]
        self.assertTrue(prices)
        bob = self.clerk.users.get_billing_subscription(user_id=self.id_of("bob@example.com"))
        trial = next(one for one in bob.subscription_items if one.plan.slug == "trial")
        ends = datetime.datetime.fromtimestamp(trial.period_end / 1000, datetime.timezone.utc)
        extended = billing.extend_subscription_item_free_trial(
            subscription_item_id=trial.id, extend_to=ends + datetime.timedelta(days=3)
        )
        self.assertEqual(extended.id, trial.id)
        canceled = billing.cancel_subscription_item(subscription_item_id=trial.id, end_now=True)
        self.assertEqual(canceled.status, "ended")
        self.refused(404, "resource_not_found", billing.cancel_subscription_item, subscription_item_id="csub_item_0")

    def test_price_transitions(self):
        billing = self.clerk.billing
        eve = self.clerk.users.get_billing_subscription(user_id=self.id_of("eve@example.com"))
        item = next(one for one in eve.subscription_items if one.plan.slug == "pro")
        price = billing.create_price(plan_id=item.plan.id, amount=700)
        seen = billing.create_price_transition(subscription_item_id=item.id, from_price_id=item.price_id, to_price_id=price.id)
        self.assertTrue(seen)

    def test_statements(self):
        statements = self.clerk.billing.list_statements(limit=100)
        self.assertTrue(statements.data)
        statement = self.clerk.billing.get_statement(statement_id=statements.data[0].id)
        self.assertEqual(statement.id, statements.data[0].id)
        self.assertTrue(self.clerk.billing.get_statement_payment_attempts(statement_id=statement.id).total_count >= 0)
        self.refused(404, "resource_not_found", self.clerk.billing.get_statement, statement_id="stmt_0")
