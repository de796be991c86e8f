import assert from 'node:assert/strict';
import { test } from 'node:test';

import { freshEmail, newUser, refused, serve, startEmulator } from '../emulator.mjs';

const emulator = await startEmulator();
const { clerk } = emulator;

test('invitations are sent, listed, revoked and deleted', async () => {
  const { invitations } = clerk;
  const emailAddress = freshEmail('invited');
  const invitation = await invitations.createInvitation({
    emailAddress,
    redirectUrl: 'https://app.example.com/welcome',
    publicMetadata: { source: 'test' },
    expiresInDays: 7,
    notify: true,
    ignoreExisting: false,
  });
  assert.match(invitation.id, /^inv_/);
  assert.deepEqual([invitation.emailAddress, invitation.status], [emailAddress, 'pending']);
  assert.deepEqual(invitation.publicMetadata, { source: 'test' });
  assert.match(invitation.url, /^http/);
  await refused(400, 'duplicate_record', invitations.createInvitation({ emailAddress }));
  await invitations.createInvitation({ emailAddress, ignoreExisting: true });
  const user = await newUser(clerk);
  await assert.rejects(invitations.createInvitation({ emailAddress: user.primaryEmailAddress.emailAddress }));
  await refused(422, 'form_param_format_invalid', invitations.createInvitation({ emailAddress: 'nobody' }));
  const bulk = await invitations.createInvitationBulk([{ emailAddress: freshEmail('bulk') }, { emailAddress: freshEmail('bulk') }]);
  assert.deepEqual(bulk.map(({ status }) => status), ['pending', 'pending']);
  const page = await invitations.getInvitationList({ limit: 2, status: 'pending' });
  assert.deepEqual([page.data.length, page.totalCount], [2, 4]);
  assert.equal((await invitations.getInvitationList({ query: emailAddress })).totalCount, 2);
  assert.equal((await invitations.revokeInvitation(invitation.id)).status, 'revoked');
  await assert.rejects(invitations.revokeInvitation(invitation.id));
  await refused(404, 'resource_not_found', invitations.revokeInvitation('inv_0'));
  assert.equal((await invitations.getInvitationList({ status: 'revoked' })).data[0].id, invitation.id);
  assert.equal((await invitations.deleteInvitation(bulk[0].id)).deleted, true);
  assert.equal((await invitations.getInvitationList({ status: 'pending' })).totalCount, 2);
  await refused(404, 'resource_not_found', invitations.deleteInvitation(bulk[0].id));
});

test('allow and block lists', async () => {
  const allowed = await clerk.allowlistIdentifiers.createAllowlistIdentifier({ identifier: 'ada@allowed.example', notify: false });
  assert.deepEqual([allowed.identifier, allowed.identifierType ?? allowed.identifier_type], ['ada@allowed.example', 'email_address']);
  const list = await clerk.allowlistIdentifiers.getAllowlistIdentifierList();
  assert.deepEqual([list.totalCount, list.data[0].id], [1, allowed.id]);
  await refused(422, 'duplicate_record', clerk.allowlistIdentifiers.createAllowlistIdentifier({ identifier: 'ada@allowed.example', notify: false }));
  assert.equal((await clerk.allowlistIdentifiers.deleteAllowlistIdentifier(allowed.id)).deleted, true);
  await refused(404, 'resource_not_found', clerk.allowlistIdentifiers.deleteAllowlistIdentifier(allowed.id));

  const blocked = await clerk.blocklistIdentifiers.createBlocklistIdentifier({ identifier: '*@blocked.example' });
  assert.equal(blocked.identifier, '*@blocked.example');
  assert.equal((await clerk.blocklistIdentifiers.getBlocklistIdentifierList()).totalCount, 1);
  assert.equal((await clerk.blocklistIdentifiers.deleteBlocklistIdentifier(blocked.id)).deleted, true);
  await refused(404, 'resource_not_found', clerk.blocklistIdentifiers.deleteBlocklistIdentifier(blocked.id));
});

test('redirect URLs', async () => {
  const { redirectUrls } = clerk;
  const url = await redirectUrls.createRedirectUrl({ url: 'myapp://callback' });
  assert.deepEqual([url.url, (await redirectUrls.getRedirectUrl(url.id)).url], ['myapp://callback', 'myapp://callback']);
  const list = await redirectUrls.getRedirectUrlList();
  assert.deepEqual([list.totalCount, list.data[0].id], [1, url.id]);
  await assert.rejects(redirectUrls.createRedirectUrl({ url: 'myapp://callback' }));
  await assert.rejects(redirectUrls.createRedirectUrl({ url: 'nonsense' }));
  assert.equal((await redirectUrls.deleteRedirectUrl(url.id)).deleted, true);
  await refused(404, 'resource_not_found', redirectUrls.getRedirectUrl(url.id));
});

test('the waitlist', async () => {
  const { waitlistEntries } = clerk;
  const entry = await waitlistEntries.create({ emailAddress: freshEmail('waiting'), notify: true });
  assert.deepEqual([entry.status, entry.isLocked ?? false], ['pending', false]);
  const bulk = await waitlistEntries.createBulk([{ emailAddress: freshEmail('waiting') }, { emailAddress: freshEmail('waiting') }]);
  assert.equal(bulk.length, 2);
  assert.equal((await waitlistEntries.list({ status: 'pending', orderBy: '-created_at' })).totalCount, 3);
  const invited = await waitlistEntries.invite(entry.id);
  assert.deepEqual([invited.status, invited.invitation.status], ['invited', 'pending']);
  await assert.rejects(waitlistEntries.invite(entry.id));
  await waitlistEntries.invite(entry.id, { ignoreExisting: true });
  assert.equal((await waitlistEntries.reject(bulk[0].id)).status, 'rejected');
  assert.equal((await waitlistEntries.list({ query: bulk[1].emailAddress })).totalCount, 1);
  assert.equal((await waitlistEntries.delete(bulk[1].id)).deleted, true);
  await refused(404, 'resource_not_found', waitlistEntries.delete(bulk[1].id));
});

test('domains', async () => {
  const { domains } = clerk;
  const domain = await domains.add({ name: 'satellite.example', is_satellite: true, proxy_url: 'https://satellite.example/__clerk' });
  assert.deepEqual([domain.name, domain.isSatellite, domain.proxyUrl], ['satellite.example', true, 'https://satellite.example/__clerk']);
  assert.equal((await domains.update({ domainId: domain.id, name: 'moon.example' })).name, 'moon.example');
  assert.equal((await domains.update({ domainId: domain.id, proxy_url: null })).proxyUrl ?? null, null);
  const list = await domains.list();
  assert(list.data.some(({ id }) => id === domain.id) && list.totalCount === list.data.length);
  await assert.rejects(domains.add({ name: 'moon.example', is_satellite: true }));
  assert.equal((await domains.delete(domain.id)).deleted, true);
  await refused(404, 'resource_not_found', domains.delete(domain.id));
});

test('settings of the instance', async () => {
  const { instance, betaFeatures } = clerk;
  const { id, environmentType } = await instance.get();
  assert.match(id, /^ins_/);
  assert.equal(environmentType, 'development');
  assert.equal(await instance.update({ allowedOrigins: ['chrome-extension://abc'], supportEmail: 'help@example.com' }), undefined);
  const restrictions = await instance.updateRestrictions({ allowlist: false, blocklist: true, blockEmailSubaddresses: true });
  assert.deepEqual([restrictions.allowlist, restrictions.blocklist, restrictions.blockEmailSubaddresses], [false, true, true]);
  await instance.updateRestrictions({ blocklist: false, blockEmailSubaddresses: false, blockDisposableEmailDomains: false });
  const settings = await instance.updateOrganizationSettings({ enabled: true, maxAllowedMemberships: 50, domainsEnabled: true, domainsEnrollmentModes: ['automatic_invitation'], slugDisabled: false });
  assert.deepEqual([settings.enabled, settings.maxAllowedMemberships, settings.domainsEnabled, settings.domainsEnrollmentModes],
    [true, 50, true, ['automatic_invitation']]);
  assert.equal((await instance.getOrganizationSettings()).maxAllowedMemberships, 50);
  await betaFeatures.changeDomain({ homeUrl: 'https://new.example' });
});

test('a proxy is checked', async () => {
  const { data } = await clerk.domains.list();
  const healthy = await serve((request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ status: 'ok' }));
  });
  const call = clerk.proxyChecks.verify({ domainId: data[0].id, proxyUrl: `${healthy}/__clerk` });
  const check = await call.catch((error) => error);
  assert(check.successful !== undefined || check.errors[0].code, String(check));
});

test('webhooks have a portal', async () => {
  await clerk.webhooks.createSvixApp();
  assert.match((await clerk.webhooks.generateSvixAuthURL()).svix_url, /^http/);
  assert.equal(await clerk.webhooks.deleteSvixApp(), undefined);
  await assert.rejects(clerk.webhooks.deleteSvixApp());
});

test('emails are written', async () => {
  const { id: userId, primaryEmailAddress } = await newUser(clerk);
  const message = (params = {}) => ({
    from: { address: 'hello@acme.example', name: 'Acme' },
    to: { userId },
    subject: 'Hello',
    html: '<p>Hello</p>',
    text: 'Hello',
    ...params,
  });
  const email = await clerk.emails.create(message({ replyTo: { address: 'help@example.com' } }), { idempotencyKey: 'once' });
  assert.equal((await clerk.emails.create(message(), { idempotencyKey: 'once' })).id, email.id, 'sent once');
  assert.deepEqual([email.fromEmailName, email.userId], ['hello', userId]);
  const read = await clerk.emails.get(email.id);
  assert.deepEqual([read.id, read.subject, read.toEmailAddress], [email.id, 'Hello', primaryEmailAddress.emailAddress]);
  const batch = await clerk.emails.createBatch([message(), message({ to: { userId: 'user_0' } })]);
  assert.deepEqual(batch.map(({ index, email: sent, errors }) => [index, Boolean(sent), Boolean(errors)]), [[0, true, false], [1, false, true]]);
  await refused(404, 'resource_not_found', clerk.emails.get('ema_0'));
});

test('sign-ups that nobody began are not found', async () => {
  await refused(404, 'resource_not_found', clerk.signUps.get('sua_0'));
  await refused(404, 'resource_not_found', clerk.signUps.update({ signUpAttemptId: 'sua_0', externalId: 'x' }));
});

test('an application without an account is made', async () => {
  const application = await clerk.__experimental_accountlessApplications.createAccountlessApplication();
  assert.match(application.publishableKey, /^pk_test_/);
  assert.match(application.secretKey, /^sk_test_/);
  assert.match(application.claimUrl, /^http/);
  const again = await clerk.__experimental_accountlessApplications.completeAccountlessApplicationOnboarding();
  assert.equal(again.publishableKey, application.publishableKey);
});
