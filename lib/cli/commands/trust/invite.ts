import { foldName, type InvitedCluster, type InvitedPurpose } from "../../../auth/mod.ts";
import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import { parseSubjectName, readAuthorityCertificates } from "../../../cert/mod.ts";
import { checkNameConstraints } from "../../../cert/path/name_constraints.ts";
import { parseAddress } from "../../../transport/scheme/parse.ts";
import { type Command, defineCommand, type Io } from "../../app/command.ts";
import { formatDuration } from "../../app/duration.ts";
import { flag, operand, option } from "../../app/option.ts";
import { formatMoment, report } from "../../app/report.ts";
import { accountName, address, duration } from "../../app/value_type.ts";
import { invitedCluster } from "../../cluster/invited_cluster.ts";
import { formatInvitation } from "../../trust/invitation.ts";
import { type DataChoice, dataDirectoryOf, dataOptions } from "../../workspace/data_directory.ts";
import { reachOf } from "../../workspace/directory_in_use.ts";
import { withIdentity } from "../../workspace/identity_store.ts";

/** `dari invite` */
export const command: Command = defineCommand({
  examples: [
    ["dari invite alice", "an API key of the account alice"],
    ["dari invite worker.internal --client", "a client certificate"],
    ["dari invite db.internal --server", "a server certificate"],
    ["dari invite server-2.internal --cluster", "a server that joins this one's cluster"],
  ],
  operands: { name: operand(accountName(), "the account, or the name of the certificate") },
  options: {
    client: flag("for a client certificate instead of an API key"),
    server: flag("for a server certificate; with --client, for both"),
    cluster: flag(
      "for a machine that joins the cluster, with a certificate and the key of its records",
    ),
    at: option(
      address,
      "the server's address (default: what dari serve prints for other machines)",
    ),
    expires: option(duration, "how long it can be accepted", {
      default: formatDuration(limits.invitationLifeMs),
    }),
    ...dataOptions,
  },
  notes: [
    "Prints one line, which dari accept asks for on the other machine, dari join with --cluster. Its " +
    "secret is good once, and the server keeps only its hash. Whoever has the line first gets the " +
    "credential: send it as you would a password.",
    "An account that does not exist is added, with the role user and without a password. The server " +
    "must be running, with a tls:// listener that asks for no client certificate.",
    "With --cluster the server must offer a service of NATS (dari serve --cluster), share its state " +
    "(dari store migrate) and have the key of its authority. The certificate is for the service as " +
    "well, and for clients of NATS servers.",
  ],
  async run({ operands: { name: typed }, options }, io) {
    const purposes = (["server", "client"] as const)
      .filter((purpose) => options[purpose] || options.cluster);
    const { mutualPort, ...server } = await serverOf(options, io);
    const directory = dataDirectoryOf(options, io);
    const name = purposes.length === 0 ? foldName(typed) : typed;
    const names = purposes.length === 0 ? [] : [typed];
    const cluster = options.cluster ? await invitedCluster(directory) : undefined;
    await checkCertificateNames([...names, ...cluster?.names ?? []], directory);
    const { secret, expiresAtMs, isNew } = await invite({ name, purposes, cluster }, options, io);
    const { fingerprint } = server;
    const isToJoin = cluster !== undefined;
    const token = formatInvitation({
      ...server,
      ...{ secret, isToJoin },
      mutualPort: options.client ? mutualPort : undefined,
    });
    const kind = isToJoin ? "cluster" : kindOf(purposes);
    const value = { name, kind, fingerprint, secret, token, expiresAtMs };
    report(options, io, { ...value, cluster: cluster?.address }, [
      ...(isNew ? [`added ${name} (user)`] : []),
      `invitation to ${inWords(kind)} ${isToJoin ? "as" : "of"} ${name}, ` +
      `good once until ${formatMoment(expiresAtMs)}`,
      `On the other machine run dari ${isToJoin ? "join" : "accept"}, and give it this line:`,
      token,
    ]);
    return 0;
  },
});

function kindOf(purposes: readonly InvitedPurpose[]): string {
  return purposes.length === 0 ? "api key" : `${purposes.join(" and ")} certificate`;
}

function inWords(kind: string): string {
  return kind === "cluster" ? "the cluster" : kind === "api key" ? "an API key" : `a ${kind}`;
}

async function serverOf(options: DataChoice & { readonly at: string | undefined }, io: Io) {
  const directory = dataDirectoryOf(options, io);
  const reach = await reachOf(directory);
  const at = options.at ?? reach.address;
  if (reach.fingerprint === undefined || at === undefined) {
    throw new DariError(
      "failed_precondition",
      `No server with a tls:// listener and an authority uses "${directory}"; start it (dari serve)`,
    );
  }
  const server = parseAddress(at);
  if (server.kind !== "tls") {
    throw new DariError("usage", `An invitation is accepted over tls://, not at ${at}`);
  }
  const mutual = reach.mutual === undefined ? undefined : parseAddress(reach.mutual);
  const mutualPort = mutual?.kind === "tls" ? mutual.port : undefined;
  return { server, fingerprint: reach.fingerprint, mutualPort };
}

async function invite(
  { name, purposes, cluster }: {
    readonly name: string;
    readonly purposes: readonly InvitedPurpose[];
    readonly cluster: InvitedCluster | undefined;
  },
  options: DataChoice & { readonly expires: number },
  io: Io,
) {
  return await withIdentity(options, io, async ({ accounts, invitations }) => {
    const isNew = purposes.length === 0 && await accounts.find(name) === null;
    if (isNew) await accounts.add({ name });
    const to = { name, purposes, ...(cluster === undefined ? {} : { cluster }) };
    return { ...await invitations.create({ ...to, lifeMs: options.expires }), isNew };
  });
}

/** Checked here, where something can be done about it, and not when the invitation is accepted. */
async function checkCertificateNames(names: readonly string[], directory: string): Promise<void> {
  if (names.length === 0) return;
  const parsed = names.map(parseSubjectName);
  const { extensions: { nameConstraints } } = (await readAuthorityCertificates(directory)).at(-1)!;
  const fault = nameConstraints && checkNameConstraints(parsed, nameConstraints);
  if (fault === undefined) return;
  throw new DariError("permission_denied", `The authority may not issue this: ${fault}`);
}
