import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import {
  applyRotation,
  ensureServerIdentity,
  formatGeneralName,
  initAuthority,
  openFileLedger,
  parseCertificates,
  type ServerIdentityOptions,
  verifyCertificate,
} from "../../../lib/cert/mod.ts";
import { tempDirectory } from "../../support/temp.ts";

const LOCAL = ["localhost", "127.0.0.1", "::1"];

/** A data directory, and what its server's certificate is for after a start. */
async function directoryOfServer() {
  const directory = await tempDirectory();
  const data = `${directory.path}/data`;
  const start = async (options: ServerIdentityOptions = {}) => {
    const lines: string[] = [];
    const identity = await ensureServerIdentity(data, {
      mayReplaceAuthority: true,
      tell: (line) => lines.push(line),
      ...options,
    });
    const [leaf] = parseCertificates(identity.certPem);
    const authorities = parseCertificates(identity.caPem);
    const names = (leaf.extensions.subjectAltName ?? []).map(formatGeneralName);
    return { names, lines, leaf, authorities };
  };
  return { data, start, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
}

const found = ["box", "box.local", "10.0.0.5", "203.0.113.7"];

Deno.test("settleNames() gives the names by which others reach the machine, as far as they are permitted", async () => {
  await using server = await directoryOfServer();
  const permits = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "box", "box.local"];
  const { names, lines, authorities } = await server.start({ foundNames: found, permits });
  assertEquals(names, [...LOCAL, "box", "box.local", "10.0.0.5"]);
  assertEquals(lines, [
    "The certificate is not for 203.0.113.7: the authority does not permit that",
  ]);
  assertEquals(authorities.length, 1);
});

Deno.test("settleNames() replaces an authority of an earlier version, which permits no private address, and says so", async () => {
  await using server = await directoryOfServer();
  const before = await server.start();
  const permits = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", ...found];
  const after = await server.start({ foundNames: found, permits });
  assertEquals(after.names, [...LOCAL, ...found]);
  assertEquals(after.lines.length, 1);
  assertStringIncludes(
    after.lines[0]!,
    "A new authority was made, which permits box, box.local, 10",
  );
  // As in a rotation, both are trusted, and what the old one issued goes on.
  assertEquals(after.authorities.length, 2);
  await verifyCertificate(before.leaf, { authorities: after.authorities, name: "localhost" });
  await verifyCertificate(after.leaf, { authorities: after.authorities, name: "10.0.0.5" });
  const again = await server.start({ foundNames: found, permits });
  assertEquals([again.leaf.serial, again.lines], [after.leaf.serial, []]);
});

Deno.test("settleNames() replaces an authority that was made by default for a name that the user gives", async () => {
  await using server = await directoryOfServer();
  await server.start();
  const { names, authorities } = await server.start({ names: ["box.example.com"] });
  assertEquals(names, [...LOCAL, "box.example.com"]);
  assertEquals(authorities.length, 2);
  // A second one would be one too many while peers change over.
  const error = await assertRejects(
    () => server.start({ names: ["other.example.com"] }),
    DariError,
  );
  assertEquals(error.code, "failed_precondition");
  assertStringIncludes(error.message, "finish that first (dari cert rotate)");
});

Deno.test("settleNames() leaves an authority alone for which a person chose what it may issue for", async () => {
  await using server = await directoryOfServer();
  await initAuthority(server.data, { permits: ["localhost", ".example.internal"] });
  const { names, lines, authorities } = await server.start({ foundNames: ["10.0.0.5"] });
  assertEquals([names, authorities.length], [["localhost"], 1]);
  assertEquals(lines.length, 1);
  const error = await assertRejects(() => server.start({ names: ["10.0.0.5"] }), DariError);
  assertEquals(error.code, "permission_denied");
});

Deno.test("settleNames() leaves found names out where the authority's key is locked, and refuses those that the user gives", async () => {
  await using server = await directoryOfServer();
  await server.start({ passphrase: "correct horse" });
  const { names, lines } = await server.start({ foundNames: ["10.0.0.5"] });
  assertEquals(names, LOCAL);
  assertStringIncludes(lines.join(), "is not for 10.0.0.5");
  const error = await assertRejects(() => server.start({ names: ["10.0.0.5"] }), DariError);
  assertEquals(error.code, "permission_denied");
});

Deno.test("settleNames() goes by the authority that issues while a rotation is prepared", async () => {
  await using server = await directoryOfServer();
  await server.start();
  const ledger = openFileLedger(server.data);
  await applyRotation(server.data, { ledger, permits: ["localhost", ".internal", "10.0.0.0/8"] });
  assertEquals((await server.start()).names, LOCAL);
  await applyRotation(server.data, { ledger });
  const { names } = await server.start({ foundNames: ["10.0.0.5"] });
  assertEquals(names, ["localhost", "10.0.0.5"]);
});
