/**
 * What of others is inside the package: since npm does not see it there, an audit of what is installed would not either.
 * A list for machines (CycloneDX 1.6), and the licences, which want to go along.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { redoc } from './redoc.mjs';
import { root } from './words.mjs';

/** @typedef {{ name: string, version: string, license: string, folder?: string }} Part */

/** Copied into src/ rather than bundled; their licences stand beside them, or in NOTICE.md. */
const copied = ['swagger-ui-dist', '@zxcvbn-ts/language-common'];

/**
 * @param {import('esbuild').Metafile['outputs']} outputs
 * @returns {Part[]} the packages that went into the bundle, by name
 */
export function partsOf(outputs) {
  const inputs = Object.values(outputs).flatMap(({ inputs: all }) => Object.entries(all));
  const files = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([file]) => file);
  const folders = new Set(files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file) ?? []));
  return inOrder([...folders].map((folder) => partAt(join(root, folder))));
}

/** @param {string} folder @returns {Part} */
function partAt(folder) {
  const { name, version, license } = readJson(join(folder, 'package.json'));
  if (typeof license !== 'string')
    throw new Error(`${name} does not say in its package.json under which licence it is.`);
  return { name, version, license, folder };
}

/** @param {string} dist @param {Part[]} parts */
export function writeParts(dist, parts) {
  const others = copied.map((name) => partAt(join(root, 'node_modules', name)));
  const bill = billOf(inOrder([...parts, ...others, redoc]));
  writeFileSync(join(dist, 'sbom.cdx.json'), `${JSON.stringify(bill, undefined, 2)}\n`);
  writeFileSync(join(dist, 'LICENSES.txt'), licencesOf(parts));
}

/** @param {Part[]} parts */
function billOf(parts) {
  const { name, version, license } = readJson(join(root, 'package.json'));
  const component = (/** @type {Part} */ part) => {
    const purl = `pkg:npm/${part.name.replace('@', '%40')}@${part.version}`;
    const simple = /^[\w.-]+$/.test(part.license);
    const licence = simple ? { license: { id: part.license } } : { expression: part.license };
    return { type: 'library', 'bom-ref': purl, name: part.name, version: part.version, purl, licenses: [licence] };
  };
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { ...component({ name, version, license }), type: 'application' } },
    components: parts.map(component),
  };
}

/** @param {Part[]} parts */
function licencesOf(parts) {
  const chapters = parts.map(({ name, version, license, folder = '' }) => {
    const title = `${name} ${version} (${license})`;
    return `${title}\n${'='.repeat(title.length)}\n\n${licenceIn(folder, name).trim()}\n`;
  });
  const first = 'The packages that are bundled into the JavaScript of this folder, each with its licence.';
  return `${first}\n\n\n${chapters.join('\n\n')}`;
}

/** @param {string} folder @param {string} name @returns {string} */
function licenceIn(folder, name) {
  const files = readdirSync(folder);
  const own = files.filter((file) => /^(licen[cs]e|copying|notice)/i.test(file)).sort();
  if (own.length > 0) return own.map((file) => readFileSync(join(folder, file), 'utf8').trim()).join('\n\n');
  const readme = files.find((file) => /^readme/i.test(file));
  const [chapter] = readme ? (/^#+ *licen[cs]e[\s\S]*/im.exec(readFileSync(join(folder, readme), 'utf8')) ?? []) : [];
  if (chapter) return chapter;
  throw new Error(`${name} brings no text of its licence.`);
}

/** @param {string} file */
function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** @param {Part[]} parts */
function inOrder(parts) {
  return parts.sort((one, other) => (`${one.name}@${one.version}` < `${other.name}@${other.version}` ? -1 : 1));
}
