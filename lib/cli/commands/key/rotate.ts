import { limits } from "../../../base/limits.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { formatDuration } from "../../app/duration.ts";
import { operand, option } from "../../app/option.ts";
import { duration, keyId } from "../../app/value_type.ts";
import { dataOptions } from "../../workspace/data_directory.ts";
import { withIdentity } from "../../workspace/identity_store.ts";
import { reportNewKey } from "./report_new_key.ts";

/** `dari key rotate` */
export const command: Command = defineCommand({
  examples: ["dari key rotate 5f0c11d2a9be", "dari key rotate 5f0c11d2a9be --overlap 1h"],
  operands: { id: operand(keyId, "the key (see dari key list)") },
  options: {
    overlap: option(duration, "how long the old secret still works", {
      default: formatDuration(limits.keyOverlapMs),
    }),
    ...dataOptions,
  },
  notes: ["The key with its new secret is printed once and cannot be shown again."],
  async run({ operands: { id }, options }, io) {
    const overlapMs = options.overlap;
    const made = await withIdentity(options, io, ({ keys }) => keys.rotate(id, { overlapMs }));
    reportNewKey(options, io, made);
    return 0;
  },
});
