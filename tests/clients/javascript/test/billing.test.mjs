import assert from 'node:assert/strict';
import { test } from 'node:test';

import { refused, startEmulator } from '../emulator.mjs';

const emulator = await startEmulator({
  seed: {
    plans: [
      { slug: 'pro', name: 'Pro', payer: 'user', amount: 2000, annual_monthly_amount: 1600, features: ['exports'] },
      { slug: 'trial', name: 'Trial', payer: 'user', amount: 900, free_trial_days: 7 },
      { slug: 'team', name: 'Team', payer: 'org', amount: 5000 },
    ],
    users: [
      { email_addresses: ['ada@example.com'], plan: 'pro' },
      { email_addresses: ['bob@example.com'], plan: 'trial' },
    ],
    organizations: [{ name: 'Acme', slug: 'acme', plan: 'team', members: [{ user: 'ada@example.com', role: 'org:admin' }] }],
  },
});
const { clerk } = emulator;

async function userId(email) {
  const { data } = await clerk.users.getUserList({ emailAddress: [email] });
  return data[0].id;
}

test('plans are listed', async () => {
  const { data, totalCount } = await clerk.billing.getPlanList({ payerType: 'user', limit: 100 });
  assert.equal(totalCount, data.length);
  const pro = data.find(({ slug }) => slug === 'pro');
  assert.deepEqual([pro.name, pro.fee.amount, pro.fee.currency, pro.annualMonthlyFee.amount, pro.forPayerType, pro.isRecurring],
    ['Pro', 2000, 'USD', 1600, 'user', true]);
  assert.deepEqual(pro.features.map(({ slug }) => slug), ['exports']);
  assert((await clerk.billing.getPlanList({ payerType: 'org' })).data.some(({ slug }) => slug === 'team'));
});

test('subscriptions are read, extended and canceled', async () => {
  const ada = await clerk.billing.getUserBillingSubscription(await userId('ada@example.com'));
  assert.equal(ada.status, 'active');
  const item = ada.subscriptionItems.find(({ plan }) => plan.slug === 'pro');
  assert.deepEqual([item.status, item.planPeriod], ['active', 'month']);
  assert(ada.nextPayment.date > Date.now());
  const acme = await clerk.organizations.getOrganization({ slug: 'acme' });
  const team = await clerk.billing.getOrganizationBillingSubscription(acme.id);
  assert.equal(team.subscriptionItems[0].plan.slug, 'team');
  await refused(404, 'resource_not_found', clerk.billing.getUserBillingSubscription('user_0'));

  const bob = await clerk.billing.getUserBillingSubscription(await userId('bob@example.com'));
  const trial = bob.subscriptionItems.find(({ plan }) => plan.slug === 'trial');
  assert.equal(trial.isFreeTrial, true);
  const extendTo = new Date(trial.periodEnd + 3 * 24 * 3600 * 1000);
  const extended = await clerk.billing.extendSubscriptionItemFreeTrial(trial.id, { extendTo });
  assert.equal(extended.id, trial.id);

  const canceled = await clerk.billing.cancelSubscriptionItem(item.id, { endNow: false });
  assert(canceled.canceledAt > 0);
  const ended = await clerk.billing.cancelSubscriptionItem(trial.id, { endNow: true });
  assert.equal(ended.status, 'ended');
  await refused(404, 'resource_not_found', clerk.billing.cancelSubscriptionItem('csub_item_0'));
});
