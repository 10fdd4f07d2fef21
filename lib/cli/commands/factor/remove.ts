import { type Command, defineCommand } from "../../app/command.ts";
import { option } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { text } from "../../app/value_type.ts";
import { connectionOptions } from "../../workspace/server_connection.ts";
import { account, accountNote, withFactors } from "./factors_of.ts";

/** `dari factor remove` */
export const command: Command = defineCommand({
  examples: ["dari factor remove alice", "dari factor remove alice --id 1f3b9c0a"],
  operands: { name: account },
  options: {
    id: option(text("ID"), "only this factor (see dari factor list)"),
    ...connectionOptions,
  },
  notes: [
    "Without --id all factors go. With the last authenticator app go the recovery codes, and the " +
    "password alone signs in again.",
    accountNote,
  ],
  async run({ operands: { name }, options }, io) {
    const removed = await withFactors(name, options, io, async (factors) => {
      const { factors: all } = await factors.list();
      const chosen = options.id === undefined ? all.map(({ id }) => id) : [options.id];
      for (const id of chosen) await factors.remove(id);
      return chosen;
    });
    const whose = name === undefined ? "" : ` of ${name}`;
    report(
      options,
      io,
      { removed },
      removed.length === 0
        ? [`there is no second factor${whose}`]
        : removed.map((id) => `removed the second factor ${id}${whose}`),
    );
    return 0;
  },
});
