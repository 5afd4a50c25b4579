"""Why a record is kept until when: every step from the rule to the day, in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from archive.archive import Archive
from archive.catalogue.values import HeldCaseFile
from archive.retention.hold_values import Hold
from archive.retention.rules import DEFAULTS
from archive.retention.schedules import bring_level
from archive.retention.values import (
    Assignment,
    Basis,
    DisposalAction,
    RecordClass,
    RecordEvent,
    RecordFacts,
    Retention,
    RetentionState,
    Schedule,
    Trigger,
)
from archive.retention.wording import (
    BASIS_WORDS,
    OFFSET_WORDS,
    STATE_WORDS,
    rule_text,
    shown_day,
    trigger_text,
)
from model.elements import code_word
from model.errors import NotFoundError
from model.text import N_, _, language_in_force, ngettext

SCHEMA = "retention-explain/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything the retention of one record rests on."""

    held: HeldCaseFile
    retention: Retention
    facts: RecordFacts
    schedule: Schedule | None
    record_class: RecordClass | None
    assignment: Assignment | None
    events: Sequence[RecordEvent]
    holds: Sequence[Hold]
    today: date

    @property
    def state(self) -> RetentionState:
        """Where the record stands today."""
        return self.retention.state(self.today)

    def lines(self) -> Iterator[str]:
        """Yield the explanation in the language in force, the answer first."""
        case_file = self.held.case_file
        yield f"{case_file.file_code}  {case_file.title}"
        yield "  " + _("State: {state}").format(state=_(STATE_WORDS[self.state]))
        yield from (f"  {line}" for line in self._rule())
        if self.schedule is not None and self.schedule.action is not DisposalAction.RETAIN:
            yield from (f"  {line}" for line in self._dates(self.schedule))
        for hold in self.holds:
            yield "  " + _("Held: {title} ({mandate}); nothing is destroyed while it is in force.").format(
                title=hold.title, mandate=hold.mandate
            )
        yield "  " + self._what_next()

    def to_json(self) -> dict[str, Any]:
        """Return the public form."""
        record, dates = self.retention, self.retention.dates
        return {
            "schema": SCHEMA,
            "aip_id": str(record.aip_id),
            "case_code": self.held.case_file.file_code,
            "title": self.held.case_file.title,
            "state": self.state.value,
            "schedule": record.schedule or None,
            "version": record.version or None,
            "basis": record.basis.value,
            "reason": record.reason,
            "class": self.record_class.code if self.record_class else None,
            "action": record.action.value,
            "trigger": self.schedule.trigger.value if self.schedule else None,
            "trigger_day": record.trigger.isoformat() if record.trigger else None,
            "start": dates.start.isoformat() if dates else None,
            "due": dates.due.isoformat() if dates else None,
            "confirm_by": dates.confirm_by.isoformat() if dates else None,
            "holds": [str(hold.id) for hold in self.holds],
            "sentences": list(self.lines()),
        }

    def _rule(self) -> Iterator[str]:
        record = self.retention
        if self.schedule is None:
            yield self._no_rule()
            return
        code = record.schedule if record.schedule in DEFAULTS else f"{record.schedule} ({self.schedule.title})"
        yield _("Rule: {code}, version {version}: {words}.").format(
            code=code, version=record.version, words=rule_text(self.schedule)
        )
        yield _("Why this rule: {basis}.").format(basis=_(BASIS_WORDS[record.basis]))
        if record.basis is Basis.OVERRIDE and self.assignment is not None:
            yield _("Decided by {person} on {day}: {reason}").format(
                person=self.assignment.decided_by,
                day=shown_day(self.assignment.decided_at.date()),
                reason=self.assignment.reason,
            )
        if record.basis is Basis.CLASS and self.record_class is not None:
            yield _("Class: {code} {title}").format(code=self.record_class.code, title=self.record_class.title)
        if record.basis is Basis.DOCUMENTS:
            words = ", ".join(_period_word(code) for code in sorted(self.facts.periods))
            yield _("Periods found: {periods}.").format(periods=words)
        if self.schedule.source:
            yield _("Source: {source}").format(source=self.schedule.source)

    def _no_rule(self) -> str:
        if self.retention.basis is Basis.DOCUMENTS:
            words = ", ".join(_period_word(code) for code in sorted(self.facts.periods))
            return _("No rule: its retention periods ({periods}) say nothing certain; an officer must decide.").format(
                periods=words
            )
        return _("No rule: it is given one that is not in force; approve it, or give it another.")

    def _dates(self, schedule: Schedule) -> Iterator[str]:
        record = self.retention
        if record.trigger is None or record.dates is None:
            yield _("The period begins with {trigger}, which is not known yet.").format(trigger=trigger_text(schedule))
            return
        for event in self.events:
            if schedule.event == event.name:
                yield _("Recorded by {person} on {day}: {event}").format(
                    person=event.recorded_by, day=shown_day(event.recorded_at.date()), event=event.name
                )
        newest = self.facts.last_document
        if schedule.trigger is Trigger.CLOSED and newest is not None and newest > record.trigger:
            yield _("Look at it: its newest document is of {newest}, after the day the work ended.").format(
                newest=shown_day(newest)
            )
        yield _("The period begins with {trigger}: {day}; it counts {offset}: {start}.").format(
            trigger=trigger_text(schedule),
            day=shown_day(record.trigger),
            offset=_(OFFSET_WORDS[schedule.offset]),
            start=shown_day(record.dates.start),
        )
        yield _("Last day kept: {last}; due: {due}; to be decided until: {until}.").format(
            last=shown_day(record.dates.due - timedelta(days=1)),
            due=shown_day(record.dates.due),
            until=shown_day(record.dates.confirm_by),
        )

    def _what_next(self) -> str:
        if self.state is RetentionState.PERMANENT:
            return _("Nothing is ever due.")
        if self.state is RetentionState.WAITING_RULE:
            return _("Give it a rule with `chauban retention override`, or put it into a class.")
        if self.state is RetentionState.WAITING_TRIGGER:
            return _("Record what happened with `chauban retention event record`, or complete its description.")
        if self.state is RetentionState.RUNNING and self.retention.dates is not None:
            days = (self.retention.dates.due - self.today).days
            return ngettext("Not yet: {count} day is left.", "Not yet: {count} days are left.", days).format(count=days)
        if self.holds:
            return _("It may be reviewed now, and not destroyed before every hold is lifted.")
        return _("It may be reviewed now: `chauban retention review open`.")


def explain(archive: Archive, held: HeldCaseFile) -> Explanation:
    """Gather everything the retention of a record rests on, brought level first.

    Raises:
        NotFoundError: it is not held any more.
    """
    bring_level(archive)
    table = archive.catalogue.retention
    record, facts = table.get(held.aip_id), table.facts(held.aip_id)
    if record is None or facts is None:
        raise NotFoundError(N_("Case file {case_file} is not held any more."), case_file=held.case_file.file_code)
    rules, assignment = table.rules(), table.assignment(held.aip_id)
    return Explanation(
        held=held,
        retention=record,
        facts=facts,
        schedule=rules.schedules.get(record.schedule),
        record_class=rules.class_of(facts, assignment),
        assignment=assignment,
        events=table.events(held.aip_id),
        holds=archive.catalogue.holds.barring([held.aip_id]).get(held.aip_id, ()),
        today=archive.clock.now().date(),
    )


def _period_word(code: str) -> str:
    return code_word("maintenance", code, language_in_force()) if code else _("none")
