/** PNG files of black and white squares, one bit a pixel (PNG specification, third edition; sections in brackets). */
import { crc32, deflateSync } from 'node:zlib';

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/**
 * A greyscale PNG of bit depth 1 in which each entry of `dark` is a square of `scale` by `scale` pixels: black where
 * true, white where false. All rows have the length of the first. The same input gives the same bytes.
 */
export function blackAndWhitePng(dark: readonly (readonly boolean[])[], scale: number): Buffer {
  const lines = dark.flatMap((row) => new Array<Buffer>(scale).fill(scanline(row, scale)));
  return Buffer.concat([
    signature,
    chunk('IHDR', header((dark[0]?.length ?? 0) * scale, lines.length)),
    chunk('IDAT', deflateSync(Buffer.concat(lines))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A filter byte (0: none), then the pixels from the highest bit on, 1 for white (7.2, 9.2). */
function scanline(row: readonly boolean[], scale: number): Buffer {
  const pixels = row.length * scale;
  const line = Buffer.alloc(1 + Math.ceil(pixels / 8));
  for (let x = 0; x < pixels; x++) {
    const at = 1 + (x >> 3);
    if (row[Math.floor(x / scale)] === false) line[at] = line.readUInt8(at) | (0x80 >> (x & 7));
  }
  return line;
}

/** Width, height, bit depth 1, then zeros: greyscale, deflate, the standard filters, not interlaced (11.2.1). */
function header(width: number, height: number): Buffer {
  const fields = Buffer.alloc(13);
  fields.writeUInt32BE(width, 0);
  fields.writeUInt32BE(height, 4);
  fields.writeUInt8(1, 8);
  return fields;
}

/** Length of the data, type, data, and the CRC over type and data (5.3). */
function chunk(type: string, data: Buffer): Buffer {
  const typeAndData = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const chunked = Buffer.alloc(4 + typeAndData.length + 4);
  chunked.writeUInt32BE(data.length, 0);
  typeAndData.copy(chunked, 4);
  chunked.writeUInt32BE(crc32(typeAndData), 4 + typeAndData.length);
  return chunked;
}
