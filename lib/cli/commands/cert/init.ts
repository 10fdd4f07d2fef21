import { limits } from "../../../base/limits.ts";
import {
  describeCertificate,
  formatDescription,
  initAuthority,
  restoreAuthority,
} from "../../../cert/mod.ts";
import { dataLedger } from "../../../endpoint/data_ledger.ts";
import { type Command, defineCommand, type Io } from "../../app/command.ts";
import { flag, refuseTogether } from "../../app/option.ts";
import { withProgress } from "../../app/progress.ts";
import { report } from "../../app/report.ts";
import { hasSecretSource, passphraseOptions, readSecret } from "../../app/secret_input.ts";
import { dataDirectoryOf, dataOptions } from "../../workspace/data_directory.ts";
import {
  algorithmOptions,
  type AuthorityChoice,
  lifeOptions,
  passphraseOfKey,
  permitOptions,
  permitsOf,
  subjectOf,
  subjectOptions,
} from "./options.ts";

/** What counts for `--restore`. */
type RestoreChoice = AuthorityChoice & {
  readonly json: boolean;
  readonly permit: readonly string[];
  readonly unconstrained: boolean;
};

/** `dari cert init` */
export const command: Command = defineCommand({
  examples: [
    "dari cert init",
    "dari cert init --permit localhost --permit .internal --permit 127.0.0.0/8",
    "dari cert init --unconstrained --passphrase",
    ["dari cert init --restore", "write a lost ca.crt again"],
  ],
  options: {
    ...permitOptions,
    ...algorithmOptions,
    ...subjectOptions,
    ...lifeOptions(limits.authorityLifeMs),
    passphrase: flag("encrypt the key of the authority; the passphrase is asked for"),
    restore: flag("make no authority: write its lost ca.crt again, from the ledger"),
    ...passphraseOptions,
    ...dataOptions,
  },
  notes: [
    "Without --permit and --unconstrained the authority may issue for localhost, .internal, " +
    "127.0.0.0/8 and ::1, for URIs with those hosts (spiffe://example.internal/worker), and for no " +
    "other name.",
    "--permit takes a domain (.internal), addresses (10.0.0.0/8), and the hosts of URIs " +
    "(uri:.internal) and e-mail addresses (email:example.internal). Kinds of name that are not " +
    "permitted are excluded.",
  ],
  async run({ options }, io) {
    if (options.restore) return await restore(options, io);
    refuseTogether({
      "--permit": options.permit.length > 0,
      "--unconstrained": options.unconstrained,
    });
    const isEncrypted = options.passphrase || hasSecretSource("passphrase", options);
    const prompt = { prompt: "New passphrase", isNew: true };
    const passphrase = isEncrypted
      ? { passphrase: await readSecret("passphrase", options, io, prompt) }
      : {};
    const directory = dataDirectoryOf(options, io);
    await using ledger = dataLedger(directory);
    const making = initAuthority(directory, {
      ledger,
      algorithm: options.algorithm,
      lifeMs: options.days,
      ...subjectOf(options),
      ...permitsOf(options),
      ...passphrase,
    });
    const certificate = await withProgress(io, `making a key (${options.algorithm})`, making);
    const description = await describeCertificate(certificate);
    const file = `${directory}/ca.crt`;
    report(options, io, { file, ...description }, [
      ...formatDescription(description).split("\n"),
      `written    ${file}`,
    ]);
    return 0;
  },
});

async function restore(options: RestoreChoice, io: Io): Promise<number> {
  refuseTogether({
    "--restore": true,
    "--permit": options.permit.length > 0,
  });
  refuseTogether({ "--restore": true, "--unconstrained": options.unconstrained });
  const directory = dataDirectoryOf(options, io);
  const passphrase = await passphraseOfKey(`${directory}/ca.key`, options, io);
  await using ledger = dataLedger(directory);
  const certificates = await restoreAuthority(directory, { ledger, passphrase });
  const file = `${directory}/ca.crt`;
  const serials = certificates.map(({ serial }) => serial);
  report(options, io, { file, serials }, [
    `${file}: written again, ${serials.map((serial) => `serial ${serial}`).join(", ")}`,
  ]);
  return 0;
}
