import { DariError } from "../../../base/errors.ts";
import { describeCertificate, formatDescription, initAuthority } from "../../../cert/mod.ts";
import { dataLedger } from "../../../endpoint/data_ledger.ts";
import type { Arguments, Command, Io } from "../../app/command.ts";
import { dataDirectoryOf } from "../../app/data_directory.ts";
import {
  algorithmOf,
  askPassphrase,
  lifeOf,
  passphraseFromInput,
  subjectOption,
} from "./options.ts";

/** `dari cert init` */
export const command: Command = {
  summary: "Make a certificate authority of your own",
  help: `
Make a certificate authority that may issue for local names and no others.

  dari cert init
  dari cert init --permit localhost --permit .internal --permit 127.0.0.0/8
  dari cert init --unconstrained --passphrase

  --permit NAME      what it may issue for: a domain with all below it, an address or a range;
                     several times (default localhost, .internal, 127.0.0.0/8 and ::1)
  --unconstrained    let it issue for every name; then its key is worth stealing
  --algorithm NAME   ecdsa-p256 (default), rsa-2048, rsa-3072 or ed25519
  --subject NAME     for instance "O=Example, CN=Example root"
  --days N           how long it is valid (default 1825)
  --passphrase       encrypt its key with a passphrase that you are asked for
  --passphrase-stdin encrypt its key with the passphrase on standard input
  --data DIR         where it is kept (default $DARI_DATA or ./.dari)`,
  flags: {
    string: ["permit", "algorithm", "subject", "days", "data"],
    boolean: ["unconstrained", "passphrase", "passphrase-stdin"],
    collect: ["permit"],
  },
  async run(args, io) {
    const permits = args.options("permit");
    const unconstrained = args.flag("unconstrained");
    if (args.words.length > 0) throw new DariError("usage", "dari cert init takes options alone");
    if (unconstrained && permits.length > 0) {
      throw new DariError("usage", "--permit and --unconstrained exclude each other");
    }
    const passphrase = await newPassphrase(args, io);
    const directory = dataDirectoryOf(args, io);
    await using ledger = dataLedger(directory);
    const certificate = await initAuthority(directory, {
      ledger,
      ...algorithmOf(args),
      ...subjectOption(args),
      ...lifeOf(args),
      ...(unconstrained ? { permits: "any" } : permits.length > 0 ? { permits } : {}),
      ...(passphrase === undefined ? {} : { passphrase }),
    });
    const description = await describeCertificate(certificate);
    const file = `${directory}/ca.crt`;
    if (args.flag("json")) io.print(JSON.stringify({ file, ...description }));
    else io.print(`${formatDescription(description)}\nwritten    ${file}`);
    return 0;
  },
};

async function newPassphrase(args: Arguments, io: Io): Promise<string | undefined> {
  if (args.flag("passphrase-stdin")) return await passphraseFromInput(io);
  if (!args.flag("passphrase")) return undefined;
  const passphrase = await askPassphrase(io, "New passphrase: ");
  if (passphrase !== await askPassphrase(io, "The same again: ")) {
    throw new DariError("usage", "The two passphrases differ; nothing was made");
  }
  return passphrase;
}
