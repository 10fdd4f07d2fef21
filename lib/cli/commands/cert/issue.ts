import { issueLeafFiles } from "../../../cert/mod.ts";
import type { Command } from "../../app/command.ts";
import { DariError } from "../../../base/errors.ts";
import {
  algorithmOf,
  authorityHelp,
  lifeOf,
  openAuthorityAsAsked,
  prefixOf,
  purposesOf,
  subjectOption,
  tellPair,
} from "./options.ts";

/** `dari cert issue` */
export const command: Command = {
  summary: "Issue a certificate and its key",
  help: `
Issue a certificate for one or more names, with a new key.

  dari cert issue api.internal 127.0.0.1
  dari cert issue worker-1.internal --client --days 1
  dari cert issue spiffe://example.internal/worker --client --out worker

Writes PREFIX.crt (leaf and chain) and PREFIX.key, readable by you alone; neither may exist.

  --server, --client what it is for (default --server; both may be given)
  --out PREFIX       where the files go (default the first name)
  --days N           how long it is valid (default 30)
  --subject NAME     for instance "O=Example, CN=api" (default CN= and the first name)
  --algorithm NAME   ecdsa-p256 (default), rsa-2048, rsa-3072 or ed25519
${authorityHelp}`,
  flags: {
    string: ["out", "days", "subject", "algorithm", "data"],
    boolean: ["server", "client", "passphrase-stdin"],
  },
  async run(args, io) {
    if (args.words.length === 0) throw new DariError("usage", "Give at least one name; see --help");
    const prefix = prefixOf(args, args.words[0]);
    const life = lifeOf(args);
    const algorithm = algorithmOf(args);
    await using opened = await openAuthorityAsAsked(args, io);
    const { authority, ledger } = opened;
    const files = await issueLeafFiles(authority, ledger, prefix, {
      names: args.words,
      purposes: purposesOf(args),
      ...life,
      ...algorithm,
      ...subjectOption(args),
    });
    return tellPair(files, args, io);
  },
};
