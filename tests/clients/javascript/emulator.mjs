// Starts the emulator's command, as any program would, and makes the clients for it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after } from 'node:test';

import { createClerkClient } from '@clerk/backend';

const [command, ...before] = process.env.CLERK_EMULATOR
  ? [process.env.CLERK_EMULATOR]
  : ['cargo', 'run', '--quiet', '-p', 'clerk-emulator', '--'];

/** Runs the command until the tests of the calling file end. `seed` is what a seed file holds. */
export async function startEmulator({ seed, args = [] } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'clerk-emulator-'));
  const all = [...before, '--port', '0', '--json', ...args];
  if (seed) {
    const path = join(folder, 'seed.json');
    await writeFile(path, JSON.stringify(seed));
    all.push('--seed', path);
  }
  const child = spawn(command, all, { stdio: ['ignore', 'pipe', 'inherit'] });
  after(async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true });
  });
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([
    lines[Symbol.asyncIterator]().next().then(({ value }) => [value]),
    new Promise((_, reject) => child.once('error', reject)),
  ]);
  assert(line, 'the emulator ended before it was ready');
  const { backend_api_url: url, admin_url: adminUrl, env } = JSON.parse(line);
  return { url, adminUrl, env, clerk: clientOf(env) };
}

/** Makes a client with the keys of the emulator; `options` come on top. */
export function clientOf(env, options = {}) {
  return createClerkClient({
    apiUrl: env.CLERK_API_URL,
    secretKey: env.CLERK_SECRET_KEY,
    publishableKey: env.CLERK_PUBLISHABLE_KEY,
    telemetry: { disabled: true },
    ...options,
  });
}

// `run.mjs` wants to know which methods the tests call. They are methods of classes, which all clients share.
const called = new Set();
for (const [name, api] of Object.entries(createClerkClient({ secretKey: 'sk_test_none' }))) {
  for (const method of methodsOf(name, api)) {
    const original = Object.getPrototypeOf(api)[method];
    Object.getPrototypeOf(api)[method] = function (...args) {
      called.add(`${name}.${method}`);
      return original.apply(this, args);
    };
  }
}
process.on('exit', () => {
  if (process.env.CLERK_CALLED) appendFileSync(process.env.CLERK_CALLED, [...called, ''].join('\n'));
});

/** Lists the methods of a group of operations, if that is what a client has under this name. */
export function methodsOf(name, api) {
  if (typeof api !== 'object' || name === 'telemetry') return [];
  return Object.getOwnPropertyNames(Object.getPrototypeOf(api)).filter(
    (method) => method !== 'constructor' && !(method in Object.prototype),
  );
}

/** Calls the admin interface. */
export async function admin({ adminUrl }, method, path, body) {
  const response = await fetch(`${adminUrl}${path}`, {
    method,
    headers: body ? { 'content-type': 'application/json' } : {},
    body: body && JSON.stringify(body),
  });
  assert(response.ok, `${method} ${path}: ${response.status} ${await response.clone().text()}`);
  return response.status === 204 ? undefined : response.json();
}

/** Asserts that a call is refused with a status and a code, and returns the error. */
export async function refused(status, code, call) {
  const error = await call.then(
    (value) => assert.fail(`expected ${status} ${code}, got ${JSON.stringify(value)}`),
    (thrown) => thrown,
  );
  assert.equal(error.name, 'ClerkAPIResponseError', String(error.stack ?? error));
  assert.deepEqual([error.status, error.errors[0]?.code], [status, code], JSON.stringify(error.errors));
  assert(error.errors[0].message && error.errors[0].longMessage);
  assert(error.clerkTraceId);
  return error;
}

/** Serves `handler` on a free port until the tests of the calling file end, and returns its URL. */
export async function serve(handler) {
  const server = createServer(handler);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}`;
}

let count = 0;

/** Makes an address that no other user has. */
export function freshEmail(name = 'user') {
  count += 1;
  return `${name}.${count}@example.com`;
}

/** Creates a user with an address of their own; `params` come on top. */
export function newUser(clerk, params = {}) {
  return clerk.users.createUser({
    emailAddress: [freshEmail()],
    skipPasswordRequirement: true,
    ...params,
  });
}

/** A picture of one pixel. */
export function pixel() {
  const base64 =
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  return new Blob([Buffer.from(base64, 'base64')], { type: 'image/png' });
}
