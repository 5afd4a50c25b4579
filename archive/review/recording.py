"""Acts of a review: tested, kept in every store, then entered into the catalogue, all under one lock.

An act is numbered under the lock that also guards every destruction, so two never get one number. What lies in
a store and is not in the catalogue (a killed process, a database brought back from a backup) is entered before
anything else is done with the review: it was decided when it was put there.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from uuid import UUID

from archive.accounts.values import Account
from archive.archive import Archive
from archive.audit.recording import record_act
from archive.audit.values import Action, Detail
from archive.catalogue.reviews import ItemRow, ReviewTransaction
from archive.layout import REVIEWS, review_act_key, review_folder
from archive.review.acts import act_of, act_text, item_line, item_of, result_of, unreadable
from archive.review.folding import after, fold
from archive.review.spooling import read_spool
from archive.review.values import (
    Act,
    Body,
    Executed,
    Extended,
    ItemState,
    Minuted,
    Objected,
    Opened,
    Review,
)
from model.errors import ArchiveError, InputError, NotFoundError
from model.text import N_

MAX_TEXT = 2000
_MOST_BYTES = 1 << 24


def record(
    archive: Archive,
    review_id: UUID,
    person: Account,
    because: str,
    build: Callable[[ReviewTransaction, Review | None], Body],
) -> Review:
    """Do one act of a review.

    Args:
        build: called under the lock with the review as it is now; says what is done, or raises.

    Raises:
        PolicyError: it is not allowed now; nothing was changed.
        StorageError: a store cannot be written now; the act counts if one of them took it.
    """
    check_texts(because)
    with archive.catalogue.reviews.acting() as transaction:
        review = _bring_level(archive, transaction, review_id)
        act = Act(
            seq=review.acts + 1 if review else 1,
            by=person.login,
            name=person.name,
            at=archive.clock.now(),
            because=because,
            body=build(transaction, review),
        )
        content = act_text(review_id, act)
        _same, act = act_of(content, "")
        changed = after(review_id, review, act)
        archive.copies.put(review_act_key(review_id, act.seq, act.kind), content.encode())
        _enter(archive, transaction, changed, act, content)
    details: dict[str, Detail] = {"what": act.kind, "act": act.seq, "number": changed.number}
    record_act(archive, Action.REVIEW, review_id, because=because, details=details)
    return changed


def check_texts(*texts: str) -> None:
    """Refuse texts that are empty, too long or cannot be kept.

    Raises:
        InputError: one is.
    """
    for text in texts:
        if not text.strip() or len(text) > MAX_TEXT or not _encodable(text):
            raise InputError(
                N_("A reason, title or name is empty, has more than {limit} characters, or is not valid text."),
                hint=N_("Write it again."),
                limit=MAX_TEXT,
            )


def read_review(archive: Archive, review_id: UUID) -> Review:
    """Return a review as the catalogue has it.

    Raises:
        NotFoundError: there is none.
    """
    review = _folded(review_id, archive.catalogue.reviews.acts(review_id))
    if review is None:
        raise _no_review(str(review_id))
    return review


def find_review(archive: Archive, written: str) -> Review:
    """Return the one review that a number, or the beginning of an identifier, means; brought level first.

    Raises:
        NotFoundError: there is none, or more than one.
    """
    restore_reviews(archive)
    wanted = written.strip().lower()
    known = archive.catalogue.reviews.all()
    found = [review_id for review_id, number in known if number == wanted]
    found = found or [review_id for review_id, _number in known if wanted and str(review_id).startswith(wanted)]
    if len(found) != 1:
        raise _no_review(written)
    return read_review(archive, found[0])


def stored_acts(archive: Archive, review_id: UUID) -> list[tuple[str, Act[Body]]]:
    """Return the acts of a review as the stores keep them: each content, and what it says, in their order.

    Raises:
        IntegrityError: what lies there is no act of this review.
    """
    found = []
    for item in archive.copies.list(review_folder(review_id)):
        content = _read(archive, item.key)
        of_review, act = act_of(content, item.key)
        if of_review != review_id or item.key != review_act_key(review_id, act.seq, act.kind):
            raise unreadable(item.key)
        found.append((content, act))
    return found


def newer_key(archive: Archive, review: Review) -> str:
    """Return the key of an act in the stores that is newer than those a review knows; nothing where there is none."""
    known = review_act_key(review.id, review.acts, "~")
    return next((item.key for item in archive.copies.list(review_folder(review.id), after=known)), "")


def restore_reviews(archive: Archive) -> Iterable[tuple[str, str]]:
    """Enter every act of the stores that the catalogue does not know; return what cannot be read, and why.

    Doing so again changes nothing.
    """
    problems = []
    for folder, items in groupby(archive.copies.list(REVIEWS), key=lambda item: item.key.rpartition("/")[0]):
        keys = [item.key for item in items]
        try:
            review_id = UUID(folder.removeprefix(REVIEWS))
            if len(keys) > len(archive.catalogue.reviews.acts(review_id)):
                with archive.catalogue.reviews.acting() as transaction:
                    _bring_level(archive, transaction, review_id)
        except ArchiveError as error:
            problems.append((folder, error.message))
        except ValueError:
            problems.append((folder, str(unreadable(folder))))
    return problems


def review_items(archive: Archive, review: Review) -> Iterator[tuple[ItemRow, str]]:
    """Yield the list of a review as the stores keep it, and the key of each line.

    Raises:
        IntegrityError: it is not the list the review was opened over.
    """
    for line, key in read_spool(archive, review.id, review.opened.body.items):
        item = item_of(line, key)
        yield (
            ItemRow(
                review_id=review.id,
                position=item.position,
                aip_id=item.aip_id,
                case_code=item.code,
                state=item.state,
                note=item.note,
                line=item_line(item),
            ),
            key,
        )


def _bring_level(archive: Archive, transaction: ReviewTransaction, review_id: UUID) -> Review | None:
    """Return a review after entering the acts of the stores that the catalogue does not know."""
    known = transaction.acts(review_id)
    review = _folded(review_id, known)
    after_key = review_act_key(review_id, len(known), "~")
    for item in list(archive.copies.list(review_folder(review_id), after=after_key)):
        content = _read(archive, item.key)
        of_review, act = act_of(content, item.key)
        if of_review != review_id or item.key != review_act_key(review_id, act.seq, act.kind):
            raise unreadable(item.key)
        review = after(review_id, review, act)
        archive.copies.put(item.key, content.encode())
        _enter(archive, transaction, review, act, content)
    return review


def _enter(archive: Archive, transaction: ReviewTransaction, review: Review, act: Act[Body], content: str) -> None:
    """Enter an act that the stores keep, and how it leaves the case files of the list."""
    transaction.put(review, content)
    match act.body:
        case Opened():
            transaction.put_items(row for row, _key in review_items(archive, review))
        case Objected(cases=cases):
            transaction.settle(review.id, ((aip_id, ItemState.OBJECTED, act.because) for aip_id in cases))
        case Extended(cases=cases):
            transaction.settle(review.id, ((aip_id, ItemState.EXTENDED, act.because) for aip_id in cases))
        case Minuted():
            _enter_verdict(transaction, review)
        case Executed(results=results):
            lines = read_spool(archive, review.id, results)
            found = (result_of(line, key) for line, key in lines)
            transaction.settle(review.id, ((item.aip_id, item.state, item.note) for item in found))
        case _:
            pass


def _enter_verdict(transaction: ReviewTransaction, review: Review) -> None:
    if review.passing is not None:
        transaction.keep_all_but(review.id, review.passing)
        return
    kept = [aip_id for aip_id, drop in review.dropped.items() if drop.state is ItemState.KEPT]
    transaction.settle(review.id, ((aip_id, ItemState.KEPT, "") for aip_id in kept))


def _folded(review_id: UUID, contents: Iterable[str]) -> Review | None:
    return fold(review_id, (act_of(content, review_folder(review_id))[1] for content in contents))


def _read(archive: Archive, key: str) -> str:
    with archive.copies.open(key) as stream:
        content = stream.read(_MOST_BYTES)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise unreadable(key) from error


def _encodable(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _no_review(written: str) -> NotFoundError:
    return NotFoundError(
        N_("There is no single review {review}."),
        hint=N_("`chauban retention review list` shows all of them."),
        review=written,
    )
