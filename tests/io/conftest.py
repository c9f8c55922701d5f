from multiprocessing import spawn

import pytest
from pydicom import config


@pytest.fixture(autouse=True, scope="session")
def children_without_pytest():
    """Decoder processes need not import the test runner, as they would not import it either."""
    real = spawn.get_preparation_data

    def without_main(name):
        data = real(name)
        data.pop("init_main_from_path", None)
        data.pop("init_main_from_name", None)
        return data

    spawn.get_preparation_data = without_main
    yield
    spawn.get_preparation_data = real


@pytest.fixture(autouse=True)
def pydicom_as_it_was():
    """What the decoder process sets for itself, a test that reads without one leaves to no other."""
    before = config.settings.reading_validation_mode
    yield
    config.settings.reading_validation_mode = before
