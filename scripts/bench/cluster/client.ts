/**
 * The client of one contestant of the benchmark of calls through NATS.
 *
 * Arguments: contestant, address, directory of the certificate.
 *
 * @module
 */

import { connect } from "../../../mod.ts";
import { carryLoads } from "../load.ts";
import { openBareBus } from "./bare.ts";

/** The methods of `server.ts`, as its clients see them. */
type BenchMethods = {
  add(params: { a: number; b: number }): number;
  echo(params: { value: string }): string;
};

const [contestant = "", address = "", directory = ""] = Deno.args;
const OPTIONS = { timeout: 10_000 };

await carryLoads(contestant === "bare" ? openBareClient : openDari);

async function openBareClient() {
  const { nats } = await openBareBus(address);
  const request = async <T>(subject: string, params: unknown) =>
    (await nats.request(subject, JSON.stringify(params), OPTIONS)).json<T>();
  return {
    add: (a: number, b: number) => request<number>("bare.add", { a, b }),
    echo: (value: string) => request<string>("bare.echo", { value }),
    close: () => nats.close(),
  };
}

async function openDari() {
  const ca = await Deno.readTextFile(`${directory}/service.crt`);
  const client = await connect<BenchMethods>(address, { ca });
  return {
    add: (a: number, b: number) => client.call("add", { a, b }),
    echo: (value: string) => client.call("echo", { value }),
    close: () => client.close(),
  };
}
