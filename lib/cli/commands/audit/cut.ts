import { systemClock } from "../../../base/clock.ts";
import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import { openAuditSigner, sealAudit } from "../../../endpoint/audit/audit_signing.ts";
import { openAuditedStore } from "../../../endpoint/audit/audited_store.ts";
import { systemActor } from "../../../endpoint/audit/system_actor.ts";
import { cutAudit } from "../../../ops/audit/cut.ts";
import { moment } from "../../audit/moment.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { requiredOption } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { dataDirectoryOf, dataOptions } from "../../workspace/data_directory.ts";

/** `dari audit cut` */
export const command: Command = defineCommand({
  examples: [
    ["dari audit cut --before 400d", "remove what is older"],
    "dari audit cut --before 2026-01-01",
    ["dari audit export --out audit.jsonl", "keep a copy first"],
  ],
  options: {
    before: requiredOption(moment, "remove the records from before then"),
    ...dataOptions,
  },
  notes: [
    "Records are removed from the oldest on, in steps of 256. The cut is a record itself and is signed " +
    "with what stood there, so that what is left can still be verified and proved.",
    `A server does the same once an hour with records that are older than ${
      limits.auditKeepMs / 86_400_000
    } days.`,
  ],
  async run({ options }, io) {
    const directory = dataDirectoryOf(options, io);
    const path = `${directory}/${limits.storeFile}`;
    if (await Deno.stat(path).then(() => false, () => true)) {
      throw new DariError("not_found", `There is no audit in "${directory}"`);
    }
    const signer = await openAuditSigner(directory);
    await using store = await openAuditedStore(directory);
    const cut = await cutAudit(store, {
      beforeMs: options.before(systemClock.now()),
      by: systemActor(directory),
      clock: systemClock,
      signer,
    });
    if (signer !== undefined) await sealAudit(directory, store, signer);
    const line = cut === undefined
      ? "nothing was removed: a step of 256 records must be old enough as a whole"
      : `removed records ${cut.from} to ${cut.to}`;
    report(options, io, { removed: cut ?? null }, [line]);
    return 0;
  },
});
