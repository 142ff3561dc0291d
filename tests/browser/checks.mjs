// One function a check. Each takes a page that is loaded and returns what is wrong, in words.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Every WCAG 2.2 A and AA rule, and the best practices of pages. */
export async function accessible(page, practices = ['best-practice']) {
  await page.evaluate(() => document.querySelectorAll('details').forEach((one) => { one.open = true; }));
  await page.evaluate(axeSource);
  const violations = await page.evaluate(async (practices) => {
    const values = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', ...practices];
    const run = await window.axe.run(document, {
      runOnly: { type: 'tag', values },
      // Off by default, although it is a rule of WCAG 2.2 AA.
      rules: { 'target-size': { enabled: true } },
      resultTypes: ['violations'],
    });
    return run.violations.map((one) => `${one.id}: ${one.help} (${one.nodes.slice(0, 3).map((node) => node.target.join(' ')).join(', ')})`);
  }, practices);
  return violations;
}

/** Walks the page by Tab alone: every stop is seen and marked, none is covered, and Tab leaves the page. */
export async function keyboard(page) {
  const wrong = [], stops = [];
  let parts = 1;
  await page.evaluate(() => { document.activeElement?.blur(); scrollTo(0, 0); });
  for (let step = 0; step < 400; step++) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(describeFocus);
    if (!stop) break;
    // A field for a date or a time has a stop for each of its parts: day, month, year and the calendar.
    if (stops.at(-1) === stop.id && parts < stop.parts) { parts++; continue; }
    parts = 1;
    if (stops.includes(stop.id)) {
      if (stops[0] !== stop.id) wrong.push(`Tab is caught at ${stop.name}`);
      break;
    }
    stops.push(stop.id);
    if (!stop.marked) wrong.push(`no focus mark on ${stop.name}`);
    if (!stop.visible) wrong.push(`focus is off the screen on ${stop.name}`);
    else if (stop.covered) wrong.push(`${stop.name} is covered when it has focus`);
  }
  return wrong;
}

async function describeFocus() {
  const element = document.activeElement;
  if (!element || element === document.body || element === document.documentElement) return null;
  window.kinbridgeStops ??= new Map();
  if (!window.kinbridgeStops.has(element)) window.kinbridgeStops.set(element, window.kinbridgeStops.size);
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const box = element.getBoundingClientRect(), style = getComputedStyle(element);
  const within = (value, most) => Math.min(Math.max(value, 1), most - 2);
  const on = document.elementFromPoint(within(box.left + box.width / 2, innerWidth), within(box.top + box.height / 2, innerHeight));
  const own = on && (on === element || element.contains(on) || on.contains(element) || [...(element.labels ?? [])].some((label) => label.contains(on)));
  const words = (element.getAttribute('aria-label') || element.textContent || element.name || '').trim().replace(/\s+/g, ' ');
  return {
    id: window.kinbridgeStops.get(element),
    parts: { date: 4, time: 4 }[element.type] ?? 1,
    name: `${element.tagName.toLowerCase()} "${words.slice(0, 40)}"`,
    marked: (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== 'none',
    visible: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight,
    covered: !own,
  };
}

/** At 320 CSS pixels nothing scrolls sideways, also with the wider text spacing of WCAG 1.4.12. */
export async function narrow(page) {
  await page.setViewportSize({ width: 320, height: 640 });
  const wide = () => page.evaluate(() => document.documentElement.scrollWidth > innerWidth + 1);
  const wrong = (await wide()) ? ['scrolls sideways at 320 pixels'] : [];
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }');
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  });
  if (!wrong.length && await wide()) wrong.push('scrolls sideways at 320 pixels with wider text spacing');
  return wrong;
}
