"""Verifies the core of the first XML signature in a file with libxml2's canonicalisation and OpenSSL's PSS.

For what xmlsec1 before 1.3 does not know: RSASSA-PSS. Prints `valid`, or fails.
"""

import base64
import hashlib
import sys
from urllib.parse import unquote

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

DS = "{http://www.w3.org/2000/09/xmldsig#}"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = DS[1:-1] + "enveloped-signature"
FILTER2 = "http://www.w3.org/2002/06/xmldsig-filter2"


def canonical(element):
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False)


def take_away(element):
    """Removes an element but not the text behind it."""
    before, parent = element.getprevious(), element.getparent()
    tail = element.tail or ""
    if before is not None:
        before.tail = (before.tail or "") + tail
    else:
        parent.text = (parent.text or "") + tail
    parent.remove(element)


def octets(path, reference):
    uri = reference.get("URI")
    transforms = [one.get("Algorithm") for one in reference.iterfind(f"{DS}Transforms/{DS}Transform")]
    if uri and not uri.startswith("#"):
        assert not transforms
        with open(unquote(uri), "rb") as file:
            return file.read()
    tree = etree.parse(path)
    if uri:
        (found,) = (one for one in tree.iter() if one.get("Id") == uri[1:])
        assert transforms == [EXCLUSIVE]
        return canonical(found)
    assert transforms in ([ENVELOPED, EXCLUSIVE], [FILTER2, EXCLUSIVE])
    # One signature is there, so leaving out all and leaving out this one are the same.
    for signature in list(tree.iter(DS + "Signature")):
        take_away(signature)
    return etree.tostring(tree, method="c14n", exclusive=True, with_comments=False)


path, certificate = sys.argv[1:3]
with open(certificate, "rb") as file:
    key = x509.load_pem_x509_certificate(file.read()).public_key()
signature = next(etree.parse(path).iter(DS + "Signature"))
info = signature.find(DS + "SignedInfo")
assert info.find(DS + "SignatureMethod").get("Algorithm") == "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"
value = base64.b64decode(signature.find(DS + "SignatureValue").text)
key.verify(value, canonical(info), padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
references = info.findall(DS + "Reference")
assert len(references) >= 2
for reference in references:
    assert reference.find(DS + "DigestMethod").get("Algorithm").endswith("#sha256")
    digest = base64.b64decode(reference.find(DS + "DigestValue").text)
    assert hashlib.sha256(octets(path, reference)).digest() == digest, reference.get("URI")
print("valid")
