import { resolve } from "node:path"; // an absolute path for the ledger; Deno has none of its own
import { readPublicFile, writeFileAtomic } from "../../../base/file/files.ts";
import { checkFree, encodePem, inFile, parseRequest, signRequest } from "../../../cert/mod.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { operand, option, repeatedOption } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { file, text } from "../../app/value_type.ts";
import {
  authorityOptions,
  lifeOptions,
  openAuthorityAsAsked,
  purposeOptions,
  purposesOf,
  subjectOf,
  subjectOptions,
} from "./options.ts";

/** `dari cert sign` */
export const command: Command = defineCommand({
  examples: [
    "dari cert sign api.csr",
    "dari cert sign worker.csr --client --days 1 --out worker.crt",
  ],
  operands: { request: operand(file(), "the certificate request") },
  options: {
    name: repeatedOption(text("NAME"), "a name that replaces those of the request"),
    ...purposeOptions,
    out: option(file(), "the certificate (default: the name of the request with .crt)"),
    ...lifeOptions(),
    ...subjectOptions,
    ...authorityOptions,
  },
  notes: [
    "The signature of the request must prove that its sender has the private key. Only the names " +
    "are taken from the request: purposes, dates and other extensions are not.",
  ],
  async run({ operands, options }, io) {
    const { name: names, out: certFile = `${operands.request.replace(/\.csr$/, "")}.crt` } =
      options;
    const requestPem = await readPublicFile(operands.request);
    const request = await inFile(operands.request, () => parseRequest(requestPem));
    await using opened = await openAuthorityAsAsked(options, io);
    const { authority, ledger } = opened;
    await checkFree(certFile);
    const { certificate, dropped } = await signRequest(authority, ledger, request, {
      purposes: purposesOf(options),
      file: resolve(certFile),
      ...(names.length === 0 ? {} : { names }),
      lifeMs: options.days,
      ...subjectOf(options),
    });
    const pem = encodePem("CERTIFICATE", certificate.der);
    await writeFileAtomic(certFile, pem, { createNew: true });
    const { serial } = certificate;
    for (const id of options.json ? [] : dropped) {
      io.warn(`dari: extension ${id} of the request was left out`);
    }
    report(options, io, { serial, certFile, dropped }, [`${certFile}: serial ${serial}`]);
    return 0;
  },
});
