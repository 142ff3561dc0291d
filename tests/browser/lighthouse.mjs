// Lighthouse with its mobile profile on five pages: sign-in, Integrations, Suggested Pairing, residents, a resident.
// At least 95 for performance and 100 for accessibility and best practices. Exit code 1 if a page has less.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import lighthouse from 'lighthouse';
import { crawl } from './crawl.mjs';
import { launchShared, signIn, startDemo } from './demo.mjs';

const LEAST = { performance: 95, accessibility: 100, 'best-practices': 100 };
const WANTED = [
  ['Integrations', /^\/org\/\d+\/integrations$/],
  ['Suggested Pairing', /^\/org\/\d+\/pairing\/\w+\/residents\/\d+/],
  ['residents', /^\/org\/\d+\/residents$/],
  ['a resident', /^\/org\/\d+\/residents\/\d+$/],
];
const PORT = 9333;

const demo = await startDemo();
const folder = mkdtempSync(join(tmpdir(), 'kinbridge-lighthouse-'));
const context = await launchShared(folder, PORT);
let low = 0;

async function measure(name, path) {
  const options = { port: PORT, onlyCategories: Object.keys(LEAST), disableStorageReset: true, logLevel: 'error' };
  const { lhr } = await lighthouse(demo.base + path, options);
  const scores = Object.keys(LEAST).map((of) => Math.round((lhr.categories[of].score ?? 0) * 100));
  const bad = Object.values(LEAST).some((least, at) => scores[at] < least);
  low += bad;
  console.log(`${bad ? '✗' : ' '} ${name}: ${scores.join('/')}`);
}

await measure('sign-in', '/sign-in');
if (await signIn(context, demo.base, 'super')) {
  const paths = await crawl(context, demo.base, ['/']);
  for (const [name, shape] of WANTED) {
    const path = paths.find((one) => shape.test(one));
    if (path) await measure(name, path);
    else { low++; console.log(`✗ ${name}: no link leads there`); }
  }
} else {
  low++;
  console.log('✗ cannot sign in');
}
await context.close();
rmSync(folder, { recursive: true, force: true });
await demo.stop();
process.exit(low ? 1 : 0);
