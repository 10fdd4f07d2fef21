/**
 * How many files, sockets among them, this process may have open.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/functions/getrlimit.html
 * @module
 */

/** The C library, and the number of RLIMIT_NOFILE, of the systems where both are known. */
const systems: Partial<Record<typeof Deno.build.os, { library: string; resource: number }>> = {
  linux: { library: "libc.so.6", resource: 7 },
  darwin: { library: "libSystem.dylib", resource: 8 },
};

const symbols = { getrlimit: { parameters: ["i32", "buffer"], result: "i32" } } as const;

/**
 * Asks the system for the limit of open files.
 *
 * @returns `Infinity` where there is none; `undefined` where it cannot be asked: that takes
 * `--allow-ffi`.
 *
 * @example
 * ```ts
 * import { descriptorLimit } from "./descriptor_limit.ts";
 * import { assert } from "@std/assert";
 *
 * assert((descriptorLimit() ?? Infinity) > 0);
 * ```
 */
export function descriptorLimit(): number | undefined {
  const system = systems[Deno.build.os];
  if (system === undefined) return undefined;
  // Without a look first, a program in a terminal would be asked for the permission.
  const asked = { name: "ffi", path: system.library } as const;
  if (Deno.permissions.querySync(asked).state !== "granted") return undefined;
  try {
    using libc = openLibrary(system.library);
    const limits = new BigUint64Array(2); // the limit in force, and the one that it may be raised to
    if (libc.symbols.getrlimit(system.resource, limits) !== 0) return undefined;
    const limit = Number(limits[0]);
    return Number.isSafeInteger(limit) ? limit : Infinity;
  } catch {
    return undefined; // another C library
  }
}

function openLibrary(path: string) {
  const library = Deno.dlopen(path, symbols);
  return { symbols: library.symbols, [Symbol.dispose]: () => library.close() };
}
