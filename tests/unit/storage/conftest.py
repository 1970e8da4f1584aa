import importlib.util
from pathlib import Path

import pytest

from arbedge.storage.config import StorageConfig
from arbedge.storage.records.engine import Records

_SAMPLES = Path(__file__).parents[2] / "contract" / "storage" / "samples.py"


@pytest.fixture(scope="session")
def samples():
    spec = importlib.util.spec_from_file_location("storage_samples", _SAMPLES)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
async def records(tmp_path):
    async with Records(tmp_path / "records.db", StorageConfig()) as opened:
        yield opened
