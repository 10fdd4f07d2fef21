import { startServer } from "./dari_server.ts";
import { openssl } from "./openssl.ts";
import { startOpensslServer } from "./openssl_server.ts";
import { tempDirectory } from "./temp.ts";
import { encodePrivateKeyPem } from "../../lib/cert/mod.ts";
import { type TlsAuthority, tlsAuthority, tlsPair } from "./tls_certificates.ts";
import { nameOfGroup } from "../../lib/ops/scan/names/groups.ts";
import { suiteOf } from "../../lib/ops/scan/names/suites.ts";
import type { ScanReport } from "../../lib/ops/scan/report/scan_report.ts";

/** What several scanners say of one server, in the same words. */
export interface Facts {
  /** Versions that are offered. */
  readonly versions: readonly string[];
  /** `TLSv1.2 TLS_…` of every suite. */
  readonly suites: readonly string[];
  /** `TLSv1.3 x25519` or `older x25519` of every group, where the scanner lists them by version. */
  readonly groups: readonly string[] | undefined;
  /** Names, key, signature, end of every certificate; undefined where the scanner reads none. */
  readonly certificates: readonly string[] | undefined;
  /** The shortest prime of DHE. */
  readonly primeBits: number | undefined;
  /** Whether renegotiation is bound to the connection. */
  readonly renegotiatesSafely: boolean | undefined;
  /** Whether SHA-1 is signed in TLS 1.2. */
  readonly signsWeakly: boolean | undefined;
}

/** A server that is scanned. */
export interface RivalServer extends AsyncDisposable {
  readonly port: number;
  /** A file with the authority of its certificate. */
  readonly ca: string;
}

/** The ten servers, by what is special about each. */
export const rivalServers: Readonly<Record<string, () => Promise<RivalServer>>> = {
  "dari serve": () => startDariServer(),
  "dari serve, client certificates": () => startDariServer("client-ca"),
  "dari serve, HTTPS gateway": () => startDariServer("https"),
  "openssl, as it comes": () => startOpenssl(),
  "openssl, all suites": () => startOpenssl("-cipher", "ALL:eNULL:@SECLEVEL=0"),
  "openssl, TLS 1.0 and 1.1": () =>
    startOpenssl("-no_tls1_2", "-no_tls1_3", "-cipher", "ALL:@SECLEVEL=0", "-serverpref"),
  "openssl, TLS 1.3 alone": () =>
    startOpenssl("-tls1_3", "-ciphersuites", "TLS_AES_256_GCM_SHA384"),
  "openssl, client certificates": () => startOpenssl("-Verify", "1", "-CAfile", "ca.pem"),
  "openssl, asks for certificates": () =>
    startOpenssl(
      "-verify",
      "1",
      "-CAfile",
      "ca.pem",
      "-no_ticket",
      "-groups",
      "P-521:brainpoolP256r1",
    ),
  "openssl, RSA 1024 and SHA-1": () => startWeakOpenssl(),
};

async function startDariServer(kind?: "client-ca" | "https"): Promise<RivalServer> {
  await using own = new AsyncDisposableStack();
  const directory = own.use(await tempDirectory());
  const clients = `${directory.path}/clients.pem`;
  await Deno.writeTextFile(clients, (await tlsAuthority("CN=clients")).pem);
  const words = kind === "client-ca"
    ? ["--client-ca", clients]
    : kind === "https"
    ? ["--https", "https://127.0.0.1:0"]
    : [];
  const server = own.use(await startServer(...words));
  const scheme = kind === "https" ? "https" : "tls";
  const port = new RegExp(`listening on ${scheme}://127\\.0\\.0\\.1:(\\d+)`).exec(server.out)?.[1];
  const kept = own.move();
  return {
    port: Number(port),
    ca: `${server.data}/ca.crt`,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function startOpenssl(...args: string[]): Promise<RivalServer> {
  const authority = await tlsAuthority("CN=test root");
  const days = 24 * 60 * 60 * 1_000;
  const pair = await tlsPair(authority, { notAfterMs: Date.now() + 60 * days });
  return await withCa(
    authority,
    (ca) => startOpensslServer(pair, "-www", ...args.map((word) => word === "ca.pem" ? ca : word)),
  );
}

/** What dari does not issue, openssl does. */
async function startWeakOpenssl(): Promise<RivalServer> {
  const authority = await tlsAuthority("CN=test root");
  await using directory = await tempDirectory();
  const at = (name: string) => `${directory.path}/${name}`;
  await Deno.writeTextFile(at("ca.pem"), authority.pem);
  await Deno.writeTextFile(at("ca.key"), await encodePrivateKeyPem(authority.privateKey));
  const request = ["-newkey", "rsa:1024", "-nodes", "-keyout", "key.pem", "-out", "req.pem"];
  await openssl(directory.path, "req", ...request, "-subj", "/CN=old.internal");
  const signed = ["-req", "-in", "req.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-sha1"];
  await openssl(directory.path, "x509", ...signed, "-days", "60", "-out", "cert.pem");
  const [cert, key] = [
    await Deno.readTextFile(at("cert.pem")),
    await Deno.readTextFile(at("key.pem")),
  ];
  return await withCa(
    authority,
    () => startOpensslServer({ cert, key }, "-www", "-cipher", "ALL:@SECLEVEL=0"),
  );
}

async function withCa(
  authority: TlsAuthority,
  start: (ca: string) => Promise<{ readonly port: number } & AsyncDisposable>,
): Promise<RivalServer> {
  await using own = new AsyncDisposableStack();
  const directory = own.use(await tempDirectory());
  const ca = `${directory.path}/ca.pem`;
  await Deno.writeTextFile(ca, authority.pem);
  const { port } = own.use(await start(ca));
  const kept = own.move();
  return { port, ca, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** What `dari scan` says. */
export function factsOfDari(report: ScanReport): Facts {
  return {
    versions: report.versions.filter(({ outcome }) => outcome === "offered").map(({ version }) =>
      version
    )
      .toSorted(),
    suites: report.versions.flatMap(({ version, suites }) =>
      suites.map(({ name }) => `${version} ${name}`)
    ).toSorted(),
    groups: [
      ...report.groups["TLSv1.3"].map((name) => `TLSv1.3 ${name}`),
      ...report.groups["TLSv1.2"].map((name) => `older ${name}`),
    ].toSorted(),
    certificates: report.certificates.map(({ names, key, signature, notAfter }) =>
      describe(names, key, signature, Date.parse(notAfter))
    ).toSorted(),
    primeBits: report.primeBits,
    renegotiatesSafely: report.renegotiatesSafely,
    signsWeakly: report.findings.some(({ rule }) => rule === "signature-weak"),
  };
}

function describe(names: readonly string[], key: string, signature: string, endMs: number): string {
  const digest = /sha-?\d+/i.exec(signature)?.[0].toLowerCase().replace("-", "");
  return `${names.toSorted()} ${key} ${digest} ${new Date(endMs).toISOString().slice(0, 19)}`;
}

/** What `sslscan --xml=- --show-sigs` says. */
export function factsOfSslscan(xml: string): Facts {
  const elements = (name: string) =>
    [...xml.matchAll(new RegExp(`<${name} ([^>]*?)/?>`, "g"))].map(([, text = ""]) =>
      Object.fromEntries([...text.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, k, v]) => [k, v]))
    );
  const protocols = elements("protocol").filter(({ enabled }) => enabled === "1");
  const ciphers = elements("cipher");
  const primes = ciphers.flatMap(({ dhebits }) => dhebits === undefined ? [] : [Number(dhebits)]);
  const inside = (text: string, name: string) =>
    new RegExp(`<${name}>(?:<!\\[CDATA\\[)?(.*?)(?:\\]\\]>)?</${name}>`).exec(text)?.[1] ?? "";
  const certificates = [...xml.matchAll(/<certificate type="short">.*?<\/certificate>/gs)].map(
    ([text]) => {
      const names = inside(text, "altnames").split(", ").filter((name) => name !== "")
        .map((name) =>
          name.replace(/^(?:DNS|IP Address):/, "").replace(/^0:0:0:0:0:0:0:1$/, "::1")
        );
      const [, type = "", bits = ""] =
        /<pk error="false" type="(\w+)"(?:.*?bits="(\d+)")?/.exec(text) ?? [];
      const curve = /curve_name="(\w+)"/.exec(text)?.[1];
      const key = type === "RSA"
        ? `RSA ${bits}`
        : `ECDSA ${curve === "prime256v1" ? "P-256" : curve}`;
      const end = Date.parse(inside(text, "not-valid-after"));
      return describe(names, key, inside(text, "signature-algorithm"), end);
    },
  );
  const [renegotiation] = elements("renegotiation");
  const old = protocols.some(({ type, version }) => type === "tls" && version !== "1.3");
  return {
    versions: protocols.map(({ type, version }) =>
      type === "tls" ? `TLSv${version}` : `SSLv${version}`
    )
      .toSorted(),
    suites: ciphers.map(({ sslversion, id }) => `${sslversion} ${suiteOf(Number(id)).name}`)
      .toSorted(),
    groups: elements("group").map(({ sslversion, id }) =>
      `${sslversion === "TLSv1.3" ? sslversion : "older"} ${nameOfGroup(Number(id))}`
    )
      .toSorted(),
    certificates: [...new Set(certificates)].toSorted(),
    primeBits: primes.length === 0 ? undefined : Math.min(...primes),
    renegotiatesSafely: old ? renegotiation?.["secure"] === "1" : undefined,
    signsWeakly: elements("connection-signature-algorithm").some(({ sslversion, name }) =>
      sslversion === "TLSv1.2" && /_(?:sha1|md5)$/.test(name ?? "")
    ),
  };
}

/** What `testssl --jsonfile` says, as far as it says the same. */
export function factsOfTestssl(json: string): Facts {
  const rows = JSON.parse(json) as { id: string; finding: string }[];
  const find = (id: string) => rows.find((row) => row.id === id)?.finding;
  const versions = {
    SSLv3: "SSLv3",
    TLS1: "TLSv1.0",
    TLS1_1: "TLSv1.1",
    TLS1_2: "TLSv1.2",
    TLS1_3: "TLSv1.3",
  };
  const offered = Object.entries(versions).filter(([id]) => /^offered/.test(find(id) ?? ""));
  const suites = rows.flatMap(({ id, finding }) => {
    const [, version] = /^cipher-(tls1(?:_[123])?|ssl3)_x/.exec(id) ?? [];
    if (version === undefined) return [];
    const name = versions[version.replace("tls", "TLS").replace("ssl3", "SSLv3") as "TLS1"];
    return [`${name} ${finding.trim().split(/\s+/).at(-1)}`];
  });
  const primes = rows.flatMap(({ id, finding }) => {
    const bits = id.startsWith("cipher-tls") ? /\sDH (\d+)\s/.exec(finding)?.[1] : undefined;
    return bits === undefined ? [] : [Number(bits)];
  });
  const renegotiation = find("secure_renego");
  const old = offered.some(([, name]) => name !== "TLSv1.3");
  return {
    versions: offered.map(([, name]) => name).toSorted(),
    suites: suites.toSorted(),
    groups: undefined,
    certificates: undefined,
    primeBits: primes.length === 0 ? undefined : Math.min(...primes),
    renegotiatesSafely: old && renegotiation !== undefined
      ? /^supported/.test(renegotiation)
      : undefined,
    signsWeakly: undefined,
  };
}

/**
 * Where two scanners disagree.
 *
 * @returns A line for each fact that both state and that differs.
 */
export function differences(ours: Facts, theirs: Facts): string[] {
  return (Object.keys(ours) as (keyof Facts)[]).flatMap((name) => {
    const [our, their] = [ours[name], theirs[name]];
    if (their === undefined || JSON.stringify(our) === JSON.stringify(their)) return [];
    if (!Array.isArray(our) || !Array.isArray(their)) return [`${name}: ${our}, they say ${their}`];
    const [mine, other] = [new Set<string>(our), new Set<string>(their)];
    const only = [...mine.difference(other)].map((one) => `${name}: only dari has ${one}`);
    return [...only, ...[...other.difference(mine)].map((one) => `${name}: only they have ${one}`)];
  });
}

/** Why sslscan 2.0.7 says less, by server and difference. */
const explained: readonly (readonly [server: RegExp, difference: RegExp])[] = [
  // It does not know the groups that withstand a quantum computer.
  [/^dari/, /only dari has TLSv1\.3 X25519MLKEM768$/],
  // It offers one curve at a time, and a server refuses a client that does not take the curve of its
  // certificate (RFC 8422 section 5.1.1). It also reads no flight that comes in one record.
  [/./, /^groups: only dari has older/],
  // It ends its handshakes, which a server refuses up to TLS 1.2 that enforces certificates.
  [/client certificates$/, /^suites: only dari has TLSv1\.2/],
  // It asks with TLS 1.3, which has no renegotiation, unless something older than TLS 1.2 is offered.
  [/./, /^renegotiatesSafely: true, they say false$/],
];

/** Whether it is known why the scanners differ here. */
export function isExplained(server: string, difference: string): boolean {
  return explained.some(([name, pattern]) => name.test(server) && pattern.test(difference));
}

async function run(command: string, args: readonly string[]): Promise<Uint8Array> {
  const child = new Deno.Command(command, { args: [...args], stdin: "null", stderr: "null" });
  return (await child.output()).stdout;
}

/** Whether sslscan is there. */
export const hasSslscan: boolean = await run("sslscan", ["--version"]).then(
  () => true,
  () => false,
);

/** Scans a port of this machine with sslscan. */
export async function runSslscan(port: number): Promise<Facts> {
  const args = ["--xml=-", "--show-sigs", "--ipv4", `localhost:${port}`];
  return factsOfSslscan(new TextDecoder().decode(await run("sslscan", args)));
}

/** Scans a port of this machine with testssl.sh, which takes minutes. */
export async function runTestssl(port: number): Promise<Facts> {
  await using directory = await tempDirectory();
  const file = `${directory.path}/testssl.json`;
  const quiet = ["--quiet", "--color", "0", "--warnings=batch", "--jsonfile", file];
  await run("testssl", ["-p", "-E", "-R", ...quiet, `localhost:${port}`]);
  return factsOfTestssl(await Deno.readTextFile(file));
}
