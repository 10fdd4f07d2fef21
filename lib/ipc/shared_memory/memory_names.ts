/**
 * Memory by name, in both of its reaches: the processes of this machine, or the threads of this
 * process.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { createNamed, openNamed, unlinkNamed } from "./shm.ts";

/** What Linux takes as a name, without what a shell or a path would read into it. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,249}$/;

/** Who can open the memory: other processes (by FFI), or other threads of this one. */
export type Reach = "processes" | "workers";

/** Memory that was created or opened. */
export interface NamedMemory {
  readonly bytes: Uint8Array;
  /** Gives it back; nobody may use `bytes` any more. */
  release(): void;
}

/** Memory of reach `workers`; every thread has its own table, filled by `adoptMemory`. */
const table = new Map<string, SharedArrayBuffer>();

/** Creates memory under a name that is not taken. */
export function createMemory(name: string, size: number, reach: Reach): NamedMemory {
  checkName(name);
  if (reach === "processes") return createNamed(name, size);
  if (table.has(name)) {
    throw new DariError(
      "already_exists",
      `Shared memory "${name}" exists already; open it, or unlink it first`,
    );
  }
  return adoptMemory(name, new SharedArrayBuffer(size));
}

/** Opens memory by its name. */
export function openMemory(name: string, reach: Reach): NamedMemory {
  checkName(name);
  return reach === "processes" ? openNamed(name) : viewOf(find(name));
}

/** Lets this thread know memory of reach `workers`, from now on also by its name. */
export function adoptMemory(name: string, buffer: SharedArrayBuffer): NamedMemory {
  checkName(name);
  table.set(name, buffer);
  return viewOf(buffer);
}

/** Removes a name; who has the memory open keeps it. */
export function unlinkMemory(name: string, reach: Reach): void {
  if (reach === "processes") return unlinkNamed(name);
  find(name);
  table.delete(name);
}

function viewOf(buffer: SharedArrayBuffer): NamedMemory {
  return { bytes: new Uint8Array(buffer), release: () => {} };
}

function find(name: string): SharedArrayBuffer {
  const buffer = table.get(name);
  if (buffer !== undefined) return buffer;
  throw new DariError("not_found", `There is no shared memory "${name}" in this thread`);
}

function checkName(name: string): void {
  if (NAME.test(name)) return;
  throw new TypeError(
    `${JSON.stringify(name)} is no name for shared memory: take letters, digits, "_", "-" and "."`,
  );
}
