// A Dockerfile without Docker: reads it, and replays its build stage in a temporary directory, where each COPY brings what the build
// context would and each RUN runs as it is written. Base images, USER and the layers themselves are not played.

import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, statSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';

import { REPOSITORY, text } from './compose.mjs';

const run = promisify(execFile);

/** Each stage: its base image, its name, its instructions in order. */
export function stages(dockerfile = text('Dockerfile')) {
  const lines = dockerfile.replace(/\\\n\s*/g, ' ').split('\n').map((line) => line.trim()).filter((line) => line && !line.startsWith('#'));
  const found = [];
  for (const line of lines) {
    const [, word, rest] = /^(\w+)\s+(.*)$/.exec(line);
    if (word === 'FROM') {
      const [, image, name] = /^(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?$/i.exec(rest);
      found.push({ image, name, steps: [] });
    } else {
      found.at(-1).steps.push({ word, rest });
    }
  }
  return found;
}

/** What a COPY brings from the context: `{ sources, target }`, or null where it copies from another stage. */
export function copied({ rest }) {
  const words = rest.split(/\s+/);
  const flags = words.filter((word) => word.startsWith('--'));
  const paths = words.filter((word) => !word.startsWith('--'));
  return flags.some((flag) => flag.startsWith('--from')) ? null : { sources: paths.slice(0, -1), target: paths.at(-1) };
}

function asExpression(pattern) {
  const body = pattern.replace(/\/$/, '').split('/').map((part) => (part === '**' ? '**' : part.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '[^/]*'))).join('/');
  return new RegExp(`^${body.replace(/\*\*\//g, '(?:.*/)?')}(?:/|$)`);
}

/** Is this path kept out of the build context? The last rule that matches decides, as in Docker. */
export function ignored(path, rules = text('.dockerignore')) {
  let out = false;
  for (const line of rules.split('\n').map((one) => one.trim()).filter((one) => one && !one.startsWith('#'))) {
    const keep = line.startsWith('!');
    if (asExpression(keep ? line.slice(1) : line).test(path)) out = !keep;
  }
  return out;
}

function copyInto(directory, { sources, target }) {
  for (const source of sources) {
    const from = join(REPOSITORY, source);
    if (!existsSync(from)) throw new Error(`COPY ${source}: there is no such file`);
    const isDirectory = statSync(from).isDirectory();
    const to = isDirectory ? join(directory, target) : join(directory, target, target.endsWith('/') ? basename(source) : '');
    const wanted = (path) => {
      const name = relative(REPOSITORY, path).split(sep).join('/');
      // A directory that is ignored may hold what is not; the files decide.
      return statSync(path).isDirectory() ? !/(^|\/)(bin|obj)$/.test(name) : !ignored(name);
    };
    if (!isDirectory && !wanted(from)) throw new Error(`COPY ${source}: .dockerignore keeps it out of the build context`);
    mkdirSync(isDirectory ? to : join(to, '..'), { recursive: true });
    cpSync(from, to, { recursive: true, filter: wanted });
  }
}

/**
 * Replays the first stage below `directory` and gives where its `-o /app` went. `platform` is the value of TARGETARCH;
 * only commands of dotnet are run, since others (mkdir /data) are for the image's own root.
 */
export async function replayBuild(directory, { platform = process.arch === 'arm64' ? 'arm64' : 'amd64' } = {}) {
  const source = mkdtempSync(join(directory, 'source-'));
  const app = join(directory, 'app');
  for (const step of stages()[0].steps) {
    if (step.word === 'COPY') copyInto(source, copied(step));
    if (step.word !== 'RUN' || !step.rest.startsWith('dotnet ')) continue;
    const command = step.rest.replaceAll('$TARGETARCH', platform).replace(/-o \/app\b/, `-o '${app}'`);
    await run('/bin/sh', ['-c', command], {
      cwd: source, maxBuffer: 1 << 26, env: { ...process.env, DOTNET_CLI_TELEMETRY_OPTOUT: '1', DOTNET_NOLOGO: '1', MSBUILDDISABLENODEREUSE: '1' },
    }).catch((error) => { throw new Error(`RUN ${command}\n${error.stdout}${error.stderr}`); });
  }
  return app;
}
