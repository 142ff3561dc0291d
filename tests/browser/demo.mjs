// A demo of its own for the checks, and browsers that are signed in to it.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { chromium } from 'playwright-core';

export const PASSWORD = 'teapot glacier violin';
export const PEOPLE = ['rep', 'super', 'manager', 'staff', 'relative'];

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
    if (ready) break;
    if (child.exitCode !== null || tries > 300) throw new Error(`the demo did not start: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const nourish = /^Nourish\s+(\S+)/m.exec(said)?.[1];
  const ended = new Promise((resolve) => child.once('exit', resolve));
  return { base, nourish, stop: async () => { child.kill('SIGTERM'); await ended; } };
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
