/**
 * Memory with a name: for the processes of this machine, or for the threads of this process.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { createNamed, openNamed, unlinkNamed } from "./shm.ts";

/** Names that Linux accepts, without the characters that a shell or a path would interpret. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,249}$/;

/** What can open the memory: other processes (by FFI), or the other threads of this process. */
export type SharedMemoryScope = "processes" | "workers";

/** Memory of scope `workers`, as posted to another thread. */
export interface SharedMemoryDescriptor {
  /** What this is. */
  readonly type: "dari.shared-memory";
  /** Its name. */
  readonly name: string;
  /** The memory. */
  readonly buffer: SharedArrayBuffer;
}

/** Memory that was created or opened. */
export interface NamedMemory {
  readonly bytes: Uint8Array;
  /** Unmaps the memory; using `bytes` afterwards crashes the process. */
  release(): void;
  /** As that of a mapping; absent where others are woken instead. */
  nap?(): Promise<unknown>;
}

/**
 * Memory of scope `workers` by name. Every thread has its own table: a name is known in a thread from
 * `adoptMemory` until `unlinkMemory` there.
 */
const table = new Map<string, SharedArrayBuffer>();

/**
 * Creates memory under a new name.
 *
 * @throws {DariError} `already_exists` where the name is taken.
 */
export function createMemory(name: string, size: number, scope: SharedMemoryScope): NamedMemory {
  checkName(name);
  if (scope === "processes") return createNamed(name, size);
  if (table.has(name)) {
    throw new DariError(
      "already_exists",
      `Shared memory "${name}" exists already; open it, or unlink it first`,
    );
  }
  return adoptMemory(name, new SharedArrayBuffer(size));
}

/**
 * Opens memory by its name.
 *
 * @throws {DariError} `not_found` where nothing has the name.
 */
export function openMemory(name: string, scope: SharedMemoryScope): NamedMemory {
  checkName(name);
  return scope === "processes" ? openNamed(name) : viewOf(find(name));
}

/**
 * Takes over memory of scope `workers` from another thread; from now on this thread finds it by
 * name.
 */
export function adoptMemory(name: string, buffer: SharedArrayBuffer): NamedMemory {
  checkName(name);
  table.set(name, buffer);
  return viewOf(buffer);
}

/** Removes a name; those who have the memory open can still use it. */
export function unlinkMemory(name: string, scope: SharedMemoryScope): void {
  if (scope === "processes") return unlinkNamed(name);
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
    `${
      JSON.stringify(name)
    } is not a valid name for shared memory: use letters, digits, "_", "-" and "."`,
  );
}
