/**
 * Which proxies use a data directory: each holds a lock, and says in the locked file where it listens.
 *
 * @module
 */

import { closeLocked } from "../../base/file/close_locked.ts";
import { openOwnFile } from "../../base/file/own_file.ts";
import { limits } from "../../base/limits.ts";

/** A proxy that runs. */
export interface RunningProxy {
  /** The name of the service that it guards. */
  readonly name: string;
  /** Its process. */
  readonly pid: number;
  /** Where it listens. */
  readonly address: string;
  /** Where it passes on to. */
  readonly service: string;
}

const FILE = /^proxy-(.+)\.lock$/u;

/**
 * Says that a proxy uses a data directory, until it ends. Of two with one name the first one says so; a
 * directory that cannot be written keeps no proxy from starting.
 *
 * @param directory The data directory.
 * @param proxy The proxy.
 * @returns Takes that back when disposed.
 */
export async function tellProxy(directory: string, proxy: RunningProxy): Promise<Disposable> {
  const path = `${directory}/proxy-${proxy.name}.lock`;
  try {
    const file = await openOwnFile(path);
    if (!await file.tryLock(true)) {
      file.close();
      return { [Symbol.dispose]() {} };
    }
    await file.truncate();
    await file.write(new TextEncoder().encode(`${JSON.stringify(proxy)}\n`));
    return {
      [Symbol.dispose]() {
        file.truncateSync();
        closeLocked(file);
      },
    };
  } catch {
    return { [Symbol.dispose]() {} };
  }
}

/**
 * The proxies that use a data directory.
 *
 * @param directory The data directory.
 * @returns Those that run, by their names; one that was killed has left its file, but not its lock.
 */
export async function runningProxies(directory: string): Promise<RunningProxy[]> {
  const found: RunningProxy[] = [];
  try {
    for await (const { name, isFile } of Deno.readDir(directory)) {
      if (!isFile || !FILE.test(name)) continue;
      const proxy = await readProxy(`${directory}/${name}`);
      if (proxy !== undefined) found.push(proxy);
    }
  } catch {
    // There is no directory, or it may not be read, which other checks say.
  }
  return found.toSorted((a, b) => a.name < b.name ? -1 : 1);
}

async function readProxy(path: string): Promise<RunningProxy | undefined> {
  try {
    using file = await Deno.open(path, { read: true });
    if (await file.tryLock(false)) return undefined; // nobody holds it
    if ((await file.stat()).size > limits.maxLockFileBytes) return undefined;
    const proxy: unknown = JSON.parse(await Deno.readTextFile(path));
    const { name, pid, address, service } = (proxy ?? {}) as Record<string, unknown>;
    const isProxy = typeof name === "string" && typeof pid === "number" &&
      typeof address === "string" && typeof service === "string";
    return isProxy ? { name, pid, address, service } : undefined;
  } catch {
    return undefined; // it ends, or is being written
  }
}
