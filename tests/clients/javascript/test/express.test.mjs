import assert from 'node:assert/strict';
import { test } from 'node:test';

import express from 'express';

import { admin, freshEmail, newUser, serve, startEmulator } from '../emulator.mjs';

// The endpoint of the webhooks must be known before the emulator starts, and the application needs the emulator's keys.
let application = (_, response) => response.writeHead(503).end();
const origin = await serve((request, response) => application(request, response));
const emulator = await startEmulator({ args: ['--webhook-url', `${origin}/webhooks`] });
const { clerk, env } = emulator;
Object.assign(process.env, env);
const { clerkMiddleware, getAuth, requireAuth } = await import('@clerk/express');
const { verifyWebhook } = await import('@clerk/express/webhooks');

const events = [];
const app = express();
app.post('/webhooks', express.raw({ type: '*/*' }), async (request, response) => {
  try {
    events.push(await verifyWebhook(request));
    response.sendStatus(204);
  } catch {
    response.sendStatus(400);
  }
});
app.use(clerkMiddleware());
app.get('/', (request, response) => {
  const { userId, sessionId, orgId } = getAuth(request);
  response.json({ userId, sessionId, orgId: orgId ?? null });
});
app.get('/members', requireAuth({ signInUrl: '/sign-in' }), (request, response) => response.json({ userId: getAuth(request).userId }));
app.get('/machines', (request, response) => {
  const auth = getAuth(request, { acceptsToken: ['api_key', 'm2m_token'] });
  response.status(auth.isAuthenticated ? 200 : 401).json({ subject: auth.subject ?? null, tokenType: auth.tokenType });
});
application = app;

async function session(params = {}) {
  const user = await newUser(clerk, params);
  const { id } = await clerk.sessions.createSession({ userId: user.id });
  const { jwt } = await clerk.sessions.getToken(id);
  return { user, id, jwt };
}

test('tokens in a header sign in', async () => {
  const { user, id, jwt } = await session();
  const response = await fetch(origin, { headers: { authorization: `Bearer ${jwt}` } });
  assert.deepEqual(await response.json(), { userId: user.id, sessionId: id, orgId: null });
  const anonymous = await fetch(origin);
  assert.deepEqual([anonymous.status, await anonymous.json()], [200, { userId: null, sessionId: null, orgId: null }]);
});

test('guarded routes send others to the sign-in page', async () => {
  const { user, jwt } = await session();
  const member = await fetch(`${origin}/members`, { headers: { authorization: `Bearer ${jwt}` } });
  assert.deepEqual(await member.json(), { userId: user.id });
  const stranger = await fetch(`${origin}/members`, { redirect: 'manual' });
  assert.equal(stranger.status, 302);
  assert.match(stranger.headers.get('location'), /\/sign-in/);
});

test('keys of machines are accepted where they are asked for', async () => {
  const { user } = await session();
  const { secret } = await clerk.apiKeys.create({ name: 'build', subject: user.id });
  const headers = { authorization: `Bearer ${secret}` };
  const response = await fetch(`${origin}/machines`, { headers });
  assert.deepEqual([response.status, await response.json()], [200, { subject: user.id, tokenType: 'api_key' }]);
  assert.equal((await (await fetch(origin, { headers })).json()).userId, null);
});

/** Follows redirects as a browser does that opens a page: with the cookies of every answer. */
async function open(url, cookies, log = []) {
  for (let hop = 0; hop < 10; hop += 1) {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: {
        accept: 'text/html',
        'sec-fetch-dest': 'document',
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      },
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value === '' || /max-age=0|1970/i.test(line)) cookies.delete(name);
      else cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (!location) return response;
    url = new URL(location, url);
    log.push(url);
  }
  return assert.fail(`redirected for ever: ${log.join('\n')}`);
}

test('a browser is signed in by a handshake', async () => {
  const { user } = await session();
  const cookies = new Map();
  const log = [];
  const first = await open(`${origin}/`, cookies, log);
  assert.equal((await first.json()).userId, null);
  assert(log.some(({ pathname }) => pathname.endsWith('/v1/client/handshake')), log.join('\n'));

  const { token } = await clerk.signInTokens.createSignInToken({ userId: user.id, expiresInSeconds: 60 });
  const browser = [...cookies].find(([name]) => name === '__clerk_db_jwt')[1];
  const signIn = await fetch(`${emulator.url}/v1/client/sign_ins?__clerk_api_version=2025-11-10&__clerk_db_jwt=${browser}`, {
    method: 'POST',
    headers: { origin },
    body: new URLSearchParams({ strategy: 'ticket', ticket: token }),
  });
  const { response, client } = await signIn.json();
  assert.equal(response.status, 'complete', JSON.stringify(response));
  assert.equal(client.sessions[0].user.id, user.id);
  // What the browser SDK leaves behind on the application's own domain.
  cookies.set('__client_uat', String(Math.floor(client.sessions[0].created_at / 1000)));
  const second = await open(`${origin}/`, cookies, log);
  assert.equal((await second.json()).userId, user.id, log.join('\n'));

  const cookie = (prefix) => [...cookies].find(([name]) => name.startsWith(prefix))[1];
  const { jwt } = await clerk.sessions.refreshSession(client.sessions[0].id, {
    expired_token: cookie('__session'),
    refresh_token: cookie('__refresh'),
    request_origin: origin,
    format: 'token',
  });
  const refreshed = await fetch(origin, { headers: { authorization: `Bearer ${jwt}` } });
  assert.equal((await refreshed.json()).userId, user.id);
});

test('webhooks of operations are signed and verified', async () => {
  const email = freshEmail('hooked');
  const user = await clerk.users.createUser({ emailAddress: [email], skipPasswordRequirement: true });
  await clerk.users.updateUser(user.id, { firstName: 'Ada' });
  const organization = await clerk.organizations.createOrganization({ name: 'Hooked', createdBy: user.id });
  await clerk.users.deleteUser(user.id);
  await admin(emulator, 'POST', '/webhooks/settle');
  const ofUser = events.filter(({ data }) => data.id === user.id);
  assert.deepEqual(ofUser.map(({ type }) => type), ['user.created', 'user.updated', 'user.deleted']);
  assert.equal(ofUser[0].data.email_addresses[0].email_address, email);
  assert(events.some(({ type, data }) => type === 'organization.created' && data.id === organization.id));
  assert(events.some(({ type }) => type === 'organizationMembership.created'));
  const forged = await fetch(`${origin}/webhooks`, {
    method: 'POST',
    headers: { 'svix-id': 'msg_1', 'svix-timestamp': '1', 'svix-signature': 'v1,AAAA' },
    body: '{}',
  });
  assert.equal(forged.status, 400);
});
