"""The catalogue's tables. Migrations create them; a test proves that both say the same.

The tables of the desk, of submissions and of hand-overs have modules of their own beside this one.
"""

import sqlalchemy as sa

from archive.catalogue.columns import BYTES, NUMBER, TEXT, Identifier, number, table, text

ACTIVE = "state IN ('processing', 'accepted') AND fingerprint <> ''"
"""Which transfers hold their fingerprint: of these there is one at most."""

settings = table("settings", sa.Column("name", TEXT, primary_key=True), text("value"))

counters = table("counters", sa.Column("name", TEXT, primary_key=True), number("value"))

agencies = table(
    "agencies",
    sa.Column("code", TEXT, primary_key=True),
    text("name"),
    text("valid_from", nullable=True),
    text("valid_to", nullable=True),
    text("successor_code"),
)

fonds = table(
    "fonds",
    sa.Column("code", TEXT, primary_key=True),
    text("title"),
    number("closed"),
    text("agency_code"),
    text("history"),
    text("note"),
)

transfers = table(
    "transfers",
    sa.Column("id", Identifier, primary_key=True),
    text("source"),
    text("kind"),
    text("received_at"),
    text("state"),
    text("fingerprint"),
    text("case_code"),
    text("title"),
    sa.Column("aip_id", Identifier, nullable=True),
    text("decided_at", nullable=True),
    text("reason"),
    number("files"),
    number("bytes"),
    text("kept_key"),
    text("report"),
    text("owner"),
    sa.Index("ix_transfers_received", "received_at", "id"),
    sa.Index("ix_transfers_state", "state", "received_at", "id"),
    sa.Index("ix_transfers_aip", "aip_id"),
    sa.Index("ix_transfers_content", "fingerprint"),
    sa.Index(
        "uq_transfers_fingerprint",
        "fingerprint",
        unique=True,
        sqlite_where=sa.text(ACTIVE),
        postgresql_where=sa.text(ACTIVE),
    ),
)

case_files = table(
    "case_files",
    sa.Column("aip_id", Identifier, primary_key=True),
    text("case_code"),
    text("title"),
    text("maintenance"),
    text("mode"),
    text("start_date", nullable=True),
    text("end_date", nullable=True),
    text("fonds_code"),
    text("agency_code"),
    text("details"),
    sa.Column("transfer_id", Identifier, nullable=False),
    text("accepted_at"),
    number("current_version"),
    sa.Index("ix_case_files_code", "case_code"),
    sa.Index("ix_case_files_maintenance", "maintenance", "aip_id"),
)

package_versions = table(
    "package_versions",
    sa.Column("id", NUMBER, primary_key=True),
    sa.Column("aip_id", Identifier, sa.ForeignKey("case_files.aip_id"), nullable=False),
    number("version"),
    text("profile"),
    text("policy"),
    text("created"),
    text("container_key"),
    number("container_size"),
    sa.Column("container_sha256", BYTES, nullable=False),
    number("file_count"),
    number("byte_count"),
    number("document_count"),
    text("content_folder"),
    number("text_offset"),
    number("text_size"),
    sa.Index("uq_package_versions", "aip_id", "version", unique=True),
)

documents = table(
    "documents",
    sa.Column("version_id", NUMBER, sa.ForeignKey("package_versions.id"), primary_key=True),
    sa.Column("ordinal", NUMBER, primary_key=True),
    text("doc_code"),
    text("type_name"),
    text("issued_date", nullable=True),
    text("organ_name"),
    text("subject"),
    text("code_number"),
    text("code_notation"),
    text("mode"),
    text("maintenance"),
    text("details"),
    sa.Column("doc_id", TEXT, nullable=False, server_default=""),
    sa.Index("ix_documents_code", "doc_code"),
    sa.Index("ix_documents_identifier", "doc_id"),
)

formats = table(
    "formats",
    sa.Column("id", BYTES, primary_key=True),
    text("puid"),
    text("details"),
)

files = table(
    "files",
    sa.Column("id", NUMBER, primary_key=True),
    sa.Column("version_id", NUMBER, sa.ForeignKey("package_versions.id"), nullable=False),
    text("path"),
    sa.Column("original_name", BYTES, nullable=True),
    number("size"),
    sa.Column("sha256", BYTES, nullable=False),
    sa.Column("sha512", BYTES, nullable=False),
    sa.Column("format_id", BYTES, sa.ForeignKey("formats.id"), nullable=False),
    sa.Column("document", NUMBER, nullable=True),
    text("modified", nullable=True),
    text("container_path", nullable=True),
    number("content_offset"),
    sa.Index("uq_files_path", "version_id", "path", unique=True),
    sa.Index("ix_files_document", "version_id", "document"),
    sa.Index("ix_files_sha256", "sha256"),
)

signed_files = table(
    "signed_files",
    sa.Column("version_id", NUMBER, sa.ForeignKey("package_versions.id"), primary_key=True),
    sa.Column("path", TEXT, primary_key=True),
    text("kind"),
    text("state"),
    text("outcome"),
    text("checked_at"),
    text("policy"),
    text("trust"),
    sa.Index("ix_signed_files_state", "state", "version_id"),
)

signatures = table(
    "signatures",
    sa.Column("version_id", NUMBER, sa.ForeignKey("package_versions.id"), primary_key=True),
    sa.Column("path", TEXT, primary_key=True),
    sa.Column("ordinal", NUMBER, primary_key=True),
    text("signature_id"),
    text("format"),
    text("level"),
    text("integrity"),
    text("role"),
    text("signer"),
    text("issuer"),
    text("serial"),
    text("expires", nullable=True),
    text("filed_indication"),
    text("filed_sub_indication"),
    text("indication"),
    text("sub_indication"),
    text("holds_until", nullable=True),
    text("judged_at"),
    text("details"),
    sa.Index("ix_signatures_verdict", "indication", "sub_indication", "version_id"),
    sa.Index("ix_signatures_signer", "signer", "version_id"),
    sa.Index("ix_signatures_expires", "expires", "version_id"),
    sa.Index("ix_signatures_holds", "holds_until", "version_id"),
)

copies = table(
    "copies",
    sa.Column("version_id", NUMBER, sa.ForeignKey("package_versions.id"), primary_key=True),
    sa.Column("store", TEXT, primary_key=True),
    text("verified_at", nullable=True),
    text("outcome"),
    text("detail"),
)

events = table(
    "events",
    sa.Column("id", NUMBER, primary_key=True),
    sa.Column("version_id", NUMBER, sa.ForeignKey("package_versions.id"), nullable=False),
    sa.Column("event_id", Identifier, nullable=False),
    text("type"),
    text("time"),
    text("outcome"),
    text("detail"),
    text("outcome_detail"),
    text("agent"),
    text("subject"),
    sa.Index("uq_events", "version_id", "event_id", unique=True),
)

changes = table(
    "changes",
    sa.Column("sequence", NUMBER, primary_key=True),
    sa.Column("aip_id", Identifier, nullable=False),
    number("version"),
    text("action"),
    autoincrement=True,
)

jobs = table(
    "jobs",
    sa.Column("id", Identifier, primary_key=True),
    text("kind"),
    text("state"),
    text("started_at"),
    text("cursor"),
    text("updated_at", nullable=True),
    number("done"),
    number("failed"),
    sa.Index("ix_jobs_kind", "kind", "state", "started_at"),
)

audit_entries = table(
    "audit_entries",
    sa.Column("seq", NUMBER, primary_key=True),
    text("act"),
    text("time"),
    text("actor"),
    text("action"),
    text("object"),
    text("outcome"),
    sa.Column("hash", BYTES, nullable=False),
    number("segment"),
    sa.Index("uq_audit_entries_act", "act", unique=True),
    sa.Index("ix_audit_entries_object", "object", "seq"),
    sa.Index("ix_audit_entries_action", "action", "seq"),
    sa.Index("ix_audit_entries_time", "time", "seq"),
)

evidence_authorities = table("evidence_authorities", sa.Column("name", TEXT, primary_key=True))

evidence_pending = table(
    "evidence_pending",
    sa.Column("authority", TEXT, primary_key=True),
    sa.Column("version_id", NUMBER, sa.ForeignKey("package_versions.id"), primary_key=True),
    sa.Index("ix_evidence_pending_version", "version_id"),
)

evidence_batches = table(
    "evidence_batches",
    sa.Column("batch_id", Identifier, primary_key=True),
    text("authority"),
    text("algorithm"),
    number("chain"),
    text("created"),
    text("time"),
    text("tsa"),
    text("policy"),
    text("expires"),
    number("packages"),
    sa.Column("root", BYTES, nullable=False),
    sa.Index("ix_evidence_batches_time", "time", "batch_id"),
    sa.Index("ix_evidence_batches_expires", "expires", "batch_id"),
)

evidence_members = table(
    "evidence_members",
    sa.Column("aip_id", Identifier, primary_key=True),
    sa.Column("version", NUMBER, primary_key=True),
    sa.Column("authority", TEXT, primary_key=True),
    sa.Column("chain", NUMBER, primary_key=True),
    sa.Column("batch_id", Identifier, sa.ForeignKey("evidence_batches.batch_id"), nullable=False),
    sa.Index("ix_evidence_members_batch", "batch_id"),
)
