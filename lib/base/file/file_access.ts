/**
 * Who can use a file: its owner and its mode; and reading the file that was judged.
 *
 * @module
 */

import { DariError } from "../errors.ts";

/** What a file or directory is for, which decides who may use it. */
export interface AccessRule {
  /** Its path, for errors. */
  readonly path: string;
  /** Whether nobody but its owner may read it. Nobody but its owner may write it in any case. */
  readonly isSecret: boolean;
  /** The users that it may belong to; any where it is not known who runs this program. */
  readonly owners: readonly number[] | undefined;
}

/** The first uid that was found; it does not change while the program runs. */
let knownUid: number | undefined;

/**
 * The user that this program runs as.
 *
 * `Deno.uid()` needs a permission that dari does not ask for. Without it a new file tells: it belongs
 * to whoever made it.
 *
 * @param directory Where a file may be made for a moment.
 * @returns The uid; `undefined` on Windows, and where the program may make no file there.
 */
export async function ownUid(directory: string): Promise<number | undefined> {
  return knownUid ??= await findUid(directory);
}

async function findUid(directory: string): Promise<number | undefined> {
  if (Deno.build.os === "windows") return undefined;
  // Asked for, since a use that is not permitted would put a question to the user.
  if (isPermitted({ name: "sys", kind: "uid" })) return Deno.uid() ?? undefined;
  const path = `${directory}/${crypto.randomUUID()}.tmp`;
  if (!isPermitted({ name: "write", path })) return undefined;
  try {
    using file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
    try {
      return (await file.stat()).uid ?? undefined;
    } finally {
      await Deno.remove(path);
    }
  } catch {
    return undefined; // a directory that takes no files tells nothing
  }
}

function isPermitted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}

/**
 * Refuses a file or directory that another user owns, can write or, where it is secret, can read.
 *
 * @param status What the system says of it.
 * @param rule The users who may use it.
 * @throws {DariError} `configuration`, with what to do.
 */
export function checkAccess(
  { mode, uid }: Pick<Deno.FileInfo, "mode" | "uid">,
  { path, isSecret, owners }: AccessRule,
): void {
  if (Deno.build.os === "windows") return;
  if (owners !== undefined && uid !== null && !owners.includes(uid)) {
    throw new DariError(
      "configuration",
      `"${path}" belongs to another user (uid ${uid}), who can change it; run dari as that user, or ` +
        "make it your own with chown",
    );
  }
  const bits = (mode ?? 0) & 0o777;
  if (isSecret && (bits & 0o077) !== 0) {
    throw new DariError(
      "configuration",
      `Cannot read secret "${path}": others can use it (mode ${
        octal(bits)
      }); run chmod 600 "${path}"`,
    );
  }
  if ((bits & 0o022) !== 0) {
    throw new DariError(
      "configuration",
      `"${path}" can be changed by others (mode ${octal(bits)}); run chmod go-w "${path}"`,
    );
  }
}

/** A mode as `chmod` takes it. */
export function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

/**
 * Refuses what is not a regular file.
 *
 * @param path Its path, for errors.
 * @param status What the system says of it.
 * @throws {DariError} `configuration`.
 */
export function checkIsFile(path: string, { isFile, isSymlink, isDirectory }: Deno.FileInfo): void {
  if (isFile) return;
  const kind = isSymlink ? "a symbolic link" : isDirectory ? "a directory" : "not a regular file";
  throw new DariError(
    "configuration",
    `Cannot read "${path}": it is ${kind}; put the file itself there`,
  );
}

/**
 * Reads an open file from where it stands.
 *
 * @param file The file.
 * @param size How many bytes it has.
 */
export async function readOpened(
  file: Deno.FsFile,
  size: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(size);
  let length = 0;
  while (length < size) {
    const count = await file.read(bytes.subarray(length));
    if (count === null) break;
    length += count;
  }
  return bytes.subarray(0, length);
}
