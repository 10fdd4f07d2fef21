// The audit: what happened, the newest first, with a search.

import { call } from "./console_calls.js";
import { badge, element, foreign, moment, none, readable, table } from "./console_parts.js";

/** What the server says of a record beside its names, in one line. */
function detailOf({ data = {}, via }) {
  const parts = Object.entries({ ...data, via })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join(", ") : value}`);
  return parts.length === 0 ? none() : foreign(parts.join("; "));
}

const optional = (text) => text === undefined ? none() : foreign(text);

const columns = (now) => [
  { title: "When", of: ({ at }) => at === undefined ? none() : moment(Date.parse(at), now) },
  {
    title: "What",
    className: "word",
    of: ({ kind, damaged }) => damaged ? badge("damaged record", "bad") : foreign(kind),
  },
  { title: "Who", of: ({ by }) => optional(by) },
  { title: "About", of: ({ about }) => optional(about) },
  { title: "From", of: ({ peer }) => optional(peer) },
  { title: "More", of: detailOf },
  { title: "Number", className: "number", of: ({ id }) => String(id) },
];

/** Shows the audit in a place. */
export function showAudit(place) {
  const find = element("input", { type: "search", name: "find", autocomplete: "off" });
  const state = element("p", { className: "soft", attributes: { role: "status" } });
  const body = element("div", {});
  const further = element("button", { type: "button", textContent: "Search further back" });
  let found = [];
  let before;
  const load = async (isNew) => {
    state.textContent = "Searching…";
    further.disabled = true;
    try {
      const wanted = find.value.trim();
      const from = isNew ? undefined : before;
      const answer = await call("rpc.audit", {
        ...(wanted === "" ? {} : { find: wanted }),
        ...(from === undefined ? {} : { before: from }),
      });
      found = isNew ? answer.items : [...found, ...answer.items];
      before = answer.before;
      body.replaceChildren(
        found.length === 0 ? "" : table("Records of the audit", columns(answer.atMs), found),
      );
      const shown = `${found.length} ${found.length === 1 ? "record" : "records"}`;
      state.textContent = before === undefined
        ? `${shown}; there are no older ones`
        : `${shown}, back to number ${before}`;
      further.hidden = before === undefined;
    } catch (error) {
      state.textContent = readable(error.message);
    } finally {
      further.disabled = false;
    }
  };
  further.onclick = () => load(false);
  further.hidden = true;
  const form = element(
    "form",
    { className: "search", attributes: { role: "search" } },
    element("label", {}, "Search ", find),
    element("button", { textContent: "Search" }),
  );
  form.onsubmit = (event) => {
    event.preventDefault();
    load(true);
  };
  place.replaceChildren(
    element("h2", { textContent: "Audit" }),
    element("p", {
      className: "soft",
      textContent: "A text anywhere in a record: a name, an address, a kind such as call.denied. " +
        "dari audit verify says whether the records are whole.",
    }),
    form,
    state,
    body,
    element("p", {}, further),
  );
  return load(true);
}
