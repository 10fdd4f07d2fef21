import { type ApiKey, foldName } from "../../../auth/mod.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { optionalOperand } from "../../app/option.ts";
import { formatColumns, formatMoment, report } from "../../app/report.ts";
import { accountName } from "../../app/value_type.ts";
import { dataOptions } from "../../workspace/data_directory.ts";
import { withIdentity } from "../../workspace/identity_store.ts";

/** `dari key list` */
export const command: Command = defineCommand({
  examples: ["dari key list", "dari key list alice"],
  operands: { account: optionalOperand(accountName("ACCOUNT"), "only the keys of this account") },
  options: dataOptions,
  notes: ["STATE is active, expired or revoked. The secrets of the keys are never shown."],
  async run({ operands: { account }, options }, io) {
    const nowMs = Date.now();
    const listed = await withIdentity(
      options,
      io,
      ({ keys }) => keys.list(account === undefined ? undefined : foldName(account)),
    );
    const keys = listed.map((key) => ({ ...key, state: stateOf(key, nowMs) }));
    const rows = keys.map((key) => [
      key.id,
      key.account,
      key.name,
      key.state,
      key.scopes?.join(",") ?? "all",
      formatMoment(key.expiresAtMs),
      formatMoment(key.lastUsedAtMs),
    ]);
    const head = ["ID", "ACCOUNT", "NAME", "STATE", "SCOPES", "EXPIRES", "LAST USED"];
    report(options, io, keys, formatColumns([head, ...rows]));
    return 0;
  },
});

function stateOf({ active, expiresAtMs = Infinity }: ApiKey, nowMs: number): string {
  if (!active) return "revoked";
  return expiresAtMs <= nowMs ? "expired" : "active";
}
