"""The norms a payload can follow, as data.

Source:
    Circular 05/2025/TT-BNV, Annexes I and II (`AIP_hoso`, `AIP_tailieu`), III and IV (`SIP_hoso`, `SIP_tailieu`)
    and V (`DIP`); E-ARK CSIP, SIP, AIP and DIP 2.2.0; docs/format/aip-v1.md section 6.1; docs/format/sip-v1.md
    section 2; docs/format/dip-v1.md section 2.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from datetime import UTC, timedelta, timezone, tzinfo
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from uuid import UUID

from model.elements import ELEMENT_SETS
from model.errors import ConfigurationError
from model.text import N_
from preservation.package.simpledc import ARCHIVAL, DISSEMINATION, SUBMISSION, case_layout, document_layout

VIETNAM = timezone(timedelta(hours=7))

EARK_AIP_PROFILE = "https://earkdip.dilcis.eu/profile/E-ARK-AIP-v2-2-0.xml"
"""The address the AIP specification 2.2.0 prints (AIPM2). Its host `earkdip` is a reported mistake for
`earkaip` (E-ARK-AIP issue 95); as long as the requirement stands so, validators compare with it."""


EARK_SIP_PROFILE = "https://earksip.dilcis.eu/profile/E-ARK-SIP-v2-2-0.xml"
"""Of the package and, as validators demand of a submission, of its representation too (SIP2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """One XML Schema that goes into every package of a profile."""

    resource: str
    """File in `preservation/package/schemas`."""
    name: str
    """File name under `schemas/` of the payload."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What distinguishes the packages of one norm from those of another."""

    name: str
    upper_case: bool
    """Write UUIDs and checksums in upper case."""
    zone: tzinfo
    """Zone in which times are written."""
    objid_prefix: str
    """What stands before the UUID in OBJID."""
    root_profile: str
    representation_profile: str
    case_file_name: str
    """File of the case file's description under `metadata/descriptive/`."""
    one_file_per_document: bool
    """Documents are described in files of their own, in the representation."""
    mdtype: str
    mdtype_version: str
    schemas: tuple[Schema, ...]
    mets_schema: str
    """Name of the METS schema under `schemas/`."""
    package_type: str = ARCHIVAL
    """`csip:OAISPACKAGETYPE`."""
    content_category: str = "Mixed"
    """`mets/@TYPE`."""
    premis: bool = True
    """Preservation metadata may be in the package; the circular keeps it out of a submission."""
    submission_extension: bool = False
    """METS tells formats by the attributes that E-ARK SIP adds."""

    def cased(self, text: str) -> str:
        """Return a UUID or hexadecimal digest in the profile's case."""
        return text.upper() if self.upper_case else text

    def objid(self, aip_id: UUID) -> str:
        """Return the package's OBJID, the same for every version (AIPM1)."""
        return self.objid_prefix + self.cased(str(aip_id))

    def folder(self, aip_id: UUID) -> str:
        """Return the name of the payload folder: OBJID with `:` written `_`, as the circular says."""
        return self.objid(aip_id).replace(":", "_")

    def schemas_of(self, *, loose: bool, forms: Set[str]) -> tuple[Schema, ...]:
        """Return the schemas that go into a package, by name.

        Args:
            loose: it holds loose documents instead of a case file.
            forms: `Document.form` of its documents.
        """
        if not self.one_file_per_document:
            return self.schemas
        found = {schema.name: schema for schema in self.schemas}
        if loose and self.package_type != DISSEMINATION:
            found["EAD.xsd"] = Schema(resource=case_layout(self.package_type, loose=True).schema, name="EAD.xsd")
        for form in (forms & ELEMENT_SETS.keys()) - {""}:
            name = f"EAD_{form}.xsd"
            found[name] = Schema(resource=document_layout(self.package_type, form).schema, name=name)
        return tuple(found[name] for name in sorted(found, key=lambda name: (name != self.mets_schema, name)))


def _schemas(*names: str) -> tuple[Schema, ...]:
    return tuple(Schema(resource=name, name=name) for name in names)


VN_TT05 = Profile(
    name="vn-tt05",
    upper_case=True,
    zone=VIETNAM,
    objid_prefix="urn:uuid:",
    root_profile="http://www.ra.ee/METS/v01/IP.xml",
    representation_profile="https://earkcsip.dilcis.eu/profile/E-ARK-CSIP.xml",
    case_file_name="EAD.xml",
    one_file_per_document=True,
    mdtype="DC",
    mdtype_version="",
    schemas=(
        Schema(resource="mets.xsd", name="METS.xsd"),
        *_schemas("DILCISExtensionMETS.xsd", "EAD.xsd", "EAD_doc.xsd", "premis-v3.xsd", "xlink.xsd"),
    ),
    mets_schema="METS.xsd",
)

EARK = Profile(
    name="eark",
    upper_case=False,
    zone=UTC,
    objid_prefix="",
    root_profile=EARK_AIP_PROFILE,
    representation_profile="https://earkcsip.dilcis.eu/profile/E-ARK-CSIP-v2-2-0.xml",
    case_file_name="EAD3.xml",
    one_file_per_document=False,
    mdtype="EAD",
    mdtype_version="EAD3",
    schemas=_schemas("DILCISExtensionMETS.xsd", "ead3.xsd", "mets.xsd", "premis-v3.xsd", "xlink.xsd"),
    mets_schema="mets.xsd",
)

PROFILES: Mapping[str, Profile] = MappingProxyType({profile.name: profile for profile in (VN_TT05, EARK)})
DEFAULT_PROFILE = VN_TT05.name


VN_TT05_DIP = replace(
    VN_TT05,
    objid_prefix="uuid-",
    root_profile="https://earkdip.dilcis.eu/profile/E-ARK-DIP.xml",
    schemas=(
        Schema(resource="mets.xsd", name="METS.xsd"),
        Schema(resource="EAD_dip.xsd", name="EAD.xsd"),
        Schema(resource="EAD_doc_dip.xsd", name="EAD_doc.xsd"),
        *_schemas("DILCISExtensionMETS.xsd", "premis-v3.xsd", "xlink.xsd"),
    ),
    package_type=DISSEMINATION,
    content_category="MIXED",
)

EARK_DIP = replace(
    EARK,
    root_profile="https://earkdip.dilcis.eu/profile/E-ARK-DIP-v2-2-0.xml",
    package_type=DISSEMINATION,
)

DIP_PROFILES: Mapping[str, Profile] = MappingProxyType({profile.name: profile for profile in (VN_TT05_DIP, EARK_DIP)})
"""What a dissemination package follows, by the profile of the archival package it is made from."""

VN_TT05_SIP = replace(
    VN_TT05,
    objid_prefix="uuid-",
    root_profile="https://earkcsip.dilcis.eu/profile/E-ARK-CSIP.xml",
    schemas=(
        Schema(resource="mets.xsd", name="METS.xsd"),
        Schema(resource="EAD_sip.xsd", name="EAD.xsd"),
        Schema(resource="EAD_doc_sip.xsd", name="EAD_doc.xsd"),
        *_schemas("DILCISExtensionMETS.xsd", "xlink.xsd"),
    ),
    package_type=SUBMISSION,
    premis=False,
)

EARK_SIP = replace(
    EARK,
    root_profile=EARK_SIP_PROFILE,
    representation_profile=EARK_SIP_PROFILE,
    schemas=_schemas(
        "DILCISExtensionMETS.xsd", "DILCISExtensionSIPMETS.xsd", "ead3.xsd", "mets.xsd", "premis-v3.xsd", "xlink.xsd"
    ),
    package_type=SUBMISSION,
    submission_extension=True,
)

SIP_PROFILES: Mapping[str, Profile] = MappingProxyType({profile.name: profile for profile in (VN_TT05_SIP, EARK_SIP)})
"""What a submission package follows."""


def profile_named(name: str, profiles: Mapping[str, Profile] = PROFILES) -> Profile:
    """Return a profile by its name.

    Raises:
        ConfigurationError: there is no such profile.
    """
    profile = profiles.get(name)
    if profile is None:
        raise ConfigurationError(
            N_("There is no package profile called {name}."),
            hint=N_("Choose one of: {known}."),
            name=name,
            known=", ".join(profiles),
        )
    return profile


@cache
def schema_bytes(resource: str) -> bytes:
    """Return one of the schemas shipped with the program."""
    return (files("preservation.package") / "schemas" / resource).read_bytes()
