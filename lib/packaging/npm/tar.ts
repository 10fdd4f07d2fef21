/**
 * Tar archives of small files, in the form that npm packs and installs. The same files give the same
 * bytes: no time, no user and no machine is in them.
 *
 * @see {@link https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html | POSIX pax},
 * the format ustar
 * @module
 */

import { DariError } from "../../base/errors.ts";

/** One file of an archive. */
export interface ArchivedFile {
  /** Its path, with slashes. */
  readonly name: string;
  /** Its content. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /**
   * Whether it is a program.
   *
   * @default {false}
   */
  readonly isExecutable?: boolean;
}

const BLOCK = 512; // ustar counts in blocks
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Where the fields of a header stand, and how long they are. */
const fields = {
  name: [0, 100],
  mode: [100, 8],
  size: [124, 12],
  time: [136, 12],
  sum: [148, 8],
  type: [156, 1],
  magic: [257, 8],
} as const;

/**
 * Writes an archive and compresses it.
 *
 * @param files Its files, in the order in which they are written.
 * @returns The bytes of the `.tgz`.
 * @throws {DariError} `data` for a path of more than 100 bytes.
 */
export async function writeTarball(
  files: readonly ArchivedFile[],
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (const file of files) {
    parts.push(headerOf(file), file.bytes, new Uint8Array(-file.bytes.length & (BLOCK - 1)));
  }
  parts.push(new Uint8Array(2 * BLOCK));
  return await through(new Blob(parts), new CompressionStream("gzip"));
}

/**
 * Reads the files of a compressed archive.
 *
 * @param tarball The bytes of the `.tgz`.
 * @returns Its regular files.
 * @throws {TypeError} When it is not compressed.
 */
export async function readTarball(tarball: Uint8Array<ArrayBuffer>): Promise<ArchivedFile[]> {
  const bytes = await through(new Blob([tarball]), new DecompressionStream("gzip"));
  const files: ArchivedFile[] = [];
  for (let at = 0; bytes[at] !== undefined && bytes[at] !== 0;) {
    const text = (field: keyof typeof fields) => {
      const [start, length] = fields[field];
      return decoder.decode(bytes.subarray(at + start, at + start + length)).replace(/\0.*$/s, "");
    };
    const size = Number.parseInt(text("size"), 8);
    const start = at + BLOCK;
    const type = text("type");
    if (type === "0" || type === "") { // older writers leave it empty
      const isExecutable = (Number.parseInt(text("mode"), 8) & 0o100) !== 0;
      files.push({ name: text("name"), bytes: bytes.slice(start, start + size), isExecutable });
    }
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

function headerOf({ name, bytes, isExecutable = false }: ArchivedFile): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(BLOCK);
  const put = (field: keyof typeof fields, text: string) => {
    const encoded = encoder.encode(text);
    const [start, length] = fields[field];
    if (encoded.length > length) {
      throw new DariError("data", `Cannot archive "${name}": its path has over ${length} bytes`);
    }
    header.set(encoded, start);
  };
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  put("name", name);
  put("mode", octal(isExecutable ? 0o755 : 0o644, 7));
  put("size", octal(bytes.length, 11));
  put("time", octal(EPOCH_OF_ARCHIVES_S, 11));
  put("type", "0");
  put("magic", "ustar\x0000");
  put("sum", " ".repeat(8)); // as if it were blank: that is how its own sum counts it
  put("sum", `${octal(header.reduce((sum, byte) => sum + byte, 0), 6)}\0 `);
  return header;
}

/** npm gives every file this time: 26 October 1985, since some tools refuse the epoch itself. */
const EPOCH_OF_ARCHIVES_S = Date.UTC(1985, 9, 26, 8, 15) / 1_000;

async function through(
  blob: Blob,
  stream: ReadableWritablePair<Uint8Array<ArrayBuffer>, BufferSource>,
): Promise<Uint8Array<ArrayBuffer>> {
  return await new Response(blob.stream().pipeThrough(stream)).bytes() as Uint8Array<ArrayBuffer>;
}
