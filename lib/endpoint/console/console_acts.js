// Questions before something is ended or changed, and the sign-in that the server asks for then.

import { call, signInFields } from "./console_calls.js";
import { element, foreign, notice, readable, say } from "./console_parts.js";

/** Who is signed in. */
let account;

/** Remembers who is signed in, who is asked for the password again. */
export function actsOf(name) {
  account = name;
}

/**
 * Asks, and does it. The server wants a sign-in of the last minutes; where it is older, the dialog
 * asks for the password and does it then.
 *
 * @param {object} act
 * @param {string} act.title What is asked.
 * @param {unknown[]} act.about What will happen.
 * @param {string} act.button The word on the button.
 * @param {() => Promise<unknown>} act.run Does it.
 * @param {(result: unknown) => unknown} act.done Tells that it is done: a text, or elements that stay
 * until they are closed.
 * @returns Whether it was done.
 */
export function ask({ title, about, button, run, done }) {
  const { promise, resolve } = Promise.withResolvers();
  const before = document.activeElement;
  const wrong = element("p", { className: "bad", attributes: { role: "alert" } });
  const cancel = element("button", { type: "button", textContent: "Cancel" });
  const confirm = element("button", { className: "danger", textContent: button });
  const fields = signInFields(element, account);
  const again = element(
    "fieldset",
    { hidden: true, disabled: true },
    element("legend", { textContent: "Sign in again to confirm" }),
    ...fields.nodes,
    fields.passkey,
  );
  const actions = element("div", { className: "actions" }, cancel, confirm);
  const form = element(
    "form",
    { method: "dialog" },
    element("h2", { id: "ask-title", textContent: title }),
    ...about,
    again,
    wrong,
    actions,
  );
  const dialog = element("dialog", { attributes: { "aria-labelledby": "ask-title" } }, form);
  let isDone = false;
  const askForSignIn = () => {
    again.hidden = again.disabled = false;
    confirm.textContent = `Sign in and ${button.toLowerCase()}`;
    fields.focus();
  };
  cancel.onclick = () => dialog.close();
  const act = async (signIn) => {
    wrong.textContent = "";
    confirm.disabled = fields.passkey.disabled = true;
    try {
      await signIn?.();
      const told = done(await run());
      isDone = true;
      if (typeof told === "string") {
        say(told);
        dialog.close();
      } else {
        form.replaceChildren(form.firstChild, ...told, actions);
        actions.replaceChildren(confirm);
        confirm.className = "primary";
        confirm.textContent = "Close";
        confirm.disabled = false;
        confirm.focus();
      }
    } catch (error) {
      if (error.data?.signInMaxAgeMs !== undefined && again.disabled) askForSignIn();
      else wrong.textContent = readable(error.message);
    } finally {
      confirm.disabled = fields.passkey.disabled = false;
    }
  };
  form.onsubmit = async (event) => {
    event.preventDefault();
    if (isDone) return dialog.close();
    await act(again.disabled ? undefined : fields.submit);
  };
  fields.passkey.onclick = () => act(fields.submitPasskey);
  dialog.onclose = () => {
    dialog.remove();
    if (before?.isConnected) before.focus();
    resolve(isDone);
  };
  document.body.append(dialog);
  dialog.showModal();
  cancel.focus();
  return promise;
}

/** Lists what a revocation would end, asks, and does it. */
export async function revoke(who) {
  let plan;
  try {
    plan = await call("rpc.revoke", { who, what: true });
  } catch (error) {
    notice(error.message);
    return false;
  }
  const { target, holdings, connections = [] } = plan;
  const lines = holdings.map(lineOf);
  const calls = connections.reduce((sum, each) => sum + each.calls.length, 0);
  if (connections.length > 0) {
    lines.push(`${counted(connections.length, "connection")}, ${counted(calls, "running call")}`);
  }
  const list = lines.length === 0
    ? element("p", { textContent: "Nothing of it works any more." })
    : element("ul", {}, ...lines.map((line) => element("li", {}, foreign(line))));
  return await ask({
    title: `Revoke ${readable(target)}?`,
    about: [element("p", { textContent: "This ends, at once and for good:" }), list],
    button: "Revoke",
    run: () => call("rpc.revoke", { who: target }),
    done: ({ gone, failed, closed = 0 }) => {
      const ended = `Revoked ${readable(target)}: ${counted(gone.length, "thing")} ended, ${
        counted(closed, "connection")
      } closed`;
      if (failed.length === 0) return ended;
      return [
        element("p", { textContent: ended }),
        element("p", { className: "bad", textContent: "This could not be ended; try again:" }),
        element(
          "ul",
          {},
          ...failed.map(({ holding, message }) =>
            element("li", {}, foreign(`${lineOf(holding)}: ${message}`))
          ),
        ),
      ];
    },
  });
}

function lineOf({ kind, id, ...more }) {
  switch (kind) {
    case "account":
      return `the account ${id}: it is disabled, and can be enabled again`;
    case "session":
      return `the session ${id} of ${more.account} at ${more.address}`;
    case "key":
      return `the API key ${id} (${more.name}) of ${more.account}`;
    case "certificate":
      return `the certificate ${id} (${more.subject})`;
    default:
      return `the ${kind} ${id}`;
  }
}

function counted(count, word) {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
