/**
 * Why an operation of the system failed, in words that are the same in Deno, Node and Bun.
 *
 * @module
 */

/** By the name of Deno's error and by Node's code. */
const reasons: Readonly<Record<string, string>> = {
  NotFound: "no such file or directory",
  ENOENT: "no such file or directory",
  PermissionDenied: "permission denied",
  EACCES: "permission denied",
  AlreadyExists: "it exists already",
  EEXIST: "it exists already",
};

/**
 * The reason of a system's error in a few words.
 *
 * @param cause What the runtime threw.
 * @returns For instance `permission denied`; never a stack.
 *
 * @example
 * ```ts
 * import { reasonOf } from "./reason.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(reasonOf(new Deno.errors.NotFound("os error 2")), "no such file or directory");
 * ```
 */
export function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return reasonIn(cause.name) ?? reasonIn((cause as { code?: unknown }).code) ??
    // Deno adds its function and the path, which the message around it names already.
    cause.message.replace(/( \(os error \d+\)): .*$/s, "$1");
}

function reasonIn(key: unknown): string | undefined {
  return typeof key === "string" && Object.hasOwn(reasons, key) ? reasons[key] : undefined;
}
