/**
 * Connects.
 *
 * @module
 */

import { Client, type ConnectOptions } from "./client.ts";
import { PLANS } from "./plans.ts";

/**
 * Connects to a server and signs in.
 *
 * @param address `tls://HOST:PORT`, `unix:PATH` or `tcp://HOST:PORT`; in browsers and elsewhere also
 * `https://HOST:PORT` of a gateway, where each call is a request of its own, and `wss://HOST:PORT` where it
 * speaks dari/1 over a WebSocket at `/ws`.
 * @param options The credential, whom to trust, and how long calls may take.
 * @returns The client, the first argument of every function of this file.
 * @throws {DariError} `unavailable` where the server cannot be reached, `unauthenticated` where it
 * refuses the credential.
 */
export async function connect(address: string, options: ConnectOptions = {}): Promise<Client> {
  const client = new Client(address, options, PLANS);
  await client.connect();
  return client;
}
