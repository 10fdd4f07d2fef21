import { decodeBase64 } from "@std/encoding/base64";
import {
  type ChannelBinding,
  createScramClient,
  createScramServer,
  createScramVerifier,
  parseClientFirst,
} from "../../lib/auth/mod.ts";

/** The verifier of RFC 7677 section 3. */
export const pencilVerifier = await createScramVerifier("pencil", {
  iterations: 4_096,
  random: () => decodeBase64("W22ZaJ0SNY7soEsUEjb6gQ=="),
});

/** A channel binding of a connection. */
export const scramBinding: ChannelBinding = {
  type: "tls-server-end-point",
  data: new Uint8Array(32).fill(7),
};

/** Runs a SCRAM exchange; `meddle` may change every message on its way. */
export async function scramExchange(options: {
  password?: string;
  client?: ChannelBinding;
  server?: readonly ChannelBinding[];
  couldBind?: boolean;
  meddle?: (message: string) => string;
}): Promise<void> {
  const { password = "pencil", meddle = (message) => message } = options;
  const client = createScramClient({
    username: "us=er,",
    password,
    channelBinding: options.client,
    couldBind: options.couldBind ?? false,
  });
  const first = parseClientFirst(meddle(client.first));
  const { server: channelBindings = [] } = options;
  const server = createScramServer(first, { verifier: pencilVerifier, channelBindings });
  const answer = await client.answer(meddle(server.first));
  client.verify(meddle(await server.finish(meddle(answer))));
}
