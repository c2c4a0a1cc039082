// Runs the test files, a few at a time, and sums them up. `node run.mjs rooms events` runs those files,
// `node run.mjs --not browser 'cluster*'` all others. The last line is "N passed, N failed, N skipped".

import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { run } from 'node:test';
import { fileURLToPath } from 'node:url';

import { gatewayDll } from './harness/gateway.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const CONCURRENCY = Number(process.env.GATEWAY_TEST_CONCURRENCY ?? 2);

const EXPLAIN_LINES = 45;

// The long ones first, so that the last to end is a short one.
const LONG_FIRST = ['cluster.redis', 'cluster.nodes', 'cluster.network', 'killed', 'slow', 'limits', 'damaged', 'session', 'presence', 'auth'];

function chosen(args) {
  const all = readdirSync(here).filter((name) => name.endsWith('.test.mjs')).map((name) => name.slice(0, -'.test.mjs'.length));
  const rank = (name) => (LONG_FIRST.includes(name) ? LONG_FIRST.indexOf(name) : LONG_FIRST.length);
  const named = (name) => args.some((arg) => (arg.endsWith('*') ? name.startsWith(arg.slice(0, -1)) : name === arg));
  const wanted = all.filter((name) => (args[0] === '--not' ? !named(name) : args.length === 0 || named(name)));
  return wanted.sort((a, b) => rank(a) - rank(b) || a.localeCompare(b)).map((name) => join(here, `${name}.test.mjs`));
}

/** The innermost cause, and as much of the stack as lies in the tests. */
function explain(error) {
  let inner = error;
  while (inner?.cause instanceof Error) inner = inner.cause;
  const cause = inner?.cause ?? inner;
  const message = typeof cause === 'string' ? cause : cause?.stack ?? cause?.message ?? JSON.stringify(cause);
  const lines = String(message).split('\n').filter((line) => !/node:internal|node_modules/.test(line));
  const left = lines.length - EXPLAIN_LINES;
  return [...lines.slice(0, EXPLAIN_LINES), ...(left > 0 ? [`… ${left} more lines`] : [])].map((line) => `      ${line}`).join('\n');
}

const files = chosen(process.argv.slice(2));
if (files.length === 0) {
  console.error('No test file of that name.');
  process.exit(2);
}

const needed = files.some((file) => !/(checker|cluster-harness)\.test\.mjs$/.test(file));
try {
  if (needed) gatewayDll();
} catch (error) {
  console.error(error.message);
  console.log('0 passed, 1 failed, 0 skipped');
  process.exit(1);
}

const totals = { passed: 0, failed: 0, skipped: 0 };
const perFile = new Map();
const began = Date.now();

let current = 'start';

function note(kind, data) {
  // A suite made by the harness bears the harness's name; its tests, which are told of before it, bear their file's.
  const origin = basename(data.file ?? data.name);
  if (origin.endsWith('.test.mjs')) current = origin.slice(0, -'.test.mjs'.length);
  const file = current;
  const own = perFile.get(file) ?? { passed: 0, failed: 0, skipped: 0, ms: 0 };
  perFile.set(file, own);
  if (data.nesting === 0) own.ms += data.details?.duration_ms ?? 0;
  const isFile = data.nesting === 0 && data.name.endsWith('.test.mjs');
  const isSuite = data.details?.type === 'suite';
  const failedWithin = data.details?.error?.failureType === 'subtestsFailed';
  if ((isSuite || isFile) && (kind !== 'failed' || failedWithin)) return;
  own[kind] += 1;
  totals[kind] += 1;
  if (kind === 'skipped') console.log(`  skipped: ${file}: ${data.name} (${data.skip})`);
  // A suite whose gateway did not start says so itself, once; its tests are only counted.
  const cancelled = data.details?.error?.failureType === 'cancelledByParent';
  if (kind === 'failed' && !cancelled) console.log(`  FAILED: ${file}: ${data.name}\n${explain(data.details.error)}`);
}

const stream = run({ files, concurrency: CONCURRENCY });
stream.on('test:pass', (data) => note(data.skip !== undefined && data.skip !== false ? 'skipped' : 'passed', data));
stream.on('test:fail', (data) => note('failed', data));
// The runner's own totals are diagnostics too; ours are sentences.
stream.on('test:diagnostic', (data) => /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/.test(data.message) || console.log(`  ${data.message}`));
stream.on('test:stderr', (data) => process.stderr.write(data.message));
stream.on('end', () => {
  for (const [file, own] of [...perFile].sort()) {
    console.log(`  ${file.padEnd(16)} ${String(own.passed).padStart(4)} passed ${String(own.failed).padStart(3)} failed ${String(own.skipped).padStart(3)} skipped ${(own.ms / 1000).toFixed(1).padStart(7)} s`);
  }
  console.log(`  in ${((Date.now() - began) / 1000).toFixed(1)} s`);
  console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
  process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0;
});
stream.resume();
