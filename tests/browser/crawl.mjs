// Finds the pages that a person can come to by links alone. A new page is checked without being listed anywhere.

const EACH = 2;      // pages of the same shape, such as /org/1/residents/17
const MOST = 120;

const shape = (path) => path.replace(/\?.*/, '').replace(/\/\d+(?=\/|$)/g, '/N').replace(/\/[0-9a-f]{64}(?=\/|$)/g, '/SECRET');

/** The paths, in the order in which they were found; at most so many of each shape. */
export async function crawl(context, base, starts, each = EACH) {
  const page = await context.newPage();
  const seen = new Map(), queue = [...starts], known = new Set(starts), found = [];
  while (queue.length && found.length < MOST) {
    const path = queue.shift();
    const count = seen.get(shape(path)) ?? 0;
    if (count >= each) continue;
    seen.set(shape(path), count + 1);
    const answer = await page.goto(base + path, { waitUntil: 'load' }).catch(() => null);
    if (!answer || !(answer.headers()['content-type'] ?? '').startsWith('text/html')) continue;
    found.push(path);
    const links = await page.$$eval('a[href]', (all) => all.filter((a) => !a.download).map((a) => a.href));
    for (const link of links) {
      if (!link.startsWith(`${base}/`) && link !== base) continue;
      const next = link.slice(base.length).replace(/#.*/, '') || '/';
      if (!known.has(next)) { known.add(next); queue.push(next); }
    }
  }
  await page.close();
  return found;
}
