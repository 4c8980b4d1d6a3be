import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inflateSync } from 'node:zlib';
import { assert as holds, property, string, uint8Array } from 'fast-check';
import { decodeQR } from 'qr/decode.js';
import { otpauthUri } from './otpauth-uri.ts';
import { blackAndWhitePng } from './png.ts';
import { qrPng, qrSvg } from './qr.ts';

/** Rows of pixels, true where dark. */
type Picture = boolean[][];

const secret = new Uint8Array(Buffer.from('12345678901234567890'));
const emoji = '👩'.repeat(64);
const texts: [what: string, text: string][] = [
  ['a short name', otpauthUri({ issuer: 'A', account: 'b', secret })],
  ['the name of the walk', otpauthUri({ issuer: 'Example app', account: 'user2', secret })],
  ['a mail address', otpauthUri({ issuer: 'Countersign', account: 'alice.smith@mail.example.com', secret })],
  ['64 letters', otpauthUri({ issuer: 'Countersign', account: 'x'.repeat(64), secret })],
  ['64 emoji', otpauthUri({ issuer: 'Countersign', account: emoji, secret })],
  ['64 emoji of an issuer of 64 emoji, the longest', otpauthUri({ issuer: emoji, account: emoji, secret })],
  ['UTF-8', 'naïve 日本語 👩🏽‍🚒 <svg>&"'],
];
const quietZone = 4;

describe('a QR code', () => {
  for (const [what, text] of texts) {
    it(`of ${what} (${text.length} characters) reads back from the PNG and from the SVG, which show the same modules`, () => {
      const png = picture(qrPng(text, 1));
      assert.equal(decode(png), text);
      assert.deepEqual(drawn(qrSvg(text)), png);
    });

    it(`of ${what} has four white modules on every side, and no more`, () => {
      const modules = picture(qrPng(text, 1));
      const inner = (at: number) => at >= quietZone && at < modules.length - quietZone;
      for (const [y, row] of modules.entries())
        for (const [x, dark] of row.entries()) if (dark) assert.ok(inner(x) && inner(y), `${x} ${y}`);
      // The corners of three finder patterns, just inside.
      const last = modules.length - 1 - quietZone;
      assert.deepEqual(
        [modules[quietZone]?.[quietZone], modules[quietZone]?.[last], modules[last]?.[quietZone]],
        [true, true, true],
      );
    });
  }

  it('reads back whatever the names', () => {
    const name = string({ unit: 'binary', minLength: 1, maxLength: 20 });
    return holds(
      property(name, name, uint8Array({ minLength: 20, maxLength: 20 }), (issuer, account, key) => {
        const uri = otpauthUri({ issuer, account, secret: key });
        assert.equal(decode(picture(qrPng(uri, 2))), uri);
      }),
      { seed: 18004, numRuns: 20 },
    );
  });

  it('holds 2953 bytes and throws for one more', () => {
    const longest = 'a'.repeat(2953);
    assert.equal(decode(picture(qrPng(longest, 1))), longest);
    assert.throws(() => qrPng(`${longest}a`), RangeError);
    assert.throws(() => qrSvg(`${longest}a`), RangeError);
  });

  it('is the same bytes for the same text, and others for another', () => {
    const [a, b] = ['otpauth://totp/A:b?secret=AA', 'otpauth://totp/A:b?secret=AB'];
    assert.deepEqual(qrPng(a), qrPng(a));
    assert.equal(qrSvg(a), qrSvg(a));
    assert.notDeepEqual(qrPng(a), qrPng(b));
    assert.notEqual(qrSvg(a), qrSvg(b));
  });

  it('uses the room that its size leaves for error correction', () => {
    // 17 bytes fill size 1 at level L (21 modules), 14 at M, 11 at Q, 7 at H (ISO/IEC 18004, table 7).
    const side = (text: string) => picture(qrPng(text, 1)).length - 2 * quietZone;
    assert.deepEqual(
      [7, 11, 14, 17, 18].map((length) => side('a'.repeat(length))),
      [21, 21, 21, 21, 25],
    );
    assert.deepEqual(
      [7, 11, 14, 17].map((length) => levelOf(picture(qrPng('a'.repeat(length), 1)))),
      ['H', 'Q', 'M', 'L'],
    );
  });
});

describe('the SVG', () => {
  const svg = qrSvg('otpauth://totp/A:b?secret=AA');

  it('is a white square under one black path, so that it reads on a dark page', () => {
    assert.match(
      svg,
      /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="(\d+)" height="\1" viewBox="0 0 (\d+) \2" shape-rendering="crispEdges"><rect width="\2" height="\2" fill="#fff"\/><path fill="#000" d="[Mhvz0-9 -]+"\/><\/svg>$/,
    );
  });

  it('is as large as the PNG', () => {
    const side = picture(qrPng('otpauth://totp/A:b?secret=AA')).length;
    assert.ok(svg.includes(` width="${side}" height="${side}" `));
  });

  it('has nothing of the text in its markup', () => {
    assert.ok(!qrSvg('"/><script>alert(1)</script>').includes('script'));
  });
});

describe('the PNG', () => {
  const uri = otpauthUri({ issuer: 'Example app', account: 'user2', secret });

  it('begins with the signature and has the three chunks in order, each with a right CRC', () => {
    const chunks = chunksOf(qrPng(uri));
    assert.deepEqual(
      chunks.map(({ type }) => type),
      ['IHDR', 'IDAT', 'IEND'],
    );
    for (const { type, data, crc } of chunks)
      assert.equal(crc, crcByDefinition(Buffer.concat([Buffer.from(type), data])), type);
  });

  it('is greyscale of one bit, not interlaced', () => {
    const header = chunksOf(qrPng(uri))[0]?.data ?? Buffer.alloc(0);
    assert.equal(header.length, 13);
    const fields = {
      depth: header[8],
      colour: header[9],
      compression: header[10],
      filter: header[11],
      interlace: header[12],
    };
    assert.deepEqual(fields, { depth: 1, colour: 0, compression: 0, filter: 0, interlace: 0 });
  });

  it('draws each module as a square of the asked size, eight pixels by default', () => {
    const modules = picture(qrPng(uri, 1));
    for (const scale of [1, 2, 3, 5, 8, 13]) {
      const scaled = modules.flatMap((row) =>
        new Array<boolean[]>(scale).fill(row.flatMap((dark) => new Array<boolean>(scale).fill(dark))),
      );
      assert.deepEqual(picture(qrPng(uri, scale)), scaled, `${scale}`);
    }
    assert.deepEqual(qrPng(uri), qrPng(uri, 8));
  });

  it('is under 1 kB for a usual name, the SVG under 6 kB', () => {
    assert.ok(qrPng(uri).length < 1000 && qrSvg(uri).length < 6000);
  });

  it('draws black where true and white where false, from the left and the top, in rows of any length', () => {
    const dark = [
      [true, false, false, true, true, false, true, false, true],
      [false, false, true, false, false, true, false, true, false],
    ];
    assert.deepEqual(picture(blackAndWhitePng(dark, 1)), dark);
  });
});

function decode(modules: Picture): string {
  const scale = 3;
  const side = modules.length * scale;
  const data = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const dark = modules[Math.floor(y / scale)]?.[Math.floor(x / scale)] ?? assert.fail('not square');
      data.fill(dark ? 0 : 255, 3 * (y * side + x), 3 * (y * side + x + 1));
    }
  // Without a limit on time, which would make the answer hang on the machine's load.
  return decodeQR({ width: side, height: side, data }, { format: 'RGB', timeLimit: Number.MAX_SAFE_INTEGER });
}

/** The error correction level: the first two bits beside the finder pattern, under their mask (ISO/IEC 18004, 7.9). */
function levelOf(modules: Picture): string | undefined {
  const row = modules[quietZone + 8] ?? [];
  const bits = [1, 0].map((mask, at) => Number(row[quietZone + at] === true) ^ mask).join('');
  return { '01': 'L', '00': 'M', '11': 'Q', '10': 'H' }[bits];
}

/** What a browser would paint: the rectangles `M x y h width v1 h -width z` of the path on the white square. */
function drawn(svg: string): Picture {
  const size = Number(/viewBox="0 0 (\d+) /.exec(svg)?.[1]);
  const modules = Array.from({ length: size }, () => new Array<boolean>(size).fill(false));
  const path = / d="([^"]*)"/.exec(svg)?.[1] ?? '';
  const rectangle = /M(\d+) (\d+)h(\d+)v1h-(\d+)z/g;
  assert.equal(path.replaceAll(rectangle, ''), '');
  for (const [, x, y, width, back] of path.matchAll(rectangle)) {
    assert.equal(width, back);
    modules[Number(y)]?.fill(true, Number(x), Number(x) + Number(width));
  }
  return modules;
}

function chunksOf(png: Buffer): { type: string; data: Buffer; crc: number }[] {
  assert.equal(png.subarray(0, 8).toString('hex'), '89504e470d0a1a0a');
  const chunks: { type: string; data: Buffer; crc: number }[] = [];
  for (let at = 8; at < png.length; ) {
    const end = at + 8 + png.readUInt32BE(at);
    chunks.push({
      type: png.toString('latin1', at + 4, at + 8),
      data: png.subarray(at + 8, end),
      crc: png.readUInt32BE(end),
    });
    at = end + 4;
  }
  return chunks;
}

/** A PNG reader as small as the format: one bit a pixel, no filter. */
function picture(png: Buffer): Picture {
  const [header, image] = chunksOf(png).map(({ data }) => data);
  const [width, height] = [header?.readUInt32BE(0) ?? 0, header?.readUInt32BE(4) ?? 0];
  const pixels = inflateSync(image ?? Buffer.alloc(0));
  const stride = 1 + Math.ceil(width / 8);
  assert.equal(pixels.length, stride * height);
  return Array.from({ length: height }, (_, y) => {
    const line = pixels.subarray(y * stride, (y + 1) * stride);
    assert.equal(line[0], 0);
    return Array.from({ length: width }, (_, x) => ((line[1 + (x >> 3)] ?? 0) & (0x80 >> (x & 7))) === 0);
  });
}

/** The polynomial division of the PNG specification (5.5), bit by bit. */
function crcByDefinition(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}
