import type { Methods } from "../../lib/rpc/method/method.ts";
import { Wire } from "./rpc_pair.ts";

/** A peer that has said hello, and sends and reads the messages of files by itself. */
export async function openFileWire(methods: Methods): Promise<Wire> {
  const wire = await Wire.open(methods, { public: Object.keys(methods) });
  const params = { versions: ["dari/1"], features: ["values", "streams"] };
  await wire.ask({ jsonrpc: "2.0", id: "hello", method: "rpc.hello", params });
  return wire;
}

/**
 * Calls a method with a file in the stream 7.
 *
 * @returns What its reader grants.
 */
export async function callWithFile(wire: Wire, method: string, size: number) {
  const params = { file: { stream: 7, size } };
  const types = { "/file": "file" };
  return (await wire.ask({ jsonrpc: "2.0", id: 1, method, types, params })).params;
}

/** A piece of that file. */
export function pieceOfFile(text: string): unknown {
  return {
    jsonrpc: "2.0",
    method: "rpc.item",
    types: { "/value": "bytes" },
    params: { stream: 7, value: btoa(text) },
  };
}

/** The end of that file. */
export function endOfFile(sha256?: string): unknown {
  return { jsonrpc: "2.0", method: "rpc.end", params: { stream: 7, sha256 } };
}
