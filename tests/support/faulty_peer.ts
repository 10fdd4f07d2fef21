/**
 * A peer of the wire with a fault planted in it: the real server behind a filter that changes the
 * lines on their way.
 *
 * @module
 */

import type { PeerConnection } from "../../lib/conformance/runner.ts";

/** What a fault does to the lines of one connection. */
export interface Fault {
  /** Changes a line on its way to the server; several lines or none are possible. */
  readonly toServer?: (line: string) => readonly string[];
  /** Changes a line on its way to the tester. */
  readonly toTester?: (line: string) => readonly string[];
  /** Whether the peer ends the connection behind a line of its own. */
  readonly endsAfter?: (line: string) => boolean;
}

const change = (text: string, wanted: string | RegExp, by: string) => [text.replace(wanted, by)];

/** Makes a fault for each connection, since some have a memory. */
export const faults: Readonly<Record<string, () => Fault>> = {
  "answers notifications": () => ({
    toServer: (line) =>
      line.includes('"method"') && !line.includes('"id"') && !line.includes('"rpc.c')
        ? [line.replace('{"jsonrpc"', '{"id":null,"jsonrpc"')]
        : [line],
  }),
  "makes text of numeric ids": () => ({
    toTester: (line) => change(line, /"id":(\d+)/, '"id":"$1"'),
  }),
  "calls a parse error an invalid request": () => ({
    toTester: (line) => change(line, "-32700", "-32600"),
  }),
  "answers each element of a batch on a line of its own": () => ({
    toTester: (line) =>
      line.startsWith("[") ? JSON.parse(line).map((one: unknown) => JSON.stringify(one)) : [line],
  }),
  "leaves the version out of answers": () => ({
    toTester: (line) => change(line, '"jsonrpc":"2.0",', ""),
  }),
  "shows the stack of an error": () => ({
    toTester: (line) => change(line, '"retryable"', '"stack":"at file:///srv/x.ts:1","retryable"'),
  }),
  "takes names whatever their case": () => ({
    toServer: (line) => change(line, '"method":"ADD"', '"method":"rpc.ping"'),
  }),
  "does not know credit": () => ({
    toServer: (line) => change(line, /,"meta":\{"credit":\d+\}/, ""),
  }),
  "sends an item after the end of its stream": () => {
    let streams = false;
    return {
      toTester(line) {
        streams ||= line.includes('"rpc.item"');
        const isEnd = streams && line.includes('"result":null');
        const late = '{"jsonrpc":"2.0","method":"rpc.item","params":{"id":1,"value":99}}';
        return isEnd ? [line, late] : [line];
      },
    };
  },
  "loses every fifth answer": () => {
    let answers = 0;
    return {
      toTester: (line) => line.includes('"result"') && ++answers % 5 === 0 ? [] : [line],
    };
  },
  "ends the connection after a parse error": () => ({
    endsAfter: (line) => line.includes("-32700"),
  }),
  "goes on with a cancelled call": () => ({
    toServer: (line) => line.includes('"rpc.cancel"') ? [] : [line],
  }),
  "takes a fraction for an id": () => ({
    toServer: (line) => change(line, '"id":1.5', '"id":1'),
  }),
};

const LF = 0x0a;

/**
 * Plants a fault.
 *
 * @param peer A connection to a good peer.
 * @param fault The fault.
 * @returns The connection as a tester sees it.
 */
export function plantFault(peer: PeerConnection, fault: Fault): PeerConnection {
  const { toServer = (line) => [line], toTester = (line) => [line], endsAfter } = fault;
  const outgoing = lineFilter(toServer);
  const incoming = lineFilter(toTester);
  let hasEnded = false;
  return {
    ...peer,
    write: async (bytes) => await peer.write(outgoing(bytes)),
    async read() {
      if (hasEnded) return null;
      const bytes = await peer.read();
      if (bytes === null) return null;
      hasEnded = endsAfter?.(new TextDecoder().decode(bytes)) ?? false;
      return incoming(bytes);
    },
  };
}

/** Filters whole lines; what is not UTF-8 goes through as it is. */
function lineFilter(filter: (line: string) => readonly string[]) {
  let rest = new Uint8Array();
  return (bytes: Uint8Array): Uint8Array => {
    const all = new Uint8Array(rest.length + bytes.length);
    all.set(rest);
    all.set(bytes, rest.length);
    const end = all.lastIndexOf(LF) + 1;
    rest = all.slice(end);
    let text: string;
    try {
      text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
        all.subarray(0, end),
      );
    } catch {
      return all.subarray(0, end);
    }
    const lines = text.split("\n").slice(0, -1).flatMap(filter);
    return new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
  };
}
