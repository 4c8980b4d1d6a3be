import { closeSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';

/**
 * Functions inside the running program, as things to call: SQLite is a part of Node, and hands out none of its functions.
 * Their addresses stand in the table of symbols of the program's file (ELF, so on Linux only). A library without any code
 * that does nothing but name these addresses is written, and opened by `node:ffi`.
 */
export type Type = 'i32' | 'i64' | 'pointer' | 'void';
export type Native = (...given: (number | bigint)[]) => number | bigint;

export interface Signature {
  arguments: Type[];
  return: Type;
}

export interface Library {
  getFunction(name: string, signature: Signature): Native;
  registerCallback(signature: Signature, callback: Native): bigint;
}

/** As much of `node:ffi` as is used here: new in Node 26, so that its types are not in those of the oldest Node. */
export interface Ffi {
  DynamicLibrary: new (path: string) => Library;
  toString(pointer: bigint): string;
  toBuffer(pointer: bigint, length: number, copy?: boolean): Buffer;
  getRawPointer(bytes: Uint8Array): bigint;
  getUint64(pointer: bigint, offset?: number): bigint;
  setUint64(pointer: bigint, offset: number, value: bigint): void;
}

/** Nothing where this Node cannot do it, or is none for Linux. */
export function findFfi(): Ffi | undefined {
  const isKnown = process.platform === 'linux' && machine !== undefined;
  return isKnown ? (process.getBuiltinModule('node:ffi') as Ffi | undefined) : undefined;
}

const machine = { x64: 62, arm64: 183 }[process.arch as string];
const symbolLength = 24;
const sizes = { header: 64, part: 56, entry: 16 };

/** Makes functions of this program callable by names, from their addresses; the library with the names is written to `path`. */
export function callable(ffi: Ffi, addresses: ReadonlyMap<string, bigint>, path: string): Library {
  writeFileSync(path, libraryOf(addresses));
  return new ffi.DynamicLibrary(path);
}

/** Where functions of this program stand in its memory. Throws where one is not in the table. */
export function addressesOf(names: readonly string[]): Map<string, bigint> {
  const file = openSync(process.execPath, 'r');
  const read = ({ offset, size }: { offset: number; size: number }): Buffer => {
    const bytes = Buffer.alloc(size);
    readSync(file, bytes, 0, size, offset);
    return bytes;
  };
  const number = (bytes: Buffer, at: number): number => Number(bytes.readBigUInt64LE(at));
  try {
    const header = read({ offset: 0, size: sizes.header });
    const [length, count] = [header.readUInt16LE(58), header.readUInt16LE(60)];
    const table = read({ offset: number(header, 40), size: length * count });
    const sections = Array.from({ length: count }, (_, index) => {
      const bytes = table.subarray(index * length);
      return {
        type: bytes.readUInt32LE(4),
        offset: number(bytes, 24),
        size: number(bytes, 32),
        link: bytes.readUInt32LE(40),
      };
    });
    const ofSymbols = sections.find(({ type }) => type === 2);
    const ofNames = ofSymbols && sections[ofSymbols.link];
    if (!ofNames) throw new Error('this Node was stripped of the names of its functions');
    const text = read(ofNames);
    const wanted = new Map(names.map((name) => [text.indexOf(`\0${name}\0`) + 1, name]));
    // A program that may be loaded anywhere counts from where it was loaded.
    const base =
      header.readUInt16LE(16) === 3 ? BigInt(`0x${readFileSync('/proc/self/maps', 'utf8').split('-')[0]}`) : 0n;
    const found = new Map<string, bigint>();
    const symbols = read(ofSymbols);
    for (let at = 0; at < symbols.length; at += symbolLength) {
      const name = wanted.get(symbols.readUInt32LE(at));
      if (name !== undefined) found.set(name, base + symbols.readBigUInt64LE(at + 8));
    }
    if (found.size < names.length) throw new Error(`this Node has none of its own: ${names.join(', ')}`);
    return found;
  } finally {
    closeSync(file);
  }
}

/** The bytes of a shared library (System V ABI) with nothing in it but symbols of fixed addresses. */
function libraryOf(addresses: ReadonlyMap<string, bigint>): Buffer {
  const names = [...addresses.keys()];
  const count = names.length + 1;
  const text = Buffer.from(`\0${names.join('\0')}\0`);
  const symbolsAt = sizes.header + 2 * sizes.part;
  const hashAt = symbolsAt + count * symbolLength;
  const textAt = hashAt + 4 * (3 + count);
  const dynamicAt = (textAt + text.length + 15) & ~15;
  // DT_HASH, DT_STRTAB, DT_SYMTAB, DT_STRSZ, DT_SYMENT, DT_NULL
  const dynamic = [
    [4, hashAt],
    [5, textAt],
    [6, symbolsAt],
    [10, text.length],
    [11, symbolLength],
    [0, 0],
  ].flat();
  const bytes = Buffer.alloc(dynamicAt + dynamic.length * 8);
  const long = (value: number | bigint, at: number): unknown => bytes.writeBigUInt64LE(BigInt(value), at);

  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  bytes.writeUInt16LE(3, 16);
  bytes.writeUInt16LE(machine ?? 0, 18);
  bytes.writeUInt32LE(1, 20);
  long(sizes.header, 32);
  for (const [at, value] of [
    [52, sizes.header],
    [54, sizes.part],
    [56, 2],
    [58, 64],
  ] as const)
    bytes.writeUInt16LE(value, at);
  const part = (
    index: number,
    { type, offset, size, align }: Record<'type' | 'offset' | 'size' | 'align', number>,
  ): void => {
    const at = sizes.header + index * sizes.part;
    bytes.writeUInt32LE(type, at);
    bytes.writeUInt32LE(6, at + 4);
    for (const [place, value] of [offset, offset, offset, size, size, align].entries()) long(value, at + 8 + place * 8);
  };
  part(0, { type: 1, offset: 0, size: bytes.length, align: 4096 });
  part(1, { type: 2, offset: dynamicAt, size: dynamic.length * 8, align: 8 });

  for (const [index, name] of names.entries()) {
    const at = symbolsAt + (index + 1) * symbolLength;
    bytes.writeUInt32LE(text.indexOf(`\0${name}\0`) + 1, at);
    // A function for everybody (STB_GLOBAL, STT_FUNC), at an address that nothing is added to (SHN_ABS).
    bytes[at + 4] = 0x12;
    bytes.writeUInt16LE(0xfff1, at + 6);
    long(addresses.get(name) ?? 0, at + 8);
  }
  // One bucket, in which each symbol leads to the next.
  const chain = names.map((_, index) => (index + 2 < count ? index + 2 : 0));
  for (const [index, value] of [1, count, 1, 0, ...chain].entries()) bytes.writeUInt32LE(value, hashAt + index * 4);
  bytes.set(text, textAt);
  for (const [index, value] of dynamic.entries()) long(value, dynamicAt + index * 8);
  return bytes;
}
