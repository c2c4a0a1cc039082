// Reads docker-compose.yml as Compose does (merge keys, variables) and judges it: what must hold of it is a list of rules here, each of
// which names what breaks it. Knows nothing of processes.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { parse } from 'yaml';

export const REPOSITORY = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

/** What must stand between the end of draining and SIGKILL. */
const AFTER_DRAIN_MS = 5_000;
const HEARTBEAT_TIMEOUT_MS = 30_000;

export const text = (path) => readFileSync(join(REPOSITORY, path), 'utf8');

/** `${A}`, `${A:-default}`, `${A:?message}`; `$$` is a dollar. An empty required variable is refused, as Compose does. */
export function interpolate(value, variables) {
  return value.replace(/\$(?:\$|\{(\w+)(?:(:[-?])([^}]*))?\})/g, (whole, name, operator, rest) => {
    if (whole === '$$') return '$';
    const given = variables[name];
    if (given !== undefined && given !== '') return given;
    if (operator === ':-') return rest;
    throw new Error(`${name} is not set${rest ? `: ${rest}` : ''}`);
  });
}

function interpolated(node, variables) {
  if (typeof node === 'string') return interpolate(node, variables);
  if (Array.isArray(node)) return node.map((one) => interpolated(one, variables));
  if (node === null || typeof node !== 'object') return node;
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, interpolated(value, variables)]));
}

/** The file as data, before variables. */
export const rawCompose = () => parse(text('docker-compose.yml'), { merge: true });

export const withVariables = (compose, variables) => interpolated(compose, variables);

export function milliseconds(duration) {
  const match = /^(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/.exec(duration ?? '');
  return match ? Number(match[1] ?? 0) * 60_000 + Number(match[2] ?? 0) * 1_000 + Number(match[3] ?? 0) : Number.NaN;
}

/** `appendonly yes` lines as a map; comments and quotes are gone, what is given twice is a list's last. */
export function redisSettings(conf) {
  const lines = conf.split('\n').map((line) => line.trim()).filter((line) => line && !line.startsWith('#'));
  return Object.fromEntries(lines.map((line) => [line.split(/\s+/, 1)[0], line.replace(/^\S+\s*/, '').replace(/^"(.*)"$/, '$1')]));
}

/** `gateway-1:8080` of each `server` line within an upstream block. */
export const upstreams = (conf) => [...conf.matchAll(/^\s*server\s+([\w.-]+:\d+)/gm)].map((match) => match[1]);

const isPinned = (image) => /:\d+\.\d+\.\d+(-[\w.]+)?(@sha256:[0-9a-f]{64})?$/.test(image);
const isGateway = ([name]) => name.startsWith('gateway-');
const address = (service, network) => service.networks?.[network]?.ipv4_address;

function* rulesOfEach(services) {
  for (const [name, service] of Object.entries(services)) {
    const { healthcheck: check } = service;
    if (!check?.test?.length || !(milliseconds(check.interval) > 0) || !(milliseconds(check.timeout) > 0)) yield `${name}: no health check`;
    if (!service.restart) yield `${name}: no restart policy`;
    const builtHere = Object.values(services).some((other) => other.build && other.image === service.image);
    if (!builtHere && !isPinned(service.image)) yield `${name}: the image ${service.image} is not pinned`;
    if (service.ports && name !== 'balancer') yield `${name}: publishes a port`;
    for (const volume of service.volumes ?? []) {
      const source = volume.split(':')[0];
      if (source.startsWith('.') && !existsSync(join(REPOSITORY, source))) yield `${name}: ${source} does not exist`;
    }
  }
}

function* rulesOfSecrets(services) {
  for (const [name, service] of Object.entries(services)) {
    const given = [...Object.entries(service.environment ?? {}), ...(service.command ?? []).map((word, i, all) => [all[i - 1] ?? '', word])];
    for (const [key, value] of given) {
      const secret = /key|password|secret|requirepass|auth$/i.test(key) || /password=/.test(value);
      if (secret && !/\$\{\w+:\?/.test(value)) yield `${name}: ${key} has a secret that is not a required variable`;
    }
  }
  const builds = Object.values(services).filter((service) => service.build).length;
  if (builds !== 1) yield `the image is built ${builds} times`;
}

function* rulesOfGateways(compose, nginx) {
  const { services } = compose;
  const gateways = Object.entries(services).filter(isGateway);
  if (gateways.length !== 3) yield `${gateways.length} gateways`;
  const ids = new Set(gateways.map(([, service]) => service.environment.Gateway__NodeId));
  if (ids.size !== gateways.length) yield 'two gateways have one NodeId';
  for (const [name, service] of gateways) {
    const { environment } = service;
    const drain = Number(environment.Gateway__Drain__WindowMs);
    if (!(milliseconds(service.stop_grace_period) > drain + AFTER_DRAIN_MS)) yield `${name}: stop_grace_period is not longer than draining and 5 s`;
    if (service.depends_on?.redis?.condition !== 'service_healthy') yield `${name}: does not wait for Redis`;
    if (environment.Gateway__Engine !== 'redis' || !environment.Gateway__Redis.startsWith('redis:6379')) yield `${name}: not on the cluster's Redis`;
    if (environment.ASPNETCORE_ENVIRONMENT !== 'Production') yield `${name}: not in Production`;
    if (environment.Gateway__TrustedProxies__0 !== address(services.balancer, 'front')) yield `${name}: trusts another proxy than the balancer`;
    if (!services.balancer.extra_hosts.includes(`${name}:${address(service, 'front')}`)) yield `${name}: the balancer knows another address`;
    if (!upstreams(nginx).includes(`${name}:8080`)) yield `${name}: the balancer does not send to it`;
    if (!service.read_only || !service.cap_drop?.includes('ALL')) yield `${name}: may write or has capabilities`;
  }
}

function* rulesOfRedis(compose, redisConf) {
  const { redis } = compose.services;
  const settings = redisSettings(redisConf);
  if (settings.appendonly !== 'yes') yield 'redis: no append-only file';
  if (settings['maxmemory-policy'] !== 'noeviction') yield 'redis: evicts';
  if (!settings.maxmemory) yield 'redis: memory without a bound';
  if (!redis.volumes.some((volume) => volume in { [`redis:${settings.dir}`]: 1 }) || !('redis' in compose.volumes)) yield 'redis: its directory is no volume';
  if (!redis.command.includes('--requirepass')) yield 'redis: no password';
  const networks = Object.keys(redis.networks);
  if (networks.length !== 1 || !compose.networks[networks[0]].internal) yield 'redis: on a network that is not internal';
}

function* rulesOfBalancer(compose, nginx) {
  const { balancer } = compose.services;
  const value = (directive) => new RegExp(`^\\s*${directive}\\s+([^;]+);`, 'm').exec(nginx)?.[1];
  if (!balancer.ports?.every((port) => /^\$\{GATEWAY_BIND:-127\.0\.0\.1\}:/.test(port))) yield 'balancer: published to the world by default';
  if (value('proxy_buffering') !== 'off' || value('proxy_request_buffering') !== 'off') yield 'balancer: buffers';
  if (value('proxy_http_version') !== '1.1' || !/proxy_set_header\s+Upgrade\s+\$http_upgrade;/.test(nginx)) yield 'balancer: passes no upgrade on';
  if (!/^\s*least_conn;/m.test(nginx)) yield 'balancer: not by the fewest connections';
  if (!(milliseconds(value('proxy_read_timeout')) > HEARTBEAT_TIMEOUT_MS)) yield 'balancer: cuts an idle socket before its heartbeat';
  if (!/http_503/.test(value('proxy_next_upstream') ?? '')) yield 'balancer: a handshake that a draining gateway refuses is not tried elsewhere';
  if (value('access_log') !== 'off' || value('error_log') !== 'stderr crit') yield 'balancer: may log a URL with a token';
}

/** Everything that is wrong with the deployment, one line each; `compose` is the file before variables. */
export function faults({ compose = rawCompose(), nginx = text('deploy/nginx.conf'), redisConf = text('deploy/redis.conf') } = {}) {
  return [
    ...rulesOfEach(compose.services), ...rulesOfSecrets(compose.services), ...rulesOfGateways(compose, nginx),
    ...rulesOfRedis(compose, redisConf), ...rulesOfBalancer(compose, nginx),
  ];
}
