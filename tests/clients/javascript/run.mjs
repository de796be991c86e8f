// Runs the tests, and tells which methods of the package they call.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createClerkClient } from '@clerk/backend';

import { methodsOf } from './emulator.mjs';

const folder = mkdtempSync(join(tmpdir(), 'clerk-called-'));
const file = join(folder, 'called');
const { status } = spawnSync(process.execPath, ['--test', '--test-concurrency=2', 'test/'], {
  cwd: import.meta.dirname,
  env: { ...process.env, CLERK_CALLED: file },
  stdio: 'inherit',
});
const called = new Set(readFileSync(file, 'utf8').split('\n'));
rmSync(folder, { recursive: true });
const all = Object.entries(createClerkClient({ secretKey: 'sk_test_none' }))
  .flatMap(([name, api]) => methodsOf(name, api).map((method) => `${name}.${method}`));
const missing = all.filter((method) => !called.has(method));
console.log(`@clerk/backend: ${all.length - missing.length} of ${all.length} methods called`);
if (missing.length > 0) console.log(`not called: ${missing.join(', ')}`);
process.exitCode = status !== 0 || missing.length > 0 ? 1 : 0;
