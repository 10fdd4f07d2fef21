/**
 * Whether the disk is nearly full.
 *
 * @module
 */

import { limits } from "../../../base/limits.ts";
import { MiB } from "../../../base/limits/units.ts";
import { broken, type Check } from "../patient/check.ts";

const rules = {
  "disk-full": {
    severity: "high",
    title: "The disk is nearly full",
    help: "Free some of it: no account, session or revocation can be written to a full disk.",
  },
} as const;

/** The file system of the data directory. */
export const disk: Check<keyof typeof rules> = {
  subject: "disk",
  rules,
  look: ({ disk, directory }) => {
    if ("unknown" in disk) return { unlooked: disk.unknown };
    const { freeBytes, totalBytes } = disk.value;
    const least = Math.min(limits.minDiskFreeBytes, totalBytes * limits.minDiskFreeShare);
    if (freeBytes >= least) return [];
    const free = `${Math.floor(freeBytes / MiB)} MiB of ${Math.floor(totalBytes / MiB)} MiB`;
    return [broken(rules, "disk-full", `The disk of "${directory}" has ${free} free.`)];
  },
};
