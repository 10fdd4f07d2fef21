import { connect } from "node:tls"; // Deno.connectTls shows no peer certificate
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import {
  type Certificate,
  describeCertificate,
  formatDescription,
  parseCertificate,
  parseCertificates,
} from "../../cert/mod.ts";
import type { Command } from "../command.ts";
import { readPublicFile, wordOf } from "./options.ts";

/** `dari cert inspect` */
export const command: Command = {
  summary: "Show what a certificate says",
  help: `
Show the certificates of a file, or the one that a server shows. Nothing is verified.

  dari cert inspect api.internal.crt
  dari cert inspect tls://localhost:9090
  dari cert inspect localhost:9090 --json`,
  flags: {},
  async run(args, io) {
    const word = wordOf(args, "a file or an address");
    const address = /^(?:tls:\/\/|https:\/\/)?(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):(\d{1,5})\/?$/
      .exec(word);
    const certificates = address === null
      ? parseCertificates(await readPublicFile(word))
      : [await certificateOfServer(address[1]!.replace(/[[\]]/g, ""), Number(address[2]))];
    const descriptions = await Promise.all(certificates.map(describeCertificate));
    if (args.flag("json")) io.print(JSON.stringify(descriptions));
    else io.print(descriptions.map(formatDescription).join("\n\n"));
    return 0;
  },
};

/** Shakes hands to see the certificate, says nothing, and hangs up. */
function certificateOfServer(hostname: string, port: number): Promise<Certificate> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string, cause?: unknown) => {
      socket.destroy();
      reject(
        new DariError("unavailable", `Cannot inspect ${hostname}:${port}: ${reason}`, { cause }),
      );
    };
    const socket = connect({
      host: hostname,
      port,
      rejectUnauthorized: false, // looking is all that is done
      ALPNProtocols: ["dari/1", "http/1.1"],
    }, () => {
      const raw = socket.getPeerCertificate(true)?.raw;
      if (raw === undefined) return fail("it showed no certificate");
      socket.destroy();
      try {
        resolve(parseCertificate(Uint8Array.from(raw)));
      } catch (error) {
        reject(error);
      }
    });
    socket.setTimeout(limits.handshakeTimeoutMs, () => fail("it did not answer in time"));
    socket.on("error", (cause: Error) => fail(cause.message, cause));
  });
}
