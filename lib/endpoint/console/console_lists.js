// The lists of the console: what there is, a search, and what can be done with each.

import { ask, revoke } from "./console_acts.js";
import { call } from "./console_calls.js";
import {
  badge,
  element,
  ending,
  foreign,
  foreignList,
  moment,
  none,
  readable,
  table,
} from "./console_parts.js";

const button = (text, onclick, label) =>
  element("button", { type: "button", textContent: text, onclick, ariaLabel: label });

/** One column: its title, and what it shows of an item at a time. */
const column = (title, of, className) => ({ title, of, className });

/** Asks before something is done to an account. */
const actOnAccount = (word, method, about) => (name) =>
  ask({
    title: `${word} the account ${readable(name)}?`,
    about: [element("p", { textContent: about })],
    button: word,
    run: () => call(method, { account: name }),
    done: () => `${word}d ${readable(name)}`.replace("ckd", "cked"),
  });

const disable = actOnAccount(
  "Disable",
  "rpc.accounts.disable",
  "Its sessions, keys, certificates and connections end at once. It can be enabled again; its API " +
    "keys and certificates work again then, its sessions do not.",
);
const enable = actOnAccount("Enable", "rpc.accounts.enable", "It may sign in again.");
const unlock = actOnAccount(
  "Unlock",
  "rpc.accounts.unlock",
  "It was locked after wrong passwords. Its failures are forgotten.",
);

function rotate({ id, name, account }) {
  return ask({
    title: `Rotate the API key ${readable(name)} of ${readable(account)}?`,
    about: [
      element("p", {
        textContent: "The key gets a new secret, which is shown once. The old one works for 24 " +
          "hours more, so that programs can change over.",
      }),
    ],
    button: "Rotate",
    run: () => call("rpc.keys.rotate", { id }),
    done: ({ text, oldUntilMs }) => [
      element("p", {}, "The new key, which is not shown again:"),
      element("pre", { textContent: text, tabIndex: 0, id: "new-key" }),
      element("p", {}, "The old secret ends ", moment(oldUntilMs, Date.now()), "."),
    ],
  });
}

/** The lists by their section. */
export const lists = {
  sessions: {
    title: "Sessions",
    method: "rpc.sessions",
    columns: (now) => [
      column("Account", (each) => foreign(each.account)),
      column("Signed in", (each) => moment(each.createdAtMs, now)),
      column("Ends if idle", (each) => moment(each.idleUntilMs, now)),
      column("Ends", (each) => moment(each.endsAtMs, now)),
      column("From", (each) => foreign(each.address)),
      column("Program", (each) => each.agent === "" ? none() : foreign(each.agent)),
      column("Id", (each) => element("code", { textContent: each.id })),
    ],
    acts: (each) =>
      each.own ? [badge("this one", "good")] : [
        ["Revoke", () => revoke(`session:${each.id}`), `Revoke the session ${each.id}`],
      ],
  },
  keys: {
    title: "API keys",
    method: "rpc.keys",
    columns: (now) => [
      column("Account", (each) => foreign(each.account)),
      column("Name", (each) => foreign(each.name)),
      column("State", (each) => badge(each.state, each.state === "active" ? "good" : "bad")),
      column(
        "Expires",
        (each) => each.expiresAtMs === undefined ? none("never") : ending(each.expiresAtMs, now),
      ),
      column("Last used", (each) => moment(each.lastUsedAtMs, now)),
      column(
        "Scopes",
        (each) => each.scopes ? foreignList(each.scopes) : none("all of its account"),
      ),
      column("Id", (each) => element("code", { textContent: each.id })),
    ],
    acts: (each) =>
      each.state !== "active" ? [] : [
        ["Rotate", () => rotate(each), `Rotate the key ${each.id}`],
        ["Revoke", () => revoke(`key:${each.id}`), `Revoke the key ${each.id}`],
      ],
  },
  accounts: {
    title: "Accounts",
    method: "rpc.accounts",
    columns: (now) => [
      column("Name", (each) => foreign(each.name)),
      column("Roles", (each) => foreignList(each.roles)),
      column(
        "State",
        (each) =>
          !each.active
            ? badge("disabled", "bad")
            : each.lockedUntilMs === undefined
            ? badge("active", "good")
            : element(
              "span",
              {},
              badge("locked", "bad"),
              " until ",
              moment(each.lockedUntilMs, now),
            ),
      ),
      column("Last sign-in", (each) => moment(each.lastSignInAtMs, now)),
      column("Signs in by", (each) => {
        const ways = [
          ...(each.hasPassword ? ["password"] : []),
          ...(each.publicKeys > 0 ? [`${each.publicKeys} public keys`] : []),
          ...each.certificates.map((name) => `certificate ${name}`),
        ];
        return foreignList(ways);
      }),
      column("Made", (each) => moment(each.createdAtMs, now)),
    ],
    acts: ({ name, active, lockedUntilMs }) => [
      ...(lockedUntilMs === undefined
        ? []
        : [["Unlock", () => unlock(name), `Unlock ${readable(name)}`]]),
      active
        ? ["Disable", () => disable(name), `Disable ${readable(name)}`]
        : ["Enable", () => enable(name), `Enable ${readable(name)}`],
      ["Revoke", () => revoke(`user:${name}`), `Revoke everything of ${readable(name)}`],
    ],
  },
  certificates: {
    title: "Certificates",
    method: "rpc.certificates",
    columns: (now) => [
      column("Subject", (each) => foreign(each.subject)),
      column("Names", (each) => foreignList(each.names)),
      column("For", (each) => foreignList(each.purposes)),
      column("State", (each) => badge(each.state, each.state === "valid" ? "good" : "bad")),
      column(
        "Expires",
        (each) =>
          each.state === "valid" ? ending(each.notAfterMs, now) : moment(each.notAfterMs, now),
      ),
      column("Serial", (each) => element("code", { textContent: each.serial })),
    ],
    acts: ({ state, serial, purposes }) =>
      (state !== "valid" && state !== "renewed") || purposes.includes("authority") ? [] : [
        ["Revoke", () => revoke(`serial:${serial}`), `Revoke the certificate ${serial}`],
      ],
  },
};

/** Shows a list in a place, and again after each search and act. */
export function showList(place, { title, method, columns, acts }) {
  const find = element("input", { type: "search", name: "find", autocomplete: "off" });
  const state = element("p", { className: "soft", attributes: { role: "status" } });
  const body = element("div", {});
  const load = async () => {
    state.textContent = "Loading…";
    try {
      const params = find.value.trim() === "" ? {} : { find: find.value.trim() };
      const { items, more, atMs } = await call(method, params);
      const cells = [...columns(atMs), {
        title: "Actions",
        className: "acts",
        of: (item) => element("span", {}, ...acts(item).map((act) => actOf(act, load))),
      }];
      state.textContent = more > 0
        ? `The first ${items.length} of ${items.length + more}; search for the others`
        : `${items.length} in all`;
      body.replaceChildren(items.length === 0 ? "" : table(title, cells, items));
    } catch (error) {
      state.textContent = readable(error.message);
      body.replaceChildren();
    }
  };
  const form = element(
    "form",
    { className: "search", attributes: { role: "search" } },
    element("label", {}, "Search ", find),
    element("button", { textContent: "Search" }),
    button("Refresh", load),
  );
  form.onsubmit = (event) => {
    event.preventDefault();
    load();
  };
  place.replaceChildren(element("h2", { textContent: title }), form, state, body);
  return load();
}

function actOf(act, load) {
  if (!Array.isArray(act)) return act;
  const [text, run, label] = act;
  return button(text, async () => {
    if (await run()) await load();
  }, label);
}
