import { crc32, deflateRawSync } from 'node:zlib';

/** An entry of a zip for tests; the odd fields make it lie. */
export interface ZipInput {
  readonly name: string;
  readonly content?: Buffer | string;
  readonly stored?: boolean;
  readonly flags?: number;
  readonly method?: number;
  readonly crc32?: number;
  readonly declaredSize?: number;
  /** Unix file type and permissions. */
  readonly unixMode?: number;
  /** Points to the local header of the first entry. */
  readonly sharesFirst?: boolean;
}

export interface ZipOptions {
  /** What the end record says; default: the truth. */
  readonly entryCount?: number;
}

/** A zip file in memory, entries in the given order. */
export function makeZip(inputs: readonly ZipInput[], options: ZipOptions = {}): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const input of inputs) {
    const fields = fieldsOf(input);
    const name = Buffer.from(input.name);
    directory.push(central(fields, name, input.sharesFirst === true ? 0 : offset));
    if (input.sharesFirst === true) continue;
    const header = local(fields, name);
    parts.push(header, fields.packed);
    offset += header.length + fields.packed.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(options.entryCount ?? inputs.length, 8);
  end.writeUInt16LE(options.entryCount ?? inputs.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, list, end]);
}

interface Fields {
  readonly input: ZipInput;
  readonly packed: Buffer;
  readonly method: number;
  readonly crc: number;
  readonly size: number;
}

function fieldsOf(input: ZipInput): Fields {
  const content = Buffer.from(input.content ?? '');
  const stored = input.stored === true || content.length === 0;
  const packed = stored ? content : deflateRawSync(content);
  return { input, packed, method: input.method ?? (stored ? 0 : 8), crc: input.crc32 ?? crc32(content), size: input.declaredSize ?? content.length };
}

const utf8Flag = 0x800;

function local({ input, packed, method, crc, size }: Fields, name: Buffer): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(20, 4);
  header.writeUInt16LE(utf8Flag | (input.flags ?? 0), 6);
  header.writeUInt16LE(method, 8);
  header.writeUInt32LE(crc, 14);
  header.writeUInt32LE(packed.length, 18);
  header.writeUInt32LE(size, 22);
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, name]);
}

function central({ input, packed, method, crc, size }: Fields, name: Buffer, offset: number): Buffer {
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE((3 << 8) | 20, 4);
  header.writeUInt16LE(20, 6);
  header.writeUInt16LE(utf8Flag | (input.flags ?? 0), 8);
  header.writeUInt16LE(method, 10);
  header.writeUInt32LE(crc, 16);
  header.writeUInt32LE(packed.length, 20);
  header.writeUInt32LE(size, 24);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt32LE(((input.unixMode ?? 0o100_644) << 16) >>> 0, 38);
  header.writeUInt32LE(offset, 42);
  return Buffer.concat([header, name]);
}
