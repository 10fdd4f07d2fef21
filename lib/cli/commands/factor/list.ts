import { type Command, defineCommand } from "../../app/command.ts";
import { formatColumns, formatMoment, report } from "../../app/report.ts";
import { connectionOptions } from "../../workspace/server_connection.ts";
import { account, accountNote, withFactors } from "./factors_of.ts";

/** `dari factor list` */
export const command: Command = defineCommand({
  examples: ["dari factor list alice", "dari factor list --to tls://localhost:9090 --json"],
  operands: { name: account },
  options: connectionOptions,
  notes: ["Secrets and recovery codes are never shown again.", accountNote],
  async run({ operands: { name }, options }, io) {
    const list = await withFactors(name, options, io, (factors) => factors.list());
    const rows = list.factors.map(({ id, kind, name, createdAtMs, lastUsedAtMs }) => [
      id,
      kind,
      name,
      formatMoment(createdAtMs),
      formatMoment(lastUsedAtMs),
    ]);
    report(options, io, list, [
      ...formatColumns([["ID", "KIND", "NAME", "ADDED", "LAST USED"], ...rows]),
      ...(rows.length === 0 ? [] : [`${list.recoveryCodesLeft} recovery codes are left`]),
    ]);
    return 0;
  },
});
