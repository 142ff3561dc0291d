// Every page that somebody can come to by links, for each of the demo's people: axe in both themes and widths, the
// keyboard, 320 pixels, the HTML as sent, and nothing from another origin. Exit code 1 if anything is wrong.
//   node tests/browser/check.mjs            all people
//   node tests/browser/check.mjs manager    one of them; "nobody" for the pages of somebody signed out
import { accessible, keyboard, narrow } from './checks.mjs';
import { crawl } from './crawl.mjs';
import { PEOPLE, connectTherapy, launch, signIn, startDemo } from './demo.mjs';
import { hasJava, nu, valid } from './html.mjs';

const VIEWS = [['light', 1280], ['dark', 1280], ['light', 390], ['dark', 390]];
// Whose pages are many, and mostly seen at others' as well.
const ONCE = ['visits'];
const SIGNED_OUT = ['/sign-in', '/forgotten-password', '/mailbox', '/no-such-page'];

const only = process.argv[2];
const people = [undefined, ...PEOPLE].filter((who) => !only || (who ?? 'nobody') === only);
const demo = await startDemo();
const browser = await launch();
if (people.includes('bright') || people.includes('therapist')) await connectTherapy(browser, demo);
const sent = new Map();
let views = 0, wrong = 0;
const fail = (who, path, words) => { wrong++; console.log(`✗ ${who ?? 'nobody'} ${path}: ${words}`); };

// A letter as mail programs show it stands in a sandbox, where no script runs, and so no checker ends: that one word is
// taken from the copy that is looked at. Landmarks, focus marks and wrapping are the mail program's.
async function liftSandbox(route) {
  const answer = await route.fetch({ maxRedirects: 0 });
  const headers = answer.headers();
  const policy = headers['content-security-policy'];
  if (policy) headers['content-security-policy'] = policy.replace(/^sandbox; /, '');
  await route.fulfill({ response: answer, headers });
}

async function look(context, who, path, view) {
  const page = await context.newPage();
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(demo.base) && !url.startsWith('data:')) fail(who, path, `asks another origin: ${url}`);
  });
  page.on('console', (message) => { if (/Content Security Policy/.test(message.text())) fail(who, path, message.text()); });
  page.on('pageerror', (error) => fail(who, path, `script: ${error.message}`));
  const isLetter = path.startsWith('/mailbox/');
  if (isLetter) await page.route(demo.base + path, liftSandbox);
  const answer = await page.goto(demo.base + path, { waitUntil: 'load' });
  views++;
  if (answer.status() >= 500) fail(who, path, `answered ${answer.status()}`);
  for (const words of await accessible(page, isLetter ? [] : undefined)) fail(who, path, `[${view.join(' ')}] ${words}`);
  if (view === VIEWS[0]) {
    sent.set(`${who ?? 'nobody'} ${path}`, await answer.text());
    if (isLetter) return page.close();
    await page.reload({ waitUntil: 'load' });
    for (const words of await keyboard(page)) fail(who, path, words);
    for (const words of await narrow(page)) fail(who, path, words);
  }
  await page.close();
}

for (const who of people) {
  let paths;
  for (const view of VIEWS) {
    const [colorScheme, width] = view;
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 }, reducedMotion: 'reduce' });
    if (!await signIn(context, demo.base, who)) { fail(who, '/sign-in', 'cannot sign in'); await context.close(); break; }
    paths ??= await crawl(context, demo.base, who ? ['/'] : SIGNED_OUT, ONCE.includes(who) ? 1 : undefined);
    for (const path of paths) await look(context, who, path, view);
    await context.close();
  }
  console.log(`${who ?? 'nobody'}: ${paths?.length ?? 0} pages`);
}

for (const [name, html] of sent) for (const words of await valid(html)) fail('', name, words);
if (hasJava()) for (const words of nu([...sent])) fail('', words, 'Nu checker');
else console.log('left out: the Nu checker, since there is no java');

await browser.close();
await demo.stop();
console.log(`${views} page views, ${wrong} faults`);
process.exit(wrong ? 1 : 0);
