/**
 * A disk of its own for a NATS server, which can be made slow: a file system in a file, by a loop
 * device whose writes the kernel counts out (blkio of control groups, version 1).
 *
 * @module
 */

import { tool } from "./tool.ts";

const SIZE_MIB = 512;
const GROUPS = "/sys/fs/cgroup/blkio";
/** Writes a second of a slow disk; one of the stream's messages takes two or three. */
const SLOW_WRITES = 40;

/** A file system that can be made slow. */
export class SlowDisk implements AsyncDisposable {
  /** Where it is mounted. */
  readonly path: string;
  readonly #group: string;
  readonly #device: string;
  readonly #number: string;

  private constructor(path: string, group: string, device: string, number: string) {
    this.path = path;
    this.#group = group;
    this.#device = device;
    this.#number = number;
  }

  /**
   * Makes and mounts it.
   *
   * @param directory Where its file is; it must exist.
   * @returns The disk; `undefined` where this machine cannot slow one.
   */
  static async mount(directory: string): Promise<SlowDisk | undefined> {
    const file = `${directory}/disk`, path = `${directory}/mounted`;
    const group = `${GROUPS}/dari-${crypto.randomUUID().slice(0, 8)}`;
    try {
      await Deno.mkdir(path);
      await Deno.mkdir(group);
      await Deno.stat(`${group}/blkio.throttle.write_iops_device`);
    } catch {
      await Deno.remove(group).catch(() => {}); // there is no such control
      return undefined;
    }
    await (await Deno.open(file, { create: true, write: true })).truncate(SIZE_MIB << 20);
    const made = await tool("mkfs.ext4", ["-q", "-F", file]);
    const device = made === undefined ? undefined : await tool("losetup", ["-f", "--show", file]);
    if (device === undefined) return undefined;
    const number = await Deno.readTextFile(`/sys/block/${device.split("/").at(-1)}/dev`);
    const disk = new SlowDisk(path, group, device, number.trim());
    if (await tool("mount", [device, path]) !== undefined) return disk;
    await disk[Symbol.asyncDispose]();
    return undefined;
  }

  /**
   * Puts a process under it.
   *
   * @param pid The process.
   */
  async add(pid: number): Promise<void> {
    await Deno.writeTextFile(`${this.#group}/cgroup.procs`, String(pid));
  }

  /** Makes it slow: every write goes to the disk, and few do in a second. */
  async slow(): Promise<void> {
    await tool("mount", ["-o", "remount,sync", this.path]);
    await this.#bound(SLOW_WRITES);
  }

  /** Makes it quick again. */
  async quicken(): Promise<void> {
    await this.#bound(0);
    await tool("mount", ["-o", "remount,async", this.path]);
  }

  async #bound(writes: number): Promise<void> {
    const line = `${this.#number} ${writes}`;
    await Deno.writeTextFile(`${this.#group}/blkio.throttle.write_iops_device`, line);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await tool("umount", ["--lazy", this.path]);
    await tool("losetup", ["-d", this.#device]);
    await Deno.remove(this.#group).catch(() => {}); // its processes have ended
  }
}
