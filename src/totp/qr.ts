/** QR codes as pictures: black on their own white, also on a dark page, because many readers refuse the inverse. */
import { encode, renderUnicodeCompact } from 'uqr';
import { blackAndWhitePng } from './png.ts';

/** The white margin, in modules, that ISO/IEC 18004 asks for; without it readers do not find the code. */
const quietZone = 4;

/** The side of a module in pixels. */
const defaultScale = 8;

/**
 * An SVG image of the QR code of `text`: a white square, and all dark modules as one path on it.
 * The same text gives the same bytes; no character of it gets into the markup.
 * @throws RangeError where no QR code is large enough: a URI over 2953 bytes
 */
export function qrSvg(text: string): string {
  const modules = darkModules(text);
  const size = modules.length;
  const side = size * defaultScale;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges">` +
    `<rect width="${size}" height="${size}" fill="#fff"/><path fill="#000" d="${outline(modules)}"/></svg>`
  );
}

/**
 * A PNG image of the QR code of `text`, each module `scale` by `scale` pixels. The same text gives the same bytes.
 * @throws RangeError where no QR code is large enough: a URI over 2953 bytes
 */
export function qrPng(text: string, scale = defaultScale): Buffer {
  return blackAndWhitePng(darkModules(text), scale);
}

/**
 * The QR code of `text` in block characters, light modules as blocks: for a terminal that writes light on dark.
 * @throws RangeError where no QR code is large enough: a URI over 2953 bytes
 */
export function qrText(text: string): string {
  return renderUnicodeCompact(text, drawing);
}

/**
 * Level L makes the smallest code, thus the largest modules on a screen, which unlike paper takes no damage; what the
 * size then leaves free goes into error correction all the same.
 */
const drawing = { ecc: 'L', boostEcc: true, border: quietZone } as const;

function darkModules(text: string): boolean[][] {
  return encode(text, drawing).data;
}

/** One rectangle for each run of dark modules in a row. */
function outline(modules: boolean[][]): string {
  let path = '';
  for (const [y, row] of modules.entries()) {
    const pattern = row.map((dark) => (dark ? '#' : ' ')).join('');
    for (const { 0: run, index } of pattern.matchAll(/#+/g)) path += `M${index} ${y}h${run.length}v1h-${run.length}z`;
  }
  return path;
}
