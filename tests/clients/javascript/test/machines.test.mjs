import assert from 'node:assert/strict';
import { test } from 'node:test';

import { admin, clientOf, newUser, refused, startEmulator } from '../emulator.mjs';

const emulator = await startEmulator();
const { clerk, env } = emulator;

function authenticate(token, acceptsToken, options = {}) {
  const request = new Request('https://app.example.com/', { headers: { authorization: `Bearer ${token}` } });
  return clerk.authenticateRequest(request, { acceptsToken, ...options });
}

test('API keys are made, read, changed, verified, revoked and deleted', async () => {
  const { apiKeys } = clerk;
  const user = await newUser(clerk);
  const key = await apiKeys.create({
    name: 'deploy',
    subject: user.id,
    description: 'for deployments',
    claims: { tier: 'gold' },
    scopes: ['read:all', 'write:all'],
    secondsUntilExpiration: 3600,
    createdBy: user.id,
  });
  assert.match(key.id, /^ak_[0-9a-f]{32}$/);
  assert.match(key.secret, /^ak_/);
  assert.deepEqual([key.name, key.subject, key.scopes, key.claims, key.revoked, key.expired, key.createdBy],
    ['deploy', user.id, ['read:all', 'write:all'], { tier: 'gold' }, false, false, user.id]);
  assert(key.expiration > key.createdAt);
  const read = await apiKeys.get(key.id);
  assert.deepEqual([read.id, read.secret], [key.id, undefined]);
  assert.equal((await apiKeys.getSecret(key.id)).secret, key.secret);
  assert.equal((await apiKeys.verify(key.secret)).id, key.id);
  const updated = await apiKeys.update({ apiKeyId: key.id, subject: user.id, description: 'changed', scopes: ['read:all'], claims: { tier: 'silver' } });
  assert.deepEqual([updated.description, updated.scopes, updated.claims], ['changed', ['read:all'], { tier: 'silver' }]);
  const state = await authenticate(key.secret, 'api_key');
  assert.equal(state.isAuthenticated, true, state.reason);
  const auth = state.toAuth();
  assert.deepEqual([auth.tokenType, auth.id, auth.userId, auth.scopes, auth.claims], ['api_key', key.id, user.id, ['read:all'], { tier: 'silver' }]);
  assert.equal((await authenticate(key.secret, 'session_token')).isAuthenticated, false);
  assert.equal((await authenticate(key.secret, 'any')).isAuthenticated, true);
  const second = await apiKeys.create({ name: 'second', subject: user.id });
  const list = await apiKeys.list({ subject: user.id, limit: 1 });
  assert.deepEqual([list.totalCount, list.data[0].id], [2, second.id]);
  assert.equal((await apiKeys.list({ subject: user.id, query: 'deploy' })).totalCount, 1);
  const revoked = await apiKeys.revoke({ apiKeyId: key.id, revocationReason: 'leaked' });
  assert.deepEqual([revoked.revoked, revoked.revocationReason], [true, 'leaked']);
  assert.equal((await authenticate(key.secret, 'api_key')).isAuthenticated, false);
  assert.equal((await apiKeys.list({ subject: user.id })).totalCount, 1);
  assert.equal((await apiKeys.list({ subject: user.id, includeInvalid: true })).totalCount, 2);
  assert.equal((await apiKeys.delete(second.id)).deleted, true);
  await refused(404, 'api_key_not_found', apiKeys.get(second.id)).catch((error) => assert.match(String(error), /404/));
  await assert.rejects(apiKeys.verify('ak_wrong'), { status: 404 });
  await assert.rejects(apiKeys.create({ name: 'build', subject: 'nobody' }));
});

test('API keys of organizations belong to them', async () => {
  const owner = await newUser(clerk);
  const organization = await clerk.organizations.createOrganization({ name: 'Keys', createdBy: owner.id });
  const key = await clerk.apiKeys.create({ name: 'build', subject: organization.id });
  const auth = (await authenticate(key.secret, ['api_key', 'm2m_token'])).toAuth();
  assert.deepEqual([auth.subject, auth.orgId, auth.userId], [organization.id, organization.id, null]);
});

test('machines have secrets and scopes', async () => {
  const { machines } = clerk;
  const target = await machines.create({ name: 'billing' });
  const machine = await machines.create({ name: 'worker', scopedMachines: [target.id], defaultTokenTtl: 120 });
  assert.match(machine.id, /^mch_\w{27}$/);
  assert.match(machine.secretKey, /^ak_/);
  assert.deepEqual([machine.name, machine.defaultTokenTtl, machine.scopedMachines.map(({ id }) => id)], ['worker', 120, [target.id]]);
  const read = await machines.get(machine.id);
  assert.deepEqual([read.secretKey, read.scopedMachines.length], [undefined, 1]);
  const updated = await machines.update({ machineId: machine.id, name: 'crawler', defaultTokenTtl: 60 });
  assert.deepEqual([updated.name, updated.defaultTokenTtl, updated.scopedMachines.length], ['crawler', 60, 1]);
  const page = await machines.list({ query: 'crawl', orderBy: '-name', limit: 5 });
  assert.deepEqual([page.totalCount, page.data[0].id], [1, machine.id]);
  assert.equal((await machines.getSecretKey(machine.id)).secret, machine.secretKey);
  const { secret } = await machines.rotateSecretKey({ machineId: machine.id, previousTokenTtl: 0 });
  assert.notEqual(secret, machine.secretKey);
  const removed = await machines.deleteScope(machine.id, target.id);
  assert.equal(removed.deleted, true);
  const scope = await machines.createScope(machine.id, target.id);
  assert.deepEqual([scope.fromMachineId, scope.toMachineId], [machine.id, target.id]);
  await assert.rejects(machines.createScope(machine.id, target.id), 'twice');
  await refused(404, 'resource_not_found', machines.createScope(machine.id, 'mch_0'));
  assert.equal((await machines.delete(target.id)).deleted, true);
  await refused(404, 'resource_not_found', machines.get(target.id));
});

test('M2M tokens, opaque and as JWT', async () => {
  const target = await clerk.machines.create({ name: 'target' });
  const source = await clerk.machines.create({ name: 'source', scopedMachines: [target.id] });
  const stranger = await clerk.machines.create({ name: 'stranger' });
  const m2m = clientOf(env, { machineSecretKey: source.secretKey }).m2m;
  const token = await m2m.createToken({ claims: { job: 7 }, secondsUntilExpiration: 600 });
  assert.match(token.id, /^mt_[0-9a-f]{32}$/);
  assert.match(token.token, /^mt_/);
  assert.deepEqual([token.subject, token.claims, token.revoked, token.expired], [source.id, { job: 7 }, false, false]);
  assert(token.scopes.includes(target.id));
  const verified = await clerk.m2m.verify({ token: token.token, machineSecretKey: target.secretKey });
  assert.deepEqual([verified.id, verified.subject, verified.claims], [token.id, source.id, { job: 7 }]);
  assert.equal((await clerk.m2m.verify({ token: token.token })).id, token.id, 'with the secret key of the instance');
  await assert.rejects(clerk.m2m.verify({ token: token.token, machineSecretKey: stranger.secretKey }));
  await assert.rejects(clerk.m2m.verify({ token: 'mt_wrong' }), { status: 404 });
  await assert.rejects(clerk.m2m.createToken(), 'not with the secret key of the instance');
  await refused(401, 'machine_secret_key_invalid', clerk.m2m.createToken({ machineSecretKey: 'ak_wrong' }));
  const state = await authenticate(token.token, 'm2m_token', { machineSecretKey: target.secretKey });
  assert.deepEqual([state.isAuthenticated, state.toAuth().machineId], [true, source.id]);
  const list = await m2m.list({ subject: source.id });
  assert.deepEqual([list.totalCount, list.data[0].id], [1, token.id]);
  const revoked = await clerk.m2m.revokeToken({ m2mTokenId: token.id, revocationReason: 'done' });
  assert.deepEqual([revoked.revoked, revoked.revocationReason], [true, 'done']);
  assert.equal((await authenticate(token.token, 'm2m_token')).isAuthenticated, false);
  assert.equal((await m2m.list({ subject: source.id, revoked: true })).totalCount, 1);

  const jwt = await m2m.createToken({ tokenFormat: 'jwt', claims: { job: 8 }, secondsUntilExpiration: 600 });
  assert.equal(jwt.token.split('.').length, 3);
  const local = await clerk.m2m.verify({ token: jwt.token });
  assert.deepEqual([local.subject, local.claims.job], [source.id, 8]);
  const auth = (await authenticate(jwt.token, 'm2m_token')).toAuth();
  assert.equal(auth.machineId, source.id);
  assert.equal((await authenticate(jwt.token, 'session_token')).isAuthenticated, false);
});

test('tokens expire with the clock', async () => {
  const user = await newUser(clerk);
  const key = await clerk.apiKeys.create({ name: 'short', subject: user.id, secondsUntilExpiration: 60 });
  await admin(emulator, 'POST', '/clock/advance', { by_ms: 61_000 });
  assert.equal((await clerk.apiKeys.get(key.id)).expired, true);
  assert.equal((await authenticate(key.secret, 'api_key')).isAuthenticated, false);
  await admin(emulator, 'DELETE', '/clock');
});

test('OAuth applications issue tokens', async () => {
  const { oauthApplications } = clerk;
  const application = await oauthApplications.create({
    name: 'Partner',
    redirectUris: ['https://partner.example/callback'],
    scopes: 'openid profile email offline_access',
    consentScreenEnabled: false,
    public: false,
  });
  assert.deepEqual([application.name, application.scopes, application.isPublic, application.consentScreenEnabled],
    ['Partner', 'openid profile email offline_access', false, false]);
  assert(application.clientId && application.clientSecret);
  for (const url of ['authorizeUrl', 'tokenFetchUrl', 'userInfoUrl', 'discoveryUrl', 'tokenIntrospectionUrl']) {
    assert.match(application[url], /^http/, url);
  }
  const read = await oauthApplications.get(application.id);
  assert.deepEqual([read.id, read.clientSecret], [application.id, undefined]);
  const changed = await oauthApplications.update({ oauthApplicationId: application.id, name: 'Friend', redirectUris: ['https://partner.example/callback', 'https://partner.example/other'] });
  assert.deepEqual([changed.name, changed.redirectUris.length], ['Friend', 2]);
  assert.equal((await oauthApplications.list({ limit: 1, orderBy: '-created_at', nameQuery: 'frie' })).totalCount, 1);
  const rotated = await oauthApplications.rotateSecret(application.id);
  assert.notEqual(rotated.clientSecret, application.clientSecret);
  await refused(404, 'resource_not_found', oauthApplications.get('oauthapp_0'));
  await assert.rejects(oauthApplications.create({ scopes: 'email' }));

  // The grant of RFC 6749, as a signed-in browser would go through it.
  const user = await newUser(clerk);
  const { token } = await clerk.signInTokens.createSignInToken({ userId: user.id, expiresInSeconds: 600 });
  const cookies = new Map();
  const browse = async (url, options = {}) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', ...options, headers: { cookie, ...options.headers } });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      cookies.set(name, value);
    }
    return response;
  };
  const form = (fields) => ({ method: 'POST', body: new URLSearchParams(fields) });
  const browser = await (await browse(`${emulator.url}/v1/dev_browser?__clerk_api_version=2025-11-10`, { method: 'POST' })).json();
  const marks = `__clerk_api_version=2025-11-10&__clerk_db_jwt=${browser.id ?? browser.token}`;
  const signIn = await browse(`${emulator.url}/v1/client/sign_ins?${marks}`, form({ strategy: 'ticket', ticket: token }));
  assert.equal(signIn.status, 200, await signIn.text());
  const authorize = new URL(application.authorizeUrl);
  authorize.search = new URLSearchParams({
    __clerk_db_jwt: browser.id ?? browser.token,
    response_type: 'code',
    client_id: application.clientId,
    redirect_uri: 'https://partner.example/callback',
    scope: 'openid profile email offline_access',
    state: 'state-of-it',
  });
  const back = new URL((await browse(authorize)).headers.get('location'));
  assert.equal(back.origin, 'https://partner.example', String(back));
  const exchange = await fetch(application.tokenFetchUrl, form({
    grant_type: 'authorization_code',
    code: back.searchParams.get('code'),
    redirect_uri: 'https://partner.example/callback',
    client_id: application.clientId,
    client_secret: rotated.clientSecret,
  }));
  const grant = await exchange.json();
  assert.equal(exchange.status, 200, JSON.stringify(grant));
  const verified = await clerk.idPOAuthAccessToken.verify(grant.access_token);
  assert.deepEqual([verified.subject, verified.clientId, verified.revoked], [user.id, application.clientId, false]);
  const auth = (await authenticate(grant.access_token, 'oauth_token')).toAuth();
  assert.deepEqual([auth.userId, auth.clientId, auth.tokenType], [user.id, application.clientId, 'oauth_token']);
  assert.equal((await authenticate(grant.access_token, 'session_token')).isAuthenticated, false);
  assert.equal(await oauthApplications.revokeToken({ oauthApplicationId: application.id, token: grant.access_token }), undefined);
  assert.equal((await oauthApplications.delete(application.id)).deleted, true);
  await refused(404, 'resource_not_found', oauthApplications.get(application.id));
});
