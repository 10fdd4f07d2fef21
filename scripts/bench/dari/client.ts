/**
 * dari's client, with its default deadline.
 *
 * Arguments: address, directory of the TLS files, transport.
 *
 * @module
 */

import { connect } from "../../../mod.ts";
import { carryLoads } from "../load.ts";
import { readTlsFiles } from "../raw/socket.ts";

/** The methods of `server.ts`, as its clients see them. */
type BenchMethods = {
  add(params: { a: number; b: number }): number;
  echo(params: { value: string }): string;
};

/** A client that calls `echo` with bytes. */
interface EchoOfBytes {
  call(method: "echo", params: { value: Uint8Array }): Promise<Uint8Array>;
}

const [address = "", directory = "", transport = ""] = Deno.args;
const { cert, key } = readTlsFiles(directory);
const shown = transport === "mutual_tls" ? { cert, key } : {};

await carryLoads(async () => {
  const client = await connect<BenchMethods>(address, { ca: cert, ...shown });
  return {
    add: (a, b) => client.call("add", { a, b }),
    echo: (value) => client.call("echo", { value }),
    // The same method takes both, and gives back what it was given.
    echoBytes: (value) => (client as unknown as EchoOfBytes).call("echo", { value }),
    close: () => client.close(),
  };
});
