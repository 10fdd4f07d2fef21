import { issueLeafFiles } from "../../../cert/mod.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { operands, option } from "../../app/option.ts";
import { withProgress } from "../../app/progress.ts";
import { file, text } from "../../app/value_type.ts";
import {
  algorithmOptions,
  authorityOptions,
  lifeOptions,
  openAuthorityAsAsked,
  prefixOf,
  purposeOptions,
  purposesOf,
  reportPair,
  subjectOf,
  subjectOptions,
} from "./options.ts";

/** `dari cert issue` */
export const command: Command = defineCommand({
  examples: [
    "dari cert issue api.internal 127.0.0.1",
    "dari cert issue worker-1.internal --client --days 1",
    "dari cert issue spiffe://example.internal/worker --client --out worker",
  ],
  operands: {
    names: operands(text("NAME"), "the names, addresses and URIs in the certificate", {
      isRequired: true,
    }),
  },
  options: {
    ...purposeOptions,
    out: option(file("PREFIX"), "the path of both files without ending (default: the first NAME)"),
    ...lifeOptions(),
    ...subjectOptions,
    ...algorithmOptions,
    ...authorityOptions,
  },
  notes: [
    "Writes PREFIX.crt (the certificate and its chain) and PREFIX.key, which only you can read. " +
    "Neither file may exist before.",
  ],
  async run({ operands: { names }, options }, io) {
    const prefix = prefixOf(options.out, names[0]);
    await using opened = await openAuthorityAsAsked(options, io);
    const { authority, ledger } = opened;
    const issuing = issueLeafFiles(authority, ledger, prefix, {
      names,
      purposes: purposesOf(options),
      lifeMs: options.days,
      algorithm: options.algorithm,
      ...subjectOf(options),
    });
    const files = await withProgress(io, `making a key (${options.algorithm})`, issuing);
    return reportPair(files, options, io);
  },
});
