import { generateKeyPairSync, sign } from 'node:crypto';

/** A self-signed certificate for localhost with its key, made for one test; both in PEM. */
export function makeCertificate(kind: 'ec' | 'rsa' = 'ec'): { cert: string; key: string } {
  const { publicKey, privateKey } =
    kind === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  const algorithm =
    kind === 'ec'
      ? sequence(oid('2a8648ce3d040302')) // ecdsa-with-SHA256
      : sequence(oid('2a864886f70d01010b'), der(0x05)); // sha256WithRSAEncryption
  const name = sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from('localhost')))));
  const validity = sequence(...['250101000000Z', '491231235959Z'].map((time) => der(0x17, Buffer.from(time))));
  const version = der(0xa0, integer(2));
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const body = sequence(version, integer(1), algorithm, name, validity, name, spki);
  const signature = der(0x03, Buffer.of(0), sign('sha256', body, privateKey));
  const bytes = sequence(body, algorithm, signature).toString('base64');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${bytes.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

const sequence = (...parts: Buffer[]): Buffer => der(0x30, ...parts);
const integer = (value: number): Buffer => der(0x02, Buffer.of(value));
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));

/** One element of X.690: tag, length, contents. */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const contents = Buffer.concat(parts);
  const { length } = contents;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), contents]);
}
