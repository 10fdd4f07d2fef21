import { assertEquals, assertThrows } from "@std/assert";
import { CODE, StreamFault } from "../../../lib/http/h2/frames/frame.ts";
import type { Header } from "../../../lib/http/h2/hpack/static_table.ts";
import { checkTrailers, parseRequestHead } from "../../../lib/http/h2/request_head.ts";

const GET: readonly Header[] = [
  [":method", "GET"],
  [":scheme", "https"],
  [":authority", "a"],
  [":path", "/"],
];

function refuses(name: string, list: readonly Header[]): void {
  const error = assertThrows(() => parseRequestHead(list), StreamFault, "", name);
  assertEquals(error.code, CODE.protocolError, name);
}

Deno.test("parseRequestHead() reads a request, and joins headers of one name", () => {
  const head = parseRequestHead([
    ...GET,
    ["cookie", "a=1"],
    ["accept", "text/html"],
    ["cookie", "b=2"],
    ["accept", "*/*"],
    ["content-length", "12"],
  ]);
  assertEquals([head.method, head.scheme, head.authority, head.path, head.contentLength], [
    ...["GET", "https", "a", "/"],
    12,
  ]);
  assertEquals(head.headers.get("cookie"), "a=1; b=2");
  assertEquals(head.headers.get("accept"), "text/html, */*");
});

Deno.test("parseRequestHead() takes the host where there is no authority", () => {
  const list = GET.filter(([name]) => name !== ":authority");
  assertEquals(parseRequestHead([...list, ["host", "b"]]).authority, "b");
  assertEquals(parseRequestHead([...GET, ["host", "a"]]).authority, "a");
});

Deno.test("parseRequestHead() refuses what others read differently (RFC 9113, section 8)", () => {
  const wrong: Record<string, Header[]> = {
    "a name in upper case": [["X-A", "1"]],
    "a name with a space": [["x ", "1"]],
    "an empty name": [["", "1"]],
    "CR in a value": [["x", "a\rb"]],
    "LF in a value": [["x", "a\nb"]],
    "NUL in a value": [["x", "a\0b"]],
    "a space before a value": [["x", " a"]],
    "a tab behind a value": [["x", "a\t"]],
    "a header of a connection": [["connection", "close"]],
    "a coding of HTTP/1.1": [["transfer-encoding", "chunked"]],
    "an upgrade": [["upgrade", "websocket"]],
    "te with something else": [["te", "gzip"]],
    "two lengths": [["content-length", "1"], ["content-length", "1"]],
    "a list of lengths": [["content-length", "1, 1"]],
    "a length with a sign": [["content-length", "+1"]],
    "a length beyond all numbers": [["content-length", "9".repeat(30)]],
    "two hosts": [["host", "a"], ["host", "a"]],
    "another host": [["host", "b"]],
    "a pseudo-header behind a header": [["x", "1"], [":protocol", "websocket"]],
    "a pseudo-header twice": [[":path", "/b"]],
    "a pseudo-header of replies": [[":status", "200"]],
    "a protocol without CONNECT": [[":protocol", "websocket"]],
  };
  for (const [name, more] of Object.entries(wrong)) refuses(name, [...GET, ...more]);
  for (const missing of [":method", ":scheme", ":path"]) {
    refuses(missing, GET.filter(([name]) => name !== missing));
  }
  refuses("an empty path", [...GET.slice(0, 3), [":path", ""]]);
  assertEquals(parseRequestHead([...GET, ["te", "trailers"]]).headers.get("te"), "trailers");
});

Deno.test("parseRequestHead() knows both forms of CONNECT", () => {
  const plain: Header[] = [[":method", "CONNECT"], [":authority", "a:1"]];
  assertEquals(parseRequestHead(plain).protocol, undefined);
  refuses("CONNECT with a path", [...plain, [":path", "/"]]);
  const [, ...rest] = GET;
  const list: Header[] = [[":method", "CONNECT"], [":protocol", "websocket"], ...rest];
  assertEquals(parseRequestHead(list).protocol, "websocket");
  refuses("a protocol without a path", list.slice(0, -1));
});

Deno.test("checkTrailers() takes headers, and no pseudo-headers", () => {
  checkTrailers([["x-sum", "1"]]);
  for (const header of [[":path", "/"], ["connection", "close"], ["x", "a\nb"]] as Header[]) {
    assertThrows(() => checkTrailers([header]), StreamFault);
  }
});
