"""`bench/profile` counts each sample once, where it belongs."""

from bench.profile import OTHER, PARTS, shared_out

_SERVED = (
    "thread (7): Pool;run (threading.py:9);_worker (concurrent/futures/thread.py:83);handle (gunicorn/gthread.py:5)"
)


def test_a_sample_counts_for_the_innermost_function_of_a_part() -> None:
    parts, functions = shared_out(
        [
            f"{_SERVED} 3",
            f"{_SERVED};wsgi_app (flask/app.py:1);save (service/notes.py:2);dumps (json/encoder.py:3) 4",
            f"{_SERVED};save (service/notes.py:2);_blocking (grpc/_channel.py:3);__exit__ (threading.py:4) 5",
            f"{_SERVED};__call__ (werkzeug/wrappers/response.py:1) 1",
            "thread (8): Timer;run (threading.py:9) 2",
        ]
    )

    assert parts == {"gunicorn": 3, "the service's own": 4, "gRPC": 5, "Flask and Werkzeug": 1, OTHER: 2}
    assert functions["the service's own"] == {"service/notes.py save": 4}
    assert functions["gRPC"] == {"grpc/_channel.py _blocking": 5}


def test_a_thread_that_waits_for_work_does_not_count() -> None:
    parts, _ = shared_out(
        [
            "thread (7): Pool;run (threading.py:9);_worker (concurrent/futures/thread.py:81) 9",
            "thread (6): Main;wait (gunicorn/gthread.py:9);EpollSelector.select (selectors.py:468) 9",
            f"{_SERVED} 1",
        ]
    )

    assert parts == {"gunicorn": 1}


def test_each_part_says_why_it_stays() -> None:
    assert [name for name, (packages, why) in PARTS.items() if not packages or not why] == []
