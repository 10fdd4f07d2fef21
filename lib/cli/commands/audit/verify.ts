import { DariError } from "../../../base/errors.ts";
import { exists } from "../../../base/file/file_state.ts";
import { readPublicFile } from "../../../base/file/files.ts";
import { parseCertificates } from "../../../cert/mod.ts";
import { inFile } from "../../../cert/reasons.ts";
import { readKeptCheckpoint, trusting } from "../../../endpoint/audit/audit_signing.ts";
import {
  type Checkpoint,
  parseCheckpoint,
  type VerifySignature,
} from "../../../ops/audit/checkpoint.ts";
import { contentOf, partsOf } from "../../../ops/audit/reading/content.ts";
import { verifyProof } from "../../../ops/audit/reading/proof.ts";
import { type AuditVerdict, verifyAudit } from "../../../ops/audit/reading/verify.ts";
import { openAudit } from "../../audit/audited_directory.ts";
import { clusterFlag } from "../../audit/cluster_audits.ts";
import { tellServers, verifyCluster } from "../../audit/verified_cluster.ts";
import { linesOfFile } from "../../audit/file_lines.ts";
import { recordLine } from "../../audit/record_lines.ts";
import { type Command, defineCommand, type Io } from "../../app/command.ts";
import { option, refuseTogether } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { file } from "../../app/value_type.ts";
import { type DataChoice, dataDirectoryOf, dataOptions } from "../../workspace/data_directory.ts";

/** The exit code of an audit that is not whole: EX_DATAERR. */
const NOT_WHOLE = 65;

/** `dari audit verify` */
export const command: Command = defineCommand({
  examples: [
    ["dari audit verify", "the audit of the data directory; no server is needed"],
    ["dari audit verify --file audit.jsonl --ca ca.crt", "what dari audit export wrote"],
    ["dari audit verify --proof record-42.json --ca ca.crt", "what dari audit prove wrote"],
    ["dari audit verify --checkpoint old.checkpoint", "is what was signed then still there?"],
    ["dari audit verify --cluster", "the audits of all servers of the cluster, together"],
  ],
  options: {
    file: option(file(), "verify an exported audit"),
    proof: option(file(), "verify the proof of one record"),
    ca: option(file(), "the authorities to trust (default ca.crt of the data directory)"),
    checkpoint: option(file(), "a copy of audit.checkpoint that was kept elsewhere"),
    cluster: clusterFlag,
    ...dataOptions,
  },
  notes: [
    "Every record is hashed again, and compared with the record behind it, the tree and the signed " +
    "checkpoints. A record that was changed, removed, moved, copied or cut off is named, and the exit " +
    "code is 65.",
    "Whoever can write to the data directory and has audit.pem can sign a new audit. Keep a copy of " +
    "audit.checkpoint on another machine from time to time: --checkpoint tells by it.",
    "--cluster reads what all servers have brought to the stream of the NATS servers: each audit must be " +
    "whole, none may be missing or end before it is known to, and a server that rewrote what it had " +
    "brought is named.",
  ],
  async run({ options }, io) {
    const { file, proof, checkpoint } = options;
    refuseTogether({
      "--file": file !== undefined,
      "--proof": proof !== undefined,
      "--cluster": options.cluster,
    });
    if (proof !== undefined) return await verifyOne(proof, options, io);
    const kept = checkpoint === undefined ? [] : [await checkpointIn(checkpoint)];
    if (options.cluster) {
      const verdict = await verifyCluster(
        options,
        { verify: await trustOf(options, io), kept },
        io,
      );
      return tellServers(verdict, options, io);
    }
    const verdict = file === undefined
      ? await verifyDirectory(options, kept, io)
      : await verifyAudit(partsOf(linesOfFile(file)), {
        verify: await trustOf(options, io),
        kept,
      });
    return tell(verdict, options, io);
  },
});

interface Choice extends DataChoice {
  readonly ca: string | undefined;
  readonly json: boolean;
}

async function verifyDirectory(
  options: Choice,
  kept: readonly Checkpoint[],
  io: Io,
): Promise<AuditVerdict> {
  using audit = await openAudit(options, io);
  const beside = await readKeptCheckpoint(audit.directory).catch((error) => {
    if (error instanceof DariError && error.code === "not_found") return undefined;
    throw error;
  });
  return await verifyAudit(contentOf(audit), {
    verify: await trustOf(options, io),
    kept: beside === undefined ? kept : [...kept, beside],
  });
}

async function verifyOne(path: string, options: Choice, io: Io): Promise<number> {
  const verify = await trustOf(options, io);
  if (verify === undefined) throw new DariError("usage", "Give --ca: the authority to trust");
  const text = await readPublicFile(path);
  const { record, checkpoint } = await inFile(path, () => verifyProof(text, verify));
  const { at, size, log } = checkpoint;
  report(options, io, { record, checkpoint }, [
    `record ${record.id} is one of the ${size} records that the audit ${log} had at ${at}:`,
    recordLine(record.id, JSON.stringify(record)),
  ]);
  return 0;
}

function tell(verdict: AuditVerdict, options: { readonly json: boolean }, io: Io): number {
  const { faults, notices, records, first, size, signed, log } = verdict;
  report(options, io, verdict, [
    ...faults.map(({ problem }) => `WRONG   ${problem}`),
    ...notices.map((notice) => `notice  ${notice}`),
    faults.length > 0
      ? `the audit ${log} is not whole: ${faults.length} faults in ${records} records`
      : `the audit ${log} is whole: records ${first} to ${size}` +
        (signed > 0 ? `, signed up to ${signed}` : ""),
  ]);
  return faults.length > 0 ? NOT_WHOLE : 0;
}

async function trustOf(options: Choice, io: Io): Promise<VerifySignature | undefined> {
  const path = options.ca ?? `${dataDirectoryOf(options, io)}/ca.crt`;
  if (options.ca === undefined && !await exists(path)) return undefined; // nothing can be signed there
  const text = await readPublicFile(path);
  return trusting(await inFile(path, () => parseCertificates(text)));
}

async function checkpointIn(path: string): Promise<Checkpoint> {
  const text = await readPublicFile(path);
  return await inFile(path, () => parseCheckpoint(text));
}
