// gRPC for Node beside failing servers: `server DIRECTORY ADDRESS`, or `client ADDRESS ADDRESS ADDRESS`.
import grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { openSync, writeSync } from "node:fs";
import { promisify } from "node:util";
import { SLOW_MS } from "./faults_effects.mjs";
import { carryLoad } from "./faults_load.mjs";

const definition = loadSync(new URL("faults.proto", import.meta.url).pathname);
const { Faults } = grpc.loadPackageDefinition(definition);
const TIMEOUT_MS = 5_000;

async function serve(directory, address) {
  const effects = openSync(`${directory}/effects`, "a");
  let isSlow = false;
  process.on("SIGUSR2", () => isSlow = !isSlow);
  const run = ({ request, metadata }, reply) => {
    const isRetry = metadata.get("grpc-previous-rpc-attempts").length > 0;
    writeSync(effects, `${request.n}${isRetry ? "r" : ""}\n`);
    if (isSlow) setTimeout(() => reply(null, request), SLOW_MS);
    else reply(null, request);
  };
  const server = new grpc.Server();
  server.addService(Faults.service, { put: run, add: run });
  const credentials = grpc.ServerCredentials.createInsecure();
  const bound = await promisify(server.bindAsync.bind(server))(address, credentials);
  process.on("SIGTERM", () => server.tryShutdown(() => process.exit()));
  console.log(JSON.stringify({ addresses: [`${address.split(":")[0]}:${bound}`] }));
}

// What its documentation has for this: retries of one method, outliers, pings, all servers in turn.
const SERVICE_CONFIG = {
  methodConfig: [{
    name: [{ service: "Faults", method: "Put" }],
    retryPolicy: {
      maxAttempts: 5,
      initialBackoff: "0.1s",
      maxBackoff: "2s",
      backoffMultiplier: 2,
      retryableStatusCodes: ["UNAVAILABLE"],
    },
  }],
  loadBalancingConfig: [{
    outlier_detection: {
      interval: "1s",
      base_ejection_time: "30s",
      max_ejection_percent: 50,
      success_rate_ejection: {},
      failure_percentage_ejection: { threshold: 50, minimum_hosts: 3, request_volume: 20 },
      child_policy: [{ round_robin: {} }],
    },
  }],
};

async function call(addresses) {
  const target = `ipv4:${addresses.join(",")}`;
  const client = new Faults(target, grpc.credentials.createInsecure(), {
    "grpc.service_config": JSON.stringify(SERVICE_CONFIG),
    "grpc.enable_retries": 1,
    "grpc.keepalive_time_ms": 1_000,
    "grpc.keepalive_timeout_ms": 500,
    "grpc.max_reconnect_backoff_ms": 2_000,
    "grpc.initial_reconnect_backoff_ms": 100,
  });
  await promisify(client.waitForReady.bind(client))(Date.now() + 10_000);
  const make = (method) => (n) =>
    new Promise((resolve, reject) => {
      const options = { deadline: Date.now() + TIMEOUT_MS };
      client[method]({ n }, options, (error, reply) => error ? reject(error) : resolve(reply));
    });
  await carryLoad({ put: make("put"), add: make("add"), close: () => client.close() });
}

const [role, ...rest] = process.argv.slice(2);
if (role === "server") await serve(...rest);
else await call(rest);
