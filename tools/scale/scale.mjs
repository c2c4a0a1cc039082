#!/usr/bin/env node
// Prints the tables of docs/SCALING.md from inputs.json; `--write` puts them into the document, `--check` fails where they differ.
// `--inputs FILE` takes other inputs. Node 18 or newer, nothing else.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { tables } from './tables.mjs';

export const DOCUMENT = fileURLToPath(new URL('../../docs/SCALING.md', import.meta.url));
export const INPUTS = fileURLToPath(new URL('inputs.json', import.meta.url));

export const readInputs = (path = INPUTS) => JSON.parse(readFileSync(path, 'utf8'));

/** The document with each `<!-- model: NAME -->` … `<!-- end -->` filled anew; a name that the model does not know is refused. */
export function filled(document, all) {
  const used = new Set();
  const text = document.replace(/(<!-- model: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g, (_, open, name, close) => {
    if (!(name in all)) throw new Error(`The model has no table ${name}.`);
    used.add(name);
    return `${open}${all[name]}\n${close}`;
  });
  const left = Object.keys(all).filter((name) => !used.has(name));
  if (left.length > 0) throw new Error(`The document does not show: ${left.join(', ')}.`);
  return text;
}

function main(args) {
  const at = args.indexOf('--inputs');
  const all = tables(readInputs(at >= 0 ? args[at + 1] : INPUTS));
  if (args.includes('--write') || args.includes('--check')) {
    const document = readFileSync(DOCUMENT, 'utf8');
    const text = filled(document, all);
    if (args.includes('--write')) writeFileSync(DOCUMENT, text);
    else if (text !== document) return 'docs/SCALING.md differs from what the model says; run node tools/scale/scale.mjs --write';
    return null;
  }
  for (const [name, table] of Object.entries(all)) console.log(`${name}\n\n${table}\n`);
  return null;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const fault = main(process.argv.slice(2));
  if (fault) {
    console.error(fault);
    process.exitCode = 1;
  }
}
