import importlib.util
from pathlib import Path

import pytest


def load_samples():
    spec = importlib.util.spec_from_file_location("storage_samples", Path(__file__).with_name("samples.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def samples():
    return load_samples()
