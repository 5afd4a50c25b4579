"""The first schema: transfers, packages, documents, files, events, feed, jobs, fonds and agencies."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001_initial"
down_revision = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_UUID = sa.Text().with_variant(sa.Uuid(), "postgresql")
_BYTES = sa.LargeBinary()

_ACTIVE = "state IN ('processing', 'accepted') AND fingerprint <> ''"


def upgrade() -> None:
    """Make every table."""
    _reference_tables()
    _transfer_table()
    _package_tables()
    _content_tables()
    _process_tables()


def _reference_tables() -> None:
    _create("settings", sa.Column("name", _TEXT, primary_key=True), _text("value"))
    _create("counters", sa.Column("name", _TEXT, primary_key=True), _number("value"))
    _create(
        "agencies",
        sa.Column("code", _TEXT, primary_key=True),
        _text("name"),
        _text("valid_from", nullable=True),
        _text("valid_to", nullable=True),
        _text("successor_code"),
    )
    _create(
        "fonds",
        sa.Column("code", _TEXT, primary_key=True),
        _text("title"),
        _number("closed"),
        _text("agency_code"),
        _text("history"),
        _text("note"),
    )


def _transfer_table() -> None:
    _create(
        "transfers",
        sa.Column("id", _UUID, primary_key=True),
        _text("source"),
        _text("kind"),
        _text("received_at"),
        _text("state"),
        _text("fingerprint"),
        _text("case_code"),
        _text("title"),
        sa.Column("aip_id", _UUID, nullable=True),
        _text("decided_at", nullable=True),
        _text("reason"),
        _number("files"),
        _number("bytes"),
        _text("kept_key"),
        _text("report"),
        _text("owner"),
    )
    op.create_index("ix_transfers_received", "transfers", ["received_at", "id"])
    op.create_index("ix_transfers_state", "transfers", ["state", "received_at", "id"])
    op.create_index(
        "uq_transfers_fingerprint",
        "transfers",
        ["fingerprint"],
        unique=True,
        sqlite_where=sa.text(_ACTIVE),
        postgresql_where=sa.text(_ACTIVE),
    )


def _package_tables() -> None:
    _create(
        "case_files",
        sa.Column("aip_id", _UUID, primary_key=True),
        _text("case_code"),
        _text("title"),
        _text("maintenance"),
        _text("mode"),
        _text("start_date", nullable=True),
        _text("end_date", nullable=True),
        _text("fonds_code"),
        _text("agency_code"),
        _text("details"),
        sa.Column("transfer_id", _UUID, nullable=False),
        _text("accepted_at"),
        _number("current_version"),
    )
    op.create_index("ix_case_files_code", "case_files", ["case_code"])
    _create(
        "package_versions",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("aip_id", _UUID, sa.ForeignKey("case_files.aip_id"), nullable=False),
        _number("version"),
        _text("profile"),
        _text("policy"),
        _text("created"),
        _text("container_key"),
        _number("container_size"),
        sa.Column("container_sha256", _BYTES, nullable=False),
        _number("file_count"),
        _number("byte_count"),
        _number("document_count"),
        _text("content_folder"),
        _number("text_offset"),
        _number("text_size"),
    )
    op.create_index("uq_package_versions", "package_versions", ["aip_id", "version"], unique=True)
    _create(
        "copies",
        sa.Column("version_id", _NUMBER, sa.ForeignKey("package_versions.id"), primary_key=True),
        sa.Column("store", _TEXT, primary_key=True),
        _text("verified_at", nullable=True),
        _text("outcome"),
        _text("detail"),
    )


def _content_tables() -> None:
    _create(
        "documents",
        sa.Column("version_id", _NUMBER, sa.ForeignKey("package_versions.id"), primary_key=True),
        sa.Column("ordinal", _NUMBER, primary_key=True),
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
    _create("formats", sa.Column("id", _BYTES, primary_key=True), _text("puid"), _text("details"))
    _create(
        "files",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("version_id", _NUMBER, sa.ForeignKey("package_versions.id"), nullable=False),
        _text("path"),
        sa.Column("original_name", _BYTES, nullable=True),
        _number("size"),
        sa.Column("sha256", _BYTES, nullable=False),
        sa.Column("sha512", _BYTES, nullable=False),
        sa.Column("format_id", _BYTES, sa.ForeignKey("formats.id"), nullable=False),
        sa.Column("document", _NUMBER, nullable=True),
        _text("modified", nullable=True),
        _text("container_path", nullable=True),
        _number("content_offset"),
    )
    op.create_index("uq_files_path", "files", ["version_id", "path"], unique=True)
    op.create_index("ix_files_document", "files", ["version_id", "document"])
    op.create_index("ix_files_sha256", "files", ["sha256"])


def _process_tables() -> None:
    _create(
        "events",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("version_id", _NUMBER, sa.ForeignKey("package_versions.id"), nullable=False),
        sa.Column("event_id", _UUID, nullable=False),
        _text("type"),
        _text("time"),
        _text("outcome"),
        _text("detail"),
        _text("outcome_detail"),
        _text("agent"),
        _text("subject"),
    )
    op.create_index("uq_events", "events", ["version_id", "event_id"], unique=True)
    _create(
        "changes",
        sa.Column("sequence", _NUMBER, primary_key=True),
        sa.Column("aip_id", _UUID, nullable=False),
        _number("version"),
        _text("action"),
        sqlite_autoincrement=True,
    )
    _create(
        "jobs",
        sa.Column("id", _UUID, primary_key=True),
        _text("kind"),
        _text("state"),
        _text("started_at"),
        _text("cursor"),
        _text("updated_at", nullable=True),
        _number("done"),
        _number("failed"),
    )
    op.create_index("ix_jobs_kind", "jobs", ["kind", "state", "started_at"])


def _create(name: str, *columns: sa.Column[Any], **options: Any) -> None:
    op.create_table(name, *columns, sqlite_strict=True, **options)


def _text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, _TEXT, nullable=nullable)


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, _NUMBER, nullable=False)
