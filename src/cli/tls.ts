import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Options } from '../options.ts';
import { Failure } from './call.ts';

/** Throws `Failure` when certificate and key cannot be used together: else every handshake would fail, one by one. */
export function checkTls({ tlsCert, tlsKey }: Options): void {
  if (tlsCert === '') return;
  const certificate = read(tlsCert, 'certificate', (pem) => new X509Certificate(pem));
  const key = read(tlsKey, 'private key', (pem) => createPrivateKey(pem));
  if (!certificate.checkPrivateKey(key)) {
    throw new Failure(`${tlsKey} is not the private key of ${tlsCert}. Give the two that belong together.`);
  }
}

function read<T>(file: string, what: string, parse: (pem: Buffer) => T): T {
  const pem = readFileSync(file);
  try {
    return parse(pem);
  } catch {
    throw new Failure(`${file} is no ${what} in PEM. Give one that is, without a passphrase.`);
  }
}
