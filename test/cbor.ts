/** CBOR as an authenticator writes it (RFC 8949, and CTAP2 canonical form as far as it matters): enough for WebAuthn. */
export function cborOf(value: unknown): Buffer {
  if (typeof value === 'number') return value >= 0 ? head(0, value) : head(1, -1 - value);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Map) {
    const entries = [...value].flatMap(([key, each]) => [cborOf(key), cborOf(each)]);
    return Buffer.concat([head(5, value.size), ...entries]);
  }
  throw new Error(`This has no CBOR here: ${String(value)}`);
}

function head(major: number, count: number): Buffer {
  const type = major << 5;
  if (count < 24) return Buffer.from([type | count]);
  if (count < 256) return Buffer.from([type | 24, count]);
  const bytes = Buffer.from([type | 25, 0, 0]);
  bytes.writeUInt16BE(count, 1);
  return bytes;
}
