import assert from 'node:assert/strict';
import { test } from 'node:test';

import { freshEmail, newUser, pixel, refused, startEmulator } from '../emulator.mjs';

const { clerk } = await startEmulator();
const { organizations } = clerk;

async function newOrganization(params = {}) {
  const owner = await newUser(clerk);
  const organization = await organizations.createOrganization({ name: 'Acme', createdBy: owner.id, ...params });
  return { owner, organization, organizationId: organization.id };
}

test('an organization has what creation gave, and is found by id and slug', async () => {
  const { organization, organizationId } = await newOrganization({
    slug: 'acme-inc',
    maxAllowedMemberships: 7,
    publicMetadata: { tier: 1 },
    privateMetadata: { crm: 2 },
  });
  assert.match(organizationId, /^org_\w{27}$/);
  assert.deepEqual(
    [organization.name, organization.slug, organization.maxAllowedMemberships, organization.hasImage, organization.adminDeleteEnabled],
    ['Acme', 'acme-inc', 7, false, true],
  );
  assert.deepEqual([organization.publicMetadata, organization.privateMetadata], [{ tier: 1 }, { crm: 2 }]);
  assert.equal((await organizations.getOrganization({ organizationId })).id, organizationId);
  const bySlug = await organizations.getOrganization({ slug: 'acme-inc', includeMembersCount: true });
  assert.deepEqual([bySlug.id, bySlug.membersCount], [organizationId, 1]);
  await refused(404, 'resource_not_found', organizations.getOrganization({ slug: 'nobody' }));
  await assert.rejects(organizations.createOrganization({ name: 'Acme', slug: 'acme-inc' }));
  await refused(422, 'form_param_missing', organizations.createOrganization({ slug: 'nameless' }));
  await assert.rejects(organizations.createOrganization({ name: 'Acme', createdBy: 'user_0' }));
});

test('organizations are updated and deleted', async () => {
  const { organizationId } = await newOrganization({ publicMetadata: { a: 1, b: { c: 2 } } });
  let organization = await organizations.updateOrganization(organizationId, { name: 'Ace', slug: 'ace', maxAllowedMemberships: 2, adminDeleteEnabled: false });
  assert.deepEqual([organization.name, organization.slug, organization.maxAllowedMemberships, organization.adminDeleteEnabled], ['Ace', 'ace', 2, false]);
  organization = await organizations.updateOrganizationMetadata(organizationId, { publicMetadata: { b: { c: null, d: 3 } } });
  assert.deepEqual(organization.publicMetadata, { a: 1, b: { d: 3 } });
  organization = await organizations.replaceOrganizationMetadata(organizationId, { publicMetadata: { e: 4 } });
  assert.deepEqual(organization.publicMetadata, { e: 4 });
  organization = await organizations.updateOrganization(organizationId, { name: 'Acer', privateMetadata: { p: 1 } });
  assert.deepEqual([organization.name, organization.privateMetadata], ['Acer', { p: 1 }]);
  organization = await organizations.updateOrganizationLogo(organizationId, { file: pixel() });
  assert.equal(organization.hasImage, true);
  assert.equal((await organizations.deleteOrganizationLogo(organizationId)).hasImage, false);
  assert.equal((await organizations.deleteOrganization(organizationId)).deleted, true);
  await refused(404, 'resource_not_found', organizations.getOrganization({ organizationId }));
  await refused(404, 'resource_not_found', organizations.updateOrganization(organizationId, { name: 'x' }));
  await refused(404, 'resource_not_found', organizations.deleteOrganization(organizationId));
});

test('lists of organizations have pages, filters and an order', async () => {
  const ids = {};
  for (const name of ['Listed B', 'Listed A', 'Listed C']) {
    ids[name] = (await newOrganization({ name })).organization;
  }
  const member = await newUser(clerk);
  await organizations.createOrganizationMembership({ organizationId: ids['Listed B'].id, userId: member.id, role: 'org:member' });
  const names = ({ data }) => data.map(({ name }) => name);
  const query = 'Listed';
  const page = await organizations.getOrganizationList({ query, limit: 2, orderBy: 'name' });
  assert.deepEqual([names(page), page.totalCount], [['Listed A', 'Listed B'], 3]);
  assert.deepEqual(names(await organizations.getOrganizationList({ query, limit: 2, offset: 2, orderBy: 'name' })), ['Listed C']);
  assert.deepEqual(names(await organizations.getOrganizationList({ query })), ['Listed C', 'Listed A', 'Listed B']);
  const counted = await organizations.getOrganizationList({ query, includeMembersCount: true, orderBy: '-members_count' });
  assert.deepEqual([counted.data[0].name, counted.data[0].membersCount], ['Listed B', 2]);
  assert.deepEqual(names(await organizations.getOrganizationList({ userId: [member.id] })), ['Listed B']);
  assert.deepEqual(names(await organizations.getOrganizationList({ organizationId: [ids['Listed C'].id] })), ['Listed C']);
  await refused(422, 'form_param_value_invalid', organizations.getOrganizationList({ orderBy: 'size' }));
});

test('members join, change roles and leave', async () => {
  const { owner, organizationId } = await newOrganization();
  const user = await newUser(clerk, { firstName: 'Bob', username: 'bob_member' });
  const membership = await organizations.createOrganizationMembership({ organizationId, userId: user.id, role: 'org:member', publicMetadata: { seat: 1 } });
  assert.match(membership.id, /^orgmem_/);
  assert.deepEqual([membership.role, membership.organization.id, membership.publicUserData.userId, membership.publicUserData.firstName], ['org:member', organizationId, user.id, 'Bob']);
  assert.deepEqual(membership.publicMetadata, { seat: 1 });
  assert(membership.permissions.length > 0);
  assert.equal((await organizations.updateOrganizationMembership({ organizationId, userId: user.id, role: 'org:admin' })).role, 'org:admin');
  const merged = await organizations.updateOrganizationMembershipMetadata({ organizationId, userId: user.id, publicMetadata: { seat: null, row: 2 } });
  assert.deepEqual(merged.publicMetadata, { row: 2 });
  const list = await organizations.getOrganizationMembershipList({ organizationId, orderBy: '-created_at' });
  assert.deepEqual([list.totalCount, list.data.map((row) => row.publicUserData.userId)], [2, [user.id, owner.id]]);
  for (const filter of [{ userId: [user.id] }, { username: ['bob_member'] }, { query: 'bob_mem' }, { emailAddress: [user.primaryEmailAddress.emailAddress] }]) {
    const found = await organizations.getOrganizationMembershipList({ organizationId, ...filter });
    assert.deepEqual(found.data.map((row) => row.publicUserData.userId), [user.id], JSON.stringify(filter));
  }
  assert.equal((await organizations.getOrganizationMembershipList({ organizationId, role: ['org:member'] })).totalCount, 0);
  const everywhere = await organizations.getInstanceOrganizationMembershipList({ limit: 500 });
  assert(everywhere.data.some((row) => row.id === membership.id));
  const removed = await organizations.deleteOrganizationMembership({ organizationId, userId: user.id });
  assert.equal(removed.id, membership.id, 'the membership itself');
  await refused(404, 'resource_not_found', organizations.deleteOrganizationMembership({ organizationId, userId: user.id }));
});

test('members who cannot join are refused', async () => {
  const { owner, organizationId } = await newOrganization({ maxAllowedMemberships: 2 });
  const [first, second] = [await newUser(clerk), await newUser(clerk)];
  const join = (userId, role = 'org:member') => organizations.createOrganizationMembership({ organizationId, userId, role });
  await assert.rejects(join(owner.id), 'a member already');
  await assert.rejects(join(first.id, 'org:pirate'));
  await refused(404, 'resource_not_found', join('user_0'));
  await join(first.id);
  await refused(403, 'organization_membership_quota_exceeded', join(second.id));
  await assert.rejects(organizations.createOrganizationMembership({ organizationId: 'org_0', userId: second.id, role: 'org:member' }));
});

test('invitations are sent, listed and revoked', async () => {
  const { owner, organizationId } = await newOrganization();
  const email = freshEmail('guest');
  const invite = (emailAddress, params = {}) =>
    organizations.createOrganizationInvitation({ organizationId, emailAddress, inviterUserId: owner.id, role: 'org:member', ...params });
  const invitation = await invite(email, { redirectUrl: 'https://app.example.com/welcome', publicMetadata: { from: 'test' }, expiresInDays: 3 });
  assert.match(invitation.id, /^orginv_/);
  assert.deepEqual([invitation.emailAddress, invitation.role, invitation.status, invitation.organizationId], [email, 'org:member', 'pending', organizationId]);
  assert.deepEqual(invitation.publicMetadata, { from: 'test' });
  assert(invitation.url && invitation.expiresAt > invitation.createdAt);
  await assert.rejects(invite(email), 'invited already');
  await assert.rejects(invite(owner.primaryEmailAddress.emailAddress), 'a member already');
  await refused(422, 'form_param_format_invalid', invite('nobody'));
  assert.equal((await organizations.getOrganizationInvitation({ organizationId, invitationId: invitation.id })).id, invitation.id);
  const bulk = await organizations.createOrganizationInvitationBulk(organizationId, [
    { emailAddress: freshEmail('bulk'), role: 'org:member', inviterUserId: owner.id },
    { emailAddress: freshEmail('bulk'), role: 'org:admin', inviterUserId: owner.id },
  ]);
  assert.deepEqual([bulk.totalCount, bulk.data.map(({ role }) => role).sort()], [2, ['org:admin', 'org:member']]);
  assert.equal((await organizations.getOrganizationInvitationList({ organizationId, status: ['pending'] })).totalCount, 3);
  assert.equal((await organizations.getOrganizationInvitationList({ organizationId, limit: 1, offset: 1 })).data.length, 1);
  const revoked = await organizations.revokeOrganizationInvitation({ organizationId, invitationId: invitation.id, requestingUserId: owner.id });
  assert.equal(revoked.status, 'revoked');
  assert.deepEqual((await organizations.getOrganizationInvitationList({ organizationId, status: ['revoked'] })).data.map(({ id }) => id), [invitation.id]);
  await assert.rejects(organizations.revokeOrganizationInvitation({ organizationId, invitationId: invitation.id, requestingUserId: owner.id }));
  await refused(404, 'resource_not_found', organizations.getOrganizationInvitation({ organizationId, invitationId: 'orginv_0' }));
});

test('domains enroll', async () => {
  const { organizationId } = await newOrganization();
  const domain = await organizations.createOrganizationDomain({ organizationId, name: 'acme-domain.com', enrollmentMode: 'automatic_invitation' });
  assert.deepEqual([domain.name, domain.enrollment_mode, domain.verification.status], ['acme-domain.com', 'automatic_invitation', 'verified']);
  const updated = await organizations.updateOrganizationDomain({ organizationId, domainId: domain.id, enrollmentMode: 'manual_invitation' });
  assert.equal(updated.enrollment_mode, 'manual_invitation');
  const list = await organizations.getOrganizationDomainList({ organizationId });
  assert.equal(list.totalCount, 1);
  await assert.rejects(organizations.createOrganizationDomain({ organizationId, name: 'acme-domain.com', enrollmentMode: 'manual_invitation' }));
  await refused(422, 'form_param_value_invalid', organizations.updateOrganizationDomain({ organizationId, domainId: domain.id, enrollmentMode: 'sometimes' }));
  assert.equal((await organizations.deleteOrganizationDomain({ organizationId, domainId: domain.id })).deleted, true);
  await refused(404, 'resource_not_found', organizations.deleteOrganizationDomain({ organizationId, domainId: domain.id }));
});

test('permissions, roles and role sets', async () => {
  const permissions = clerk.organizationPermissions;
  const roles = clerk.organizationRoles;
  const permission = await permissions.createOrganizationPermission({ name: 'Read reports', key: 'org:reports:read', description: 'May read' });
  assert.deepEqual([permission.key, permission.description], ['org:reports:read', 'May read']);
  assert.equal((await permissions.getOrganizationPermission(permission.id)).name, 'Read reports');
  assert.equal((await permissions.updateOrganizationPermission({ permissionId: permission.id, name: 'See reports' })).name, 'See reports');
  assert((await permissions.getOrganizationPermissionList({ query: 'reports' })).data.some(({ id }) => id === permission.id));
  await assert.rejects(permissions.createOrganizationPermission({ name: 'Read reports', key: 'org:reports:read' }));

  const role = await roles.createOrganizationRole({ name: 'Reporter', key: 'org:reporter', description: 'Reports', permissions: [permission.id] });
  assert.deepEqual([role.key, role.permissions.map(({ key }) => key)], ['org:reporter', ['org:reports:read']]);
  assert.equal((await roles.getOrganizationRole(role.id)).isCreatorEligible, false);
  assert.equal((await roles.updateOrganizationRole({ organizationRoleId: role.id, name: 'Correspondent' })).name, 'Correspondent');
  assert.equal((await roles.removePermissionFromOrganizationRole({ organizationRoleId: role.id, permissionId: permission.id })).permissions.length, 0);
  assert.equal((await roles.assignPermissionToOrganizationRole({ organizationRoleId: role.id, permissionId: permission.id })).permissions.length, 1);
  assert((await roles.getOrganizationRoleList({ orderBy: 'key', limit: 50 })).data.some(({ key }) => key === 'org:admin'));
  await assert.rejects(roles.createOrganizationRole({ name: 'Reporter', key: 'org:reporter' }));
  await refused(404, 'resource_not_found', roles.getOrganizationRole('role_0'));

  const sets = clerk.roleSets;
  const set = await sets.createRoleSet({
    name: 'Press',
    key: 'role_set:press',
    defaultRoleKey: 'org:reporter',
    creatorRoleKey: 'org:admin',
    roles: ['org:admin', 'org:reporter'],
  });
  assert.deepEqual([set.name, set.roles.length], ['Press', 2]);
  for (const key of [set.id, set.key]) assert.equal((await sets.getRoleSet(key)).id, set.id);
  assert((await sets.getRoleSetList()).totalCount >= 2);
  assert.equal((await sets.updateRoleSet({ roleSetKeyOrId: set.key, name: 'The press' })).name, 'The press');
  assert.equal((await sets.addRolesToRoleSet({ roleSetKeyOrId: set.key, roleKeys: ['org:member'] })).roles.length, 3);
  const replaced = await sets.replaceRoleInRoleSet({ roleSetKeyOrId: set.key, roleKey: 'org:reporter', toRoleKey: 'org:member' });
  assert.deepEqual(replaced.roles.map(({ key }) => key).sort(), ['org:admin', 'org:member']);
  const { data } = await sets.getRoleSetList();
  const other = data.find(({ id }) => id !== set.id);
  assert.equal((await sets.replaceRoleSet({ roleSetKeyOrId: set.key, destRoleSetKey: other.key })).deleted, true);
  await refused(404, 'resource_not_found', sets.getRoleSet(set.key));
  assert.equal((await roles.deleteOrganizationRole(role.id)).deleted, true);
  assert.equal((await permissions.deleteOrganizationPermission(permission.id)).deleted, true);
  await refused(404, 'resource_not_found', permissions.getOrganizationPermission(permission.id));
});
