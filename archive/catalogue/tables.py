"""The catalogue's tables. Migrations create them; a test proves that both say the same.

Surrogate numbers (`id`) join the large tables cheaply; they never leave the catalogue and mean
nothing outside one database. Text compares byte by byte on both databases, so that order is the
same everywhere. Times are ISO 8601 text in UTC to the millisecond, dates ISO 8601 text.
"""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine


class Identifier(TypeDecorator[UUID]):
    """A UUID: a native one on PostgreSQL, readable text on SQLite; both sort alike."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the database's type."""
        return dialect.type_descriptor(sa.Uuid() if dialect.name == "postgresql" else sa.Text())

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> Any:
        """Turn a UUID into what the database takes."""
        return value if value is None or dialect.name == "postgresql" else str(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> UUID | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Turn what the database gives into a UUID."""
        return value if value is None or isinstance(value, UUID) else UUID(value)


TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BYTES = sa.LargeBinary()

ACTIVE = "state IN ('processing', 'accepted') AND fingerprint <> ''"
"""Which transfers hold their fingerprint: of these there is one at most."""

metadata = sa.MetaData()


def _table(name: str, *parts: sa.Column[Any] | sa.Constraint | sa.Index, autoincrement: bool = False) -> sa.Table:
    return sa.Table(name, metadata, *parts, sqlite_strict=True, sqlite_autoincrement=autoincrement)


def _text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, TEXT, nullable=nullable)


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, NUMBER, nullable=False)


settings = _table("settings", sa.Column("name", TEXT, primary_key=True), _text("value"))

counters = _table("counters", sa.Column("name", TEXT, primary_key=True), _number("value"))

agencies = _table(
    "agencies",
    sa.Column("code", TEXT, primary_key=True),
    _text("name"),
    _text("valid_from", nullable=True),
    _text("valid_to", nullable=True),
    _text("successor_code"),
)

fonds = _table(
    "fonds",
    sa.Column("code", TEXT, primary_key=True),
    _text("title"),
    _number("closed"),
    _text("agency_code"),
    _text("history"),
    _text("note"),
)

transfers = _table(
    "transfers",
    sa.Column("id", Identifier, primary_key=True),
    _text("source"),
    _text("kind"),
    _text("received_at"),
    _text("state"),
    _text("fingerprint"),
    _text("case_code"),
    _text("title"),
    sa.Column("aip_id", Identifier, nullable=True),
    _text("decided_at", nullable=True),
    _text("reason"),
    _number("files"),
    _number("bytes"),
    _text("kept_key"),
    _text("report"),
    _text("owner"),
    sa.Index("ix_transfers_received", "received_at", "id"),
    sa.Index("ix_transfers_state", "state", "received_at", "id"),
    sa.Index(
        "uq_transfers_fingerprint",
        "fingerprint",
        unique=True,
        sqlite_where=sa.text(ACTIVE),
        postgresql_where=sa.text(ACTIVE),
    ),
)

case_files = _table(
    "case_files",
    sa.Column("aip_id", Identifier, primary_key=True),
    _text("case_code"),
    _text("title"),
    _text("maintenance"),
    _text("mode"),
    _text("start_date", nullable=True),
    _text("end_date", nullable=True),
    _text("fonds_code"),
    _text("agency_code"),
    _text("details"),
    sa.Column("transfer_id", Identifier, nullable=False),
    _text("accepted_at"),
    _number("current_version"),
    sa.Index("ix_case_files_code", "case_code"),
)

package_versions = _table(
    "package_versions",
    sa.Column("id", NUMBER, primary_key=True),
    sa.Column("aip_id", Identifier, sa.ForeignKey("case_files.aip_id"), nullable=False),
    _number("version"),
    _text("profile"),
    _text("policy"),
    _text("created"),
    _text("container_key"),
    _number("container_size"),
    sa.Column("container_sha256", BYTES, nullable=False),
    _number("file_count"),
    _number("byte_count"),
    _number("document_count"),
    _text("content_folder"),
    _number("text_offset"),
    _number("text_size"),
    sa.Index("uq_package_versions", "aip_id", "version", unique=True),
)

documents = _table(
    "documents",
    sa.Column("version_id", NUMBER, sa.ForeignKey("package_versions.id"), primary_key=True),
    sa.Column("ordinal", NUMBER, primary_key=True),
    _text("doc_code"),
    _text("type_name"),
    _text("issued_date", nullable=True),
    _text("organ_name"),
    _text("subject"),
    _text("code_number"),
    _text("code_notation"),
    _text("mode"),
    _text("maintenance"),
    _text("details"),
)

formats = _table(
    "formats",
    sa.Column("id", BYTES, primary_key=True),
    _text("puid"),
    _text("details"),
)

files = _table(
    "files",
    sa.Column("id", NUMBER, primary_key=True),
    sa.Column("version_id", NUMBER, sa.ForeignKey("package_versions.id"), nullable=False),
    _text("path"),
    sa.Column("original_name", BYTES, nullable=True),
    _number("size"),
    sa.Column("sha256", BYTES, nullable=False),
    sa.Column("sha512", BYTES, nullable=False),
    sa.Column("format_id", BYTES, sa.ForeignKey("formats.id"), nullable=False),
    sa.Column("document", NUMBER, nullable=True),
    _text("modified", nullable=True),
    _text("container_path", nullable=True),
    _number("content_offset"),
    sa.Index("uq_files_path", "version_id", "path", unique=True),
    sa.Index("ix_files_document", "version_id", "document"),
    sa.Index("ix_files_sha256", "sha256"),
)

signed_files = _table(
    "signed_files",
    sa.Column("version_id", NUMBER, sa.ForeignKey("package_versions.id"), primary_key=True),
    sa.Column("path", TEXT, primary_key=True),
    _text("kind"),
    _text("state"),
    _text("outcome"),
    _text("checked_at"),
    _text("policy"),
    _text("trust"),
    sa.Index("ix_signed_files_state", "state", "version_id"),
)

signatures = _table(
    "signatures",
    sa.Column("version_id", NUMBER, sa.ForeignKey("package_versions.id"), primary_key=True),
    sa.Column("path", TEXT, primary_key=True),
    sa.Column("ordinal", NUMBER, primary_key=True),
    _text("signature_id"),
    _text("format"),
    _text("level"),
    _text("integrity"),
    _text("role"),
    _text("signer"),
    _text("issuer"),
    _text("serial"),
    _text("expires", nullable=True),
    _text("filed_indication"),
    _text("filed_sub_indication"),
    _text("indication"),
    _text("sub_indication"),
    _text("holds_until", nullable=True),
    _text("judged_at"),
    _text("details"),
    sa.Index("ix_signatures_verdict", "indication", "sub_indication", "version_id"),
    sa.Index("ix_signatures_signer", "signer", "version_id"),
    sa.Index("ix_signatures_expires", "expires", "version_id"),
    sa.Index("ix_signatures_holds", "holds_until", "version_id"),
)

copies = _table(
    "copies",
    sa.Column("version_id", NUMBER, sa.ForeignKey("package_versions.id"), primary_key=True),
    sa.Column("store", TEXT, primary_key=True),
    _text("verified_at", nullable=True),
    _text("outcome"),
    _text("detail"),
)

events = _table(
    "events",
    sa.Column("id", NUMBER, primary_key=True),
    sa.Column("version_id", NUMBER, sa.ForeignKey("package_versions.id"), nullable=False),
    sa.Column("event_id", Identifier, nullable=False),
    _text("type"),
    _text("time"),
    _text("outcome"),
    _text("detail"),
    _text("outcome_detail"),
    _text("agent"),
    _text("subject"),
    sa.Index("uq_events", "version_id", "event_id", unique=True),
)

changes = _table(
    "changes",
    sa.Column("sequence", NUMBER, primary_key=True),
    sa.Column("aip_id", Identifier, nullable=False),
    _number("version"),
    _text("action"),
    autoincrement=True,
)

jobs = _table(
    "jobs",
    sa.Column("id", Identifier, primary_key=True),
    _text("kind"),
    _text("state"),
    _text("started_at"),
    _text("cursor"),
    _text("updated_at", nullable=True),
    _number("done"),
    _number("failed"),
    sa.Index("ix_jobs_kind", "kind", "state", "started_at"),
)

audit_entries = _table(
    "audit_entries",
    sa.Column("seq", NUMBER, primary_key=True),
    _text("act"),
    _text("time"),
    _text("actor"),
    _text("action"),
    _text("object"),
    _text("outcome"),
    sa.Column("hash", BYTES, nullable=False),
    _number("segment"),
    sa.Index("uq_audit_entries_act", "act", unique=True),
    sa.Index("ix_audit_entries_object", "object", "seq"),
    sa.Index("ix_audit_entries_action", "action", "seq"),
    sa.Index("ix_audit_entries_time", "time", "seq"),
)

evidence_authorities = _table("evidence_authorities", sa.Column("name", TEXT, primary_key=True))

evidence_pending = _table(
    "evidence_pending",
    sa.Column("authority", TEXT, primary_key=True),
    sa.Column("version_id", NUMBER, sa.ForeignKey("package_versions.id"), primary_key=True),
    sa.Index("ix_evidence_pending_version", "version_id"),
)

evidence_batches = _table(
    "evidence_batches",
    sa.Column("batch_id", Identifier, primary_key=True),
    _text("authority"),
    _text("algorithm"),
    _number("chain"),
    _text("created"),
    _text("time"),
    _text("tsa"),
    _text("policy"),
    _text("expires"),
    _number("packages"),
    sa.Column("root", BYTES, nullable=False),
    sa.Index("ix_evidence_batches_time", "time", "batch_id"),
    sa.Index("ix_evidence_batches_expires", "expires", "batch_id"),
)

evidence_members = _table(
    "evidence_members",
    sa.Column("aip_id", Identifier, primary_key=True),
    sa.Column("version", NUMBER, primary_key=True),
    sa.Column("authority", TEXT, primary_key=True),
    sa.Column("chain", NUMBER, primary_key=True),
    sa.Column("batch_id", Identifier, sa.ForeignKey("evidence_batches.batch_id"), nullable=False),
    sa.Index("ix_evidence_members_batch", "batch_id"),
)
