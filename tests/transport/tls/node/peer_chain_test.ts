import { assertEquals, assertThrows } from "@std/assert";
import type { TLSSocket } from "node:tls"; // only its shape: no socket is opened
import { TransportError } from "../../../../lib/base/errors.ts";
import { limits } from "../../../../lib/base/limits.ts";
import {
  readPeerChain,
  refuseUnreadableChain,
} from "../../../../lib/transport/tls/node/peer_chain.ts";

/** A certificate as node:tls gives it; its issuer is read when it is asked for. */
interface Shown {
  raw: Uint8Array;
  issuerCertificate?: Shown;
}

const socketWith = (leaf: Shown | undefined) =>
  ({
    getPeerX509Certificate: () => leaf,
    getPeerCertificate: () => leaf,
  }) as unknown as TLSSocket;

Deno.test("readPeerChain() gives the leaf and the certificates behind it, in order", () => {
  const leaf = { raw: new Uint8Array([1]), issuerCertificate: { raw: new Uint8Array([2]) } };
  assertEquals(readPeerChain(socketWith(leaf), "PEM"), {
    certificates: [new Uint8Array([1]), new Uint8Array([2])],
    authorities: "PEM",
  });
});

Deno.test("readPeerChain() gives nothing when the other side sent nothing", () => {
  assertEquals(readPeerChain(socketWith(undefined)), undefined);
});

Deno.test("readPeerChain() ends with a certificate that is its own issuer, and after as many as it may", () => {
  const root: Shown = { raw: new Uint8Array([1]) };
  root.issuerCertificate = root;
  assertEquals(readPeerChain(socketWith(root))?.certificates.length, 1);
  const [first, second]: Shown[] = [{ raw: new Uint8Array([1]) }, { raw: new Uint8Array([2]) }];
  first!.issuerCertificate = second!;
  second!.issuerCertificate = first!;
  const chain = readPeerChain(socketWith(first));
  assertEquals(chain?.certificates.length, 1 + limits.maxChainLength);
});

Deno.test("readPeerChain() refuses a chain that cannot be read", () => {
  const leaf = {
    raw: new Uint8Array([1]),
    get issuerCertificate(): Shown {
      throw new Error("BER error");
    },
  };
  const error = assertThrows(
    () => readPeerChain(socketWith(leaf)),
    TransportError,
    "it sent a certificate that cannot be read: BER error",
  );
  assertEquals([error.code, error.retryable], ["unavailable", false]);
});

Deno.test("refuseUnreadableChain() ends the socket instead of throwing", () => {
  const cause = new Error("BER error");
  const destroyed: unknown[] = [];
  const socket = {
    getPeerCertificate: () => {
      throw cause;
    },
    destroy: (error: unknown) => destroyed.push(error),
  } as unknown as TLSSocket;
  refuseUnreadableChain(socket);
  assertEquals(socket.getPeerCertificate(true) as unknown, {});
  assertEquals(destroyed, [cause]);
});

Deno.test("refuseUnreadableChain() keeps the whole chain that the runtime has read", () => {
  const reads: unknown[] = [];
  const leaf: Shown = { raw: new Uint8Array([1]), issuerCertificate: { raw: new Uint8Array([2]) } };
  const socket = {
    getPeerX509Certificate: () => leaf,
    getPeerCertificate: (isDetailed?: boolean) => {
      reads.push(isDetailed);
      return leaf;
    },
  } as unknown as TLSSocket;
  refuseUnreadableChain(socket);
  socket.getPeerCertificate(true); // as the runtime does
  assertEquals(readPeerChain(socket)?.certificates.length, 2);
  assertEquals(reads, [true]);
  socket.getPeerCertificate();
  assertEquals(reads, [true, undefined]);
});
