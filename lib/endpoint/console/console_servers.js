// The servers of the cluster: their versions, health and load, what they share and what ends next.

import { call } from "./console_calls.js";
import { badge, duration, element, ending, foreign, none, number, table } from "./console_parts.js";
import { fill } from "./console_sections.js";

/** What is known of the state that servers share is refused past this age. */
const STALE_MS = 10_000;

/** Each question is a record of the audit, so they are asked when somebody wants to know. */
export function showServers(place) {
  const body = element("div", {});
  const load = async () => {
    refresh.disabled = true;
    await fill(body, serversTable);
    refresh.disabled = false;
  };
  const refresh = element("button", { type: "button", textContent: "Refresh", onclick: load });
  place.replaceChildren(
    element("h2", { textContent: "Servers" }),
    element("p", {}, refresh),
    body,
  );
  return load();
}

async function serversTable() {
  const { service, atMs, servers } = await call("rpc.servers");
  if (service === null) {
    return element("p", {
      className: "soft",
      textContent: "This server offers no service of NATS, so it knows of no others.",
    });
  }
  const versions = new Set(servers.map(({ version }) => version));
  const count = (value) => value === undefined ? none() : number(value);
  const columns = [
    { title: "Server", of: ({ server }) => server === undefined ? none() : foreign(server) },
    { title: "Version", of: ({ version }) => versionOf(version, versions) },
    { title: "Health", of: ({ health }) => healthOf(health) },
    {
      title: "Up",
      of: ({ startedMs }) => startedMs === undefined ? none() : duration(atMs - startedMs),
    },
    { title: "Connections", of: ({ connections }) => count(connections) },
    { title: "Running", of: ({ calls }) => count(calls?.active) },
    { title: "Calls a second", of: ({ calls }) => count(calls?.perSecond) },
    { title: "Store", of: ({ storeStalenessMs }) => stalenessOf(storeStalenessMs) },
    { title: "Messages", of: ({ messagesStalenessMs }) => stalenessOf(messagesStalenessMs) },
    {
      title: "Certificate ends",
      of: ({ certificateNotAfterMs: endMs }) => endMs === undefined ? none() : ending(endMs, atMs),
    },
    { title: "Id", of: ({ instance }) => element("code", {}, foreign(instance)) },
  ];
  const total = servers.length === 1
    ? "1 server has answered"
    : `${servers.length} servers have answered`;
  return element(
    "div",
    {},
    servers.length === 0 ? undefined : table("Servers of the cluster", columns, servers),
    element(
      "p",
      { className: "soft" },
      `${total} for `,
      foreign(service),
      ". What they say goes through NATS and is not proved.",
    ),
  );
}

/** Several versions are right while servers are upgraded, and not for long. */
function versionOf(version, all) {
  return all.size > 1 ? badge(version, "several") : foreign(version);
}

function healthOf(health) {
  if (health === undefined) return none();
  return badge(health, health === "SERVING" ? "good" : "bad");
}

function stalenessOf(ms) {
  if (ms === undefined) return none("its own");
  if (!Number.isFinite(ms)) return badge("unknown", "bad");
  const shown = `${number(ms / 1_000)} s old`;
  return ms > STALE_MS ? badge(shown, "bad") : shown;
}
