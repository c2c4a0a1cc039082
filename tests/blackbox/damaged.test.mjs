// A journal that was cut or has flipped bits: the process says which file and ends, or it serves what is right. It never serves wrong data.

import assert from 'node:assert/strict';
import { cpSync, readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { Gateway, UNLIMITED } from './harness/gateway.mjs';

const ROOMS = ['alpha', 'beta'];
const MARK = 'the-body-of-an-event';

describe('a damaged journal', { concurrency: 2 }, () => {
  const settings = { ...UNLIMITED, Drain: { WindowMs: 100 } };
  const origin = new Gateway({ settings });
  const truth = {};
  let file;

  before(async () => {
    await origin.start();
    for (const room of ROOMS) {
      await origin.publishLines(room, Array.from({ length: 400 }, (_, i) => ({ type: 'message', id: `${room}-${i}`, n: i, content: `${MARK} ${room} ${i}` })));
      truth[room] = (await origin.allEvents(room)).map((e) => JSON.stringify([e.seq, e.id, e.n, e.content, e.senderId]));
    }
    // A second clean stop, without readers of the file: now the events lie in the main file and not in its log.
    for (let stop = 0; stop < 2; stop += 1) {
      if (stop > 0) await origin.start();
      assert.equal((await origin.terminate()).code, 0);
    }
    const files = readdirSync(origin.dataDirectory, { recursive: true }).map(String).filter((name) => name.endsWith('.db'));
    assert.ok(files.length > 0, `no .db file in ${origin.dataDirectory}`);
    file = files.map((name) => [name, statSync(join(origin.dataDirectory, name)).size]).sort((a, b) => b[1] - a[1])[0][0];
  });
  after(() => origin.dispose());

  const flip = (at) => (path) => {
    const bytes = readFileSync(path);
    const offset = typeof at === 'function' ? at(bytes) : at;
    assert.ok(offset >= 0 && offset < bytes.length, `offset ${offset} of ${bytes.length}`);
    bytes[offset] ^= 0x10;
    writeFileSync(path, bytes);
  };
  const cut = (share) => (path) => truncateSync(path, Math.floor(statSync(path).size * share));
  const nth = (n) => (bytes) => {
    let at = -1;
    for (let i = 0; i < n; i += 1) {
      at = bytes.indexOf(MARK, at + 1);
      assert.ok(at >= 0, `after a clean stop ${file} holds ${i} of the events only`);
    }
    return at + 5;
  };

  const damages = {
    'not damaged at all': () => {},
    'cut to nothing': cut(0),
    'cut to a tenth': cut(0.1),
    'cut to a half': cut(0.5),
    'cut by the last page': (path) => truncateSync(path, statSync(path).size - 4096),
    'cut within a page': (path) => truncateSync(path, statSync(path).size - 1234),
    'a bit in the magic': flip(3),
    'a bit in the page size': flip(16),
    'a bit in the schema page': flip(101),
    'a bit in the schema\'s text': flip((b) => b.indexOf('CREATE TABLE') + 8),
    'a bit in a body': flip(nth(10)),
    'a bit in another body': flip(nth(333)),
    'a bit before a body': flip((b) => nth(100)(b) - 60),
    'a bit in a page header': flip((b) => Math.floor(nth(200)(b) / 4096) * 4096),
    'a bit in a cell pointer': flip((b) => Math.floor(nth(300)(b) / 4096) * 4096 + 13),
    'a bit in the middle': flip((b) => b.length >> 1),
    'a bit near the end': flip((b) => b.length - 700),
    'random bytes over a page': (path) => {
      const bytes = readFileSync(path);
      const page = Math.floor(nth(150)(bytes) / 4096) * 4096;
      for (let i = 0; i < 4096; i += 1) bytes[page + i] = (i * 131 + 17) & 255;
      writeFileSync(path, bytes);
    },
  };

  for (const [what, damage] of Object.entries(damages)) {
    it(`a journal ${what}`, { timeout: 60_000 }, async (t) => {
      const gateway = new Gateway({ settings });
      t.after(() => gateway.dispose());
      cpSync(origin.dataDirectory, gateway.dataDirectory, { recursive: true });
      const path = join(gateway.dataDirectory, file);
      damage(path);
      let started = true;
      try {
        await gateway.start();
      } catch {
        started = false;
      }
      if (!started) {
        const { code } = await gateway.ended();
        assert.notEqual(code, 0);
        assert.notEqual(what, 'not damaged at all', gateway.logTail());
        assert.ok(gateway.logText().includes(basename(file)), `the file is not named:\n${gateway.logTail()}`);
        return;
      }
      for (const room of ROOMS) {
        const kept = await gateway.allEvents(room).catch((error) => error);
        if (kept instanceof Error) {
          assert.match(gateway.logText(), /damag|corrupt|malformed|checksum/i, `${kept.message}, and the log does not say why:\n${gateway.logTail()}`);
          continue;
        }
        const served = kept.map((e) => JSON.stringify([e.seq, e.id, e.n, e.content, e.senderId]));
        assert.deepEqual(served, truth[room], `wrong data in ${room}, without a word`);
      }
      const client = await gateway.connect(t, { user: 'ann' });
      const answer = await client.ask({ type: 'message', room: ROOMS[0], id: 'after' }).catch(() => null);
      if (answer?.type === 'ack') assert.equal(answer.seq, truth[ROOMS[0]].length + 1, 'no seq is given twice');
    });
  }

  it('a lock file or a torn side file left by a crash does not stop the start', { timeout: 60_000 }, async (t) => {
    const gateway = new Gateway({ settings });
    t.after(() => gateway.dispose());
    await gateway.start();
    await gateway.publishLines('r', [{ n: 1 }, { n: 2 }]);
    await gateway.kill();
    await gateway.start();
    assert.equal((await gateway.allEvents('r')).length, 2);
  });
});
