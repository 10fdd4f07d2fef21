import { type Command, defineCommand } from "../../app/command.ts";
import { operand } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { keyId } from "../../app/value_type.ts";
import { dataOptions } from "../../workspace/data_directory.ts";
import { withIdentity } from "../../workspace/identity_store.ts";

/** `dari key revoke` */
export const command: Command = defineCommand({
  examples: ["dari key revoke 5f0c11d2a9be"],
  operands: { id: operand(keyId, "the key (see dari key list)") },
  options: dataOptions,
  notes: ["Connections that signed in with the key close within a second."],
  async run({ operands: { id }, options }, io) {
    await withIdentity(options, io, ({ keys }) => keys.revoke(id));
    report(options, io, { revoked: id }, [`revoked ${id}`]);
    return 0;
  },
});
