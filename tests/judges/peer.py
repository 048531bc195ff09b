"""Signs PDF files with pyHanko in every way that a validator must understand.

Usage: peer.py FOLDER BASE. FOLDER holds root.pem, chain.pem, signer.pem, key.pem, plain.pdf, form.pdf; BASE is where the
laboratory's services answer. Writes one file for each name printed.
"""

import sys
from io import BytesIO
from pathlib import Path

from pyhanko.keys import load_cert_from_pemder, load_certs_from_pemder
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign import fields, signers, timestamps
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.validation import add_validation_info
from pyhanko.stamp import TextStampStyle
from pyhanko_certvalidator import ValidationContext

folder, base = Path(sys.argv[1]), sys.argv[2]
root = load_cert_from_pemder(folder / "root.pem")
chain = list(load_certs_from_pemder([folder / "chain.pem"]))
signer = signers.SimpleSigner.load(
    folder / "key.pem", folder / "signer.pem", ca_chain_files=[folder / "chain.pem"]
)
stamper = timestamps.HTTPTimeStamper(f"{base}/tsa")
PADES, ADOBE = SigSeedSubFilter.PADES, SigSeedSubFilter.ADOBE_PKCS7_DETACHED


def context():
    return ValidationContext(trust_roots=[root], other_certs=chain, allow_fetching=True)


def sign(name, source="plain.pdf", level="b", subfilter=PADES, box=None, **more):
    with open(folder / source, "rb") as file:
        writer = IncrementalPdfFileWriter(file, strict=False)
        if writer.prev.encrypted:
            writer.encrypt("")
        field = more.pop("field", None) or f"Sig{name.replace('.', '').replace('-', '')}"
        spec = more.pop("spec", None) or SigFieldSpec(field, on_page=0, box=box)
        if level in ("lt", "lta"):
            more |= dict(embed_validation_info=True, validation_context=context(), use_pades_lta=level == "lta")
        meta = signers.PdfSignatureMetadata(field_name=field, subfilter=subfilter, md_algorithm="sha256", **more)
        pdf_signer = signers.PdfSigner(
            meta,
            signer=signer,
            timestamper=None if level == "b" else stamper,
            new_field_spec=spec,
            stamp_style=TextStampStyle(stamp_text="TEST %(signer)s") if box else None,
        )
        out = pdf_signer.sign_pdf(writer)
    (folder / name).write_bytes(out.getbuffer())
    print(name)


def renew(name, source):
    """A further archive time-stamp, by the peer's own way: it makes the entry of the one before anew."""
    with open(folder / source, "rb") as file:
        out = signers.PdfTimeStamper(stamper).update_archival_timestamp_chain(
            PdfFileReader(file), context(), in_place=False
        )
    (folder / name).write_bytes(out.getbuffer())
    print(name)


def add_info(name, source):
    """Validation data of today for a signature that has some."""
    with open(folder / source, "rb") as file:
        out = BytesIO()
        add_validation_info(PdfFileReader(file).embedded_regular_signatures[0], context(), output=out)
    (folder / name).write_bytes(out.getbuffer())
    print(name)


def encrypt(name):
    """As pyHanko encrypts: AES-256 with a message authentication code."""
    with open(folder / "plain.pdf", "rb") as file:
        writer = copy_into_new_writer(PdfFileReader(file))
        writer.encrypt(owner_pass="eigenaar", user_pass="")
        with open(folder / name, "wb") as out:
            writer.write(out)


for level in ("b", "t", "lt", "lta"):
    sign(f"{level}.pdf", level=level)
sign("visible.pdf", level="lta", box=(50, 50, 250, 110))
sign("objects.pdf", source="objects-plain.pdf", level="lta")
sign("adobe.pdf", level="lt", subfilter=ADOBE)
sign("certified-1.pdf", level="lta", certify=True, docmdp_permissions=MDPPerm.NO_CHANGES)
sign("certified-2.pdf", level="lt", certify=True, docmdp_permissions=MDPPerm.FILL_FORMS)
sign("certified-2-second.pdf", source="certified-2.pdf", level="lta")
sign("twice.pdf", source="lta.pdf", level="lta")
lock = FieldMDPSpec(FieldMDPAction.ALL)
sign(
    "locked.pdf",
    level="lta",
    field="Locking",
    spec=SigFieldSpec("Locking", on_page=0, field_mdp_spec=lock, doc_mdp_update_value=MDPPerm.FILL_FORMS),
)
renew("renewed.pdf", "lta.pdf")
add_info("more-info.pdf", "lt.pdf")
encrypt("code-plain.pdf")
sign("code.pdf", source="code-plain.pdf", level="lta", certify=True, docmdp_permissions=MDPPerm.FILL_FORMS)
sign("code-twice.pdf", source="code.pdf", level="lta")
