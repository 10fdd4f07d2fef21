import { resolve } from "node:path"; // an absolute path for the ledger; Deno has none of its own
import { readPublicFile, writeFileAtomic } from "../../../base/files.ts";
import { checkFree, encodePem, parseRequest, signRequest } from "../../../cert/mod.ts";
import type { Command } from "../../app/command.ts";
import {
  authorityHelp,
  lifeOf,
  openAuthorityAsAsked,
  purposesOf,
  subjectOption,
  wordOf,
} from "./options.ts";

/** `dari cert sign` */
export const command: Command = {
  summary: "Sign a certificate request",
  help: `
Issue a certificate for a request, once its signature shows that its sender holds the key.

  dari cert sign api.csr
  dari cert sign worker.csr --client --days 1 --out worker.crt

Names are taken from the request; uses, dates and all other extensions are not.

  --name NAME        a name instead of the request's own; several times
  --server, --client what it is for (default --server; both may be given)
  --out FILE         where the certificate goes (default the request's name with .crt)
  --days N           how long it is valid (default 30)
  --subject NAME     its subject (default CN= and the first name)
${authorityHelp}`,
  flags: {
    string: ["name", "out", "days", "subject", "data"],
    boolean: ["server", "client", "passphrase-stdin"],
    collect: ["name"],
  },
  async run(args, io) {
    const requestFile = wordOf(args, "the request's file");
    const certFile = args.option("out") ?? `${requestFile.replace(/\.csr$/, "")}.crt`;
    const request = await parseRequest(await readPublicFile(requestFile));
    const life = lifeOf(args);
    const names = args.options("name");
    await using opened = await openAuthorityAsAsked(args, io);
    const { authority, ledger } = opened;
    await checkFree(certFile);
    const { certificate, dropped } = await signRequest(authority, ledger, request, {
      purposes: purposesOf(args),
      file: resolve(certFile),
      ...(names.length === 0 ? {} : { names }),
      ...life,
      ...subjectOption(args),
    });
    const pem = encodePem("CERTIFICATE", certificate.der);
    await writeFileAtomic(certFile, pem, { createNew: true });
    const { serial } = certificate;
    if (args.flag("json")) io.print(JSON.stringify({ serial, certFile, dropped }));
    else {
      for (const id of dropped) io.warn(`dari: extension ${id} of the request was left out`);
      io.print(`${certFile}: serial ${serial}`);
    }
    return 0;
  },
};
