/**
 * The users of this system.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/reason.ts";

/** A user, as programs are started for one. */
export interface SystemUser {
  /** The number of the user. */
  readonly uid: number;
  /** The number of the user's group. */
  readonly gid: number;
}

/**
 * Looks a user up.
 *
 * @param name The user's name.
 * @param file Where users are listed (passwd(5)).
 * @throws {DariError} `usage` where there is no such user, `io` where the list cannot be read.
 */
export async function findUser(name: string, file = "/etc/passwd"): Promise<SystemUser> {
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (cause) {
    throw new DariError("io", `Cannot read the users in "${file}": ${reasonOf(cause)}`, { cause });
  }
  for (const line of text.split("\n")) {
    const [user, , uid, gid] = line.split(":");
    if (user === name && uid !== undefined && gid !== undefined) {
      return { uid: Number(uid), gid: Number(gid) };
    }
  }
  throw new DariError("usage", `There is no user "${name}" in ${file}`);
}
