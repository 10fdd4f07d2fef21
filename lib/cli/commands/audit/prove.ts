import { DariError } from "../../../base/errors.ts";
import { writeNewFiles } from "../../../base/file/files.ts";
import { openAuditSigner, sealAudit } from "../../../endpoint/audit/audit_signing.ts";
import { openAuditedStore } from "../../../endpoint/audit/audited_store.ts";
import { readCheckpoints } from "../../../ops/audit/checkpoint.ts";
import { makeProof } from "../../../ops/audit/reading/proof.ts";
import { type AuditedDirectory, openAudit } from "../../audit/audited_directory.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { operand, option } from "../../app/option.ts";
import { file, wholeNumber } from "../../app/value_type.ts";
import { dataOptions } from "../../workspace/data_directory.ts";

/** `dari audit prove` */
export const command: Command = defineCommand({
  examples: [
    "dari audit prove 42 --out record-42.json",
    ["dari audit verify --proof record-42.json --ca ca.crt", "on another machine"],
  ],
  operands: { id: operand({ ...wholeNumber(1), placeholder: "ID" }, "the number of the record") },
  options: { out: option(file(), "write a new file instead of standard output"), ...dataOptions },
  notes: [
    "The proof has the record, a signed checkpoint of the whole audit, and the few hashes that lead from " +
    "the one to the other. Whoever has ca.crt can check it, and needs no other record.",
  ],
  async run({ operands: { id }, options }, io) {
    using audit = await openAudit(options, io);
    await signWhere(audit, id);
    const [checkpoint] = await audit.query((sql) => readCheckpoints(sql, 1));
    if (checkpoint === undefined) throw unsigned();
    const proof = await audit.query((sql) => makeProof(sql, id, checkpoint));
    if (options.out === undefined) {
      io.print(JSON.stringify(proof));
      return 0;
    }
    await writeNewFiles([{ path: options.out, content: `${JSON.stringify(proof)}\n` }]);
    if (options.json) io.print(JSON.stringify({ file: options.out, id, signed: checkpoint.at }));
    else io.print(`wrote the proof of record ${id} to ${options.out}`);
    return 0;
  },
});

/** Signs a record that is too new for the last checkpoint. */
async function signWhere(audit: AuditedDirectory, id: number): Promise<void> {
  const [last] = await audit.query((sql) => readCheckpoints(sql, 1));
  if (last !== undefined && last.size >= id) return;
  const signer = await openAuditSigner(audit.directory);
  if (signer === undefined) throw unsigned();
  await using store = await openAuditedStore(audit.directory);
  await sealAudit(audit.directory, store, signer);
}

function unsigned(): DariError {
  return new DariError(
    "failed_precondition",
    "The audit is not signed, so nothing can be proved: start the server once with its authority's " +
      "passphrase, or make an authority with dari cert init",
  );
}
