// Makes JSON Web Tokens, good and bad ones, with nothing but node:crypto.

import { createHmac, generateKeyPairSync, sign as signBytes } from 'node:crypto';

export const SIGNING_KEY = 'a-signing-key-for-tests-of-more-than-32-bytes';

const base64url = (value) => Buffer.from(value).toString('base64url');

export const nowSeconds = () => Date.now() / 1000;

/** Claims that every token needs, unless the test says otherwise (`exp: undefined` leaves it out). */
function withDefaults(claims) {
  return { exp: Math.floor(nowSeconds()) + 3600, ...claims };
}

export function token(claims, { key = SIGNING_KEY, alg = 'HS256', kid, header = {} } = {}) {
  const head = { alg, typ: 'JWT', ...(kid ? { kid } : {}), ...header };
  const input = `${base64url(JSON.stringify(head))}.${base64url(JSON.stringify(withDefaults(claims)))}`;
  return `${input}.${signature(input, alg, key)}`;
}

function signature(input, alg, key) {
  if (alg.toLowerCase() === 'none') return '';
  if (alg.startsWith('HS')) return createHmac(`sha${alg.slice(2)}`, key).update(input).digest('base64url');
  if (alg === 'RS256') return signBytes('sha256', Buffer.from(input), key).toString('base64url');
  if (alg === 'ES256') return signBytes('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  throw new Error(`No such algorithm here: ${alg}`);
}

export function rsaKey(kid) {
  return keyPair(kid, 'RS256', generateKeyPairSync('rsa', { modulusLength: 2048 }));
}

export function ecKey(kid) {
  return keyPair(kid, 'ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' }));
}

function keyPair(kid, alg, { privateKey, publicKey }) {
  return {
    kid,
    alg,
    privateKey,
    pem: publicKey.export({ type: 'spki', format: 'pem' }),
    jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' },
    token: (claims) => token(claims, { key: privateKey, alg, kid }),
  };
}
