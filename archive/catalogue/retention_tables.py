"""The tables of retention: schedules, classes, officers' decisions, and for each record what follows from them."""

import sqlalchemy as sa

from archive.catalogue.columns import NUMBER, TEXT, Identifier, number, table, text

retention_schedules = table(
    "retention_schedules",
    sa.Column("code", TEXT, primary_key=True),
    sa.Column("version", NUMBER, primary_key=True),
    text("status"),
    text("details"),
    sa.Index("ix_retention_schedules_status", "status", "code"),
)

retention_classes = table(
    "retention_classes",
    sa.Column("fonds", TEXT, primary_key=True),
    sa.Column("code", TEXT, primary_key=True),
    text("title"),
    text("schedule"),
)

retention_assignments = table(
    "retention_assignments",
    sa.Column("aip_id", Identifier, primary_key=True),
    text("class_code"),
    text("override"),
    text("reason"),
    text("decided_by"),
    text("decided_at"),
)

retention_events = table(
    "retention_events",
    sa.Column("aip_id", Identifier, primary_key=True),
    sa.Column("name", TEXT, primary_key=True),
    text("day"),
    text("recorded_by"),
    text("recorded_at"),
)

retention = table(
    "retention",
    sa.Column("aip_id", Identifier, primary_key=True),
    text("schedule"),
    number("version"),
    text("basis"),
    text("reason"),
    text("action"),
    text("waiting"),
    text("trigger_day", nullable=True),
    text("start_day", nullable=True),
    text("due_day", nullable=True),
    text("confirm_by", nullable=True),
    text("fonds"),
    text("agency"),
    text("mode"),
    text("maintenance"),
    text("class_code"),
    text("ended", nullable=True),
    text("accepted"),
    sa.Index("ix_retention_due", "due_day", "aip_id"),
    sa.Index("ix_retention_fonds", "fonds", "due_day", "aip_id"),
    sa.Index("ix_retention_schedule", "schedule", "trigger_day", "due_day"),
    sa.Index("ix_retention_class", "class_code", "aip_id"),
    sa.Index("ix_retention_waiting", "waiting", "aip_id"),
    sa.Index("ix_retention_agency", "action", "agency", "accepted", "aip_id"),
    sa.Index("ix_retention_opening", "mode", "ended", "aip_id"),
)
