import assert from 'node:assert/strict';
import { createHash, createHmac, pbkdf2Sync, scryptSync } from 'node:crypto';
import { test } from 'node:test';

import { clientOf, freshEmail, newUser, pixel, refused, startEmulator } from '../emulator.mjs';

const emulator = await startEmulator();
const { clerk } = emulator;
const { users } = clerk;

test('a user has everything that creation gave', async () => {
  const email = freshEmail('ada');
  const created = await users.createUser({
    externalId: 'crm-1',
    emailAddress: [email, freshEmail('ada')],
    phoneNumber: ['+15555550101'],
    username: 'countess',
    password: 'analytical-engine-1843',
    firstName: 'Ada',
    lastName: 'Lovelace',
    locale: 'en-GB',
    publicMetadata: { plan: 'pro' },
    privateMetadata: { crm: 7 },
    unsafeMetadata: { theme: 'dark' },
    createdAt: new Date('2020-01-02T03:04:05.678Z'),
    legalAcceptedAt: new Date('2021-01-02T03:04:05.678Z'),
    createOrganizationsLimit: 3,
    createOrganizationEnabled: false,
    deleteSelfEnabled: false,
  });
  for (const user of [created, await users.getUser(created.id)]) {
    assert.match(user.id, /^user_\w{27}$/);
    assert.equal(user.externalId, 'crm-1');
    assert.equal(user.username, 'countess');
    assert.equal(user.fullName, 'Ada Lovelace');
    assert.equal(user.locale, 'en-GB');
    assert.equal(user.primaryEmailAddress.emailAddress, email);
    assert.equal(user.primaryEmailAddress.verification.status, 'verified');
    assert.equal(user.primaryPhoneNumber.phoneNumber, '+15555550101');
    assert.equal(user.emailAddresses.length, 2);
    assert.equal(user.primaryWeb3Wallet, null);
    assert.deepEqual(user.publicMetadata, { plan: 'pro' });
    assert.deepEqual(user.privateMetadata, { crm: 7 });
    assert.deepEqual(user.unsafeMetadata, { theme: 'dark' });
    assert.equal(user.createdAt, Date.parse('2020-01-02T03:04:05.678Z'));
    assert.equal(user.legalAcceptedAt, Date.parse('2021-01-02T03:04:05.678Z'));
    assert.equal(user.createOrganizationsLimit, 3);
    assert.equal(user.createOrganizationEnabled, false);
    assert.equal(user.deleteSelfEnabled, false);
    assert.equal(user.passwordEnabled, true);
    assert.equal(user.totpEnabled, false);
    assert.equal(user.twoFactorEnabled, false);
    assert.equal(user.banned, false);
    assert.equal(user.locked, false);
    assert.equal(user.lastSignInAt, null);
    assert.deepEqual(user.externalAccounts, []);
    assert.deepEqual(user.enterpriseAccounts, []);
  }
  assert.equal(created.raw.object, 'user');
  await users.deleteUser(created.id);
});

test('what cannot become a user is refused', async () => {
  const taken = await newUser(clerk, { username: 'taken', externalId: 'taken', phoneNumber: ['+15555550102'] });
  const email = taken.primaryEmailAddress.emailAddress;
  const password = 'analytical-engine-1843';
  for (const [params, code, paramName] of [
    [{ emailAddress: [email], password }, 'form_identifier_exists', 'email_address'],
    [{ emailAddress: [email.toUpperCase()], password }, 'form_identifier_exists', 'email_address'],
    [{ phoneNumber: ['+15555550102'], password }, 'form_identifier_exists', 'phone_number'],
    [{ emailAddress: [freshEmail()], username: 'Taken', password }, 'form_identifier_exists', 'username'],
    [{ emailAddress: [freshEmail()], externalId: 'taken', password }, 'form_identifier_exists', 'external_id'],
    [{ emailAddress: ['nobody'], password }, 'form_param_format_invalid', 'email_address'],
    [{ emailAddress: [freshEmail()], password: 'short' }, 'form_password_length_too_short', 'password'],
    [{ emailAddress: [freshEmail()], password: 'password' }, 'form_password_pwned', 'password'],
    [{ emailAddress: [freshEmail()] }, 'form_data_missing', 'password'],
    [{ skipPasswordRequirement: true }, 'form_data_missing', 'email_address'],
    [{ emailAddress: [freshEmail()], password, favoriteColor: 'red' }, 'form_param_unknown', 'favorite_color'],
  ]) {
    const error = await refused(422, code, users.createUser(params));
    assert.equal(error.errors[0].meta.paramName, paramName, JSON.stringify(params));
  }
});

test('users are updated; null clears and what is absent stays', async () => {
  const user = await newUser(clerk, { firstName: 'Ada', lastName: 'Byron', username: 'ada_byron' });
  let updated = await users.updateUser(user.id, { lastName: 'Lovelace', externalId: 'x-1', locale: 'fr-FR' });
  assert.equal(updated.fullName, 'Ada Lovelace');
  assert.equal(updated.externalId, 'x-1');
  assert.equal(updated.locale, 'fr-FR');
  assert.equal(updated.username, 'ada_byron');
  assert(updated.updatedAt >= user.updatedAt);
  updated = await users.updateUser(user.id, { firstName: null, username: null });
  assert.deepEqual([updated.firstName, updated.username, updated.lastName], [null, null, 'Lovelace']);
  updated = await users.updateUser(user.id, { password: 'difference-engine-1822', skipPasswordChecks: true });
  assert.equal(updated.passwordEnabled, true);
  updated = await users.updateUser(user.id, { publicMetadata: { a: 1 }, firstName: 'Augusta' });
  assert.deepEqual([updated.firstName, updated.publicMetadata], ['Augusta', { a: 1 }]);
  await refused(404, 'resource_not_found', users.updateUser('user_0', { firstName: 'x' }));
});

test('metadata is merged or replaced', async () => {
  const { id } = await newUser(clerk, { publicMetadata: { a: { b: 1, c: 2 }, d: 3 }, privateMetadata: { k: 1 } });
  let user = await users.updateUserMetadata(id, { publicMetadata: { a: { b: null, e: 5 } } });
  assert.deepEqual(user.publicMetadata, { a: { c: 2, e: 5 }, d: 3 });
  assert.deepEqual(user.privateMetadata, { k: 1 });
  user = await users.replaceUserMetadata(id, { publicMetadata: { f: 6 } });
  assert.deepEqual([user.publicMetadata, user.privateMetadata], [{ f: 6 }, { k: 1 }]);
  user = await users.replaceUserMetadata(id, { publicMetadata: {}, unsafeMetadata: { snake_case: { camelCase: 1 } } });
  assert.deepEqual([user.publicMetadata, user.unsafeMetadata], [{}, { snake_case: { camelCase: 1 } }]);
});

test('bans end sessions, locks keep out', async () => {
  const { id } = await newUser(clerk);
  const session = await clerk.sessions.createSession({ userId: id });
  assert.equal((await users.banUser(id)).banned, true);
  assert.equal((await users.banUser(id)).banned, true, 'again');
  assert.notEqual((await clerk.sessions.getSession(session.id)).status, 'active');
  assert.deepEqual((await users.getUserList({ userId: [id], banned: true })).data.map((user) => user.id), [id]);
  assert.equal((await users.unbanUser(id)).banned, false);
  assert.equal((await users.lockUser(id)).locked, true);
  assert.equal((await users.unlockUser(id)).locked, false);
  await refused(404, 'resource_not_found', users.banUser('user_0'));
  await refused(404, 'resource_not_found', users.lockUser('user_0'));
});

test('passwords are verified, marked as compromised and removed', async () => {
  const { id } = await newUser(clerk, { password: 'analytical-engine-1843' });
  assert.deepEqual(await users.verifyPassword({ userId: id, password: 'analytical-engine-1843' }), { verified: true });
  await refused(422, 'incorrect_password', users.verifyPassword({ userId: id, password: 'something-else' }));
  await users.setPasswordCompromised(id, { revokeAllSessions: true });
  await users.unsetPasswordCompromised(id);
  const user = await users.removePassword(id, { signOutOfOtherSessions: true });
  assert.equal(user.passwordEnabled, false);
  await refused(400, 'no_password_set', users.verifyPassword({ userId: id, password: 'x' }));
});

test('imported digests of what Node can make are verified', async () => {
  const password = 'correct horse battery';
  const salt = Buffer.from('0123456789abcdef');
  const base64 = (bytes) => bytes.toString('base64').replace(/=+$/, '');
  const hex = (name) => createHash(name).update(password).digest('hex');
  const phpass = () => {
    const alphabet = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
    let hash = createHash('md5').update('saltsalt').update(password).digest();
    for (let round = 0; round < 2048; round += 1) hash = createHash('md5').update(hash).update(password).digest();
    let text = '';
    for (let index = 0; index < 16; index += 3) {
      let value = hash[index] | ((hash[index + 1] ?? 0) << 8) | ((hash[index + 2] ?? 0) << 16);
      const digits = Math.min(4, Math.ceil(((16 - index) * 8) / 6));
      for (let digit = 0; digit < digits; digit += 1, value >>= 6) text += alphabet[value & 63];
    }
    return `$P$9saltsalt${text}`;
  };
  const hashers = {
    md5: hex('md5'),
    sha256: hex('sha256'),
    pbkdf2_sha1: `pbkdf2_sha1$1000$${base64(salt)}$${base64(pbkdf2Sync(password, salt, 1000, 32, 'sha1'))}`,
    pbkdf2_sha256: `pbkdf2_sha256$1000$salt$${base64(pbkdf2Sync(password, 'salt', 1000, 32, 'sha256'))}`,
    pbkdf2_sha256_django: `pbkdf2_sha256$1000$salt$${pbkdf2Sync(password, 'salt', 1000, 32, 'sha256').toString('base64')}`,
    phpass: phpass(),
    scrypt_werkzeug: `scrypt:1024:8:1$salt$${scryptSync(password, 'salt', 64, { N: 1024, r: 8, p: 1 }).toString('hex')}`,
  };
  for (const [passwordHasher, passwordDigest] of Object.entries(hashers)) {
    const user = await users.createUser({ emailAddress: [freshEmail()], passwordHasher, passwordDigest });
    assert.equal(user.passwordEnabled, true, passwordHasher);
    assert.deepEqual(await users.verifyPassword({ userId: user.id, password }), { verified: true }, passwordHasher);
    await refused(422, 'incorrect_password', users.verifyPassword({ userId: user.id, password: `${password}!` }));
  }
  await refused(422, 'form_param_value_invalid',
    users.createUser({ emailAddress: [freshEmail()], passwordHasher: 'rot13', passwordDigest: 'x' }));
});

/** Computes the code of RFC 6238 for now. */
function totp(secret) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const hash = createHmac('sha1', key).update(counter).digest();
  const number = hash.readUInt32BE(hash[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}

test('second factors are verified and removed', async () => {
  const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
  const { id, twoFactorEnabled, totpEnabled, backupCodeEnabled } = await newUser(clerk, {
    totpSecret: secret,
    backupCodes: ['backup-code-1', 'backup-code-2'],
  });
  assert.deepEqual([twoFactorEnabled, totpEnabled, backupCodeEnabled], [true, true, true]);
  assert.deepEqual(await users.verifyTOTP({ userId: id, code: totp(secret) }), { verified: true, code_type: 'totp' });
  assert.deepEqual(await users.verifyTOTP({ userId: id, code: 'backup-code-1' }), { verified: true, code_type: 'backup_code' });
  await assert.rejects(users.verifyTOTP({ userId: id, code: 'backup-code-1' }), { status: 422 }, 'it is spent');
  assert.deepEqual(await users.deleteUserBackupCodes(id), { user_id: id });
  assert.equal((await users.getUser(id)).backupCodeEnabled, false);
  assert.deepEqual(await users.deleteUserTOTP(id), { user_id: id });
  assert.equal((await users.getUser(id)).totpEnabled, false);
  await users.updateUser(id, { totpSecret: secret });
  assert.deepEqual(await users.disableUserMFA(id), { user_id: id });
  assert.equal((await users.getUser(id)).twoFactorEnabled, false);
});

test('pictures are set and removed', async () => {
  const { id, hasImage } = await newUser(clerk);
  assert.equal(hasImage, false);
  const user = await users.updateUserProfileImage(id, { file: pixel() });
  assert.equal(user.hasImage, true);
  assert.match(user.imageUrl, /^http/);
  assert.equal((await users.deleteUserProfileImage(id)).hasImage, false);
});

test('what a user does not have cannot be removed', async () => {
  const { id: userId } = await newUser(clerk);
  await refused(404, 'resource_not_found', users.deleteUserPasskey({ userId, passkeyIdentificationId: 'idn_0' }));
  await refused(404, 'resource_not_found', users.deleteUserWeb3Wallet({ userId, web3WalletIdentificationId: 'idn_0' }));
  await refused(404, 'resource_not_found', users.deleteUserExternalAccount({ userId, externalAccountId: 'eac_0' }));
});

test('addresses are replaced', async () => {
  const user = await newUser(clerk, { phoneNumber: ['+15555550110'] });
  const email = await users.replaceUserEmailAddress(user.id, { emailAddress: 'replaced@example.com' });
  assert.equal(email.emailAddress, 'replaced@example.com');
  const phone = await users.replaceUserPhoneNumber(user.id, { phoneNumber: '+15555550111' });
  assert.equal(phone.phoneNumber, '+15555550111');
  const replaced = await users.getUser(user.id);
  assert.deepEqual(replaced.emailAddresses.map((address) => address.emailAddress), ['replaced@example.com']);
  assert.deepEqual(replaced.phoneNumbers.map((number) => number.phoneNumber), ['+15555550111']);
  assert.equal(replaced.primaryEmailAddressId, email.id);
});

test('tokens of providers are listed', async () => {
  const { id } = await newUser(clerk);
  for (const provider of ['google', 'oauth_google', 'oauth_github']) {
    const { data, totalCount } = await users.getUserOauthAccessToken(id, provider);
    assert.deepEqual([data, totalCount], [[], 0], provider);
  }
  await refused(404, 'resource_not_found', users.getUserOauthAccessToken('user_0', 'google'));
});

test('lists have pages, filters and an order', async () => {
  const all = [];
  for (const [index, firstName] of ['Cid', 'Abe', 'Bea', 'Dot', 'Eve'].entries()) {
    all.push(await newUser(clerk, {
      firstName,
      lastName: 'Listed',
      username: `listed_${firstName.toLowerCase()}`,
      externalId: `listed-${index}`,
      phoneNumber: [`+1555555012${index}`],
      createdAt: new Date(Date.UTC(2019, 0, index + 1)),
    }));
  }
  const names = ({ data }) => data.map((user) => user.firstName);
  const query = 'listed_';
  assert.equal(await users.getCount({ query }), 5);
  const first = await users.getUserList({ query, limit: 2, orderBy: '-created_at' });
  assert.deepEqual([names(first), first.totalCount], [['Eve', 'Dot'], 5]);
  assert.deepEqual(names(await users.getUserList({ query, limit: 2, offset: 2 })), ['Bea', 'Abe']);
  assert.deepEqual(names(await users.getUserList({ query, limit: 2, offset: 4 })), ['Cid']);
  assert.deepEqual(names(await users.getUserList({ query, orderBy: '+first_name' })), ['Abe', 'Bea', 'Cid', 'Dot', 'Eve']);
  assert.deepEqual(names(await users.getUserList({ query, orderBy: 'username' })), ['Abe', 'Bea', 'Cid', 'Dot', 'Eve']);
  assert.deepEqual(names(await users.getUserList({ query, orderBy: '-phone_number' })), ['Eve', 'Dot', 'Bea', 'Abe', 'Cid']);
  assert.deepEqual(names(await users.getUserList({ username: ['listed_abe', 'listed_eve'], orderBy: 'created_at' })), ['Abe', 'Eve']);
  assert.deepEqual(names(await users.getUserList({ externalId: ['listed-0'] })), ['Cid']);
  assert.deepEqual(names(await users.getUserList({ phoneNumber: ['+15555550121'] })), ['Abe']);
  assert.deepEqual(names(await users.getUserList({ emailAddress: [all[2].primaryEmailAddress.emailAddress] })), ['Bea']);
  assert.deepEqual(names(await users.getUserList({ userId: [all[0].id, all[1].id], orderBy: 'created_at' })), ['Cid', 'Abe']);
  assert.deepEqual(names(await users.getUserList({ query, userId: [`-${all[0].id}`], orderBy: 'created_at' })), ['Abe', 'Bea', 'Dot', 'Eve']);
  assert.deepEqual(names(await users.getUserList({ query: 'bea listed' })), ['Bea']);
  assert.deepEqual(names(await users.getUserList({ query, createdAtBefore: Date.UTC(2019, 0, 2, 12), orderBy: 'created_at' })), ['Cid', 'Abe']);
  assert.deepEqual(names(await users.getUserList({ query, createdAtAfter: Date.UTC(2019, 0, 4, 12) })), ['Eve']);
  assert.deepEqual(names(await users.getUserList({ web3Wallet: ['0x0'] })), []);
  const organization = await clerk.organizations.createOrganization({ name: 'Filter', createdBy: all[3].id });
  assert.deepEqual(names(await users.getUserList({ organizationId: [organization.id] })), ['Dot']);
  for (const params of [{ limit: 501 }, { limit: -1 }, { offset: -1 }, { orderBy: 'shoe_size' }]) {
    await refused(422, 'form_param_value_invalid', users.getUserList(params));
  }
});

test('memberships and invitations of a user', async () => {
  const owner = await newUser(clerk);
  const member = await newUser(clerk);
  const organization = await clerk.organizations.createOrganization({ name: 'Memberships', createdBy: owner.id });
  await clerk.organizations.createOrganizationMembership({ organizationId: organization.id, userId: member.id, role: 'org:member' });
  const memberships = await users.getOrganizationMembershipList({ userId: member.id, limit: 10 });
  assert.deepEqual([memberships.totalCount, memberships.data[0].organization.id, memberships.data[0].role], [1, organization.id, 'org:member']);
  const invited = await newUser(clerk);
  await clerk.organizations.createOrganizationInvitation({
    organizationId: organization.id,
    emailAddress: invited.primaryEmailAddress.emailAddress,
    inviterUserId: owner.id,
    role: 'org:member',
  });
  const invitations = await users.getOrganizationInvitationList({ userId: invited.id, status: ['pending'] });
  assert.deepEqual([invitations.totalCount, invitations.data[0].status], [1, 'pending']);
});

test('deleted users are gone', async () => {
  const { id } = await newUser(clerk);
  const deleted = await users.deleteUser(id);
  assert.deepEqual([deleted.id, deleted.object ?? 'user', deleted.deleted], [id, 'user', true]);
  await refused(404, 'resource_not_found', users.getUser(id));
  await refused(404, 'resource_not_found', users.deleteUser(id));
});

test('a wrong secret key is refused', async () => {
  const stranger = clientOf(emulator.env, { secretKey: 'sk_test_wrong' });
  await refused(401, 'clerk_key_invalid', stranger.users.getUserList());
});
