// An application in JavaScript, tested with the emulator: `node --test app.test.mjs`.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, test } from 'node:test';

import { createClerkClient } from '@clerk/backend';

/** The application under test: it greets users by their names. */
async function greet(clerk, request) {
  const state = await clerk.authenticateRequest(request);
  if (!state.isAuthenticated) return new Response('Who are you?', { status: 401 });
  const user = await clerk.users.getUser(state.toAuth().userId);
  return new Response(`Hello, ${user.firstName}!`);
}

// The emulator prints one line of JSON once it is ready.
const emulator = spawn(process.env.CLERK_EMULATOR ?? 'clerk-emulator', ['--port', '0', '--json'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
after(() => emulator.kill());
const [line] = await once(emulator.stdout, 'data');
const { env } = JSON.parse(line);
const clerk = createClerkClient({
  apiUrl: env.CLERK_API_URL,
  secretKey: env.CLERK_SECRET_KEY,
  publishableKey: env.CLERK_PUBLISHABLE_KEY,
  // Otherwise the package reports to Clerk's servers that it is in use.
  telemetry: { disabled: true },
});

test('users are greeted', async () => {
  const user = await clerk.users.createUser({
    emailAddress: ['ada@example.com'],
    firstName: 'Ada',
    skipPasswordRequirement: true,
  });
  const session = await clerk.sessions.createSession({ userId: user.id });
  const { jwt } = await clerk.sessions.getToken(session.id);
  const request = new Request('https://app.example.com/', { headers: { authorization: `Bearer ${jwt}` } });
  assert.equal(await (await greet(clerk, request)).text(), 'Hello, Ada!');
});

test('strangers are not', async () => {
  const response = await greet(clerk, new Request('https://app.example.com/'));
  assert.equal(response.status, 401);
});
