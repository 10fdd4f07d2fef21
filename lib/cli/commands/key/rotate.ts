/**
 * `dari key rotate`: gives an API key a new secret.
 *
 * @module
 */

import type { Command } from "../../app/command.ts";
import { parseDuration } from "../../app/duration.ts";
import { dataHelp, report, withIdentity, wordsOf } from "../../app/identity.ts";

/** `dari key rotate`: gives an API key a new secret. */
export const command: Command = {
  summary: "Give an API key a new secret",
  help: `  dari key rotate 5f0c11d2a9be
  dari key rotate 5f0c11d2a9be --overlap 1h

Prints a new secret of an API key, this once; the old one works on for the overlap.

  --overlap TIME  how long the old secret works on (default 24h)
${dataHelp}`,
  flags: { string: ["data", "overlap"] },
  async run(args, io) {
    const [id] = wordsOf(args, "ID");
    const overlap = args.option("overlap");
    const options = overlap === undefined ? {} : { overlapMs: parseDuration(overlap, "overlap") };
    const made = await withIdentity(args, io, ({ keys }) => keys.rotate(id, options));
    report(args, io, { ...made.key, apiKey: made.text }, [made.text]);
    if (!args.flag("json")) io.warn("keep it now: it is not shown again");
    return 0;
  },
};
