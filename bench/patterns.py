"""What clients and thieves do at the same moment, and how the session must end: the patterns of bench/races."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bench.arena import MOST_AT_ONCE, Answer, Arena


@dataclass
class Findings:
    """What a run counted. `wrong` has a sentence for everything that is not as it should be."""

    seed: int
    wrong: list[str] = field(default_factory=list)
    groups: dict[str, list[Answer]] = field(default_factory=dict)
    """By pattern, the answers of the calls that raced."""
    rounds: dict[str, int] = field(default_factory=dict)
    lived: int = 0
    died: int = 0
    calls: int = 0
    aborted: int = 0
    """Commits that Firestore was made to abort."""
    lost: int = 0
    """Commits that Firestore did, without a word."""
    seconds: float = 0.0


class Session:
    """What one client holds of one connection, and how it should end."""

    def __init__(self, arena: Arena, findings: Findings, name: str) -> None:
        self.arena, self._findings, self._name = arena, findings, name
        self.code = arena.new_code()
        self.access = self.refresh = ""

    def race(self, *calls: Callable[[], Answer]) -> list[Answer]:
        answers = self.arena.together(*calls)
        self._findings.groups.setdefault(self._name, []).extend(answers)
        for answer in answers:
            if answer.status >= 500:
                self.wrong(f"{answer.status} {answer.body}")
        return answers

    def connect(self) -> None:
        """Redeem the code alone."""
        (answer,) = self.race(self.arena.redeem(self.code))
        self.expect(answer.is_won, f"a fresh code got {answer.status}")
        self.hold(answer)

    def hold(self, answer: Answer) -> None:
        self.access = answer.body.get("access_token", self.access)
        self.refresh = answer.body.get("refresh_token", self.refresh)

    def expect(self, true: bool, otherwise: str) -> None:  # noqa: FBT001  # as an assertion reads
        if not true:
            self.wrong(otherwise)

    def wrong(self, what: str) -> None:
        self._findings.wrong.append(f"{self._name}: {what}")

    def lives(self) -> None:
        saved, (renewed,) = self.arena.save(self.access), self.race(self.arena.refresh(self.refresh))
        # 200 is the same note again: it was saved, and Firestore's answer was lost.
        self.expect(saved in (200, 201), f"a session that should live got {saved} for a note")
        self.expect(renewed.is_won, f"a session that should live got {renewed.status} for a refresh")
        self._findings.lived += 1

    def is_dead(self) -> None:
        saved, (renewed,) = self.arena.save(self.access), self.race(self.arena.refresh(self.refresh))
        self.expect(saved == 401, f"a session that should be dead got {saved} for a note")
        self.expect(renewed.is_refused, f"a session that should be dead got {renewed.status} for a refresh")
        self._findings.died += 1


def a_code_is_redeemed_by_many(session: Session) -> None:
    """One wins, and because the others come with everything else right, what it won ends."""
    answers = session.race(*[session.arena.redeem(session.code) for _ in range(_some(session, 2))])
    winners = [answer for answer in answers if answer.is_won]
    session.expect(len(winners) == 1, f"{len(winners)} redemptions of one code won")
    session.expect(
        len(winners) + sum(answer.is_refused for answer in answers) == len(answers), "another answer than no"
    )
    for winner in winners:
        session.hold(winner)
        session.is_dead()


def a_code_is_tried_by_other_clients(session: Session) -> None:
    """They get nothing, and do no harm."""
    arena = session.arena
    stolen = [arena.redeem(session.code, arena.thief) for _ in range(_some(session, 1) - 1)]
    own, *others = session.race(arena.redeem(session.code), *stolen)
    session.expect(own.is_won, f"the owner of the code got {own.status}")
    session.expect(all(answer.is_refused for answer in others), "another client redeemed the code")
    session.hold(own)
    session.lives()


def a_token_is_refreshed_by_many(session: Session) -> None:
    """All get the same successor, round after round."""
    session.connect()
    for _ in range(session.arena.random.randint(1, 3)):
        refresh = session.refresh
        answers = session.race(*[session.arena.refresh(refresh) for _ in range(_some(session, 2))])
        session.expect(all(answer.is_won for answer in answers), "a parallel refresh was refused")
        successors = {answer.body.get("refresh_token") for answer in answers}
        session.expect(len(successors) == 1, f"{len(successors)} successors of one token")
        session.expect(refresh not in successors, "a token is its own successor")
        session.hold(session.arena.random.choice(answers))
    session.lives()


def an_answer_is_lost_and_asked_for_again(session: Session) -> None:
    session.connect()
    for _ in range(session.arena.random.randint(1, 3)):
        (unheard,) = session.race(session.arena.refresh(session.refresh))
        (heard,) = session.race(session.arena.refresh(session.refresh))
        session.expect(
            heard.is_won and heard.body.get("refresh_token") == unheard.body.get("refresh_token"),
            "a retry got another successor",
        )
        session.hold(heard)
    session.lives()


def a_client_hurries_on(session: Session) -> None:
    """It uses the successor while other tries are on their way: whatever they get, the old token is a copy by now."""
    session.connect()
    arena, old = session.arena, session.refresh

    def hurry() -> Answer:
        answer = arena.refresh(old)()
        return arena.refresh(answer.body["refresh_token"])() if answer.is_won else answer

    tries = [arena.refresh(old) for _ in range(_some(session, 1) - 1)]
    answers = session.race(hurry, *tries)
    session.expect(all(answer.is_won or answer.is_refused for answer in answers), "neither a yes nor a no")
    if answers[0].is_won:
        session.hold(answers[0])
        (copy,) = session.race(arena.refresh(old))
        session.expect(copy.is_refused, "an old token was taken")
        session.is_dead()


def a_thief_comes_with_an_old_token(session: Session) -> None:
    """Its successor was used: everything ends, also what the owner is about to get."""
    session.connect()
    stolen = session.refresh
    for _ in range(session.arena.random.randint(2, 3)):
        session.hold(session.race(session.arena.refresh(session.refresh))[0])
    thieves = [session.arena.refresh(stolen) for _ in range(_some(session, 1))]
    *caught, own = session.race(*thieves[: MOST_AT_ONCE - 1], session.arena.refresh(session.refresh))
    session.expect(all(answer.is_refused for answer in caught), "an old token was taken")
    session.hold(own)
    session.is_dead()


def a_thief_comes_late(session: Session) -> None:
    """After the grace even the last token that was used is a copy."""
    session.connect()
    stolen = session.refresh
    session.hold(session.race(session.arena.refresh(stolen))[0])
    late = session.arena.late
    caught = session.race(*[session.arena.refresh(stolen, instance=late) for _ in range(_some(session, 1))])
    session.expect(all(answer.is_refused for answer in caught), "a token was taken after its grace")
    session.is_dead()


def a_token_is_tried_by_other_clients(session: Session) -> None:
    session.connect()
    arena = session.arena
    stolen = [arena.refresh(session.refresh, arena.thief) for _ in range(_some(session, 1) - 1)]
    own, *others = session.race(arena.refresh(session.refresh), *stolen)
    session.expect(own.is_won, f"the owner of the token got {own.status}")
    session.expect(all(answer.is_refused for answer in others), "another client refreshed the token")
    session.hold(own)
    session.lives()


def a_session_is_revoked_while_it_is_refreshed(session: Session) -> None:
    """Whoever came first: in the end it is over."""
    session.connect()
    refreshes = [session.arena.refresh(session.refresh) for _ in range(_some(session, 1) - 1)]
    _revoked, *answers = session.race(session.arena.revoke(session.refresh), *refreshes)
    session.expect(all(answer.is_won or answer.is_refused for answer in answers), "neither a yes nor a no")
    for answer in answers:
        session.hold(answer)
    session.is_dead()


PATTERNS: tuple[Callable[[Session], None], ...] = (
    a_code_is_redeemed_by_many,
    a_code_is_tried_by_other_clients,
    a_token_is_refreshed_by_many,
    an_answer_is_lost_and_asked_for_again,
    a_client_hurries_on,
    a_thief_comes_with_an_old_token,
    a_thief_comes_late,
    a_token_is_tried_by_other_clients,
    a_session_is_revoked_while_it_is_refreshed,
)


def _some(session: Session, least: int) -> int:
    return session.arena.random.randint(least, MOST_AT_ONCE)
