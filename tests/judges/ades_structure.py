"""Judges CMS messages and JSON signatures by asn1crypto alone: structure, signed digests, and what time-stamps are over.

Usage: ades_structure.py LIST, a JSON list of {"name", "kind": "cms" | "jws", "file", "content": [files], "archives": n}.
Prints one line a file: "ok NAME" or "no NAME: why"; exit code 1 when one is refused.
"""
import base64
import hashlib
import json
import sys

from asn1crypto import algos, cms, core, tsp


class Octets(core.SequenceOf):
    _child_spec = core.OctetString


class HashIndex(core.Sequence):
    _fields = [
        ("hash", algos.DigestAlgorithm),
        ("certificates", Octets),
        ("revocations", Octets),
        ("unsigned", Octets),
    ]

INDEX = "0.4.0.19122.1.5"
ARCHIVE = "0.4.0.1733.2.4"
STAMP = "1.2.840.113549.1.9.16.2.14"
ESS = "1.2.840.113549.1.9.16.2.47"


def check(held, why):
    if not held:
        raise ValueError(why)


def children(der):
    """The elements inside a constructed element, each whole."""
    found, rest = [], body(der)
    while rest:
        size = length(rest)
        found.append(rest[:size])
        rest = rest[size:]
    return found


def header(der):
    first = der[1]
    if first < 0x80:
        return 2, first
    count = first & 0x7F
    return 2 + count, int.from_bytes(der[2:2 + count], "big")


def length(der):
    size, content = header(der)
    return size + content


def body(der):
    size, content = header(der)
    return der[size:size + content]


def check_der(der):
    """Lengths as short as they can be, and every SET sorted, all the way down."""
    size, content = header(der)
    check(der[1] != 0x80, "an indefinite length")
    check(size == 2 or (der[2] != 0 and content >= 0x80), "a length that could be shorter")
    if der[0] & 0x20:
        inside = children(der)
        check(der[0] != 0x31 or inside == sorted(inside), "a SET that is not sorted")
        for one in inside:
            check_der(one)


def token_info(der):
    token = cms.ContentInfo.load(der, strict=True)
    return token, token["content"]["encap_content_info"]["content"].parsed


def check_imprint(der, data, what):
    _, info = token_info(der)
    imprint = info["message_imprint"]
    hash_name = imprint["hash_algorithm"]["algorithm"].native
    check(imprint["hashed_message"].native == hashlib.new(hash_name, data).digest(), f"{what}: other imprint")
    return hash_name


def judge_cms(entry):
    der = open(entry["file"], "rb").read()
    message = cms.ContentInfo.load(der, strict=True)
    check_der(der)
    signed_data = message["content"]
    fields = children(children(children(der)[1])[0])
    check(fields[3][0] == 0xA0, "no certificates")
    certificates = children(fields[3])
    check(certificates == sorted(certificates), "certificates are not sorted")
    revocations = children(fields[4]) if fields[4][0] == 0xA1 else []
    has_other = any(item[0] == 0xA1 for item in revocations)
    check((signed_data["version"].native == "v5") == has_other, "version")
    content = signed_data["encap_content_info"]["content"].native
    if entry["content"]:
        check(content is None, "content inside")
        content = open(entry["content"][0], "rb").read()
    for number, whole in enumerate(children(fields[-1])):
        signer = signed_data["signer_infos"][number]
        raw = children(whole)
        hash_name = signer["digest_algorithm"]["algorithm"].native
        attributes = {one["type"].dotted: one["values"] for one in signer["signed_attrs"]}
        encoded = children(raw[3])
        check(encoded == sorted(encoded), "signed attributes are not sorted")
        check(len(attributes) == len(encoded), "an attribute stands twice")
        digest = attributes["1.2.840.113549.1.9.4"][0].native
        check(digest == hashlib.new(hash_name, content).digest(), "message digest")
        check("1.2.840.113549.1.9.5" in attributes, "no signing time")
        named = attributes[ESS][0]["certs"][0]["cert_hash"].native
        check(named in [hashlib.sha256(one).digest() for one in certificates], "certificate reference")
        unsigned = [children(one) for one in children(raw[6])] if len(raw) > 6 else []
        values = [(kind, value) for kind, values in unsigned for value in children(values)]
        archives = []
        for kind, value in values:
            oid = core.ObjectIdentifier.load(kind).dotted
            if oid == STAMP:
                check_imprint(value, signer["signature"].native, "signature time-stamp")
            if oid == ARCHIVE:
                archives.append(value)
        check(len(archives) == entry["archives"], f"{len(archives)} archive time-stamps")
        for value in archives:
            stamper = children(children(children(children(value)[1])[0])[-1])[0]
            index_der = None
            for kind, inner in [children(one) for one in children(children(stamper)[6])]:
                if core.ObjectIdentifier.load(kind).dotted == INDEX:
                    index_der = children(inner)[0]
            index = HashIndex.load(index_der, strict=True)
            index_hash = index["hash"]["algorithm"].native
            there = lambda items: {hashlib.new(index_hash, one).digest() for one in items}
            within = lambda name, items: check(set(index[name].native) <= there(items), f"{name} of the index")
            within("certificates", certificates)
            within("revocations", revocations)
            within("unsigned", [kind + value for kind, value in values])
            data = (children(fields[2])[0] + hashlib.new(index_hash, content).digest()
                    + b"".join(raw[:6]) + index_der)
            check(check_imprint(value, data, "archive time-stamp") == index_hash, "hashes differ")


def unpadded(text):
    check("=" not in text, "padding")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def once(pairs):
    names = [name for name, _ in pairs]
    check(len(names) == len(set(names)), "a member stands twice")
    return dict(pairs)


def judge_jws(entry):
    text = open(entry["file"]).read()
    if text.startswith("{"):
        jws = json.loads(text, object_pairs_hook=once)
        signatures = jws.get("signatures") or [jws]
        payload = jws.get("payload")
    else:
        protected, payload, signature = text.split(".")
        payload = payload or None
        signatures = [{"protected": protected, "signature": signature}]
    contents = [open(one, "rb").read() for one in entry["content"]]
    for signature in signatures:
        header = json.loads(unpadded(signature["protected"]), object_pairs_hook=once)
        check(isinstance(header["iat"], int) and "sigT" not in header, "time")
        certificate = base64.b64decode(header["x5c"][0], validate=True)
        check(unpadded(header["x5t#S256"]) == hashlib.sha256(certificate).digest(), "certificate reference")
        critical = [name for name in ("b64", "sigD") if name in header]
        check(sorted(header.get("crit", [])) == critical, "crit")
        check((payload is None) == bool(contents), "content inside")
        if "hashV" in header.get("sigD", {}):
            name = {"S256": "sha256", "S384": "sha384", "S512": "sha512"}[header["sigD"]["hashM"]]
            due = [hashlib.new(name, one).digest() for one in contents]
            check([unpadded(one) for one in header["sigD"]["hashV"]] == due, "digests of objects")
        signed = payload.encode() if payload is not None else b"".join(contents)
        elements = signature.get("header", {}).get("etsiU", [])
        archives = 0
        for place, element in enumerate(elements):
            (name, value), = json.loads(unpadded(element), object_pairs_hook=once).items()
            if name == "sigTst":
                token = base64.b64decode(value["tstTokens"][0]["val"], validate=True)
                check_imprint(token, signature["signature"].encode(), "signature time-stamp")
            if name == "arcTst":
                archives += 1
                token = base64.b64decode(value["tstTokens"][0]["val"], validate=True)
                data = b".".join([signed, signature["protected"].encode(), signature["signature"].encode(), b""])
                data += b"".join(one.encode() for one in elements[:place])
                check_imprint(token, data, "archive time-stamp")
        check(archives == entry["archives"], f"{archives} archive time-stamps")


def main():
    failed = 0
    for entry in json.load(open(sys.argv[1])):
        try:
            {"cms": judge_cms, "jws": judge_jws}[entry["kind"]](entry)
            print("ok", entry["name"])
        except Exception as error:  # every way a file may fail is the same answer
            failed = 1
            print(f"no {entry['name']}: {type(error).__name__}: {error}")
    sys.exit(failed)


main()
