// A demo of its own for the checks, and browsers that are signed in to it.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { chromium } from 'playwright-core';

export const PASSWORD = 'teapot glacier violin';
export const PEOPLE = ['rep', 'super', 'manager', 'staff', 'relative', 'bright', 'therapist', 'visits', 'practitioner', 'patient'];

const freePort = () => new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

/** Starts `kinbridge demo` on a free port and waits until it is ready. */
export async function startDemo() {
  const program = process.env.KINBRIDGE ?? 'target/debug/kinbridge';
  const address = `127.0.0.1:${await freePort()}`;
  const env = { PATH: process.env.PATH, KINBRIDGE_DEMO_PASSWORD: PASSWORD };
  const child = spawn(program, ['demo', '--listen', address], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  child.stdout.on('data', (text) => { said += text; });
  const base = `http://${address}`;
  for (let tries = 0; ; tries++) {
    const ready = await fetch(`${base}/readyz`).then((answer) => answer.ok, () => false);
    // The addresses are printed once all of it listens; the last line says how to stop it.
    if (ready && /^\s*Stop\s/m.test(said)) break;
    if (child.exitCode !== null || tries > 300) throw new Error(`the demo did not start: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const nourish = /^\s*Nourish\s+(\S+)/m.exec(said)?.[1];
  const ensora = /^\s*Ensora\s+(\S+)/m.exec(said)?.[1];
  const ended = new Promise((resolve) => child.once('exit', resolve));
  return { base, nourish, ensora, stop: async () => { child.kill('SIGTERM'); await ended; } };
}

const settings = {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-background-networking'],
};

export const launch = () => chromium.launch(settings);

/** A browser with one set of cookies, which another program can open tabs in by its port. */
export const launchShared = (folder, port) => chromium.launchPersistentContext(folder, {
  ...settings,
  args: [...settings.args, `--remote-debugging-port=${port}`],
});

/** A browser of one of the demo's people; `undefined` is nobody. Returns whether the sign-in worked. */
export async function signIn(context, base, who) {
  if (!who) return true;
  const page = await context.newPage();
  await page.goto(`${base}/sign-in`);
  await page.fill('[name=email]', `${who}@demo.kinbridge.test`);
  await page.fill('[name=password]', PASSWORD);
  const elsewhere = page.waitForURL((url) => !url.pathname.startsWith('/sign-in'), { timeout: 15000 });
  await page.keyboard.press('Enter');
  const signedIn = await elsewhere.then(() => true, () => false);
  await page.close();
  return signedIn;
}

/** The therapy organisation's handshake and its one site mapped by hand, so that session notes are there to look at. */
export async function connectTherapy(browser, { base, ensora }) {
  const context = await browser.newContext();
  if (!await signIn(context, base, 'bright')) throw new Error('bright cannot sign in');
  context.setDefaultTimeout(8000);
  const page = await context.newPage();
  await page.goto(ensora);
  const beside = (name) => page.locator(`xpath=//*[self::dt or self::th][contains(., '${name}')]/following-sibling::*[1]`).first().innerText();
  const [organization, token] = [await beside('Organization id'), await beside('Token')];
  const tab = async (name) => { await page.click(`nav.tabs a:has-text("${name}")`); };
  const open = async () => {
    await page.goto(base);
    await page.click('a:has-text("Org Settings")');
    await tab('Settings');
    await page.click('main :is(a, button):text-is("Synchronization")');
  };
  await open();
  await page.getByLabel('Organization ID').fill(organization);
  await page.getByLabel('Token').fill(token);
  await page.getByLabel(/agrees to share/).check();
  await page.click('button:has-text("Agree and connect")');
  // What is asked for comes in its own time: looked for again, never waited for blindly.
  const until = async (name, words) => {
    for (let tries = 0; tries < 120; tries++) {
      await open();
      await tab(name);
      if ((await page.locator('main').innerText()).includes(words)) return;
      await page.waitForTimeout(250);
    }
    throw new Error(`“${words}” did not appear under ${name}`);
  };
  await until('Agencies', 'Northgate Sch.');
  await page.getByLabel('Agency name for Northgate Sch.').selectOption({ label: 'Northgate School' });
  await page.click('button:has-text("Save mappings")');
  await until('Appointments', 'Maya Okafor');
  await context.close();
}
