/**
 * Named memory of the operating system (shm_open of POSIX), by FFI.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/functions/shm_open.html
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";

const symbols = {
  shm_open: { parameters: ["buffer", "i32", "u32"], result: "i32" },
  shm_unlink: { parameters: ["buffer"], result: "i32" },
  posix_fallocate: { parameters: ["i32", "i64", "i64"], result: "i32" },
  lseek: { parameters: ["i32", "i64", "i32"], result: "i64" },
  mmap: { parameters: ["pointer", "usize", "i32", "i32", "i32", "i64"], result: "pointer" },
  munmap: { parameters: ["pointer", "usize"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  usleep: { parameters: ["u32"], result: "i32", nonblocking: true },
} as const;

const OWNER_ONLY = 0o600;
const O_RDWR = 2;
const O_CREAT = 0o100;
const O_EXCL = 0o200;
const SEEK_END = 2;
const EINTR = 4;
const ENOSPC = 28;
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const MAP_FAILED = 2n ** 64n - 1n;

/** Memory that is mapped into this process. */
export interface Mapping {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Unmaps the memory; using `bytes` afterwards crashes the process. */
  release(): void;
  /** Gives up the core for about a tenth of a millisecond; a timer takes at least a whole one. */
  nap(): Promise<unknown>;
}

/** Opened by the first call, and kept until the program ends. */
let library: Deno.DynamicLibrary<typeof symbols> | undefined;

/** Creates named memory of `size` bytes that only this user can open. */
export function createNamed(name: string, size: number): Mapping {
  const libc = load();
  const fd = libc.shm_open(pathOf(name), O_RDWR | O_CREAT | O_EXCL, OWNER_ONLY);
  if (fd < 0) {
    // FFI does not report errno. Opening the name tells whether it is taken.
    const other = libc.shm_open(pathOf(name), O_RDWR, 0);
    if (other < 0) throw new DariError("io", `The system refused shared memory "${name}"`);
    libc.close(other);
    throw new DariError(
      "already_exists",
      `Shared memory "${name}" exists already; open it, or unlink it first`,
    );
  }
  try {
    reserve(fd, size, name);
    return map(fd, size, name);
  } catch (error) {
    libc.shm_unlink(pathOf(name));
    throw error;
  } finally {
    libc.close(fd);
  }
}

/** Opens named memory that some process has created. */
export function openNamed(name: string): Mapping {
  const libc = load();
  const fd = libc.shm_open(pathOf(name), O_RDWR, 0);
  if (fd < 0) {
    throw new DariError(
      "not_found",
      `There is no shared memory "${name}", or it belongs to another user`,
    );
  }
  try {
    const size = Number(libc.lseek(fd, 0n, SEEK_END));
    // Another program may have created it with a size alone.
    if (size > 0) reserve(fd, size, name);
    return map(fd, size, name);
  } finally {
    libc.close(fd);
  }
}

/** Removes the name; processes that have the memory open can still use it. */
export function unlinkNamed(name: string): void {
  if (load().shm_unlink(pathOf(name)) === 0) return;
  throw new DariError("not_found", `There is no shared memory "${name}" to unlink`);
}

/**
 * Reserves the memory. A size alone reserves nothing: where the machine has no memory left, the first
 * access to a page ends the process.
 */
function reserve(fd: number, size: number, name: string): void {
  let errno;
  do errno = load().posix_fallocate(fd, 0n, BigInt(size)); while (errno === EINTR);
  if (errno === 0) return;
  const why = errno === ENOSPC
    ? "/dev/shm has no room for it"
    : `the system refused it with error ${errno}`;
  throw new DariError("io", `Cannot reserve ${size} bytes of shared memory "${name}": ${why}`);
}

function map(fd: number, size: number, name: string): Mapping {
  if (size <= 0) throw new DariError("failed_precondition", `Shared memory "${name}" is empty`);
  const libc = load();
  const address = libc.mmap(null, BigInt(size), PROT_READ_WRITE, MAP_SHARED, fd, 0n);
  if (address === null || BigInt(Deno.UnsafePointer.value(address)) === MAP_FAILED) {
    throw new DariError("io", `Cannot map ${size} bytes of shared memory "${name}"`);
  }
  const bytes = new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(address, size));
  return {
    bytes,
    release: () => void libc.munmap(address, BigInt(size)),
    nap: () => libc.usleep(limits.napUs),
  };
}

function load(): Deno.DynamicLibrary<typeof symbols>["symbols"] {
  if (Deno.build.os !== "linux") {
    throw new DariError(
      "failed_precondition",
      `Shared memory between processes works on Linux, not on ${Deno.build.os}`,
    );
  }
  try {
    library ??= Deno.dlopen("libc.so.6", symbols);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) {
      throw new DariError(
        "permission_denied",
        "Shared memory between processes calls the C library; run with --allow-ffi",
        { cause },
      );
    }
    throw new DariError("failed_precondition", "Cannot load libc.so.6", { cause });
  }
  return library.symbols;
}

function pathOf(name: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`/${name}\0`);
}
