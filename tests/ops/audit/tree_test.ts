import { assertEquals, assertThrows } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import {
  EMPTY_ROOT,
  Frontier,
  type Hash,
  inclusionPath,
  leafHash,
  nodeHash,
  rangeRoot,
  rootByPath,
} from "../../../lib/ops/audit/tree.ts";

const leaves = Array.from({ length: 300 }, (_, at) => leafHash(`record ${at}`));
const rootOf = (begin: number, end: number): Hash =>
  rangeRoot(begin, end, (from, to) => to - from === 1 ? leaves[from] : undefined);

function frontierOf(size: number): Frontier {
  const frontier = new Frontier();
  for (const leaf of leaves.slice(0, size)) frontier.add(leaf);
  return frontier;
}

Deno.test("EMPTY_ROOT is the hash of nothing", () => {
  // RFC 9162 section 2.1.1: the hash of an empty list is the hash of an empty string.
  assertEquals(
    encodeHex(EMPTY_ROOT),
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  );
  assertEquals(new Frontier().root(), EMPTY_ROOT);
});

Deno.test("leafHash() and nodeHash() keep leaves and nodes apart", () => {
  // Published with the reference implementation of RFC 6962, whose tree is the same.
  assertEquals(
    encodeHex(leafHash("")),
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  );
  const two = nodeHash(leafHash(""), leafHash("\0"));
  assertEquals(
    encodeHex(two),
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  );
});

Deno.test("a frontier has the root of every size, however often it was stored and read", () => {
  let frontier = new Frontier();
  for (const [at, leaf] of leaves.entries()) {
    frontier.add(leaf);
    assertEquals(frontier.root(), rootOf(0, at + 1), `${at + 1} records`);
    frontier = new Frontier(frontier.size, frontier.bytes);
  }
});

Deno.test("a frontier tells of each subtree that is whole", () => {
  const told: string[] = [];
  const frontier = frontierOf(3);
  frontier.add(leaves[3]!, (height, place, root) => {
    assertEquals(root, rootOf(place * 2 ** height, (place + 1) * 2 ** height));
    told.push(`${height}/${place}`);
  });
  assertEquals(told, ["1/1", "2/0"]);
});

Deno.test("a frontier refuses roots that do not fit its size", () => {
  assertThrows(() => new Frontier(3, leaves[0]!), RangeError, "2 subtrees");
});

Deno.test("every record of every size up to 66 is proved by its path, and by no other", () => {
  for (let size = 1; size <= 66; size++) {
    const root = frontierOf(size).root();
    for (let place = 0; place < size; place++) {
      const path = inclusionPath(place, size, rootOf);
      assertEquals(rootByPath(leaves[place]!, place, size, path), root, `${place} of ${size}`);
      const other = rootByPath(leaves[place]!, (place + 1) % size, size, path);
      if (size > 1 && other !== undefined) {
        assertEquals(encodeHex(other) === encodeHex(root), false);
      }
    }
  }
});

Deno.test("rootByPath() refuses paths that are too long, too short or not of hashes", () => {
  const path = inclusionPath(5, 11, rootOf);
  const of = (place: number, size: number, hashes: Hash[]) =>
    rootByPath(leaves[5]!, place, size, hashes);
  assertEquals(of(5, 11, path.slice(1)), undefined);
  assertEquals(of(5, 11, [...path, path[0]!]), undefined);
  assertEquals(of(5, 11, [path[0]!.slice(1), ...path.slice(1)]), undefined);
  for (const [place, size] of [[11, 11], [-1, 11], [0.5, 11], [NaN, 11], [0, 0]]) {
    assertEquals(of(place!, size!, path), undefined);
  }
});
