import assert from 'node:assert/strict';
import { test } from 'node:test';

import { freshEmail, newUser, refused, startEmulator } from '../emulator.mjs';

const { clerk } = await startEmulator();
const { emailAddresses, phoneNumbers, users } = clerk;

test('email addresses are added, changed and removed', async () => {
  const user = await newUser(clerk);
  const address = freshEmail('second');
  const email = await emailAddresses.createEmailAddress({ userId: user.id, emailAddress: address });
  assert.match(email.id, /^idn_/);
  assert.equal(email.emailAddress, address);
  assert.notEqual(email.verification?.status, 'verified');
  assert.deepEqual(email.linkedTo, []);
  assert.equal((await emailAddresses.getEmailAddress(email.id)).emailAddress, address);
  const verified = await emailAddresses.updateEmailAddress(email.id, { verified: true, primary: true });
  assert.equal(verified.verification.status, 'verified');
  assert.equal((await users.getUser(user.id)).primaryEmailAddressId, email.id);
  const third = await emailAddresses.createEmailAddress({
    userId: user.id,
    emailAddress: freshEmail('third'),
    verified: true,
    primary: true,
  });
  assert.equal((await users.getUser(user.id)).primaryEmailAddressId, third.id);
  const deleted = await emailAddresses.deleteEmailAddress(third.id);
  assert.deepEqual([deleted.id, deleted.deleted], [third.id, true]);
  await refused(404, 'resource_not_found', emailAddresses.getEmailAddress(third.id));
  await refused(404, 'resource_not_found', emailAddresses.deleteEmailAddress(third.id));
  await refused(404, 'resource_not_found', emailAddresses.updateEmailAddress(third.id, { primary: true }));
});

test('email addresses that somebody has, or nobody can have, are refused', async () => {
  const user = await newUser(clerk);
  const other = await newUser(clerk);
  const taken = other.primaryEmailAddress.emailAddress;
  await refused(422, 'form_identifier_exists', emailAddresses.createEmailAddress({ userId: user.id, emailAddress: taken }));
  await refused(422, 'form_param_format_invalid', emailAddresses.createEmailAddress({ userId: user.id, emailAddress: 'nobody' }));
  await refused(404, 'resource_not_found', emailAddresses.createEmailAddress({ userId: 'user_0', emailAddress: freshEmail() }));
});

test('phone numbers are added, changed and removed', async () => {
  const user = await newUser(clerk);
  const phone = await phoneNumbers.createPhoneNumber({
    userId: user.id,
    phoneNumber: '+15555550140',
    verified: true,
    primary: true,
    reservedForSecondFactor: true,
  });
  assert.match(phone.id, /^idn_/);
  assert.equal(phone.phoneNumber, '+15555550140');
  assert.equal(phone.reservedForSecondFactor, true);
  assert.equal(phone.verification.status, 'verified');
  assert.equal((await users.getUser(user.id)).twoFactorEnabled, true);
  assert.equal((await phoneNumbers.getPhoneNumber(phone.id)).id, phone.id);
  const changed = await phoneNumbers.updatePhoneNumber(phone.id, { reservedForSecondFactor: false });
  assert.equal(changed.reservedForSecondFactor, false);
  await refused(422, 'form_identifier_exists',
    phoneNumbers.createPhoneNumber({ userId: user.id, phoneNumber: '+15555550140' }));
  await refused(422, 'form_param_format_invalid', phoneNumbers.createPhoneNumber({ userId: user.id, phoneNumber: '12' }));
  assert.equal((await phoneNumbers.deletePhoneNumber(phone.id)).deleted, true);
  await refused(404, 'resource_not_found', phoneNumbers.getPhoneNumber(phone.id));
});
