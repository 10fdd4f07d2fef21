/**
 * The file of a backup: a tar archive, encrypted with a passphrase in the form of age, so that
 * `age -d FILE | tar -x` opens it without dari.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/files.ts";

/** A file that goes into an archive. */
export interface ArchiveFile {
  /** Its name. */
  readonly name: string;
  /** Its size. */
  readonly bytes: number;
  /** Begins to read it. */
  open(): ReadableStream<Uint8Array> | Promise<ReadableStream<Uint8Array>>;
}

/** How an archive is encrypted. */
export interface SealOptions {
  /** The passphrase. */
  readonly passphrase: string;
  /**
   * The cost of a guess: scrypt's N is two to this power.
   *
   * @default {age's own: about two seconds for each guess}
   */
  readonly workFactor?: number | undefined;
}

/**
 * Makes an archive.
 *
 * @param files The files, in their order.
 * @param options The passphrase.
 * @returns Its bytes; they fail with what reading a file failed with.
 */
export async function sealArchive(
  files: readonly ArchiveFile[],
  { passphrase, workFactor }: SealOptions,
): Promise<ReadableStream<Uint8Array>> {
  const [{ Encrypter }, { createTarPacker }] = await Promise.all([
    import("age-encryption"),
    import("modern-tar"),
  ]);
  const encrypter = new Encrypter();
  if (workFactor !== undefined) encrypter.setScryptWorkFactor(workFactor);
  encrypter.setPassphrase(passphrase);
  const { readable, controller } = createTarPacker();
  const packing = async () => {
    for (const { name, bytes, open } of files) {
      const body = controller.add({ name, size: bytes, mode: 0o600 });
      await (await open()).pipeTo(body);
    }
    controller.finalize();
  };
  packing().catch((error) => controller.error(error));
  return await encrypter.encrypt(readable);
}

/** Takes one file of an archive: its name, its size as the archive says, and its bytes. */
export type TakeFile = (
  name: string,
  bytes: number,
  body: ReadableStream<Uint8Array>,
) => Promise<void>;

/**
 * Opens an archive.
 *
 * @param source Its bytes.
 * @param passphrase The passphrase.
 * @param take Takes each file in order; its body must be read to the end.
 * @throws {DariError} `permission_denied` for a wrong passphrase, `data` where the archive is cut or
 * damaged or is none.
 * @throws What `take` throws.
 */
export async function openArchive(
  source: ReadableStream<Uint8Array>,
  passphrase: string,
  take: TakeFile,
): Promise<void> {
  const [{ Decrypter }, { createTarDecoder }] = await Promise.all([
    import("age-encryption"),
    import("modern-tar"),
  ]);
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  try {
    const opened = await decrypter.decrypt(source);
    for await (const { header, body } of opened.pipeThrough(createTarDecoder({ strict: true }))) {
      await take(header.name, header.size, body);
    }
  } catch (cause) {
    if (cause instanceof DariError) throw cause;
    throw archiveError(cause);
  }
}

/** The texts are those of age-encryption, which has no codes. */
function archiveError(cause: unknown): DariError {
  const reason = reasonOf(cause);
  if (/no identity matched/.test(reason)) {
    return new DariError("permission_denied", "The passphrase is wrong", { cause });
  }
  if (/invalid version/.test(reason)) {
    return new DariError("data", "It is no backup of dari: it is not encrypted in age's form", {
      cause,
    });
  }
  return new DariError("data", `It is cut or damaged (${reason}); nothing of it was used`, {
    cause,
  });
}
