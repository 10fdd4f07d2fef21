import { type Command, defineCommand } from "../../app/command.ts";
import { report } from "../../app/report.ts";
import { codeOptions, readSecret } from "../../app/secret_input.ts";
import { connectionOptions } from "../../workspace/server_connection.ts";
import { account, accountNote, confirmedLines, withFactors } from "./factors_of.ts";

/** `dari factor confirm` */
export const command: Command = defineCommand({
  examples: ["dari factor confirm alice", "dari factor confirm alice --code-stdin < code"],
  operands: { name: account },
  options: { ...codeOptions, ...connectionOptions },
  notes: [
    "The code is the one that the app of dari factor add shows. From then on every sign-in by password " +
    "needs a code. With the first app the account gets ten recovery codes, printed once.",
    accountNote,
  ],
  async run({ operands: { name }, options }, io) {
    const code = await readSecret("code", options, io, { prompt: "Code that the app shows" });
    const confirmed = await withFactors(name, options, io, (factors) => factors.confirm(code));
    report(options, io, confirmed, confirmedLines(confirmed));
    return 0;
  },
});
