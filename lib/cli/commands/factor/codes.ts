import { type Command, defineCommand } from "../../app/command.ts";
import { report } from "../../app/report.ts";
import { connectionOptions } from "../../workspace/server_connection.ts";
import { account, accountNote, recoveryLines, withFactors } from "./factors_of.ts";

/** `dari factor codes` */
export const command: Command = defineCommand({
  examples: ["dari factor codes alice"],
  operands: { name: account },
  options: connectionOptions,
  notes: ["The recovery codes before are void from then on.", accountNote],
  async run({ operands: { name }, options }, io) {
    const recoveryCodes = await withFactors(name, options, io, (factors) => factors.codes());
    report(options, io, { recoveryCodes }, recoveryLines(recoveryCodes));
    return 0;
  },
});
