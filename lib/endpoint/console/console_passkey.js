// Passkeys in the gateway's own pages: the browser asks its user, and the server checks the answer.
// `post` sends JSON, gives the value of the answer, and throws what the server says is wrong.

/** Whether this browser has passkeys, and reads what the server sends for them. */
export const hasPasskeys =
  globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON !== undefined;

/** Signs in by a passkey that the browser lets its user choose. */
export async function signInByPasskey(post) {
  const options = await post("/login/passkey/options", {});
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const proof = await asked(() => navigator.credentials.get({ publicKey }));
  await post("/login/passkey", { response: proof.toJSON() });
}

/** Makes a passkey for the account that is signed in. */
export async function addPasskey(post) {
  const options = await post("/login/passkey/add/options", {});
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  const made = await asked(() => navigator.credentials.create({ publicKey }));
  await post("/login/passkey/add", { response: made.toJSON(), name: "browser" });
}

/** Browsers do not say whether their user refused, waited too long, or has no passkey here. */
async function asked(ask) {
  try {
    return await ask();
  } catch (error) {
    if (error.name === "InvalidStateError") throw new Error("This device has a passkey already");
    if (error.name !== "NotAllowedError") throw error;
    throw new Error("The browser gave no passkey: it was refused, or there is none for this page");
  }
}
