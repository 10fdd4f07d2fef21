// The console of a server: who is signed in, and which section is shown. It runs in browsers as it is.

import { actsOf } from "./console_acts.js";
import { showAudit } from "./console_audit.js";
import { call, ownName, signInFields, signOut } from "./console_calls.js";
import { showJobs } from "./console_jobs.js";
import { lists, showList } from "./console_lists.js";
import { element, notice, readable, say } from "./console_parts.js";
import { showQueues } from "./console_queues.js";
import { showConnections, showOverview, showPolicy } from "./console_sections.js";
import { showServers } from "./console_servers.js";
import { showTopics } from "./console_topics.js";

const find = (id) => document.getElementById(id);
const main = find("main");
const nav = document.querySelector("nav");

const sections = {
  overview: showOverview,
  connections: showConnections,
  servers: showServers,
  queues: showQueues,
  jobs: showJobs,
  topics: showTopics,
  policy: showPolicy,
  audit: showAudit,
  ...Object.fromEntries(
    Object.entries(lists).map(([name, list]) => [name, (place) => showList(place, list)]),
  ),
};

/** Ends what the section that is shown goes on with. */
let shown = new AbortController();

/** Shows what the address names. */
async function show(isMoved = false) {
  shown.abort();
  shown = new AbortController();
  const { signal } = shown;
  const wanted = location.hash.slice(1);
  const name = Object.hasOwn(sections, wanted) ? wanted : "overview";
  for (const link of nav.querySelectorAll("a")) {
    if (link.getAttribute("href") === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  notice();
  say("");
  if (isMoved) main.focus();
  try {
    await sections[name](main, signal);
  } catch (error) {
    if (!signal.aborted) failed(error);
  }
}

/** A session that has ended, or that may not see this, is said at once. */
function failed(error) {
  if (error.status === 401) return showSignIn("Sign in again: your session has ended.");
  notice(error.message);
}

function showSignIn(text = "") {
  shown.abort();
  sessionStorage.removeItem("account");
  nav.hidden = find("sign-out").hidden = true;
  document.querySelector("dialog[open]")?.close();
  const fields = signInFields(element);
  const button = element("button", { className: "primary", textContent: "Sign in" });
  const form = element(
    "form",
    { id: "sign-in" },
    element("h2", { textContent: "Sign in" }),
    ...fields.nodes,
    element("div", { className: "actions" }, fields.passkey, button),
  );
  const signIn = async (submit) => {
    button.disabled = fields.passkey.disabled = true;
    try {
      sessionStorage.setItem("account", await submit());
      notice();
      await begin();
    } catch (error) {
      notice(readable(error.message));
    } finally {
      button.disabled = fields.passkey.disabled = false;
    }
  };
  form.onsubmit = async (event) => {
    event.preventDefault();
    await signIn(fields.submit);
  };
  fields.passkey.onclick = () => signIn(fields.submitPasskey);
  main.replaceChildren(form);
  notice(text);
  fields.focus();
}

/** Those who may see the server's state see the console; others are told what is missing. */
async function begin() {
  try {
    const status = await call("rpc.status");
    find("server").textContent = `version ${status.version}`;
  } catch (error) {
    if (error.status === 401) return showSignIn();
    signedInAs(sessionStorage.getItem("account") ?? "");
    main.replaceChildren();
    return notice(
      error.status === 403
        ? "You are signed in, and may not see the console: it is for the role admin."
        : readable(error.message),
    );
  }
  signedInAs(sessionStorage.getItem("account") ?? await ownName());
  nav.hidden = false;
  await show();
}

function signedInAs(name) {
  find("sign-out").hidden = false;
  find("account").replaceChildren(element("bdi", { textContent: readable(name) }));
  actsOf(name === "" ? undefined : name);
}

find("sign-out").onsubmit = async (event) => {
  event.preventDefault();
  await signOut();
  showSignIn();
};
addEventListener("hashchange", () => {
  if (!nav.hidden) show(true);
});
addEventListener("keydown", (event) => {
  const isTyping = event.target.closest?.("input, textarea, select, dialog") !== null;
  if (event.key !== "/" || isTyping) return;
  const search = document.querySelector("main input[type=search]");
  if (search === null) return;
  event.preventDefault();
  search.focus();
});
await begin();
