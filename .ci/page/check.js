// Opens the HTML report from a file in headless Chromium, as a reader would, and
// holds it to what it promises: it loads nothing, says nothing on the console, has
// no finding of axe-core in light and dark, fits a narrow window, and shows the
// numbers of the JSON.
//
//   node check.js REPORT.html REPORT.json FOLDER-FOR-SCREENSHOTS
import assert from 'node:assert/strict';
import { readFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const [report, json, folder] = process.argv.slice(2);
const result = JSON.parse(readFileSync(json, 'utf8'));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const url = pathToFileURL(path.resolve(report)).href;

// The looks that are checked: the width of the window in pixels, and the scheme.
const looks = [
  { name: 'light', width: 1280, scheme: 'light' },
  { name: 'dark', width: 1280, scheme: 'dark' },
  { name: 'narrow', width: 400, scheme: 'light' },
];

// size is a number of bytes as the report writes it: three digits, MiB is 2^20.
function size(n) {
  let unit = 0;
  for (; n >= 1024 && unit < 6; unit++) n /= 1024;
  const digits = unit === 0 || n >= 100 ? 0 : n >= 10 ? 1 : 2;
  return `${n.toFixed(digits)} ${['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'][unit]}`;
}

// speed is MB/s as the report writes it; MB is 10^6.
function speed(n) {
  if (n === 0) return '';
  return `${n < 1e6 ? (n / 1e6).toFixed(2) : n < 1e7 ? (n / 1e6).toFixed(1) : Math.round(n / 1e6)} MB/s`;
}

async function checkNumbers(page) {
  const embedded = JSON.parse(await page.locator('#result').textContent());
  assert.deepEqual(embedded, result, 'the result in the page is that of the JSON');
  const cells = await page.locator('td[data-run]').evaluateAll((all) =>
    all.map((td) => [Number(td.dataset.run), td.querySelector('.fate').textContent, td.querySelector('.rate')?.textContent ?? '']));
  assert.deepEqual(cells.map((c) => c[0]).sort((a, b) => a - b), result.runs.map((_, i) => i), 'each run has a cell');
  for (const [i, fate, rate] of cells) {
    const run = result.runs[i];
    const lost = run.loss.violation_bytes + run.loss.permitted_bytes + run.loss.collateral_bytes;
    if (lost > 0) assert.ok(fate.includes(size(lost)), `run ${i} lost ${size(lost)}, the page has ${fate}`);
    else assert.ok(!/[KMGT]?i?B\b/.test(fate) || run.swallowed_error_bytes > 0, `run ${i} lost nothing, the page has ${fate}`);
    assert.equal(rate, speed(run.throughput_Bps), `speed of run ${i}`);
  }
}

async function checkLook(context, look) {
  const page = await context.newPage();
  const said = [];
  page.on('request', (r) => { if (r.url() !== url && !r.url().startsWith('data:')) said.push(`request of ${r.url()}`); });
  page.on('console', (m) => said.push(`console: ${m.text()}`));
  page.on('pageerror', (e) => said.push(`error: ${e.message}`));
  await page.emulateMedia({ colorScheme: look.scheme });
  await page.setViewportSize({ width: look.width, height: 900 });
  await page.goto(url);
  assert.equal(await page.locator('script:not([type="application/json"])').count(), 0, 'the page has no script');
  await page.screenshot({ path: path.join(folder, `report-${look.name}.png`), fullPage: true });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(wide <= 0, `${look.name}: the page is ${wide} pixels wider than the window`);
  for (const d of await page.locator('summary').all()) await d.press('Enter'); // by keyboard
  assert.equal(await page.locator('details:not([open])').count(), 0, 'what is folded opens by keyboard');
  await page.evaluate(axe); // not as an element: the policy of the page forbids scripts
  const found = await page.evaluate(() => globalThis.axe.run());
  assert.deepEqual(found.violations.map((v) => `${v.id}: ${v.nodes[0].html}`), [], `${look.name}: findings of axe-core`);
  assert.ok(found.passes.length > 15, `axe-core looked at ${found.passes.length} rules`);
  if (look.name === 'light') await checkNumbers(page);
  assert.deepEqual(said, [], `${look.name}: the page is silent`);
  const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.close();
  return ground;
}

mkdirSync(folder, { recursive: true });
const profile = mkdtempSync(path.join(tmpdir(), 'tbraid-chromium-'));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});
try {
  const grounds = [];
  for (const look of looks) grounds.push(await checkLook(context, look));
  assert.notEqual(grounds[0], grounds[1], 'the dark page has a ground of its own');
  console.log(`${path.basename(report)}: ${result.runs.length} runs, ${looks.length} looks, screenshots in ${folder}`);
} finally {
  await context.close();
  rmSync(profile, { recursive: true, force: true });
}
