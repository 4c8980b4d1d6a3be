import { inflateSync } from 'node:zlib';

/** Pixels as three bytes each, which is what a camera sees. */
export interface Pixels {
  width: number;
  height: number;
  data: Uint8Array;
}

/** Reads a PNG (ISO/IEC 15948) without interlacing, of one bit or of eight: grey, RGB, or RGB with transparency. */
export function decodePng(png: Buffer): Pixels {
  const width = png.readUInt32BE(16);
  const height = png.readUInt32BE(20);
  const [depth = 0, colour = 0] = png.subarray(24, 26);
  const channels = { 0: 1, 2: 3, 6: 4 }[colour] ?? 0;
  if (channels === 0 || png[28] !== 0) throw new Error(`no such PNG is read here: colour type ${colour}`);
  const rowBytes = Math.ceil((width * channels * depth) / 8);
  const rows = unfilter(inflateSync(Buffer.concat(dataChunks(png))), rowBytes, Math.ceil((channels * depth) / 8));
  const data = new Uint8Array(width * height * 3);
  for (const [y, row] of rows.entries()) {
    for (let x = 0; x < width; x += 1) {
      for (let part = 0; part < 3; part += 1) {
        const bit = ((row[x >> 3] ?? 0) >> (7 - (x & 7))) & 1;
        data[(y * width + x) * 3 + part] =
          depth === 1 ? bit * 255 : (row[x * channels + (channels === 1 ? 0 : part)] ?? 0);
      }
    }
  }
  return { width, height, data };
}

function dataChunks(png: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT')
      chunks.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  }
  return chunks;
}

/** Takes the filter off each row (section 9): what was stored is the difference to the pixels before and above. */
function unfilter(raw: Buffer, rowBytes: number, pixelBytes: number): Uint8Array[] {
  const rows: Uint8Array[] = [];
  for (let at = 0; at < raw.length; at += rowBytes + 1) {
    const filter = raw[at] ?? 0;
    const above = rows.at(-1) ?? new Uint8Array(rowBytes);
    const row = Uint8Array.from(raw.subarray(at + 1, at + 1 + rowBytes));
    for (let index = 0; index < rowBytes; index += 1) {
      const left = row[index - pixelBytes] ?? 0;
      const up = above[index] ?? 0;
      const corner = above[index - pixelBytes] ?? 0;
      const expected = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] ?? 0;
      row[index] = (row[index] ?? 0) + expected;
    }
    rows.push(row);
  }
  return rows;
}

function paeth(left: number, up: number, corner: number): number {
  const estimate = left + up - corner;
  const distance = (value: number): number => Math.abs(estimate - value);
  if (distance(left) <= distance(up) && distance(left) <= distance(corner)) return left;
  return distance(up) <= distance(corner) ? up : corner;
}
