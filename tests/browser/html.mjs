// The HTML that the server sent: html-validate, and the Nu checker where there is a Java.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileSystemConfigLoader, HtmlValidate } from 'html-validate';

const validator = new HtmlValidate(new FileSystemConfigLoader());
const here = new URL('./page.html', import.meta.url).pathname;

/** What html-validate finds in one page. */
export async function valid(html) {
  const report = await validator.validateString(html, here);
  return report.results.flatMap((result) => result.messages)
    .map((message) => `${message.ruleId}, line ${message.line}: ${message.message}`);
}

export const hasJava = () => spawnSync('java', ['-version']).status === 0;

/** What the Nu checker finds in all pages together: [path, html] pairs. */
export function nu(pages) {
  const folder = mkdtempSync(join(tmpdir(), 'kinbridge-html-'));
  try {
    const files = pages.map(([path, html], at) => {
      const file = join(folder, `${at}.html`);
      writeFileSync(file, html);
      return [file, path];
    });
    const jar = createRequire(import.meta.url).resolve('vnu-jar/build/dist/vnu.jar');
    // Its advertised stack of 512 kB overflows.
    const run = spawnSync('java', ['-Xss8m', '-jar', jar, '--format', 'json', '--exit-zero-always', ...files.map(([file]) => file)], { maxBuffer: 1 << 26 });
    const { messages } = JSON.parse(run.stderr.toString() || '{"messages":[]}');
    return messages.filter((one) => one.type === 'error').map((one) => {
      const path = files.find(([file]) => one.url.endsWith(file))?.[1] ?? one.url;
      return `${path}: line ${one.lastLine}: ${one.message}`;
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
