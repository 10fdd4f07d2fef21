"""Verifies what `dari audit export` and `dari audit prove` write, by docs/audit.md alone.

Only the standard library: python3 verify_audit.py CA_FILE FILE...
It exits 0 where every file holds, and otherwise says what is wrong and exits 1.
"""

import base64
import hashlib
import json
import sys

# Ed25519 (RFC 8032 section 5.1).
Q = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, Q - 2, Q) % Q


def ed_x(y, sign):
    x2 = (y * y - 1) * pow(D * y * y + 1, Q - 2, Q) % Q
    x = pow(x2, (Q + 3) // 8, Q)
    if (x * x - x2) % Q:
        x = x * pow(2, (Q - 1) // 4, Q) % Q
    if (x * x - x2) % Q:
        raise ValueError("no point")
    return Q - x if x & 1 != sign else x


def ed_add(a, b):
    x1, y1, z1, t1 = a
    x2, y2, z2, t2 = b
    p, q = (y1 - x1) * (y2 - x2) % Q, (y1 + x1) * (y2 + x2) % Q
    r, s = 2 * t1 * t2 * D % Q, 2 * z1 * z2 % Q
    e, f, g, h = q - p, s - r, s + r, q + p
    return e * f % Q, g * h % Q, f * g % Q, e * h % Q


def ed_mul(k, point):
    result = (0, 1, 1, 0)
    while k:
        if k & 1:
            result = ed_add(result, point)
        point = ed_add(point, point)
        k >>= 1
    return result


def ed_point(data):
    number = int.from_bytes(data, "little")
    y = number & (2**255 - 1)
    x = ed_x(y, number >> 255)
    return x, y, 1, x * y % Q


BY = 4 * pow(5, Q - 2, Q) % Q
BX = ed_x(BY, 0)
BASE = (BX, BY, 1, BX * BY % Q)


def ed25519(key, message, signature):
    if len(key) != 32 or len(signature) != 64:
        return False
    try:
        a, r = ed_point(key), ed_point(signature[:32])
    except ValueError:
        return False
    s = int.from_bytes(signature[32:], "little")
    if s >= ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    x1, y1, z1, _ = ed_mul(s, BASE)
    x2, y2, z2, _ = ed_add(r, ed_mul(k, a))
    return (x1 * z2 - x2 * z1) % Q == 0 and (y1 * z2 - y2 * z1) % Q == 0


# ECDSA on P-256 (SEC 1 section 4.1.4), by which an authority signs.
P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def p_add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], P - 2, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], P - 2, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def p_mul(k, point):
    result = None
    while k:
        if k & 1:
            result = p_add(result, point)
        point = p_add(point, point)
        k >>= 1
    return result


def ecdsa(key, message, signature):
    point = int.from_bytes(key[1:33], "big"), int.from_bytes(key[33:], "big")
    r, s = (int.from_bytes(value, "big") for _, value in children(children(signature)[0][1]))
    if not (0 < r < N and 0 < s < N):
        return False
    w = pow(s, N - 2, N)
    e = int.from_bytes(hashlib.sha256(message).digest(), "big")
    sum_ = p_add(p_mul(e * w % N, G), p_mul(r * w % N, point))
    return sum_ is not None and sum_[0] % N == r


# X.509, as far as it is needed.
def children(data, whole=False):
    found = []
    while data:
        length, start = data[1], 2
        if length & 0x80:
            start = 2 + (length & 0x7F)
            length = int.from_bytes(data[2:start], "big")
        found.append((data[0], data[: start + length] if whole else data[start : start + length]))
        data = data[start + length :]
    return found


def pem_certificates(text):
    parts = text.split("-----BEGIN CERTIFICATE-----")[1:]
    return [base64.b64decode(part.split("-----END")[0]) for part in parts]


class Certificate:
    def __init__(self, der):
        (_, body), = children(der)
        (_, self.signed), _, (_, bits) = children(body, whole=True)
        self.signature = children(bits)[0][1][1:]
        fields = children(children(self.signed)[0][1], whole=True)[2:]
        _, self.issuer, validity, self.subject, key = (field[1] for field in fields[:5])
        self.dates = [value.decode() for _, value in children(children(validity)[0][1])]
        self.key = children(children(key)[0][1])[1][1][1:]
        self.rest = b"".join(field[1] for field in fields[5:])


def check(condition, problem):
    if not condition:
        raise ValueError(problem)


def trusted_signer(pem, authorities, at):
    leaf = Certificate(pem_certificates(pem)[0])
    issued = any(
        ca.subject == leaf.issuer and ecdsa(ca.key, leaf.signed, leaf.signature)
        for ca in authorities
    )
    check(issued, "the certificate is not one of these authorities")
    check(bytes.fromhex("06082b06010505070324") in leaf.rest, "it does not sign documents")
    moment = at[2:19].replace("-", "").replace("T", "").replace(":", "") + "Z"
    check(leaf.dates[0] <= moment <= leaf.dates[1], "it was not valid when it signed")
    return leaf.key


# The tree (RFC 9162 section 2.1) and the form of docs/audit.md.
def unbase64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def leaf_hash(line):
    return hashlib.sha256(b"\0" + line.encode()).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


class Tree:
    """The roots of the whole subtrees, the largest first."""

    def __init__(self, size=0, roots=b""):
        self.size = size
        self.roots = [roots[at : at + 32] for at in range(0, len(roots), 32)]
        check(len(self.roots) == bin(size).count("1"), "the cut does not fit its size")

    def add(self, leaf):
        size = self.size
        while size & 1:
            leaf = node_hash(self.roots.pop(), leaf)
            size >>= 1
        self.roots.append(leaf)
        self.size += 1

    def root(self):
        result = self.roots[-1]
        for left in reversed(self.roots[:-1]):
            result = node_hash(left, result)
        return result


def check_checkpoint(checkpoint, pem, authorities):
    name = hashlib.sha256(pem.encode()).hexdigest()
    check(name == checkpoint["signer"], "the checkpoint names another certificate")
    key = trusted_signer(pem, authorities, checkpoint["at"])
    lines = ["dari audit checkpoint 1", checkpoint["log"], str(checkpoint["size"])]
    message = "\n".join([*lines, checkpoint["root"], checkpoint["at"], ""]).encode()
    right = ed25519(key, message, unbase64(checkpoint["signature"]))
    check(right, f"the signature over {checkpoint['size']} records is wrong")


def check_proof(proof, authorities):
    checkpoint, record = proof["checkpoint"], proof["record"]
    at, last, root = json.loads(record)["id"] - 1, checkpoint["size"] - 1, leaf_hash(record)
    check(0 <= at <= last, "the record is not one of those that were signed")
    for text in proof["path"]:
        check(last > 0, "the path is too long")
        if at & 1 or at == last:
            root = node_hash(unbase64(text), root)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            root = node_hash(root, unbase64(text))
        at, last = at >> 1, last >> 1
    check(last == 0 and root == unbase64(checkpoint["root"]), "the path leads to another root")
    check_checkpoint(checkpoint, proof["certificate"], authorities)


def check_export(lines, authorities):
    begin, end = json.loads(lines[0]), json.loads(lines[-1])
    check(begin.get("audit") == 1 and "end" in end, "the beginning or the end is missing")
    tree = Tree(begin["first"] - 1, unbase64(begin.get("before", "")))
    roots = {tree.size: tree.root()} if tree.size else {}
    signers, checkpoints, before = {}, [], None
    for line in lines[1:-1]:
        part = json.loads(line)
        if "signer" in part and "pem" in part:
            signers[part["signer"]] = part["pem"]
        elif "checkpoint" in part:
            checkpoints.append(part["checkpoint"])
        else:
            check(part["id"] == tree.size + 1, f"record {tree.size + 1} is missing or moved")
            if before is not None:
                check(unbase64(part["prev"]) == before, f"record {part['id'] - 1} was changed")
            before = leaf_hash(line)
            tree.add(before)
            roots[tree.size] = tree.root()
    check(tree.size == end["end"], f"record {tree.size + 1} is missing")
    check(before is None or before == unbase64(end["last"]), f"record {tree.size} was changed")
    for checkpoint in checkpoints:
        check(checkpoint["log"] == begin["log"], "a checkpoint is one of another audit")
        check_checkpoint(checkpoint, signers[checkpoint["signer"]], authorities)
        root = roots.get(checkpoint["size"])
        check(root == unbase64(checkpoint["root"]), f"{checkpoint['size']} records were changed")
    return tree.size, max((checkpoint["size"] for checkpoint in checkpoints), default=0)


def main(ca_file, *files):
    with open(ca_file, encoding="utf-8") as file:
        authorities = [Certificate(der) for der in pem_certificates(file.read())]
    for name in files:
        try:
            with open(name, encoding="utf-8", newline="\n") as file:
                lines = file.read().removesuffix("\n").split("\n")
            first = json.loads(lines[0])
            if "proof" in first:
                check_proof(first, authorities)
                print(f"{name}: proved")
            else:
                size, signed = check_export(lines, authorities)
                print(f"{name}: {size} records, signed up to {signed}")
        except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            print(f"{name}: {error}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
