import { DariError } from "../../../base/errors.ts";
import { applyRotation, planRotation, type RotationStep } from "../../../cert/mod.ts";
import { dataLedger } from "../../../endpoint/data_ledger.ts";
import type { Command } from "../../app/command.ts";
import { dataDirectoryOf } from "../../app/data_directory.ts";
import { algorithmOf, authorityHelp, passphraseOf, subjectOption } from "./options.ts";

const meanings: Record<RotationStep, string> = {
  prepare:
    "a new authority is made and trusted; the old one still issues: copy ca.crt to all peers",
  switch: "the new authority issues; the old one is still trusted: renew with dari cert renew",
  finish: "the old authority is trusted no longer: copy ca.crt to all peers",
};

/** `dari cert rotate` */
export const command: Command = {
  summary: "Replace the authority, step by step",
  help: `
Replace the authority in three steps, so that nobody stops trusting anybody in between.

  dari cert rotate --dry-run
  dari cert rotate --apply                        one step; run it again for the next
  dari cert rotate --apply --permit .internal --permit example.com

prepare: ${meanings.prepare}
switch:  ${meanings.switch}
finish:  ${meanings.finish}

  --dry-run          say which step comes next and who has not moved
  --apply            do that step
  --permit NAME      what the new authority may issue for (default as the old one)
  --unconstrained    let the new authority issue for every name
  --algorithm NAME   the new authority's key: ecdsa-p256, rsa-2048, rsa-3072 or ed25519
  --subject NAME     the new authority's subject
  --force            finish although certificates of the old authority are still valid
${authorityHelp}`,
  flags: {
    string: ["permit", "algorithm", "subject", "data"],
    boolean: ["dry-run", "apply", "force", "unconstrained", "passphrase-stdin"],
    collect: ["permit"],
  },
  async run(args, io) {
    if (args.flag("dry-run") === args.flag("apply")) {
      throw new DariError("usage", "Give one of --dry-run and --apply; see --help");
    }
    const directory = dataDirectoryOf(args, io);
    const passphrase = await passphraseOf(args, io, `${directory}/ca.key`);
    const permits = args.options("permit");
    const rotate = args.flag("apply") ? applyRotation : planRotation;
    await using ledger = dataLedger(directory);
    const { step, notMoved } = await rotate(directory, {
      ledger,
      ...algorithmOf(args),
      ...subjectOption(args),
      ...(args.flag("unconstrained") ? { permits: "any" } : permits.length > 0 ? { permits } : {}),
      ...(passphrase === undefined ? {} : { passphrase }),
      force: args.flag("force"),
    });
    if (args.flag("json")) {
      io.print(JSON.stringify({ applied: args.flag("apply"), step, notMoved }));
      return 0;
    }
    io.print(`${args.flag("apply") ? "done" : "next"}: ${step} (${meanings[step]})`);
    io.print(`not moved: ${notMoved.length}`);
    for (const { serial, subject, file } of notMoved) {
      io.print(`  ${serial}  ${subject}  ${file ?? ""}`.trimEnd());
    }
    return 0;
  },
};
