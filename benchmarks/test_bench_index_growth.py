"""An index of 100 000 objects: memory of the process that writes it, and whether its growth makes it slower."""

import gc
import multiprocessing
import resource
import shutil
import time

import pytest

from xrayiq.batch.changes import found_files
from xrayiq.batch.kept_files import FileKeeper
from xrayiq.batch.scored_file import ScoredFile, digest_of, entry_of, pack_file
from xrayiq.dicom import FolderSource, read_header
from xrayiq.procedures import Recognition, load_site, no_procedure, plan_digest, population_of, recognise_header
from xrayiq.records import open_records
from xrayiq_phantoms import simulate_bulk

COUNT = 100_000
#: the archive holds one part at a time, so that the disk need not hold all
PART = 10_000
ALLOWED_MIB = 400.0
ALLOWED_GROWTH = 1.2
KEY = bytes(range(32))


def index_part(folder, records, run_id):
    """Walk the archive, look every file up, read its header and write file, object and an outcome, as a run does."""
    site = load_site()
    plan = plan_digest(site)
    source = FolderSource(folder)
    keeper = FileKeeper(records, run_id=run_id, archive_key="archive", plan_digest=plan, stored=lambda *_: None)
    for found in found_files(source.files(), records, archive_key="archive", plan_digest=plan, retry_failed=False):
        header = read_header(found.file.path, key=KEY, test_patients=site.test_patients)
        told = recognise_header(header, site) or Recognition(kind="clinical", evidence="header is silent")
        scored = ScoredFile(
            entry=entry_of(found.file, digest_of(found.file), header.subject, "object"),
            header=header,
            kind=told.kind,
            population=population_of(header, told.kind, register=site.equipment),
            outcomes=(no_procedure(header.subject, told, site),),
        )
        keeper.add(pack_file(scored))
    keeper.write()


def index_all(folder, url, figures):
    """In a process of its own: seconds of each part, and the greatest memory that the process held."""
    seconds = []
    with open_records(url) as records:
        run_id = records.begin_run(archive_key="archive", plan_digest=plan_digest(load_site()), version="benchmark")
        for number in range(COUNT // PART):
            part = folder / f"part{number}"
            maker = multiprocessing.get_context("spawn").Process(
                target=simulate_bulk, args=(part,), kwargs={"count": PART, "seed": 100 + number}
            )
            maker.start()
            maker.join()
            gc.collect()
            start = time.process_time()
            index_part(folder, records, run_id)
            seconds.append(time.process_time() - start)
            shutil.rmtree(part)
        objects = records.archive_status(["archive"], plan_digest=plan_digest(load_site())).files
    figures.send((seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, objects))


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_index_stays_small_and_as_fast_as_at_its_beginning(benchmark, tmp_path):
    spawned = multiprocessing.get_context("spawn")
    reading, writing = spawned.Pipe(duplex=False)
    process = spawned.Process(target=index_all, args=(tmp_path / "archive", f"sqlite:///{tmp_path / 'qa.db'}", writing))
    benchmark.pedantic(process.start, rounds=1)
    seconds, greatest_mib, files = reading.recv()
    process.join()
    assert files == {"object": COUNT}
    growth = seconds[-1] / seconds[1]
    benchmark.extra_info |= {
        "memory, MiB": round(greatest_mib),
        "seconds of each part": [round(each, 1) for each in seconds],
        "last to second part": round(growth, 2),
    }
    assert greatest_mib < ALLOWED_MIB
    assert growth <= ALLOWED_GROWTH
