import { DariError } from "../../../base/errors.ts";
import { applyRotation, planRotation, type RotationStep } from "../../../cert/mod.ts";
import { dataLedger } from "../../../endpoint/data_ledger.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { flag } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { dataDirectoryOf } from "../../workspace/data_directory.ts";
import {
  algorithmOptions,
  authorityOptions,
  passphraseOfKey,
  permitOptions,
  permitsOf,
  subjectOf,
  subjectOptions,
} from "./options.ts";

const meanings: Record<RotationStep, string> = {
  prepare:
    "a new authority is made and trusted; the old one still issues: copy ca.crt to all peers",
  switch: "the new authority issues; the old one is still trusted: renew with dari cert renew",
  finish: "the old authority is trusted no longer: copy ca.crt to all peers",
};

/** `dari cert rotate` */
export const command: Command = defineCommand({
  examples: [
    "dari cert rotate --dry-run",
    ["dari cert rotate --apply", "one step; run it again for the next"],
    "dari cert rotate --apply --permit .internal --permit example.com",
  ],
  options: {
    "dry-run": flag("say which step comes next, and which certificates have not moved"),
    apply: flag("do that step"),
    ...permitOptions,
    ...algorithmOptions,
    ...subjectOptions,
    force: flag("finish although certificates of the old authority are still valid"),
    ...authorityOptions,
  },
  notes: [
    "Three steps replace the authority, and every peer trusts every other in between:",
    ...Object.entries(meanings).map(([step, meaning]) => `${step}: ${meaning}.`),
    "Without --permit and --unconstrained the new authority may issue for what the old one may.",
  ],
  async run({ options }, io) {
    if (options["dry-run"] === options.apply) {
      throw new DariError("usage", "Give one of --dry-run and --apply");
    }
    const directory = dataDirectoryOf(options, io);
    const passphrase = await passphraseOfKey(`${directory}/ca.key`, options, io);
    const rotate = options.apply ? applyRotation : planRotation;
    await using ledger = dataLedger(directory);
    const { step, notMoved } = await rotate(directory, {
      ledger,
      algorithm: options.algorithm,
      ...subjectOf(options),
      ...permitsOf(options),
      ...(passphrase === undefined ? {} : { passphrase }),
      force: options.force,
    });
    report(options, io, { applied: options.apply, step, notMoved }, [
      `${options.apply ? "done" : "next"}: ${step} (${meanings[step]})`,
      `not moved: ${notMoved.length}`,
      ...notMoved.map(({ serial, subject, file }) =>
        `  ${serial}  ${subject}  ${file ?? ""}`.trimEnd()
      ),
    ]);
    return 0;
  },
});
