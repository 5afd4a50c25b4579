"""The council: its appointment, its votes, objections and extensions, and its minutes.

Source:
    Circular 06/2025/TT-BNV (council for the examination of records to be destroyed, minutes with each opinion)
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from archive.accounts.acting import require
from archive.accounts.values import Account, Role
from archive.archive import Archive
from archive.catalogue.reviews import ReviewTransaction
from archive.retention.deciding import override
from archive.review.folding import after
from archive.review.recording import check_texts, record
from archive.review.values import (
    Act,
    Appointed,
    Body,
    Choice,
    Extended,
    ItemState,
    Minuted,
    Objected,
    Review,
    Voted,
)
from model.errors import InputError, NotFoundError, PolicyError
from model.text import N_

MAX_CASES = 10_000
"""Case files named by one act; more are several acts."""


def appoint(
    archive: Archive,
    review: Review,
    people: tuple[str, str, Sequence[str]],
    because: str,
    decision: tuple[str, date | None] = ("", None),
) -> Review:
    """Appoint the council.

    Args:
        people: logins of the chair, the secretary and the other members.
        decision: number and day of the decision that founds it, where there is one on paper.

    Raises:
        PolicyError: not a records officer or approver; fewer than three persons; one without the role, or who
            opened the review.
    """
    person = require(archive, Role.RECORDS_OFFICER, Role.APPROVER)
    chair, secretary, members = people
    names = tuple(_member(archive, login).name for login in (chair, secretary, *members))
    number, day = decision
    body = Appointed(chair=chair, secretary=secretary, members=tuple(members), names=names, decision=number, day=day)
    return record(archive, review.id, person, because, lambda _transaction, _review: body)


def vote(archive: Archive, review: Review, choice: Choice, cases: Sequence[str], because: str) -> Review:
    """Vote as a member of the council: about some case files, or about all when none is named.

    Raises:
        PolicyError: not in the council, or it has ended its work.
        NotFoundError: a case file is not on the list.
    """
    person = require(archive, Role.COUNCIL_MEMBER)

    def build(transaction: ReviewTransaction, _review: Review | None) -> Body:
        return Voted(choice=choice, cases=_found(transaction, review.id, cases))

    return record(archive, review.id, person, because, build)


def object_(archive: Archive, review: Review, cases: Sequence[str], because: str) -> Review:
    """Object to the destruction of case files: they are out of the review, also while it is being executed.

    Raises:
        PolicyError: neither council member nor records officer; a case file is out already, or is destroyed.
        NotFoundError: a case file is not on the list.
    """
    person = require(archive, Role.COUNCIL_MEMBER, Role.RECORDS_OFFICER)

    def build(transaction: ReviewTransaction, _review: Review | None) -> Body:
        return Objected(cases=_still_there(transaction, review, cases))

    return record(archive, review.id, person, because, build)


def extend(archive: Archive, review: Review, cases: Sequence[str], schedule: str, because: str) -> Review:
    """Give case files another rule: they are out of the review and follow the new rule.

    The new rule is decided first. Where a killed process ended between the two, the case files are not destroyed:
    they follow the new rule already, and doing it again takes them out of the review.

    Raises:
        PolicyError: not a records officer; a case file is out already, or is destroyed.
        NotFoundError: a case file is not on the list, or the schedule is not in force.
    """
    person = require(archive, Role.RECORDS_OFFICER)
    if not schedule.strip():
        raise InputError(N_("An extension needs a rule."), hint=N_("Name its code with --schedule."))

    def build(transaction: ReviewTransaction, _review: Review | None) -> Extended:
        return Extended(cases=_still_there(transaction, review, cases), schedule=schedule)

    with archive.catalogue.reviews.acting() as transaction:
        planned = build(transaction, review)
    _allowed(archive, review, person, because, planned)
    override(archive, planned.cases, schedule, because)
    return record(archive, review.id, person, because, build)


def minute(archive: Archive, review: Review, because: str) -> Review:
    """End the council's work; from now on only what has a majority is proposed.

    Args:
        because: what the council concludes.

    Raises:
        PolicyError: neither chair nor secretary, or fewer than half of the members voted.
    """
    person = require(archive, Role.COUNCIL_MEMBER)
    return record(archive, review.id, person, because, lambda _transaction, _review: Minuted())


def _allowed(archive: Archive, review: Review, person: Account, because: str, body: Body) -> None:
    """Refuse what the review does not allow, before anything outside of it is changed."""
    check_texts(because)
    now = archive.clock.now()
    act = Act(seq=review.acts + 1, by=person.login, name=person.name, at=now, because=because, body=body)
    after(review.id, review, act)


def _member(archive: Archive, login: str) -> Account:
    account = archive.catalogue.accounts.named(login)
    if account is None or not account.holds(Role.COUNCIL_MEMBER):
        raise PolicyError(
            N_("{login} cannot be in the council: there is no such account, or it has not the role."),
            hint=N_("An administrator gives the role with `chauban user role`."),
            login=login,
        )
    return account


def _still_there(transaction: ReviewTransaction, review: Review, cases: Sequence[str]) -> tuple[UUID, ...]:
    found = _found(transaction, review.id, cases)
    if not found:
        raise InputError(N_("No case file is named."), hint=N_("Name each with --case."))
    if transaction.marked(found):
        raise PolicyError(
            N_("A case file that is named is destroyed already, or is being destroyed."),
            hint=N_("`chauban show` tells what is left of it."),
        )
    return found


def _found(transaction: ReviewTransaction, review_id: UUID, cases: Sequence[str]) -> tuple[UUID, ...]:
    """Return the case files that codes or identifiers mean; each must be proposed in the list."""
    if len(cases) > MAX_CASES:
        raise InputError(
            N_("At most {limit} case files can be named at once."), hint=N_("Name them in parts."), limit=MAX_CASES
        )
    found: dict[UUID, None] = {}
    for written in dict.fromkeys(cases):
        rows = transaction.find(review_id, written.strip())
        rows = [row for row in rows if row.state not in (ItemState.HELD, ItemState.ELSEWHERE)]
        if not rows:
            raise NotFoundError(
                N_("Case file {case_file} is not on the list of this review."),
                hint=N_("`chauban retention review show --items` lists what is."),
                case_file=written,
            )
        found.update(dict.fromkeys(row.aip_id for row in rows))
    return tuple(found)
