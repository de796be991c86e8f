// Measures Clerk's JavaScript SDK: the nanoseconds of one call, in the fastest of many rounds.
import { createClerkClient, verifyToken } from '@clerk/backend';
import { createRequire } from 'node:module';

const { TOKEN: token, CLERK_JWT_KEY: jwtKey } = process.env;
const { version } = createRequire(import.meta.url)('@clerk/backend/package.json');

const publishableKey = 'pk_live_Y2xlcmsuZXhhbXBsZS5jb20k';
const clerk = createClerkClient({ secretKey: 'sk_live_bench', publishableKey, telemetry: { disabled: true } });
const request = new Request('https://app.example.com/', { headers: { authorization: `Bearer ${token}` } });

async function measure(call) {
  let least = Infinity;
  for (let round = 0; round < 40; round += 1) {
    let count = 0;
    const start = process.hrtime.bigint();
    while (process.hrtime.bigint() - start < 25_000_000n) {
      await call();
      count += 1;
    }
    least = Math.min(least, Number(process.hrtime.bigint() - start) / count);
  }
  return least;
}

const rows = [];
rows.push({
  name: `@clerk/backend ${version}: verifyToken`,
  nanoseconds: await measure(async () => {
    if ((await verifyToken(token, { jwtKey })).sub !== 'user_forged') throw new Error('not verified');
  }),
});
rows.push({
  name: `@clerk/backend ${version}: authenticateRequest`,
  nanoseconds: await measure(async () => {
    const state = await clerk.authenticateRequest(request, { jwtKey });
    if (!state.isAuthenticated) throw new Error(`not signed in: ${state.reason}`);
  }),
});
console.log(JSON.stringify(rows));
