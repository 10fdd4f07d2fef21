/**
 * How long the cores of this machine had nothing to do, and what this thread had of them, by FFI: the
 * runtime's own file calls open `/proc` to nobody who may not do everything.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_uptime.5.html
 * @see https://docs.kernel.org/scheduler/sched-stats.html#proc-pid-schedstat
 *
 * @module
 */

const symbols = {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  close: { parameters: ["i32"], result: "i32" },
} as const;
type LibC = Deno.DynamicLibrary<typeof symbols>["symbols"];

const UPTIME = "/proc/uptime"; // seconds since the start, and idle ones of all cores
const SCHEDSTAT = "/proc/thread-self/schedstat"; // nanoseconds on a core, and waiting for one
const O_RDONLY_CLOEXEC = 0o2000000;
/** Two or three numbers. */
const LINE_BYTES = 128;

/** Times that only grow, in milliseconds. */
export interface CoreTimes {
  /** What the cores had nothing to do, all together. */
  readonly idleMs: number;
  /** What this thread ran. */
  readonly ranMs: number;
  /** What this thread could have run, and waited for a core. */
  readonly waitedMs: number;
}

/** Opened by the first use, and kept until the program ends. */
let library: Deno.DynamicLibrary<typeof symbols> | undefined;

/** Reads these times; `undefined` where the system does not tell them. */
export function readCoreTimes(): CoreTimes | undefined {
  try {
    library ??= Deno.dlopen("libc.so.6", symbols);
  } catch {
    return undefined; // another C library
  }
  const [, idleSeconds = 0] = readNumbers(library.symbols, UPTIME);
  const [ranNs = 0, waitedNs = 0] = readNumbers(library.symbols, SCHEDSTAT);
  // A kernel that does not count writes zeros.
  if (!(idleSeconds > 0 && ranNs > 0)) return undefined;
  return { idleMs: idleSeconds * 1_000, ranMs: ranNs / 1e6, waitedMs: waitedNs / 1e6 };
}

function readNumbers(libc: LibC, path: string): number[] {
  const fd = libc.open(new TextEncoder().encode(`${path}\0`), O_RDONLY_CLOEXEC);
  if (fd < 0) return [];
  const bytes = new Uint8Array(LINE_BYTES);
  const length = Number(libc.read(fd, bytes, BigInt(LINE_BYTES)));
  libc.close(fd);
  return new TextDecoder().decode(bytes.subarray(0, Math.max(0, length))).split(" ").map(Number);
}
