/**
 * A Standard Schema of plain members, so that the benchmark counts dari's work and not a
 * validator's.
 *
 * @module
 */

import type { Schema } from "../../../mod.ts";

/** Makes a schema of an object with exactly these members. */
export function schemaOf<T extends object>(
  members: { readonly [K in keyof T]: "number" | "string" | "string or bytes" },
): Schema<T> {
  const expected = Object.entries(members);
  return {
    "~standard": {
      version: 1,
      vendor: "bench",
      validate(value) {
        const given = value as Record<string, unknown> | null;
        const holds = typeof given === "object" && given !== null &&
          Object.keys(given).length === expected.length &&
          expected.every(([name, type]) =>
            typeof given[name] === type ||
            type === "string or bytes" &&
              (typeof given[name] === "string" || given[name] instanceof Uint8Array)
          );
        return holds ? { value: given as T } : { issues: [{ message: "other members" }] };
      },
    },
  };
}
