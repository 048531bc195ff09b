"""Has signxml verify XAdES signatures, one a line of JSON on standard input.

Each line: `signature` (a file of XML), `certificate` (PEM of whom the signature must be by), `folder` (where the
references to files lead) and `references` (how many there are). One line out for each: `valid`, or `cannot` and what
of the signature signxml does not make. Anything else is an exception, and ends the run.
"""

import json
import sys
import warnings
from pathlib import Path
from urllib.parse import unquote

from lxml import etree
from signxml.xades import XAdESSignatureConfiguration, XAdESVerifier

DS = "{http://www.w3.org/2000/09/xmldsig#}"
FILTER = "http://www.w3.org/2002/06/xmldsig-filter2"


def verdict(case):
    root = etree.parse(case["signature"]).getroot()
    signature = next(root.iter(DS + "Signature"))
    info = signature.find(DS + "SignedInfo")
    if any(one.get("Algorithm") == FILTER for one in info.iter(DS + "Transform")):
        return "cannot: XPath filter 2.0"
    folder = Path(case["folder"])
    configuration = XAdESSignatureConfiguration(
        expect_references=case["references"],
        location="" if root is signature else ".//",
    )
    # signxml takes leave to change the tree: it reads the file for itself.
    XAdESVerifier().verify(
        Path(case["signature"]).read_bytes(),
        x509_cert=Path(case["certificate"]).read_text(),
        uri_resolver=lambda uri: (folder / unquote(uri)).read_bytes(),
        id_attribute="Id",
        expect_config=configuration,
    )
    return "valid"


warnings.simplefilter("ignore")
for line in sys.stdin:
    print(verdict(json.loads(line)))
