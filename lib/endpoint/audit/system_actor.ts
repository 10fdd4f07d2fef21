/**
 * The user who runs this program, as the audit names them.
 *
 * @module
 */

/**
 * The user of the system who runs this program.
 *
 * @param directory A directory that the program may write to: where the system may not be asked, the
 * owner of a new file there tells.
 * @param users Where users are listed (passwd(5)).
 * @returns `os:NAME`, `os:NUMBER` for a user without a name, `os:unknown` where nothing tells.
 *
 * @example
 * ```ts
 * import { systemActor } from "./system_actor.ts";
 * import { assertMatch } from "@std/assert";
 *
 * assertMatch(systemActor(await Deno.makeTempDir()), /^os:./);
 * ```
 */
export function systemActor(directory: string, users = "/etc/passwd"): string {
  const uid = uidOf(directory);
  if (uid === null) return "os:unknown";
  return `os:${nameOf(uid, users) ?? uid}`;
}

function uidOf(directory: string): number | null {
  try {
    const { state } = Deno.permissions.querySync({ name: "sys", kind: "uid" });
    if (state === "granted") return Deno.uid();
    const file = Deno.makeTempFileSync({ dir: directory, suffix: ".tmp" });
    try {
      return Deno.statSync(file).uid;
    } finally {
      Deno.removeSync(file);
    }
  } catch {
    return null;
  }
}

function nameOf(uid: number, users: string): string | undefined {
  try {
    const lines = Deno.readTextFileSync(users).split("\n").map((line) => line.split(":"));
    return lines.find((fields) => fields[2] === String(uid))?.[0];
  } catch {
    return undefined;
  }
}
