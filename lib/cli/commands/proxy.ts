import { DariError } from "../../base/errors.ts";
import { parseAddress } from "../../transport/scheme/parse.ts";
import { type Command, defineCommand } from "../app/command.ts";
import { connectOutwards } from "../proxying/connect_outwards.ts";
import { guardService } from "../proxying/guard_service.ts";
import { proxyOptions } from "../proxying/proxy_options.ts";

/** `dari proxy` */
export const command: Command = defineCommand({
  examples: [
    [
      "dari proxy --listen tls://0.0.0.0:5433 --to tcp://127.0.0.1:5432 --name postgres",
      "for who has a client certificate and the right proxy:postgres",
    ],
    [
      "dari proxy --listen tcp://127.0.0.1:5432 --connect tls://db.internal:5433",
      "its other end, for programs without TLS on this machine",
    ],
    "dari proxy --listen tls://0.0.0.0:8443 --to unix:/run/app.sock --name app",
  ],
  options: proxyOptions,
  notes: [
    "With --to the proxy listens with TLS and asks each client for a certificate. The right to reach " +
    "the service is named proxy:NAME in policy.json, like an administrative method: the role admin has " +
    'it, and a pattern such as "*" gives it to no other role. Who loses the right, or the ' +
    "certificate, is cut within a second.",
    "Bytes are passed on as they are. A service that speaks HTTP gets no header about the client; the " +
    "log says who it was.",
    "With --connect the proxy listens without TLS, on this machine alone, and connects with the " +
    "client certificate of --cert, or with the one that dari accept got from that server.",
    "Each connection is logged at its end: the service, the client's address and name, bytes in and " +
    "out, and how long it took.",
  ],
  async run({ options }, io, commands) {
    const { to, connect } = options;
    const listen = parseAddress(options.listen);
    if ((to === undefined) === (connect === undefined)) {
      throw new DariError(
        "usage",
        "Give --to ADDRESS, the service to pass on to, or --connect ADDRESS, the proxy at the other end",
      );
    }
    if (connect !== undefined) return await connectOutwards(listen, connect, options, io);
    return await guardService(listen, parseAddress(to!), options, io, commands);
  },
});
