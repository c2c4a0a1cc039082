// The model behind docs/SCALING.md: it reproduces what was measured, keeps its own bounds, and the document shows what it says.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

import { cluster, costsAt, deliveryUs, eventsPerPrimary, meetsOf, nodeBounds, pushUs, waits } from '../../tools/scale/model.mjs';
import { perEvent, scatter } from '../../tools/scale/rooms.mjs';
import { DOCUMENT, filled, readInputs } from '../../tools/scale/scale.mjs';
import { storm } from '../../tools/scale/storm.mjs';
import { number, range, tables } from '../../tools/scale/tables.mjs';

const inputs = readInputs();
const [low, high] = ['low', 'high'].map((end) => costsAt(inputs, end));
const about = (value, wanted, share = 0.02) => assert.ok(Math.abs(value - wanted) <= share * wanted, `${value} is not about ${wanted}`);

describe('docs/SCALING.md', () => {
  const all = tables(inputs);

  it('shows what the model says', () => {
    const document = readFileSync(DOCUMENT, 'utf8');
    assert.equal(document, filled(document, all), 'run node tools/scale/scale.mjs --write');
  });

  it('a figure that was changed by hand is found', () => {
    const document = readFileSync(DOCUMENT, 'utf8');
    const row = all.primary.split('\n').at(-1);
    const doctored = document.replace(row, row.replace(/\d/, '9 '));
    assert.notEqual(doctored, document);
    assert.notEqual(doctored, filled(doctored, all));
  });

  it('a table that the model does not have, and one that the document lacks, are refused', () => {
    assert.throws(() => filled('<!-- model: nothing -->\n<!-- end -->', all), /no table nothing/);
    assert.throws(() => filled('', all), /does not show/);
  });

  it('every input says where it comes from', () => {
    for (const group of ['node', 'redis', 'machines', 'rooms', 'storm', 'levers', 'workloads']) {
      for (const [name, input] of Object.entries(inputs[group])) {
        assert.ok(input.origin in inputs.origins, `${group}.${name}: ${input.origin}`);
        if (group !== 'workloads') assert.ok(Number.isFinite(input.value) !== (Number.isFinite(input.low) && Number.isFinite(input.high)), `${group}.${name}`);
      }
    }
  });

  it('figures are written with two digits, ranges from low to high', () => {
    assert.deepEqual([0.0312, 5.07, 43.4, 81_234, 1_234_567].map((value) => number(value)), ['0.031', '5.1', '43', '81,000', '1,200,000']);
    assert.equal(range(2, 1.04), '1–2');
    assert.equal(range(1.01, 1.04), '1');
  });
});

describe('the model of costs', () => {
  it('gives back the deliveries and pushes that were measured', () => {
    const within = (f, measured) => assert.ok(f(low) <= measured && measured <= f(high), `${f(low)} to ${f(high)} does not hold ${measured}`);
    within((costs) => deliveryUs(costs, 1), 5.07);
    within((costs) => deliveryUs(costs, 32), 0.375);
    within((costs) => pushUs(costs, 1), 4.3);
    within((costs) => pushUs(costs, 16), 0.46);
  });

  it('a primary at its bound is busy for just that share', () => {
    for (const nodes of [1, 10, 100]) about(eventsPerPrimary(high, nodes) * (high.redis.publishUs + nodes * pushUs(high)), high.machines.utilisation * 1e6);
  });

  it('waits grow without bound as the last core fills', () => {
    about(waits(20, 0.5).meanUs, 40);
    about(waits(20, 0.9).p99Us, 20 * Math.log(100) * 10);
  });

  it('no node of a cluster is above a bound, and one may be away', () => {
    for (const name of Object.keys(inputs.workloads)) {
      for (const costs of [low, high]) {
        const found = cluster(costs, inputs.workloads[name], 1_000_000);
        const each = 1_000_000 / (found.nodes - 1);
        for (const [bound, most] of Object.entries(nodeBounds(costs, found.load, found.meets, found.nodes))) {
          assert.ok(each <= most * 1.001, `${name}: ${each} connections a node, ${bound} allows ${most}`);
        }
      }
    }
  });

  it('dearer costs never need less', () => {
    for (const name of Object.keys(inputs.workloads)) {
      const [a, b] = [low, high].map((costs) => cluster(costs, inputs.workloads[name], 1_000_000));
      assert.ok(a.nodes <= b.nodes && a.redis.cores < b.redis.cores && a.gb < b.gb, name);
    }
  });
});

describe('the simulation of rooms', () => {
  const law = { exponent: 1.3, largest: 10_000, smallest: 2, seed: 7 };

  it('rooms of one size touch as many nodes as balls in urns', () => {
    for (const [size, nodes] of [[2, 3], [10, 10], [50, 100]]) {
      const found = perEvent({ ...law, smallest: size, largest: size, memberships: size * 20_000, nodes, speakers: 50, presenceLimit: 100 });
      about(found.nodes, nodes * (1 - (1 - 1 / nodes) ** size));
      about(found.deliveries, size - 1);
    }
  });

  it('sizes follow their law: the share of rooms of s or more falls as s to the minus exponent', () => {
    const sizes = [];
    scatter({ ...law, memberships: 1_000_000, nodes: 3 }, (size) => sizes.push(size));
    const share = (least) => sizes.filter((size) => size >= least).length / sizes.length;
    about(share(20) / share(4), 5 ** -1.3, 0.05);
    assert.equal(sizes.reduce((a, b) => a + b), 1_000_000);
  });

  it('says the same for the same seed, and much the same for another', () => {
    const run = (seed) => perEvent({ ...law, seed, memberships: 500_000, nodes: 30, speakers: 50, presenceLimit: 100 });
    assert.deepEqual(run(1), run(1));
    about(run(2).nodes, run(1).nodes, 0.05);
  });

  it('knows no scale: ten times the memberships meet the same an event', () => {
    const meets = (connections) => meetsOf(high, { connections, rooms: 5 }, 30);
    about(meets(2_000_000).nodes, meets(200_000).nodes, 0.03);
    about(meets(2_000_000).rooms, 10 * meets(200_000).rooms, 0.03);
  });
});

describe('the simulation of a storm', () => {
  const run = (clients, perSecond) => storm(high, { clients, perSecond, seed: 3 });

  it('where nothing is refused each client comes once, within its first wait', () => {
    const found = run(1_000, 1e9);
    assert.equal(found.triesPerClient, 1);
    assert.ok(found.all <= high.storm.noticedMs + high.storm.firstRetryMs + 10, String(found.all));
  });

  it('it takes at least what the rate demands, and more at a lower rate', () => {
    const [fast, slow] = [run(20_000, 4_000), run(20_000, 2_000)];
    assert.ok(fast.all >= 4_900 && slow.all >= 9_900, `${fast.all} ${slow.all}`);
    assert.ok(slow.most > fast.most && slow.triesPerClient > fast.triesPerClient);
  });

  it('one that never ends is said to', () => assert.equal(run(100_000, 10).all, Infinity));
});
