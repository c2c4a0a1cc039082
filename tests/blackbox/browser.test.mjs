// The demo page in a real browser: two tabs talk, see each other, and nothing that was typed is ever run.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { Gateway } from './harness/gateway.mjs';
import { until } from './harness/waiting.mjs';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
const skip = existsSync(CHROMIUM) ? false : 'no Chromium here';

describe('the demo page', { skip, timeout: 120_000 }, () => {
  const gateway = new Gateway({ settings: { Presence: { GraceMs: 1_500 } } });
  const requests = [];
  const complaints = [];
  let browser;

  before(async () => {
    const { chromium } = await import('playwright-core');
    await gateway.start();
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  });
  after(async () => {
    await browser?.close();
    await gateway.dispose();
  });

  async function tab(t, { name, width = 1400, height = 800, room = 'lobby', scheme = 'light' }) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme });
    t.after(() => context.close());
    await context.addInitScript((chosen) => sessionStorage.getItem('name') ?? sessionStorage.setItem('name', chosen), name);
    const page = await context.newPage();
    page.on('request', (request) => requests.push(request.url()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && !/WebSocket|ERR_CONNECTION/.test(message.text()) && complaints.push(message.text()));
    page.on('dialog', (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    await page.goto(`${gateway.url}/?room=${room}`);
    await shows(page, '#state-text', /Connected/);
    return page;
  }

  const text = (page, selector) => page.locator(selector).allInnerTexts().then((all) => all.join('\n'));

  async function shows(page, selector, pattern, ms = 10_000) {
    await until(`${selector} to show ${pattern}`, async () => {
      const shown = await text(page, selector);
      return pattern.test(shown) || Promise.reject(new Error(shown));
    }, { ms, every: 50 });
  }

  async function say(page, words) {
    await page.fill('#text', words);
    await page.press('#text', 'Enter');
  }

  async function shot(page, name) {
    if (process.env.GATEWAY_TEST_SHOTS) await page.screenshot({ path: join(process.env.GATEWAY_TEST_SHOTS, `${name}.png`) });
  }

  it('two tabs chat, and see presence, typing and ticks', async (t) => {
    const ann = await tab(t, { name: 'Ann' });
    const bob = await tab(t, { name: 'Bob', width: 390, height: 780, scheme: 'dark' });
    await shows(ann, '#people', /Ann\s*\(you\)[\s\S]*Bob/);
    await shows(bob, '#people', /Ann[\s\S]*Bob/);
    assert.equal(await text(ann, '#count'), '2');

    await bob.type('#text', 'typing…');
    await shows(ann, '#typing', /Bob is typing/);
    await bob.fill('#text', '');
    await until('typing to end', async () => (await text(ann, '#typing')) === '');

    await say(ann, 'Hello Bob');
    await shows(bob, '.message .body', /Hello Bob/);
    await shows(ann, '.message.own .meta', /✓/);
    await say(bob, 'Hello Ann');
    await shows(ann, '.message .body', /Hello Bob\s*Hello Ann/);
    await shows(ann, '.message:not(.own) .who', /Bob/);
    await shows(ann, '.message.own .meta', /✓✓ read/);
    assert.equal(await ann.locator('.message').count(), 2);
    assert.equal(await bob.locator('.message').count(), 2);
    await shot(ann, 'desk-light');
    await shot(bob, 'phone-dark');

    await bob.close();
    await until('Bob to be gone', async () => !/Bob/.test(await text(ann, '#people')));
    assert.equal(await text(ann, '#count'), '1');
  });

  it('what looks like markup is shown as text', async (t) => {
    const room = 'markup';
    const ann = await tab(t, { name: '<img src=x onerror=alert(1)>', room });
    const bob = await tab(t, { name: 'Bob', room });
    const attacks = ['<script>alert(1)</script>', '<img src=x onerror="alert(2)">', '"><svg onload=alert(3)>', 'javascript:alert(4)', '&lt;b&gt;'];
    for (const attack of attacks) await say(ann, attack);
    await until('all of it', async () => (await bob.locator('.message').count()) === attacks.length);
    assert.deepEqual(await bob.locator('.message .body').allInnerTexts(), attacks);
    assert.equal(await bob.locator('#messages script, #messages img, #messages svg, #people img').count(), 0);
    await shows(bob, '#people', /<img src=x onerror=alert\(1\)>/);
    await gateway.api('POST', `/v1/rooms/${room}/events`, { type: 'message', content: { a: ['<b>x</b>'] }, senderName: '<i>system</i>' });
    await shows(bob, '.message .body', /\{"a":\["<b>x<\/b>"\]\}/);
    assert.equal(await bob.locator('#messages b, #messages i').count(), 0);
  });

  it('after the server was gone the tab is back by itself, what was said meanwhile arrives once', async (t) => {
    const room = 'comeback';
    const ann = await tab(t, { name: 'Ann', room });
    const bob = await tab(t, { name: 'Bob', room });
    await say(ann, 'before');
    await shows(bob, '.message .body', /before/);
    await gateway.kill();
    await shows(ann, '#state-text', /lost|Connecting/);
    await say(ann, 'meanwhile');
    await shows(ann, '.message.own .meta', /sending/);
    await gateway.start();
    await shows(ann, '#state-text', /Connected/, 20_000);
    await shows(bob, '.message .body', /before\s*meanwhile/, 20_000);
    await say(bob, 'after');
    await shows(ann, '.message .body', /before\s*meanwhile\s*after/);
    assert.deepEqual(await bob.locator('.message .body').allInnerTexts(), ['before', 'meanwhile', 'after']);
    assert.deepEqual(await ann.locator('.message .body').allInnerTexts(), ['before', 'meanwhile', 'after']);
  });

  it('a reload is the same person, with the history and without an announcement', async (t) => {
    const room = 'reload';
    const ann = await tab(t, { name: 'Ann', room });
    const bob = await tab(t, { name: 'Bob', room });
    await say(ann, 'stays');
    await shows(bob, '.message .body', /stays/);
    await bob.reload();
    await shows(bob, '.message .body', /stays/);
    await shows(bob, '#people', /Ann[\s\S]*Bob\s*\(you\)/);
    assert.equal(await text(bob, '#count'), '2');
    assert.doesNotMatch(await text(ann, '.note'), /left/);
  });

  it('another name is another guest, and the first one has left', async (t) => {
    const ann = await tab(t, { name: 'Ann', room: 'names' });
    await ann.fill('#name', 'Anna');
    await ann.click('#name-form button');
    await shows(ann, '#people', /^Anna\s*\(you\)$/);
  });

  for (const [width, scheme] of [[390, 'light'], [1400, 'dark']]) {
    it(`fits ${width} px, and every field has a name for screen readers`, async (t) => {
      const page = await tab(t, { name: 'Ann', width, scheme, room: `fits-${width}` });
      await say(page, `long${'g'.repeat(300)} and more`);
      await shows(page, '.message .body', /long/);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.equal(wide, 0, 'nothing to scroll sideways');
      const nameless = await page.evaluate(() => [...document.querySelectorAll('input, button')].filter((field) =>
        !(field.labels?.length || field.textContent.trim() || field.getAttribute('aria-label'))).length);
      assert.equal(nameless, 0);
      assert.equal(await page.getAttribute('#messages', 'role'), 'log');
      await shot(page, `fits-${width}-${scheme}`);
    });
  }

  it('nothing was fetched from elsewhere, and no script failed', () => {
    const own = new URL(gateway.url).host;
    const foreign = requests.filter((url) => !url.startsWith('data:') && new URL(url).host !== own);
    assert.deepEqual(foreign, []);
    assert.deepEqual(complaints, []);
  });
});
