"""The renewal calendar: from what a timestamp rests on to dates, and from dates to lines and pictures."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from archive.catalogue.evidence_values import EvidenceBatch
from archive.drawing import FORMATS
from archive.evidence.calendar import earlier, hash_limit, timestamp_limit
from archive.evidence.plotting import MOST_ROWS, plot_calendar
from archive.evidence.renewal_showing import calendar_lines, plan_json
from archive.evidence.renewal_values import PlannedRenewal, RenewalKind, RenewalState
from archive.evidence.settings import MOST_DAYS, EvidenceSettings, evidence_settings
from preservation.signatures.judging.lifetime import Limit, LimitKind

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def batch(number: int = 1, count: int = 5) -> EvidenceBatch:
    return EvidenceBatch(
        id=uuid.UUID(int=number),
        authority="a",
        algorithm="sha256",
        created=NOW,
        time=NOW,
        tsa="TSA <1> & Bộ",
        policy="1.2.3",
        expires=NOW,
        count=count,
        root=bytes(32),
    )


def planned(
    days: int, number: int = 1, kind: LimitKind = LimitKind.TSA_CERTIFICATE, state: RenewalState = RenewalState.DUE
) -> PlannedRenewal:
    by = NOW + timedelta(days=days)
    return PlannedRenewal(
        batch=batch(number),
        kind=RenewalKind.HASH_TREE if kind is LimitKind.HASH_ALGORITHM else RenewalKind.TIMESTAMP,
        state=state,
        last=NOW - timedelta(days=400),
        timestamps=1,
        begin=by - timedelta(days=180),
        by=by,
        reason=Limit(kind=kind, name="TSA <1> & Bộ", until=by),
    )


UNKNOWN = PlannedRenewal(
    batch=batch(9),
    kind=RenewalKind.TIMESTAMP,
    state=RenewalState.UNKNOWN,
    last=None,
    timestamps=0,
    begin=None,
    by=None,
    reason=None,
)


def test_what_a_timestamp_cannot_make_good_is_told_apart() -> None:
    limits = tuple(Limit(kind=kind, name=kind.value, until=NOW + timedelta(days=n)) for n, kind in enumerate(LimitKind))
    soonest = timestamp_limit(limits)
    assert soonest is not None
    assert soonest.kind is LimitKind.TSA_CERTIFICATE
    hashes = hash_limit(limits)
    assert hashes is not None
    assert hashes.kind is LimitKind.HASH_ALGORITHM
    assert timestamp_limit([hashes]) is None
    assert hash_limit(()) is None


def test_no_date_is_before_all_dates() -> None:
    assert earlier(datetime(1, 6, 1, tzinfo=UTC), timedelta(days=730)) == datetime.min.replace(tzinfo=UTC)


def test_what_ends_together_is_one_line() -> None:
    lines = list(calendar_lines([planned(10, 1), planned(10, 2), planned(90, 3), UNKNOWN]))
    assert len(lines) == 6
    assert lines[0].startswith("! ")
    assert "2 batches, 10 packages" in lines[0]
    assert "TSA <1> & Bộ" in lines[1]
    assert lines[4].startswith("? ")


def test_json_names_batch_date_and_reason() -> None:
    data = plan_json(planned(10, kind=LimitKind.HASH_ALGORITHM, state=RenewalState.OVERDUE))
    assert data["state"] == "overdue"
    assert data["renewal"] == "hash-tree"
    assert data["reason"] == "hash-algorithm"
    assert data["by"] == "2026-03-11T00:00:00.000Z"
    assert plan_json(UNKNOWN)["by"] is None


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("count", [0, 1, 3, MOST_ROWS + 5])
def test_any_number_of_rows_can_be_drawn(suffix: str, count: int) -> None:
    states = [RenewalState.OVERDUE, RenewalState.DUE, RenewalState.PLANNED]
    plans = [planned(50 * number - 40, number, state=states[number % 3]) for number in range(count)]
    content = plot_calendar([*plans, UNKNOWN], NOW, suffix)
    assert content.startswith({".svg": b"<svg", ".png": b"\x89PNG", ".pdf": b"%PDF"}[suffix])
    assert content == plot_calendar([*plans, UNKNOWN], NOW, suffix)
    if suffix == ".svg" and count:
        assert b"TSA &lt;1&gt; &amp; B" in content


def test_lead_times_are_settings() -> None:
    assert evidence_settings({}) == EvidenceSettings()
    found = evidence_settings({"renew_lead_days": 400, "hash_lead_days": 0})
    assert (found.lead, found.hash_lead) == (timedelta(days=400), timedelta(0))
    for wrong in (-1, MOST_DAYS + 1, "180", 1.5, True):
        with pytest.raises(ValueError, match="renew_lead_days"):
            evidence_settings({"renew_lead_days": wrong})
