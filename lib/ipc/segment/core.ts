/**
 * The processor core on which this thread runs, by FFI.
 *
 * @see https://man7.org/linux/man-pages/man2/sched_setaffinity.2.html
 *
 * @module
 */

const symbols = {
  sched_yield: { parameters: [], result: "i32" },
  sched_getcpu: { parameters: [], result: "i32" },
  sched_getaffinity: { parameters: ["i32", "usize", "buffer"], result: "i32" },
  sched_setaffinity: { parameters: ["i32", "usize", "buffer"], result: "i32" },
} as const;

const THIS_THREAD = 0;
/** A bit for each of 1,024 cores, as the C library has it. */
const CORE_SET_BYTES = 128;

/** Opened by the first use, and kept until the program ends. */
let library: Deno.DynamicLibrary<typeof symbols> | undefined;

/** Lets another thread or process run that waits for this core. */
export function relinquish(): void {
  load().sched_yield();
}

/**
 * Moves this thread to another core, of those that it may use. Afterwards it may use the same ones as
 * before.
 */
export function leaveCore(): void {
  const libc = load();
  const allowed = new Uint8Array(CORE_SET_BYTES);
  const core = libc.sched_getcpu();
  if (core < 0 || libc.sched_getaffinity(THIS_THREAD, BigInt(CORE_SET_BYTES), allowed) !== 0) {
    return;
  }
  const others = allowed.slice();
  others[core >> 3]! &= ~(1 << (core & 7));
  if (others.every((cores) => cores === 0)) return;
  libc.sched_setaffinity(THIS_THREAD, BigInt(CORE_SET_BYTES), others);
  libc.sched_setaffinity(THIS_THREAD, BigInt(CORE_SET_BYTES), allowed);
}

function load(): Deno.DynamicLibrary<typeof symbols>["symbols"] {
  library ??= Deno.dlopen("libc.so.6", symbols);
  return library.symbols;
}
