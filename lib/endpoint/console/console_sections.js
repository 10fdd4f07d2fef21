// The sections of the console that are not plain lists: overview, connections, policy.

import { call, CallError, stream } from "./console_calls.js";
import { Charts } from "./console_charts.js";
import {
  badge,
  bytes,
  duration,
  element,
  ending,
  foreign,
  foreignList,
  moment,
  none,
  notice,
  readable,
  table,
} from "./console_parts.js";

const RETRY_MS = 1_000;

/** Charts, what expires next, and facts of the server. */
export function showOverview(place, signal) {
  const facts = element("div", {});
  const expiring = element("div", {});
  place.replaceChildren(element("h2", { textContent: "Overview" }));
  const charts = new Charts(place);
  place.append(
    element(
      "section",
      { className: "card" },
      element("h3", { textContent: "Expires next" }),
      expiring,
    ),
    element("section", { className: "card" }, element("h3", { textContent: "Server" }), facts),
  );
  signal.addEventListener("abort", () => charts.end());
  fill(expiring, expiryTable);
  fill(facts, serverTable);
  return follow(charts, signal);
}

/** Reads rpc.history, and again where it was cut. */
async function follow(charts, signal) {
  while (!signal.aborted) {
    try {
      charts.forget();
      await stream("rpc.history", {}, signal, (item) => {
        notice();
        charts.take(item);
      });
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof CallError && (error.status === 401 || error.status === 403)) throw error;
      notice(`${error.message}; trying again`);
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/** Fills a place, or says why not. */
export async function fill(place, make) {
  try {
    place.replaceChildren(await make());
  } catch (error) {
    place.replaceChildren(element("p", { className: "bad", textContent: readable(error.message) }));
  }
}

async function expiryTable() {
  const [status, certificates, keys] = await Promise.all([
    call("rpc.status"),
    call("rpc.certificates"),
    call("rpc.keys"),
  ]);
  const own = Object.entries(status.certificates)
    .map(([name, { notAfterMs }]) => ["certificate of this server", name, notAfterMs]);
  const issued = certificates.items.filter(({ state }) => state === "valid")
    .map(({ subject, notAfterMs }) => ["certificate", subject, notAfterMs]);
  const ending_ = keys.items.filter(({ state, expiresAtMs }) => state === "active" && expiresAtMs)
    .map(({ account, name, expiresAtMs }) => ["API key", `${account}: ${name}`, expiresAtMs]);
  const all = [...own, ...issued, ...ending_].sort(([, , a], [, , b]) => a - b).slice(0, 8);
  if (all.length === 0) return none("Nothing expires.");
  return table("Expires next", [
    { title: "What", of: ([what]) => what },
    { title: "Name", of: ([, name]) => foreign(name) },
    { title: "Expires", of: ([, , atMs]) => ending(atMs, status.atMs) },
  ], all);
}

async function serverTable() {
  const { version, atMs, startedAtMs, addresses, threads, calls, store, residentBytes } =
    await call("rpc.status");
  document.getElementById("server").textContent = `version ${version}`;
  const rows = [
    ["Version", version],
    ["Serves since", moment(startedAtMs, atMs)],
    ["Addresses", foreignList(addresses)],
    ["Threads", String(threads)],
    [
      "Calls since then",
      `${calls.total.toLocaleString("en")}, ${calls.failed.toLocaleString("en")} failed`,
    ],
    ["Store", bytes(store.bytes)],
    ["Memory", bytes(residentBytes)],
  ];
  return table("Server", [
    { title: "Fact", of: ([name]) => name },
    { title: "Value", of: ([, value]) => value },
  ], rows);
}

/** Who is connected, and what runs. */
export function showConnections(place) {
  const body = element("div", {});
  const load = () => fill(body, connectionsTable);
  place.replaceChildren(
    element("h2", { textContent: "Connections" }),
    element("p", {}, element("button", { type: "button", textContent: "Refresh", onclick: load })),
    body,
  );
  return load();
}

async function connectionsTable() {
  const { connections, more } = await call("rpc.connections");
  const now = Date.now();
  const running = ({ calls }) =>
    calls.length === 0 ? none() : foreignList(
      calls.slice(0, 5).map((each) => `${each.method} (${duration(now - each.startedAtMs)})`),
    );
  const columns = [
    {
      title: "Who",
      of: ({ principal }) => principal === null ? none("nobody yet") : foreign(principal.name),
    },
    {
      title: "Credential",
      of: ({ principal }) => principal === null ? none() : foreign(principal.credential),
    },
    { title: "From", of: ({ address, transport }) => foreign(`${transport} ${address}`) },
    { title: "Open since", of: ({ openedAtMs }) => moment(openedAtMs, now) },
    { title: "Running", of: running },
  ];
  const shown = connections.slice(0, 500);
  const left = more + connections.length - shown.length;
  return element(
    "div",
    {},
    table("Connections and running calls", columns, shown),
    element("p", {
      className: "soft",
      textContent: left > 0 ? `${left} more` : `${shown.length} in all`,
    }),
  );
}

/** Who may call what, and why. */
export function showPolicy(place) {
  const rules = element("div", {});
  const answer = element("div", { attributes: { role: "status" } });
  const field = (label, name, example, required = true) =>
    element(
      "label",
      { className: "field" },
      label,
      element("input", {
        name,
        required,
        placeholder: example,
        autocomplete: "off",
        spellcheck: false,
      }),
    );
  const form = element(
    "form",
    { className: "explain" },
    field("Who", "principal", "alice"),
    field("Method", "method", "orders.create"),
    field("Scopes of a key (optional, with commas)", "scopes", "orders.*", false),
    element("button", { className: "primary", textContent: "Explain" }),
  );
  form.onsubmit = (event) => {
    event.preventDefault();
    const { principal, method, scopes } = Object.fromEntries(new FormData(form));
    const given = scopes.split(",").map((each) => each.trim()).filter(Boolean);
    const params = { principal, method, ...(given.length === 0 ? {} : { scopes: given }) };
    fill(answer, async () => decisionOf(await call("rpc.policy.explain", params)));
  };
  place.replaceChildren(
    element("h2", { textContent: "Policy" }),
    element("h3", { textContent: "May they call it?" }),
    form,
    answer,
    element("h3", { textContent: "Rules" }),
    rules,
  );
  return fill(rules, policyTables);
}

function decisionOf({ allowed, reason, administrative, limits = [] }) {
  return element(
    "p",
    { className: "decision" },
    badge(allowed ? "allowed" : "denied", allowed ? "good" : "bad"),
    " ",
    foreign(reason),
    administrative ? " (the method is administrative)" : "",
    ...limits.map((rule) => element("span", {}, "; limited: ", foreign(JSON.stringify(rule)))),
  );
}

async function policyTables() {
  const { roles, scopes, public: open, limits, issuers } = await call("rpc.policy");
  const named = (caption, title, entries) =>
    Object.keys(entries).length === 0 ? undefined : table(caption, [
      { title, of: ([name]) => foreign(name) },
      { title: "Methods", of: ([, patterns]) => foreignList(patterns) },
    ], Object.entries(entries));
  return element(
    "div",
    {},
    named("Roles", "Role", roles),
    named("Scopes", "Scope", scopes),
    element("p", {}, "Public methods: ", foreignList(open)),
    element("p", {}, "Issuers of tokens: ", foreignList(issuers)),
    Object.keys(limits).length === 0 ? undefined : element("pre", {
      textContent: readable(JSON.stringify(limits, null, 2)).replaceAll("\\u{000a}", "\n"),
    }),
  );
}
