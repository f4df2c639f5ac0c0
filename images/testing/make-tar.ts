/** An entry of a tar for tests: any type, any path. */
export interface TarInput {
  readonly path: string;
  readonly content?: string;
  /** `0` file (the default), `1` hard link, `2` symbolic link, `3` device, `5` folder. */
  readonly type?: string;
  readonly target?: string;
  readonly mode?: number;
}

/** A tar file in memory, entries as given. */
export function makeTar(inputs: readonly TarInput[]): Buffer {
  const parts = inputs.flatMap((input) => {
    const content = Buffer.from(input.content ?? '');
    const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
    return [header(input, content.length), content, padding];
  });
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

function header(input: TarInput, size: number): Buffer {
  const block = Buffer.alloc(512);
  block.write(input.path, 0, 100);
  block.write(`${(input.mode ?? 0o644).toString(8).padStart(7, '0')}\0`, 100);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.fill(' ', 148, 156);
  block.write(input.type ?? '0', 156);
  block.write(input.target ?? '', 157, 100);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}
