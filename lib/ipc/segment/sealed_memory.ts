/**
 * Memory of the system that two processes of one user map, and that nobody can shrink (memfd_create
 * of Linux), by FFI.
 *
 * It has no name: it is gone with the last process that has it, however that process ends. Another
 * process opens it at `/proc/PID/fd/FD`, which the system permits to the same user alone. It is
 * sealed: a mapping of memory that another process shrinks would end this process with SIGBUS.
 *
 * @see https://man7.org/linux/man-pages/man2/memfd_create.2.html
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";

const LIBRARY = "libc.so.6";
const symbols = {
  memfd_create: { parameters: ["buffer", "u32"], result: "i32" },
  posix_fallocate: { parameters: ["i32", "i64", "i64"], result: "i32" },
  fchmod: { parameters: ["i32", "u32"], result: "i32" },
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  open: { parameters: ["buffer", "i32"], result: "i32" },
  statx: { parameters: ["i32", "buffer", "i32", "u32", "buffer"], result: "i32" },
  geteuid: { parameters: [], result: "u32" },
  mmap: { parameters: ["pointer", "usize", "i32", "i32", "i32", "i64"], result: "pointer" },
  munmap: { parameters: ["pointer", "usize"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
} as const;
type Libc = Deno.DynamicLibrary<typeof symbols>["symbols"];

const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const F_ADD_SEALS = 1033;
const F_GET_SEALS = 1034;
const F_SEAL_SEAL = 1;
const F_SEAL_SHRINK = 2;
const F_SEAL_GROW = 4;
const O_RDWR = 2;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const OWNER_ONLY = 0o600;
const EINTR = 4;
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const MAP_FAILED = 2n ** 64n - 1n;
const AT_EMPTY_PATH = 0x1000;
const STATX_BASIC_STATS = 0x7ff;
// struct statx is the same on every processor.
const STATX_BYTES = 256;
const STATX_UID_AT = 20;
const STATX_SIZE_AT = 40;

/** Opened by the first use, and kept until the program ends. */
let library: Deno.DynamicLibrary<typeof symbols> | undefined;
let isPermitted: boolean | undefined;

/** Where another process of this machine and this user opens the memory. */
export interface MemoryPlace {
  /** The process that made it. */
  readonly pid: number;
  /** Its descriptor there. */
  readonly fd: number;
}

/** Memory that is mapped into this process. */
export interface SealedMemory {
  /** The descriptor; -1 once it is closed. */
  readonly fd: number;
  /** A part of the memory. */
  part(offset: number, length: number): ArrayBuffer;
  /** Closes the descriptor; the mapping stays. */
  closeDescriptor(): void;
  /** Unmaps the memory. The parts that were given are empty from then on. */
  release(): void;
}

/**
 * Whether this program may share memory with another process: it runs on Linux, and was given
 * `--allow-ffi`. Asks once, and opens nothing.
 */
export function canShareMemory(): boolean {
  if (isPermitted === undefined) {
    const asked = { name: "ffi", path: LIBRARY } as const;
    isPermitted = Deno.build.os === "linux" &&
      Deno.permissions.querySync(asked).state === "granted";
  }
  return isPermitted;
}

/**
 * Makes memory of zeros that this user alone can open, with room really reserved.
 *
 * @param size Its size in bytes.
 * @throws {DariError} `io` where the system has no room or refuses, `failed_precondition` where its C
 * library cannot do this.
 */
export function createSealed(size: number): SealedMemory {
  const libc = load();
  const fd = libc.memfd_create(ofC("dari"), MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) throw new DariError("io", "The system refused to make shared memory");
  try {
    let errno;
    do errno = libc.posix_fallocate(fd, 0n, BigInt(size)); while (errno === EINTR);
    if (errno !== 0) {
      const why = `the system refused it with error ${errno}`;
      throw new DariError("io", `Cannot reserve ${size} bytes of shared memory: ${why}`);
    }
    const seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW;
    if (libc.fchmod(fd, OWNER_ONLY) !== 0 || libc.fcntl(fd, F_ADD_SEALS, seals) !== 0) {
      throw new DariError("io", "The system refused to seal shared memory");
    }
    return map(fd, size);
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

/**
 * Opens memory that another process of this user made.
 *
 * @param place Where it is; both numbers must be whole and not negative.
 * @param size The size that it must have, in bytes.
 * @throws {DariError} `not_found` where this process cannot open it, `permission_denied` where it
 * belongs to another user, `failed_precondition` where it can shrink or has another size.
 */
export function openSealed({ pid, fd: theirs }: MemoryPlace, size: number): SealedMemory {
  const libc = load();
  const path = `/proc/${pid}/fd/${theirs}`;
  const fd = libc.open(ofC(path), O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) throw new DariError("not_found", `This process cannot open ${path}`);
  try {
    if (
      (libc.fcntl(fd, F_GET_SEALS, 0) & F_SEAL_SHRINK) === 0 || libc.fcntl(fd, F_GET_SEALS, 0) < 0
    ) {
      throw new DariError("failed_precondition", `${path} is no memory that is sealed`);
    }
    const facts = new DataView(new ArrayBuffer(STATX_BYTES));
    if (libc.statx(fd, ofC(""), AT_EMPTY_PATH, STATX_BASIC_STATS, facts) !== 0) {
      throw new DariError("io", `The system says nothing about ${path}`);
    }
    if (facts.getUint32(STATX_UID_AT, true) !== libc.geteuid()) {
      throw new DariError("permission_denied", `${path} belongs to another user`);
    }
    const found = facts.getBigUint64(STATX_SIZE_AT, true);
    if (found !== BigInt(size)) {
      throw new DariError("failed_precondition", `${path} has ${found} bytes instead of ${size}`);
    }
    const memory = map(fd, size);
    memory.closeDescriptor();
    return memory;
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

function map(descriptor: number, size: number): SealedMemory {
  const libc = load();
  const address = libc.mmap(null, BigInt(size), PROT_READ_WRITE, MAP_SHARED, descriptor, 0n);
  if (address === null || BigInt(Deno.UnsafePointer.value(address)) === MAP_FAILED) {
    throw new DariError("io", `Cannot map ${size} bytes of shared memory`);
  }
  const parts: ArrayBuffer[] = [];
  let fd = descriptor;
  let isMapped = true;
  return {
    get fd() {
      return fd;
    },
    part(offset, length) {
      const part = Deno.UnsafePointerView.getArrayBuffer(address, length, offset) as ArrayBuffer;
      parts.push(part);
      return part;
    },
    closeDescriptor() {
      if (fd >= 0) libc.close(fd);
      fd = -1;
    },
    release() {
      this.closeDescriptor();
      if (!isMapped) return;
      isMapped = false;
      // A detached part reads as empty, where one of unmapped memory would end the process.
      for (const part of parts) part.transfer(0);
      libc.munmap(address, BigInt(size));
    },
  };
}

function load(): Libc {
  if (library !== undefined) return library.symbols;
  try {
    library = Deno.dlopen(LIBRARY, symbols);
  } catch (cause) {
    throw new DariError("failed_precondition", `${LIBRARY} cannot share memory`, { cause });
  }
  // With the first buffer that is detached, V8 drops what it has compiled for typed arrays. That is
  // cheaper now than when the first connection closes.
  new ArrayBuffer(1).transfer(0);
  return library.symbols;
}

function ofC(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}
