/**
 * `dari key create`: makes an API key.
 *
 * @module
 */

import { foldName } from "../../../auth/mod.ts";
import type { Command } from "../../app/command.ts";
import { parseDuration } from "../../app/duration.ts";
import { dataHelp, report, withIdentity, wordsOf } from "../../app/identity.ts";

/** `dari key create`: makes an API key. */
export const command: Command = {
  summary: "Make an API key",
  help: `  dari key create alice --name web-app
  dari key create alice --name ci --scope "reports.*" --expires 90d

Makes an API key of an account and prints it, this once.

  --name TEXT     what to call it (default key)
  --scope SCOPE   narrow it to a scope or a pattern of methods, may be repeated
  --expires TIME  end it after this time, for instance 90d
  --signs         let it sign requests instead of being sent
${dataHelp}`,
  flags: {
    string: ["data", "name", "scope", "expires"],
    boolean: ["signs"],
    collect: ["scope"],
  },
  async run(args, io) {
    const [account] = wordsOf(args, "ACCOUNT");
    const scopes = args.options("scope");
    const expires = args.option("expires");
    const made = await withIdentity(args, io, ({ keys }) =>
      keys.create({
        account: foldName(account),
        name: args.option("name") ?? "key",
        signs: args.flag("signs"),
        ...(scopes.length === 0 ? {} : { scopes }),
        ...(expires === undefined
          ? {}
          : { expiresAtMs: Date.now() + parseDuration(expires, "expires") }),
      }));
    report(args, io, { ...made.key, apiKey: made.text }, [made.text]);
    if (!args.flag("json")) io.warn("keep it now: it is not shown again");
    return 0;
  },
};
