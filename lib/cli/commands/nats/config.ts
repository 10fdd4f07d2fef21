import { DariError } from "../../../base/errors.ts";
import { writeFileAtomic } from "../../../base/file/files.ts";
import { limits } from "../../../base/limits.ts";
import {
  type Part,
  type ServerConfig,
  writeServerConfig,
} from "../../../cluster/config/server_config.ts";
import { parseAddress } from "../../../transport/scheme/parse.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { option, repeatedOption } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { file, text, type ValueType } from "../../app/value_type.ts";
import { dataDirectoryOf, dataOptions } from "../../workspace/data_directory.ts";

const DEFAULT_LISTEN = `localhost:${limits.natsPort}`;
// What a certificate's name may have, and no configuration reads as something else.
const NAME = /^[A-Za-z0-9._:/@-]+$/;

const place: ValueType<string> = {
  ...text("HOST:PORT"),
  expects: "a host and a port such as 0.0.0.0:4222",
  parse(typed) {
    const address = parseAddress(typed);
    return address.kind === "tls" && !typed.includes("/") ? typed : undefined;
  },
};

const part: ValueType<Part> = {
  ...text("SERVICE=NAME"),
  expects: "a service and the name in a certificate, such as orders=server-1.internal",
  parse(typed) {
    const at = typed.indexOf("=");
    const [service, name] = [typed.slice(0, Math.max(at, 0)), typed.slice(at + 1)];
    if (at < 1 || !NAME.test(name)) return undefined;
    const address = parseAddress(`nats://localhost/${service}`); // it says what is wrong with a name
    return address.kind === "nats" && address.instance === undefined
      ? { service, name }
      : undefined;
  },
};

/** `dari nats config` */
export const command: Command = defineCommand({
  examples: [
    "dari nats config --server orders=server-1.internal --client orders=shop.internal --out nats.conf",
    [
      "dari nats config --listen 0.0.0.0:4222 --node a --cluster-listen 0.0.0.0:6222 --route b.internal:6222",
      "one of several NATS servers",
    ],
  ],
  options: {
    server: repeatedOption(part, "a program that offers a service, by the name in its certificate"),
    client: repeatedOption(part, "a program that uses a service, by the name in its certificate"),
    listen: option(place, "where programs connect", { default: DEFAULT_LISTEN }),
    cert: option(file(), "the NATS server's certificate with its chain (default: DIR/nats.crt)"),
    key: option(file(), "its private key (default: DIR/nats.key)"),
    ca: option(file(), "the authorities of the programs' certificates (default: DIR/ca.crt)"),
    node: option(text("NAME"), "the NATS server's name, where it is one of several"),
    "cluster-listen": option(place, "where the other NATS servers connect"),
    route: repeatedOption(place, "where one of the other NATS servers is"),
    streams: option(file(), "the folder of its streams, where servers share their store"),
    out: option(file(), "where the configuration is written (default: standard output)"),
    ...dataOptions,
  },
  notes: [
    "Make the NATS server's certificate with dari cert issue HOST --server --client --out DIR/nats, those of " +
    "programs with dari cert issue NAME --client. Start it with nats-server --config FILE; nats-server " +
    "--signal reload takes up a changed file.",
    "--streams lets the servers of a service keep accounts and sessions together (JetStream); give it on " +
    "each of three NATS servers.",
    "A program is who its certificate says (verify_and_map), and may use only the subjects of its services " +
    "and answers of its own. One whose name does not stand here is refused.",
  ],
  async run({ options }, io) {
    const data = dataDirectoryOf(options, io);
    const { listen, out, server, client } = options;
    const { cert = `${data}/nats.crt`, key = `${data}/nats.key`, ca = `${data}/ca.crt` } = options;
    const config = writeServerConfig({
      listen,
      files: { cert: await absolute(cert), key: await absolute(key), ca: await absolute(ca) },
      servers: server,
      clients: client,
      streams: options.streams,
      cluster: clusterOf(options),
    });
    if (out === undefined) {
      io.print(options.json ? JSON.stringify({ config }) : config.trimEnd());
      return 0;
    }
    await writeFileAtomic(out, config, { mode: 0o644 });
    report(options, io, { file: out }, [`${out}: start it with nats-server --config ${out}`]);
    return 0;
  },
});

/** A NATS server reads its files from the directory that it is started in. */
async function absolute(path: string): Promise<string> {
  return await Deno.realPath(path).catch(() => path);
}

function clusterOf(options: {
  readonly node: string | undefined;
  readonly "cluster-listen": string | undefined;
  readonly route: readonly string[];
}): ServerConfig["cluster"] {
  const { node, "cluster-listen": listen, route: routes } = options;
  if (node === undefined && listen === undefined && routes.length === 0) return undefined;
  if (node !== undefined && NAME.test(node) && listen !== undefined) {
    return { node, listen, routes };
  }
  throw new DariError(
    "usage",
    "--node and --cluster-listen belong together, for --route too; give both",
  );
}
