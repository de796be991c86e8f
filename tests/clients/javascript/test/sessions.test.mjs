import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { test } from 'node:test';

import { verifyToken } from '@clerk/backend';
import { decodeJwt } from '@clerk/backend/jwt';

import { admin, clientOf, newUser, refused, startEmulator } from '../emulator.mjs';

const emulator = await startEmulator();
const { clerk, env } = emulator;
const { sessions } = clerk;
const secretKey = env.CLERK_SECRET_KEY;
const apiUrl = env.CLERK_API_URL;

function request(token, headers = {}) {
  return new Request('https://app.example.com/', { headers: { authorization: `Bearer ${token}`, ...headers } });
}

async function pem() {
  const { keys } = await clerk.jwks.getJwks();
  return createPublicKey({ key: keys[0], format: 'jwk' }).export({ type: 'spki', format: 'pem' });
}

test('sessions are created, listed and revoked', async () => {
  const user = await newUser(clerk);
  const session = await sessions.createSession({ userId: user.id });
  assert.match(session.id, /^sess_/);
  assert.deepEqual([session.status, session.userId], ['active', user.id]);
  assert(session.clientId && session.expireAt > session.createdAt && session.abandonAt >= session.expireAt);
  assert.equal((await sessions.getSession(session.id)).id, session.id);
  const second = await sessions.createSession({ userId: user.id });
  const list = await sessions.getSessionList({ userId: user.id });
  assert.deepEqual([list.totalCount, list.data[0].id], [2, second.id], 'newest first');
  assert.equal((await sessions.getSessionList({ userId: user.id, limit: 1 })).data.length, 1);
  assert.equal((await sessions.revokeSession(session.id)).status, 'revoked');
  const active = await sessions.getSessionList({ userId: user.id, status: 'active' });
  assert.deepEqual(active.data.map(({ id }) => id), [second.id]);
  const ofClient = await sessions.getSessionList({ clientId: second.clientId });
  assert(ofClient.data.some(({ id }) => id === second.id));
  await refused(404, 'resource_not_found', sessions.getSession('sess_0'));
  await refused(404, 'resource_not_found', sessions.revokeSession('sess_0'));
  await refused(404, 'resource_not_found', sessions.createSession({ userId: 'user_0' }));
});

test('tokens verify with the key set, with a PEM, and not after a revocation', async () => {
  const user = await newUser(clerk);
  const session = await sessions.createSession({ userId: user.id });
  const { jwt } = await sessions.getToken(session.id);
  const claims = await verifyToken(jwt, { secretKey, apiUrl });
  assert.deepEqual([claims.sub, claims.sid], [user.id, session.id]);
  assert.equal(claims.exp - claims.iat, 60);
  const networkless = await verifyToken(jwt, { jwtKey: await pem() });
  assert.equal(networkless.sub, user.id);
  const long = await sessions.getToken(session.id, undefined, 3600);
  const { payload } = decodeJwt(long.jwt);
  assert.equal(payload.exp - payload.iat, 3600);
  await refused(422, 'form_param_value_invalid', sessions.getToken(session.id, undefined, 1));
  await sessions.revokeSession(session.id);
  await assert.rejects(sessions.getToken(session.id));
});

test('a request with a token is signed in', async () => {
  const user = await newUser(clerk);
  const session = await sessions.createSession({ userId: user.id });
  const { jwt } = await sessions.getToken(session.id);
  for (const options of [{}, { jwtKey: await pem() }]) {
    const state = await clerk.authenticateRequest(request(jwt), options);
    assert.equal(state.isAuthenticated, true, state.reason);
    const auth = state.toAuth();
    assert.deepEqual([auth.userId, auth.sessionId, auth.tokenType], [user.id, session.id, 'session_token']);
    assert.equal(typeof (await auth.getToken()), 'string');
  }
  const forged = `${jwt.slice(0, -6)}AAAAAA`;
  assert.equal((await clerk.authenticateRequest(request(forged))).isAuthenticated, false);
  const elsewhere = await clerk.authenticateRequest(request(jwt), { authorizedParties: ['https://else.example'] });
  assert.equal(elsewhere.reason, 'token-invalid-authorized-parties', 'tokens of the Backend API have no azp');
});

test('active organizations are in the claims', async () => {
  const user = await newUser(clerk);
  const organization = await clerk.organizations.createOrganization({ name: 'Active', slug: 'active', createdBy: user.id });
  const response = await fetch(`${emulator.url}/v1/sessions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secretKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ user_id: user.id, active_organization_id: organization.id }),
  });
  const { id, last_active_organization_id: active } = await response.json();
  assert.equal(active, organization.id);
  const { jwt } = await sessions.getToken(id);
  const auth = (await clerk.authenticateRequest(request(jwt))).toAuth();
  assert.deepEqual([auth.orgId, auth.orgSlug, auth.orgRole], [organization.id, 'active', 'org:admin']);
  assert.equal(auth.has({ role: 'org:admin' }), true);
  assert.equal(auth.has({ role: 'org:member' }), false);
  assert.equal(auth.has({ permission: 'org:sys_memberships:manage' }), false, 'system permissions are not in tokens');
});

test('templates are kept, and shape tokens', async () => {
  const user = await newUser(clerk, { firstName: 'Ada', publicMetadata: { plan: 'pro' } });
  const template = await clerk.jwtTemplates.create({
    name: 'reporting',
    claims: { first: '{{user.first_name}}', plan: '{{user.public_metadata.plan}}', aud: 'reports' },
    lifetime: 120,
    allowedClockSkew: 10,
  });
  assert.match(template.id, /^jtmp_/);
  assert.deepEqual([template.lifetime, template.allowedClockSkew, template.customSigningKey], [120, 10, false]);
  assert.equal((await clerk.jwtTemplates.get(template.id)).name, 'reporting');
  const list = await clerk.jwtTemplates.list();
  assert.deepEqual([list.totalCount, list.data[0].id], [1, template.id]);
  const session = await sessions.createSession({ userId: user.id });
  const { jwt } = await sessions.getToken(session.id, 'reporting');
  const { payload } = decodeJwt(jwt);
  assert.deepEqual([payload.first, payload.plan, payload.aud, payload.sub], ['Ada', 'pro', 'reports', user.id]);
  assert.equal(payload.exp - payload.iat, 120);
  const updated = await clerk.jwtTemplates.update({ templateId: template.id, name: 'reports', claims: { aud: 'x' }, lifetime: 60 });
  assert.deepEqual([updated.name, updated.claims, updated.lifetime], ['reports', { aud: 'x' }, 60]);
  await refused(404, 'resource_not_found', sessions.getToken(session.id, 'reporting'));
  const custom = await clerk.jwtTemplates.create({ name: 'hasura', claims: {}, signingAlgorithm: 'HS256', signingKey: 'a secret of 32 bytes, just enough', customSigningKey: true });
  assert.deepEqual([custom.customSigningKey, custom.signingAlgorithm], [true, 'HS256']);
  const { jwt: signed } = await sessions.getToken(session.id, 'hasura');
  assert.equal(decodeJwt(signed).header.alg, 'HS256');
  await refused(422, 'form_param_missing', clerk.jwtTemplates.create({ claims: {} }));
  await assert.rejects(clerk.jwtTemplates.create({ name: 'reports', claims: {} }));
  assert.equal((await clerk.jwtTemplates.delete(template.id)).deleted, true);
  await refused(404, 'resource_not_found', clerk.jwtTemplates.get(template.id));
  await clerk.jwtTemplates.delete(custom.id);
});

test('a session is verified by a token of it', async () => {
  const user = await newUser(clerk);
  const session = await sessions.createSession({ userId: user.id });
  const { jwt } = await sessions.getToken(session.id);
  assert.equal((await sessions.verifySession(session.id, jwt)).id, session.id);
  await assert.rejects(sessions.verifySession(session.id, 'nonsense'));
  await refused(404, 'resource_not_found', sessions.verifySession('sess_0', jwt));
});

test('clients have sessions', async () => {
  const user = await newUser(clerk);
  const session = await sessions.createSession({ userId: user.id });
  const client = await clerk.clients.getClient(session.clientId);
  assert.deepEqual([client.id, client.sessions.map(({ id }) => id)], [session.clientId, [session.id]]);
  const { data, totalCount } = await clerk.clients.getClientList();
  assert(data.length > 0 && totalCount >= data.length);
  await refused(404, 'resource_not_found', clerk.clients.getClient('client_0'));
  const { jwt } = await sessions.getToken(session.id);
  assert.equal((await clerk.clients.verifyClient(jwt)).id, client.id);
  await assert.rejects(clerk.clients.verifyClient('nonsense'));
});

test('sign-in tokens, actor tokens and agent tasks are made and revoked once', async () => {
  const user = await newUser(clerk);
  const actor = await newUser(clerk);
  const signIn = await clerk.signInTokens.createSignInToken({ userId: user.id, expiresInSeconds: 600 });
  assert.deepEqual([signIn.userId, signIn.status], [user.id, 'pending']);
  assert(signIn.token && signIn.url.includes(signIn.token));
  assert.equal((await clerk.signInTokens.revokeSignInToken(signIn.id)).status, 'revoked');
  await assert.rejects(clerk.signInTokens.revokeSignInToken(signIn.id));
  await refused(404, 'resource_not_found', clerk.signInTokens.revokeSignInToken('sit_0'));
  await assert.rejects(clerk.signInTokens.createSignInToken({ userId: 'user_0', expiresInSeconds: 600 }));

  const acting = await clerk.actorTokens.create({
    userId: user.id,
    actor: { sub: actor.id },
    expiresInSeconds: 600,
    sessionMaxDurationInSeconds: 600,
  });
  assert.deepEqual([acting.userId, acting.actor, acting.status], [user.id, { sub: actor.id }, 'pending']);
  assert(acting.token && acting.url);
  assert.equal((await clerk.actorTokens.revoke(acting.id)).status, 'revoked');
  await assert.rejects(clerk.actorTokens.revoke(acting.id));

  const task = await clerk.agentTasks.create({
    onBehalfOf: { userId: user.id },
    permissions: '*',
    agentName: 'robot',
    taskDescription: 'look around',
    redirectUrl: 'https://app.example.com/',
  });
  assert(task.url);
  await clerk.agentTasks.revoke(task.agentTaskId ?? task.taskId);
});

test('testing tokens say when they expire', async () => {
  const { token, expires_at: expiresAt } = await clerk.testingTokens.createTestingToken();
  assert(token);
  assert(expiresAt > Date.now() / 1000 && expiresAt < Date.now(), 'in seconds');
});

test('tokens signed by rotated keys go on while their session does, and new ones verify at once', async () => {
  const user = await newUser(clerk);
  const session = await sessions.createSession({ userId: user.id });
  await admin(emulator, 'POST', '/keys/rotate');
  const { jwt } = await sessions.getToken(session.id);
  const fresh = clientOf(env);
  assert.equal((await fresh.authenticateRequest(request(jwt))).isAuthenticated, true);
});
