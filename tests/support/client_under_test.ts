/**
 * dari's own client as a client under test: it does what a case's instructions say.
 *
 * @module
 */

import { DariError, errorTable, TransportError } from "../../lib/base/errors.ts";
import { byteConnection } from "../../lib/conformance/byte_connection.ts";
import type { Instruction } from "../../lib/conformance/case.ts";
import type { PeerConnection } from "../../lib/conformance/dialogue.ts";
import { connect } from "../../lib/endpoint/connect.ts";
import { noSource, reviveValue } from "../../lib/protocol/values/revive.ts";
import type { Client } from "../../lib/rpc/client/client.ts";

/**
 * Starts the client, over TCP of this machine.
 *
 * @param instructions JSON text of an array.
 * @returns The server's end of its connection; closing it ends the client.
 */
export async function startClient(instructions: string): Promise<PeerConnection> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  const { port } = listener.addr as Deno.NetAddr;
  const client = await connect(`tcp://127.0.0.1:${port}`);
  follow(client, JSON.parse(instructions)).catch(() => {}); // its connection ends under it
  return withoutQuestions(byteConnection(await accepted));
}

/** Where the machine is busy, the client has time to ask what no instruction says. */
function withoutQuestions(connection: PeerConnection): PeerConnection {
  const [encoder, decoder] = [new TextEncoder(), new TextDecoder("latin1")];
  const read = async (): Promise<Uint8Array | null> => {
    const bytes = await connection.read();
    if (bytes === null || !decoder.decode(bytes).includes('"rpc.discover"')) return bytes;
    const asked = /^{"jsonrpc":"2.0","id":\d+,"method":"rpc.discover",.*\n/gm;
    const rest = encoder.encode(new TextDecoder().decode(bytes).replaceAll(asked, ""));
    return rest.length > 0 ? rest : await read();
  };
  return { ...connection, read };
}

async function follow(client: Client, instructions: readonly Instruction[]): Promise<void> {
  try {
    for (const told of instructions) await client.call("report", await reportOf(client, told));
  } finally {
    await client.close();
  }
}

async function reportOf(client: Client, told: Instruction): Promise<Record<string, unknown>> {
  if ("together" in told) {
    return { all: await Promise.all(told.together.map((each) => reportOf(client, each))) };
  }
  if ("stream" in told) return await streamReport(client, told);
  if ("read" in told) return await readReport(client, told);
  try {
    if ("notify" in told) return { result: await client.notify(told.notify, told.params) ?? null };
    return { result: await client.call(told.call, paramsOf(told), told) };
  } catch (error) {
    return { error: seen(error) };
  }
}

function paramsOf(told: Extract<Instruction, { call: string }>): unknown {
  const { params, types, streamed, filed } = told;
  if (filed !== undefined) {
    const { [filed]: text = "" } = params as Record<string, string>;
    return { ...params as object, [filed]: new Blob([text]) };
  }
  if (types !== undefined) return reviveValue(structuredClone(params), types, noSource);
  if (streamed === undefined) return params;
  const { [streamed]: items } = params as Record<string, unknown[]>;
  return { ...params as object, [streamed]: each(items ?? []) };
}

async function* each(items: readonly unknown[]): AsyncGenerator<unknown> {
  yield* items;
}

async function readReport(client: Client, told: Extract<Instruction, { read: string }>) {
  const items: unknown[] = [];
  try {
    for await (const item of await client.call(told.read, told.params) as AsyncIterable<unknown>) {
      items.push(item);
      if (items.length === told.take) break;
    }
    return { items };
  } catch (error) {
    return { items, error: seen(error) };
  }
}

async function streamReport(client: Client, told: Extract<Instruction, { stream: string }>) {
  const items: unknown[] = [];
  try {
    const stream = client.stream(told.stream, told.params, told);
    while (true) {
      const { done, value } = await stream.next();
      if (done) return { items, result: value ?? null };
      items.push(value);
      if (items.length !== told.take) continue;
      await stream.return();
      return { items };
    }
  } catch (error) {
    return { items, error: seen(error) };
  }
}

/** What of an error is reported. Without its connection a client has nobody to report to. */
function seen(error: unknown): Record<string, unknown> {
  if (error instanceof TransportError || !(error instanceof DariError)) throw error;
  return { code: errorTable[error.code].wire };
}
