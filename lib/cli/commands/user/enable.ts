/**
 * `dari user enable`: let a disabled account sign in again.
 *
 * @module
 */

import type { Command } from "../../app/command.ts";
import { dataHelp, report, withIdentity, wordsOf } from "../../app/identity.ts";

/** `dari user enable`: let a disabled account sign in again. */
export const command: Command = {
  summary: "Let a disabled account sign in again",
  help: `  dari user enable alice

Lets an account sign in again. Its keys and certificates work again; its sessions stay ended.

${dataHelp}`,
  flags: { string: ["data"] },
  async run(args, io) {
    const [name] = wordsOf(args, "NAME");
    await withIdentity(args, io, ({ accounts }) => accounts.enable(name));
    report(args, io, { enabled: name }, [`enabled ${name}`]);
    return 0;
  },
};
