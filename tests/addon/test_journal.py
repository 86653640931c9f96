"""A journal gives back what was put into it, up to the moment at which its writer died."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probe.addon.journal import (
    FOLDER,
    LOST,
    RESPONSE_DATA,
    SERVER_TEXT,
    Frame,
    Journal,
    JournalFolder,
    PastJournal,
    left_journals,
    losses,
)
from probe.addon.piece_buffer import IN_MEMORY, PieceBuffer

KINDS = st.sampled_from([RESPONSE_DATA, SERVER_TEXT])
FRAMES = st.lists(st.tuples(KINDS, st.floats(0, 1e10), st.binary(max_size=300)), max_size=20)


def written(path: Path, frames: list[Frame]) -> Journal:
    journal = Journal(path)
    assert all(journal.append(*frame) for frame in frames)
    return journal


@pytest.fixture
def journal_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("journal") / "one"


@settings(deadline=None)
@given(frames=FRAMES)
def test_frames_come_back_as_they_were_added(tmp_path_factory: pytest.TempPathFactory, frames: list[Frame]) -> None:
    journal = written(tmp_path_factory.mktemp("journal") / "one", frames)
    assert list(journal.frames()) == frames
    journal.close(remove=True)


@settings(deadline=None)
@given(frames=FRAMES, cut=st.integers(0, 10_000))
def test_a_torn_end_costs_the_last_frame_only(
    tmp_path_factory: pytest.TempPathFactory, frames: list[Frame], cut: int
) -> None:
    path = tmp_path_factory.mktemp("journal") / "one"
    written(path, frames).close(remove=False)
    data = path.read_bytes()
    path.write_bytes(data[:cut])
    past = PastJournal(path)
    whole = list(past.frames())
    assert whole == frames[: len(whole)]
    sizes = [13 + len(data) for _, _, data in frames]
    assert len(whole) == max(number for number in range(len(sizes) + 1) if sum(sizes[:number]) <= max(cut, 0))
    past.close(remove=True)
    assert not path.exists()


def test_a_frame_that_says_it_is_larger_than_the_file_is_not_read(journal_path: Path) -> None:
    written(journal_path, [(RESPONSE_DATA, 1.0, b"kept")]).close(remove=False)
    with journal_path.open("ab") as file:
        file.write(RESPONSE_DATA + b"\0" * 8 + b"\xff\xff\xff\xff")
    assert list(PastJournal(journal_path).frames()) == [(RESPONSE_DATA, 1.0, b"kept")]


def test_much_is_read_back_from_the_journal(journal_path: Path) -> None:
    journal = Journal(journal_path)
    pieces = PieceBuffer(journal, RESPONSE_DATA)
    frames = [(RESPONSE_DATA, float(number), bytes([number]) * (IN_MEMORY // 4)) for number in range(8)]
    for frame in frames:
        assert pieces.add(*frame)
        # What belongs to others lies between.
        journal.append(SERVER_TEXT, 0.0, b"another")
    assert list(pieces) == frames
    assert pieces.joined() is None
    assert pieces.size == 2 * IN_MEMORY


@pytest.fixture
def small_files() -> Iterator[int]:
    """Let no file grow beyond this size, as on a full disk."""
    limit, before = 1 << 16, resource.getrlimit(resource.RLIMIT_FSIZE)
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    yield limit
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, old)


def test_a_full_disk_ends_the_journal_at_a_whole_frame_and_it_says_what_is_lost(
    journal_path: Path, small_files: int
) -> None:
    journal = Journal(journal_path)
    piece = (RESPONSE_DATA, 1.0, b"x" * (small_files // 3))
    told = [journal.append(*piece) for _ in range(4)]
    assert told == [True, True, False, False]
    journal.note_losses(1, 2, 3)
    journal.close(remove=False)
    *kept, (kind, _, data) = PastJournal(journal_path).frames()
    assert kept == [piece, piece]
    assert (kind, losses(data)) == (LOST, (1, 2, 3))


def test_pieces_stay_in_memory_while_the_disk_is_full_and_they_are_few(tmp_path: Path) -> None:
    pieces = PieceBuffer(Journal(tmp_path / "missing" / "one"), RESPONSE_DATA)
    assert pieces.add(RESPONSE_DATA, 1.0, b"few")
    assert not pieces.add(RESPONSE_DATA, 2.0, b"x" * IN_MEMORY)
    assert list(pieces) == [(RESPONSE_DATA, 1.0, b"few")]


def test_the_folder_goes_with_the_last_proxy_and_its_last_journal(tmp_path: Path) -> None:
    first, second = JournalFolder(tmp_path), JournalFolder(tmp_path)
    unwritten, done = first.journal("one"), second.journal("two")
    unwritten.close(remove=False)
    first.close()
    done.close(remove=True)
    second.close()
    assert [path.name for path in (tmp_path / FOLDER).iterdir()] == ["one"]
    third = JournalFolder(tmp_path)
    (tmp_path / FOLDER / "one").unlink()
    third.close()
    assert not (tmp_path / FOLDER).exists()


def test_journals_are_left_to_others_only_when_their_writer_is_dead(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from probe.addon.journal import JournalFolder;"
        "JournalFolder(Path(sys.argv[1])).journal('one').append(b'B', 1.0, b'data');"
        "print('written', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        assert writer.stdout.readline() == b"written\n"
        with left_journals(tmp_path) as journals:
            assert journals is None
        writer.kill()
    with left_journals(tmp_path) as journals:
        assert journals is not None
        (path,) = journals
        assert list(PastJournal(path).frames()) == [(b"B", 1.0, b"data")]


def test_a_run_without_journals_has_none_left(tmp_path: Path) -> None:
    with left_journals(tmp_path) as journals:
        assert journals == []
