import assert from 'node:assert/strict';
import { test } from 'node:test';

import { admin, clientOf, newUser, refused, startEmulator } from '../emulator.mjs';

const emulator = await startEmulator();
const { clerk } = emulator;

test('throttling says when to come again', async () => {
  await admin(emulator, 'POST', '/faults', { kind: 'too_many_requests', path: '/v1/users', retry_after_seconds: 7, times: 2 });
  const error = await refused(429, 'too_many_requests', clerk.users.getUser('user_0'));
  assert.equal(error.retryAfter, 7);
  await admin(emulator, 'DELETE', '/faults');
  await newUser(clerk);
});

test('a broken gateway is an error with a status', async () => {
  await admin(emulator, 'POST', '/faults', { kind: 'answer', status: 502, content_type: 'text/html', body: '<h1>Bad gateway</h1>' });
  const error = await clerk.organizations.getOrganization({ organizationId: 'org_0' }).catch((thrown) => thrown);
  assert.equal(error.status, 502);
  await admin(emulator, 'POST', '/faults', { kind: 'status', status: 500 });
  assert.equal((await clerk.users.getUser('user_0').catch((thrown) => thrown)).status, 500);
});

test('a cut connection is an error without a status', async () => {
  await admin(emulator, 'POST', '/faults', { kind: 'cut' });
  const error = await clerk.users.getUser('user_0').catch((thrown) => thrown);
  assert.equal(error.errors[0].code, 'unexpected_error');
});

test('what is not emulated says so', async () => {
  const response = await fetch(`${emulator.url}/v1/no_such_operation`, {
    headers: { authorization: `Bearer ${emulator.env.CLERK_SECRET_KEY}` },
  });
  const { errors } = await response.json();
  assert.deepEqual([response.status, errors[0].code], [405, 'not_emulated']);
});

test('expected requests come', async () => {
  await admin(emulator, 'POST', '/expectations', { method: 'GET', path: '/v1/users/count', times: 1 });
  await clerk.users.getCount();
  const { data } = await admin(emulator, 'GET', '/expectations').then((answer) => ({ data: answer.data ?? answer }));
  assert.equal(data.length, 1);
  assert.equal(data[0].met ?? data[0].fulfilled ?? true, true);
});

test('a client without a key does not even ask', async () => {
  const keyless = clientOf(emulator.env, { secretKey: '' });
  await assert.rejects(keyless.users.getUserList());
});
