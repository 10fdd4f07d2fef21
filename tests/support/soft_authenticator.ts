import { decodeBase64Url, encodeBase64Url } from "@std/encoding/base64url";
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from "@simplewebauthn/server";

type Bytes = Uint8Array<ArrayBuffer>;

/** What an authenticator that means no good does otherwise. */
export interface Deceit {
  /** The name that it signs for. */
  readonly rpId?: string;
  /** The challenge in what the browser says. */
  readonly challenge?: string;
  /** Whether it says that it has verified the user. */
  readonly isVerified?: boolean;
  /** The count of uses. */
  readonly counter?: number;
  /** The handle of the user. */
  readonly userHandle?: string;
  /** Signs with another key. */
  readonly isForged?: boolean;
}

/** An authenticator and the browser before it, without either (Web Authentication, section 6). */
export class SoftAuthenticator {
  readonly #keys: CryptoKeyPair;
  readonly #credentialId: Bytes;
  readonly #padding: number;
  #userHandle = "";
  #counter = 0;

  private constructor(keys: CryptoKeyPair, idBytes: number, padding: number) {
    this.#keys = keys;
    this.#credentialId = crypto.getRandomValues(new Uint8Array(idBytes));
    this.#padding = padding;
  }

  /** Makes one with a key of its own; the key may have bytes that mean nothing, to be long. */
  static async create({ idBytes = 32, padding = 0 } = {}): Promise<SoftAuthenticator> {
    return new SoftAuthenticator(await newKeys(), idBytes, padding);
  }

  /** Its credential's id. */
  get id(): string {
    return encodeBase64Url(this.#credentialId);
  }

  /** `navigator.credentials.create` on a page. */
  async register(
    options: PublicKeyCredentialCreationOptionsJSON,
    origin: string,
    deceit: Deceit = {},
  ): Promise<RegistrationResponseJSON> {
    this.#userHandle = options.user.id;
    const raw = new Uint8Array(await crypto.subtle.exportKey("raw", this.#keys.publicKey));
    const [x, y] = [raw.slice(1, 33), raw.slice(33)];
    // COSE (RFC 9053): kty EC2, alg ES256, crv P-256.
    const point = joined([1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32], x, [0x22, 0x58, 32], y);
    const padding = new Uint8Array(this.#padding);
    const key = this.#padding === 0
      ? joined([0xa5], point)
      : joined([0xa6], point, [0x18, 99, 0x59, padding.length >> 8, padding.length & 255], padding);
    const id = this.#credentialId;
    const credential = joined(new Uint8Array(16), [id.length >> 8, id.length & 255], id, key);
    const data = joined(
      await this.#head(deceit.rpId ?? options.rp.id ?? "", deceit, 0x40),
      credential,
    );
    const attestation = joined(
      [0xa3],
      text("fmt"),
      text("none"),
      text("attStmt"),
      [0xa0],
      text("authData"),
      [0x59, data.length >> 8, data.length & 255],
      data,
    );
    return {
      ...this.#named(),
      response: {
        clientDataJSON: clientData(
          "webauthn.create",
          deceit.challenge ?? options.challenge,
          origin,
        ),
        attestationObject: encodeBase64Url(attestation),
        transports: ["internal"],
      },
    };
  }

  /** `navigator.credentials.get` on a page. */
  async signIn(
    options: PublicKeyCredentialRequestOptionsJSON,
    origin: string,
    deceit: Deceit = {},
  ): Promise<AuthenticationResponseJSON> {
    this.#counter++;
    const data = await this.#head(deceit.rpId ?? options.rpId ?? "", deceit, 0);
    const client = clientData("webauthn.get", deceit.challenge ?? options.challenge, origin);
    const { privateKey } = deceit.isForged === true ? await newKeys() : this.#keys;
    const signed = joined(data, await sha256(decodeBase64Url(client)));
    const algorithm = { name: "ECDSA", hash: "SHA-256" };
    const signature = new Uint8Array(await crypto.subtle.sign(algorithm, privateKey, signed));
    return {
      ...this.#named(),
      response: {
        clientDataJSON: client,
        authenticatorData: encodeBase64Url(data),
        signature: encodeBase64Url(der(signature)),
        userHandle: deceit.userHandle ?? this.#userHandle,
      },
    };
  }

  #named() {
    return {
      id: this.id,
      rawId: this.id,
      type: "public-key" as const,
      clientExtensionResults: {},
    };
  }

  async #head(rpId: string, deceit: Deceit, flags: number): Promise<Bytes> {
    const { isVerified = true, counter = this.#counter } = deceit;
    const count = new Uint8Array(4);
    new DataView(count.buffer).setUint32(0, counter);
    const hash = await sha256(new TextEncoder().encode(rpId));
    return joined(hash, [1 | (isVerified ? 4 : 0) | flags], count);
  }
}

async function newKeys(): Promise<CryptoKeyPair> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  return await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]) as CryptoKeyPair;
}

function clientData(type: string, challenge: string, origin: string): string {
  return encodeBase64Url(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
}

async function sha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** A text of CBOR with less than 24 letters. */
function text(value: string): Bytes {
  return joined([0x60 + value.length], new TextEncoder().encode(value));
}

/** r and s as DER writes them. */
function der(signature: Bytes): Bytes {
  const integers = [signature.slice(0, 32), signature.slice(32)].map((bytes) => {
    const start = bytes.findIndex((byte) => byte !== 0);
    const short = bytes.slice(start);
    const value = short[0]! >= 0x80 ? joined([0], short) : short;
    return joined([2, value.length], value);
  });
  const body = joined(...integers);
  return joined([0x30, body.length], body);
}

function joined(...parts: ArrayLike<number>[]): Bytes {
  return Uint8Array.from(parts.flatMap((part) => Array.from(part)));
}
