import { assert, assertEquals, assertRejects } from "@std/assert";
import { connect } from "node:tls"; // Deno.connectTls cannot be given a trusted authority alone
import { DariError } from "../../../lib/base/errors.ts";
import { initAuthority, loadAuthority } from "../../../lib/cert/authority/directory.ts";
import { parseCertificates } from "../../../lib/cert/x509/certificate.ts";
import { issueLeafFiles } from "../../../lib/cert/authority/leaf_files.ts";
import { openFileLedger } from "../../../lib/cert/ledger/ledger.ts";
import { parseRequest } from "../../../lib/cert/x509/request.ts";
import { signRequest } from "../../../lib/cert/authority/sign_request.ts";
import { verifyCertificate } from "../../../lib/cert/path/verify.ts";
import { hasOpenssl, openssl } from "../../support/openssl.ts";
import { tempDirectory } from "../../support/temp.ts";

const ignore = !hasOpenssl;

/** A directory in which openssl has made an authority, and a way to ask it for more. */
async function opensslAuthority() {
  const directory = await tempDirectory();
  const ask = async (...words: string[]) => {
    const { success, text } = await openssl(directory.path, ...words);
    assert(success, text);
  };
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  await ask(
    "req",
    "-x509",
    ...key,
    "-keyout",
    "ca.key",
    "-out",
    "ca.crt",
    "-subj",
    "/CN=root",
    "-addext",
    "keyUsage=critical,keyCertSign",
  );
  const read = async (name: string) =>
    parseCertificates(await Deno.readTextFile(`${directory.path}/${name}`));
  /** Signs a leaf with these lines of openssl's extension file. */
  const leaf = async (extensions: string, ...words: string[]) => {
    await ask("req", ...key, "-keyout", "l.key", "-out", "l.csr", "-subj", "/CN=leaf");
    await Deno.writeTextFile(`${directory.path}/l.ext`, extensions);
    const ext = extensions === "" ? [] : ["-extfile", "l.ext"];
    await ask(
      "x509",
      "-req",
      "-in",
      "l.csr",
      "-CA",
      "ca.crt",
      "-CAkey",
      "ca.key",
      "-CAcreateserial",
      "-out",
      "l.crt",
      ...ext,
      ...words,
    );
    const [certificate] = await read("l.crt");
    return { certificate, options: { authorities: await read("ca.crt") } };
  };
  return {
    path: directory.path,
    ask,
    leaf,
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

const san = "subjectAltName=DNS:leaf.internal\n";

Deno.test({
  name: "verifyCertificate() trusts what openssl has signed",
  ignore,
  fn: async () => {
    await using authority = await opensslAuthority();
    for (const digest of ["-sha256", "-sha384", "-sha512"]) {
      const { certificate, options } = await authority.leaf(san, digest);
      assertEquals((await verifyCertificate(certificate, options)).length, 2);
    }
  },
});

for (
  const [what, extensions, words, reason] of [
    ["a certificate of version 1", "", [], "version"],
    ["an unknown critical extension", `${san}1.2.3.4=critical,DER:0500\n`, [], "1.2.3.4"],
    ["critical policies", `${san}certificatePolicies=critical,1.2.3\n`, [], "2.5.29.32"],
    ["a signature with SHA-1", san, ["-sha1"], "weak or unknown"],
    ["a key for signing documents", `${san}keyUsage=nonRepudiation\n`, [], "digitalSignature"],
    ["a negative serial number", san, ["-set_serial", "-5"], "is negative"],
    ["a huge serial number", san, ["-set_serial", `0x${"7f".repeat(40)}`], "longer than 20"],
  ] as const
) {
  Deno.test({
    name: `verifyCertificate() refuses ${what}`,
    ignore,
    fn: async () => {
      await using authority = await opensslAuthority();
      const { certificate, options } = await authority.leaf(extensions, ...words);
      await assertRejects(() => verifyCertificate(certificate, options), DariError, reason);
    },
  });
}

Deno.test({
  name: "openssl verifies authority and leaf of every kind of key and name",
  ignore,
  fn: async () => {
    for (const algorithm of ["ecdsa-p256", "rsa-2048", "ed25519"] as const) {
      await using directory = await tempDirectory();
      const permits = [".internal", "127.0.0.1", "::1", "uri:.internal", "email:.internal"];
      await initAuthority(directory.path, { algorithm, permits });
      const authority = await loadAuthority(directory.path);
      const ledger = openFileLedger(directory.path);
      await issueLeafFiles(authority, ledger, `${directory.path}/leaf`, {
        names: ["*.a.internal", "127.0.0.1", "::1", "spiffe://a.internal/x", "ann@a.internal"],
        purposes: ["server", "client"],
        algorithm,
      });
      const purposes = [["sslserver", "x.a.internal"], ["sslclient", "y.a.internal"]] as const;
      for (const [purpose, host] of purposes) {
        const { success, text } = await openssl(
          directory.path,
          ...["verify", "-x509_strict", "-purpose", purpose, "-verify_hostname", host],
          ...["-CAfile", "ca.crt", "leaf.crt"],
        );
        assert(success, `${algorithm}: ${text}`);
      }
    }
  },
});

Deno.test({
  name: "openssl agrees that name constraints hold against a stolen key",
  ignore,
  fn: async () => {
    await using directory = await tempDirectory();
    await initAuthority(directory.path);
    const ask = (...words: string[]) => openssl(directory.path, ...words);
    await ask(
      "req",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-keyout",
      "e.key",
      "-out",
      "e.csr",
      "-subj",
      "/CN=x",
    );
    await Deno.writeTextFile(`${directory.path}/e.ext`, "subjectAltName=DNS:example.com\n");
    await ask(
      "x509",
      "-req",
      "-in",
      "e.csr",
      "-CA",
      "ca.crt",
      "-CAkey",
      "ca.key",
      "-CAcreateserial",
      "-extfile",
      "e.ext",
      "-out",
      "e.crt",
    );
    const { success, text } = await ask("verify", "-CAfile", "ca.crt", "e.crt");
    assert(!success && text.includes("permitted subtree violation"), text);
    const [leaf] = parseCertificates(await Deno.readTextFile(`${directory.path}/e.crt`));
    const ca = parseCertificates(await Deno.readTextFile(`${directory.path}/ca.crt`));
    await assertRejects(
      () => verifyCertificate(leaf, { authorities: ca }),
      DariError,
      "is not within",
    );
  },
});

Deno.test({
  name: "signRequest() issues for a request of openssl and drops what it must not grant",
  ignore,
  fn: async () => {
    await using directory = await tempDirectory();
    await initAuthority(directory.path);
    const authority = await loadAuthority(directory.path);
    const make = async (...words: string[]) => {
      const { success, text } = await openssl(
        directory.path,
        "req",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "r.key",
        "-out",
        "r.csr",
        "-subj",
        "/CN=r.internal",
        ...words,
      );
      assert(success, text);
      return await Deno.readTextFile(`${directory.path}/r.csr`);
    };
    const request = await parseRequest(
      await make("-addext", "subjectAltName=DNS:r.internal", "-addext", "1.2.3.4=DER:0500"),
    );
    const ledger = openFileLedger(directory.path);
    const { certificate, dropped } = await signRequest(authority, ledger, request);
    assertEquals(dropped, ["1.2.3.4"]);
    assert(!certificate.extensions.all.includes("1.2.3.4"));
    const authorities = [authority.certificate];
    assertEquals((await verifyCertificate(certificate, { authorities })).length, 2);
    const greedy = await make("-addext", "basicConstraints=critical,CA:TRUE");
    await assertRejects(() => parseRequest(greedy), DariError, "authority's certificate");
    const signer = await make("-addext", "keyUsage=keyCertSign");
    await assertRejects(() => parseRequest(signer), DariError, "signs certificates");
    const weak = await make("-newkey", "rsa:1024");
    await assertRejects(() => parseRequest(weak), DariError, "1024 bits");
  },
});

Deno.test("a server and a client of one authority shake hands, and others are refused", async () => {
  await using directory = await tempDirectory();
  await using elsewhere = await tempDirectory();
  for (const { path } of [directory, elsewhere]) await initAuthority(path);
  const ledger = openFileLedger(directory.path);
  const authority = await loadAuthority(directory.path);
  const prefix = `${directory.path}/server`;
  await issueLeafFiles(authority, ledger, prefix, { names: ["localhost", "127.0.0.1"] });
  const [cert, key] = await Promise.all(
    [`${prefix}.crt`, `${prefix}.key`].map((path) => Deno.readTextFile(path)),
  );
  using listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert: cert!, key: key! });
  const shake = async (ca: string) => {
    const accepted = listener.accept();
    const answer = new Promise<string>((resolve) => {
      const socket = connect(
        { host: "127.0.0.1", port: listener.addr.port, ca, servername: "localhost" },
        () => resolve("trusted"),
      );
      socket.on("error", (error: Error) => resolve(error.message));
      accepted.then(async (connection) => {
        await connection.handshake().catch(() => {});
        await answer;
        socket.destroy();
        connection.close();
      });
    });
    return await answer;
  };
  assertEquals(await shake(await Deno.readTextFile(`${directory.path}/ca.crt`)), "trusted");
  assert(await shake(await Deno.readTextFile(`${elsewhere.path}/ca.crt`)) !== "trusted");
});
