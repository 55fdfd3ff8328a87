"""Processor time of one way of dealing with an image, in a process of its own: ``python timed_reading.py WAY FILE``.

Prints the least and the median of its calls in ms, as JSON.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable

CALLS = 20
#: kermas in µGy and stored values of the simulated detector's response
KERMA_UGY = (0.5, 1.0, 2.5, 5.0, 10.0, 20.0)
DN_PER_UGY = 500.0


def way_of(name: str, path: str) -> Callable[[], object]:
    """What is timed: "plain" is the comparator, which loads pydicom and nothing of xrayiq."""
    if name == "plain":
        from pydicom import dcmread

        return lambda: dcmread(path).pixel_array
    import xrayiq
    from xrayiq.batch import score_paths
    from xrayiq.batch.one_thread import stay_with_one_thread

    stay_with_one_thread()
    if name == "score as the batch does":
        return lambda: list(score_paths([path]))
    response = None
    if name == "score with response":
        values = [DN_PER_UGY * kerma for kerma in KERMA_UGY]
        response = xrayiq.fit_response(values, kerma_ugy=KERMA_UGY, model="linear")
    return lambda: xrayiq.score(xrayiq.read(path, response=response))


def main() -> None:
    """Time the calls after one that loads and compiles."""
    call = way_of(*sys.argv[1:])
    call()
    taken = []
    for _ in range(CALLS):
        start = time.process_time()
        call()
        taken.append(1e3 * (time.process_time() - start))
    sys.stdout.write(json.dumps({"least_ms": min(taken), "median_ms": statistics.median(taken)}) + "\n")


if __name__ == "__main__":
    main()
