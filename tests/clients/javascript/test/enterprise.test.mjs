import assert from 'node:assert/strict';
import { test } from 'node:test';

import { newUser, refused, startEmulator } from '../emulator.mjs';

const { clerk } = await startEmulator();

test('SAML connections', async () => {
  const { samlConnections } = clerk;
  const connection = await samlConnections.createSamlConnection({
    name: 'Okta',
    domains: ['saml.example'],
    provider: 'saml_okta',
    idpEntityId: 'urn:okta',
    idpSsoUrl: 'https://okta.example/sso',
    attributeMapping: { emailAddress: 'mail', firstName: 'given', lastName: 'family', userId: 'uid' },
  });
  assert.deepEqual([connection.name, connection.domain, connection.provider, connection.active], ['Okta', 'saml.example', 'saml_okta', false]);
  assert.equal(connection.attributeMapping.emailAddress, 'mail');
  assert(connection.acsUrl && connection.spEntityId && connection.spMetadataUrl);
  assert.equal((await samlConnections.getSamlConnection(connection.id)).idpSsoUrl, 'https://okta.example/sso');
  const updated = await samlConnections.updateSamlConnection(connection.id, { name: 'Okta Inc', active: false, allowSubdomains: true });
  assert.deepEqual([updated.name, updated.allowSubdomains], ['Okta Inc', true]);
  const list = await samlConnections.getSamlConnectionList({ limit: 5 });
  assert.deepEqual([list.totalCount, list.data[0].id], [1, connection.id]);
  await assert.rejects(samlConnections.createSamlConnection({ name: 'Twice', domains: ['saml.example'], provider: 'saml_okta' }));
  await refused(422, 'form_param_value_invalid', samlConnections.createSamlConnection({ name: 'x', domains: ['x.example'], provider: 'saml_nobody' }));
  assert.equal((await samlConnections.deleteSamlConnection(connection.id)).deleted, true);
  await refused(404, 'resource_not_found', samlConnections.getSamlConnection(connection.id));
});

test('enterprise connections', async () => {
  const { enterpriseConnections } = clerk;
  const owner = await newUser(clerk);
  const organization = await clerk.organizations.createOrganization({ name: 'Enterprise', createdBy: owner.id });
  const connection = await enterpriseConnections.createEnterpriseConnection({
    name: 'Entra',
    domains: ['enterprise.example'],
    organizationId: organization.id,
    provider: 'saml_microsoft',
    active: false,
    saml: { idpEntityId: 'urn:entra', idpSsoUrl: 'https://entra.example/sso', idpCertificate: 'MIIC', allowIdpInitiated: true },
  }).catch((error) => assert.fail(JSON.stringify(error.errors)));
  assert.deepEqual([connection.name, connection.domains, connection.organizationId, connection.active], ['Entra', ['enterprise.example'], organization.id, false]);
  assert.equal(connection.samlConnection.idpEntityId, 'urn:entra');
  assert.equal((await enterpriseConnections.getEnterpriseConnection(connection.id)).id, connection.id);
  const updated = await enterpriseConnections.updateEnterpriseConnection(connection.id, { name: 'Entra ID', syncUserAttributes: true });
  assert.deepEqual([updated.name, updated.syncUserAttributes], ['Entra ID', true]);
  const list = await enterpriseConnections.getEnterpriseConnectionList({ organizationId: organization.id });
  assert.deepEqual([list.totalCount, list.data[0].id], [1, connection.id]);
  const oidc = await enterpriseConnections.createEnterpriseConnection({
    name: 'OIDC',
    domains: ['oidc.example'],
    provider: 'oidc_custom',
    oidc: { clientId: 'abc', clientSecret: 'def', discoveryUrl: 'https://idp.example/.well-known/openid-configuration' },
  });
  assert.equal(oidc.oauthConfig.clientId, 'abc');
  assert.equal((await enterpriseConnections.deleteEnterpriseConnection(connection.id)).deleted, true);
  await refused(404, 'resource_not_found', enterpriseConnections.getEnterpriseConnection(connection.id));
});
