import { DariError } from "../../../base/errors.ts";
import { ensurePrivateDirectory } from "../../../base/file/files.ts";
import { limits } from "../../../base/limits.ts";
import { generateKeyPair, lockAuthority } from "../../../cert/mod.ts";
import { formatGeneralName } from "../../../cert/x509/general_name.ts";
import { fetchAuthority } from "../../../endpoint/pinned_authority.ts";
import { formatAddress } from "../../../transport/scheme/parse.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { formatMoment, report } from "../../app/report.ts";
import { readSecret, tokenOptions } from "../../app/secret_input.ts";
import { checkJoinable, keepJoined, readJoined } from "../../cluster/joined_directory.ts";
import { exchangeInvitation } from "../../trust/exchange_invitation.ts";
import { parseInvitation } from "../../trust/invitation.ts";
import { dataDirectoryOf, dataOptions } from "../../workspace/data_directory.ts";
import { holdDirectory } from "../../workspace/directory_in_use.ts";

/** `dari join` */
export const command: Command = defineCommand({
  examples: [
    "dari join",
    ["dari join --token-stdin < invitation", "without a terminal"],
  ],
  options: { ...tokenOptions, ...dataOptions },
  notes: [
    "The invitation is the line that dari invite NAME --cluster printed on the machine that has the " +
    "authority's key; it is asked for and never an argument. The authority is compared with the " +
    "fingerprint in the invitation on the connection over which everything else goes then.",
    "The data directory gets server.crt with server.key, which is made here and stays, ca.crt, and " +
    `${limits.clusterKeyFile}, the key of the records that the servers share: whoever has it can read ` +
    "and write their accounts. The authority's key stays where it is. A directory of another " +
    "authority or another cluster is refused; one that has joined gets new files.",
    "dari serve --cluster ADDRESS then serves with this certificate, shows it to NATS servers, and has it " +
    "renewed by the server with the authority's key before it ends.",
  ],
  async run({ options }, io) {
    const data = dataDirectoryOf(options, io);
    const line = await readSecret("token", options, io, { prompt: "Invitation" });
    const invitation = parseInvitation(line);
    const { server, fingerprint } = invitation;
    if (!invitation.isToJoin) {
      throw new DariError(
        "usage",
        "This is no invitation to a cluster: run dari accept, or ask for one of dari invite NAME --cluster",
      );
    }
    const ca = await fetchAuthority(server, fingerprint);
    await checkJoinable(data, fingerprint);
    await ensurePrivateDirectory(data);
    using _held = await holdDirectory(data);
    using _lock = await lockAuthority(data);
    await checkJoinable(data, fingerprint); // nobody changes it from now on
    const { privateKey } = await generateKeyPair();
    const given = await exchangeInvitation(invitation, ca, privateKey);
    const joined = await readJoined(given, privateKey, fingerprint);
    await keepJoined(data, joined, privateKey);
    const { name, address, certificate: { notAfterMs, serial, extensions } } = joined;
    const names = (extensions.subjectAltName ?? []).map(formatGeneralName);
    const at = formatAddress(server);
    const where = data === limits.dataDirectory ? "" : ` --data ${data}`;
    report(options, io, { name, names, serial, notAfterMs, cluster: address, data, server: at }, [
      `joined as ${name}: ${data} has a certificate until ${
        formatMoment(notAfterMs)
      }, its authority ` +
      "and the key of the records",
      `serve:    dari serve --cluster ${address}${where}`,
      `renew:    dari serve does it; by hand: dari cert renew ${data}/server.crt --to ${at} --ca ` +
      `${data}/ca.crt`,
    ]);
    return 0;
  },
});
