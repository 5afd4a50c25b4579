"""Whether a signature keeps to the seed values of its field: what whoever made the form prescribed.

Source:
    ISO 32000-2, section 12.7.5.5, Table 237
"""

from pyhanko.pdf_utils.misc import PdfStrictReadError

from model.signatures import SignatureFacts
from preservation.signatures.pdf.reading import Document, Place, why


def seed_value_breach(document: Document, place: Place, facts: SignatureFacts) -> str:
    """Return in what a signature departs from the seed values of its field; empty when it does not.

    A constraint on the issuer is decided with the path of certificates, which only a judge has; it is left to others.
    """
    if place.field is None or "/SV" not in place.field:
        return ""
    # Loaded for the few files that have seed values.
    from pyhanko.sign.validation.errors import SigSeedValueValidationError
    from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature, _validate_sv_constraints

    stamped = any(one.imprint_matches for one in facts.timestamps)
    try:
        embedded = EmbeddedPdfSignature(document.reader, place.field, place.id)
        # The library checks seed values only within its own validation; this step of it needs no trust.
        _validate_sv_constraints(embedded, None, timestamp_found=stamped)
    except SigSeedValueValidationError as exc:
        return why(exc)
    except PdfStrictReadError:
        raise
    except Exception as exc:  # noqa: BLE001 - the boundary of one check: what it cannot read is not kept to
        return why(exc)
    return ""
